// SPDX-License-Identifier: MIT
#include "store/accounts_auth.h"

#include <map>
#include <memory>

#include "support/cmocka.h"

namespace crypto = rosterd::crypto;
namespace net = rosterd::net;
namespace xmpp = rosterd::xmpp;
using rosterd::Result;
using rosterd::store::Account;
using rosterd::store::Accounts;
using rosterd::store::AccountsAuth;

namespace {

xmpp::Jid jid(const char* text) { return xmpp::Jid::parse(text).value(); }

Accounts accounts_of_romeo() {
  Accounts accounts = Accounts::parse("@decoy c2VjcmV0\n").value();
  const auto account = rosterd::store::make_account("wherefore", 4096);
  assert_true(accounts.set(jid("romeo@example.org"), *account).has_value());
  return accounts;
}

class Answers : public rosterd::im::AuthEvents {
 public:
  void on_keys(std::uint64_t ticket, const Result<xmpp::ScramKeys>& answer) override {
    assert_true(keys.emplace(ticket, answer).second);
  }
  void on_login(std::uint64_t ticket, const Result<xmpp::Login>& answer) override {
    assert_true(logins.emplace(ticket, answer).second);
  }
  std::map<std::uint64_t, Result<xmpp::ScramKeys>> keys;
  std::map<std::uint64_t, Result<xmpp::Login>> logins;
};

struct Scene {
  net::Loop loop;
  AccountsAuth auth{loop, accounts_of_romeo()};
  Answers answers;

  xmpp::ScramKeys fetch(const char* user, crypto::Hash hash) {
    static std::uint64_t ticket = 0;
    auth.fetch_keys(jid(user), hash, ++ticket, &answers);
    loop.timers().run_due(loop.now());
    return answers.keys.at(ticket).value();
  }
};

std::unique_ptr<Scene> scene;

int open_scene(void**) {
  scene = std::make_unique<Scene>();
  return 0;
}

int close_scene(void**) {
  scene.reset();
  return 0;
}

void keys_come_after_the_call_with_their_tickets(void**) {
  scene->auth.fetch_keys(jid("romeo@example.org"), crypto::Hash::kSha1, 7, &scene->answers);
  scene->auth.fetch_keys(jid("romeo@example.org"), crypto::Hash::kSha256, 8, &scene->answers);
  assert_int_equal(scene->answers.keys.size(), 0);
  scene->loop.timers().run_due(scene->loop.now());
  assert_int_equal(scene->answers.keys.size(), 2);
  assert_true(scene->answers.keys.at(7)->hash == crypto::Hash::kSha1);
  assert_true(scene->answers.keys.at(8)->hash == crypto::Hash::kSha256);
}

void known_user_gets_the_keys_of_the_file(void**) {
  const Accounts accounts = accounts_of_romeo();
  const Account& romeo = *accounts.find(jid("romeo@example.org"));
  scene->auth.set_accounts(accounts);
  assert_text_equal(scene->fetch("romeo@example.org/x", crypto::Hash::kSha1).stored_key,
                    romeo.sha1.stored_key);
  assert_text_equal(scene->fetch("romeo@example.org", crypto::Hash::kSha256).server_key,
                    romeo.sha256.server_key);
}

void unknown_user_looks_like_everybody(void**) {
  for (const crypto::Hash hash : {crypto::Hash::kSha1, crypto::Hash::kSha256}) {
    const auto known = scene->fetch("romeo@example.org", hash);
    const auto decoy = scene->fetch("nobody@example.org", hash);
    assert_true(decoy.hash == hash);
    assert_int_equal(decoy.iterations, known.iterations);
    assert_int_equal(decoy.salt.size(), known.salt.size());
    assert_int_equal(decoy.stored_key.size(), known.stored_key.size());
    assert_int_equal(decoy.server_key.size(), known.server_key.size());
  }
}

void unknown_user_gets_the_same_keys_at_every_asking(void**) {
  const auto first = scene->fetch("nobody@example.org", crypto::Hash::kSha256);
  const auto again = scene->fetch("nobody@example.org", crypto::Hash::kSha256);
  const auto other = scene->fetch("nobody2@example.org", crypto::Hash::kSha256);
  assert_text_equal(again.salt, first.salt);
  assert_text_equal(again.stored_key, first.stored_key);
  assert_true(other.salt != first.salt);
  close_scene(nullptr);  // as after a restart: the secret is in the file
  open_scene(nullptr);
  assert_text_equal(scene->fetch("nobody@example.org", crypto::Hash::kSha256).salt, first.salt);
}

void hash_without_keys_is_unsupported(void**) {
  scene->auth.fetch_keys(jid("romeo@example.org"), crypto::Hash::kSha512, 1, &scene->answers);
  scene->loop.timers().run_due(scene->loop.now());
  assert_false(scene->answers.keys.at(1).has_value());
}

void password_is_checked_off_the_loop(void**) {
  const auto ask = [](const char* user, const char* password, std::uint64_t ticket) {
    scene->auth.check_password(jid(user), password, ticket, &scene->answers);
  };
  ask("romeo@example.org", "wherefore", 1);
  ask("romeo@example.org", "WHEREFORE", 2);
  ask("nobody@example.org", "wherefore", 3);
  ask("romeo@example.org",
      "where\xC2\xAD"
      "fore",
      4);                               // SASLprep drops the soft hyphen
  ask("romeo@example.org", "\x07", 5);  // SASLprep forbids it
  ask("romeo@example.org", "", 6);
  assert_int_equal(scene->answers.logins.size(), 0);
  scene->loop.run();
  assert_int_equal(scene->answers.logins.size(), 6);
  for (std::uint64_t ticket = 1; ticket <= 6; ++ticket) {
    const auto& login = scene->answers.logins.at(ticket);
    assert_int_equal(login.has_value(), ticket == 1 || ticket == 4);
    if (!login) assert_true(login.error().code == rosterd::Errc::kDenied);
  }
}

void changed_accounts_take_effect_at_once(void**) {
  scene->auth.set_accounts(Accounts::parse("@decoy c2VjcmV0\n").value());
  scene->auth.check_password(jid("romeo@example.org"), "wherefore", 1, &scene->answers);
  scene->loop.run();
  assert_false(scene->answers.logins.at(1).has_value());
}

}  // namespace

#define IN_SCENE(test) cmocka_unit_test_setup_teardown(test, open_scene, close_scene)

int main() {
  const CMUnitTest tests[] = {
      IN_SCENE(keys_come_after_the_call_with_their_tickets),
      IN_SCENE(known_user_gets_the_keys_of_the_file),
      IN_SCENE(unknown_user_looks_like_everybody),
      IN_SCENE(unknown_user_gets_the_same_keys_at_every_asking),
      IN_SCENE(hash_without_keys_is_unsupported),
      IN_SCENE(password_is_checked_off_the_loop),
      IN_SCENE(changed_accounts_take_effect_at_once),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
