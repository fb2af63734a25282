// SPDX-License-Identifier: MIT
#include "store/accounts_file.h"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/log.h"
#include "support/cmocka.h"

namespace crypto = rosterd::crypto;
namespace fs = std::filesystem;
namespace xmpp = rosterd::xmpp;
using rosterd::Errc;
using rosterd::store::Account;
using rosterd::store::Accounts;
using rosterd::store::AccountsLock;

namespace {

// 20 and 32 bytes of 'A', 'B'; 16 of 's'.
const std::string kKeys1 =
    "SCRAM-SHA-1$4096:c3Nzc3Nzc3Nzc3Nzc3Nzcw==$QUFBQUFBQUFBQUFBQUFBQUFBQUE=:"
    "QkJCQkJCQkJCQkJCQkJCQkJCQkI=";
const std::string kKeys256 =
    "SCRAM-SHA-256$10000:c3Nzc3Nzc3Nzc3Nzc3Nzcw==$"
    "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE=:"
    "QkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkI=";
const std::string kRomeo = "romeo@example.org " + kKeys1 + ' ' + kKeys256;
const std::string kJuliet = "juliet@example.org " + kKeys1 + ' ' + kKeys256;

xmpp::Jid jid(const char* text) { return xmpp::Jid::parse(text).value(); }

Accounts parse_good(const std::string& text) {
  auto accounts = Accounts::parse(text);
  if (!accounts) print_error("%s\n", accounts.error().text.c_str());
  assert_true(accounts.has_value());
  return std::move(*accounts);
}

void assert_fault(const std::string& text, const char* expected) {
  const auto accounts = Accounts::parse(text);
  assert_false(accounts.has_value());
  assert_int_equal(static_cast<int>(accounts.error().code), static_cast<int>(Errc::kInvalid));
  assert_text_equal(accounts.error().text, expected);
}

// --- the format ---------------------------------------------------------------------------------

void line_gives_both_kinds_of_keys(void**) {
  const Accounts accounts = parse_good(kRomeo + "\n");
  const Account* romeo = accounts.find(jid("romeo@example.org"));
  assert_non_null(romeo);
  assert_int_equal(romeo->sha1.iterations, 4096);
  assert_int_equal(romeo->sha256.iterations, 10000);
  assert_true(romeo->sha1.hash == crypto::Hash::kSha1);
  assert_true(romeo->sha256.hash == crypto::Hash::kSha256);
  assert_text_equal(romeo->sha1.salt, std::string(16, 's'));
  assert_text_equal(romeo->sha1.stored_key, std::string(20, 'A'));
  assert_text_equal(romeo->sha256.stored_key, std::string(32, 'A'));
  assert_text_equal(romeo->sha256.server_key, std::string(32, 'B'));
}

void account_is_found_by_its_prepared_bare_jid(void**) {
  const Accounts accounts = parse_good("ROMEO@Example.ORG " + kKeys1 + ' ' + kKeys256);
  assert_non_null(accounts.find(jid("romeo@example.org/balcony")));
  assert_null(accounts.find(jid("juliet@example.org")));
  assert_null(accounts.find(jid("romeo@example.net")));
}

void comments_blank_lines_and_order_are_kept(void**) {
  const std::string text =
      "# head\n\n" + kRomeo + "\n  # indented\n@decoy c2VjcmV0\n" + kJuliet + "\n#\n";
  assert_text_equal(parse_good(text).to_string(), text);
}

void last_line_needs_no_newline_and_carriage_returns_are_blanks(void**) {
  assert_text_equal(parse_good(kRomeo + "\r\n" + kJuliet).to_string(),
                    kRomeo + "\n" + kJuliet + "\n");
  assert_text_equal(parse_good("").to_string(), "");
}

void order_of_the_mechanisms_is_free(void**) {
  const Accounts accounts = parse_good("romeo@example.org\t" + kKeys256 + "  " + kKeys1 + " ");
  assert_text_equal(accounts.to_string(), kRomeo + "\n");
}

void set_replaces_in_place_and_adds_at_the_end(void**) {
  Accounts accounts = parse_good(kRomeo + "\n# tail\n");
  Account changed = *accounts.find(jid("romeo@example.org"));
  changed.sha1.iterations = 5000;
  assert_true(accounts.set(jid("romeo@example.org/balcony"), changed).has_value());
  assert_true(accounts.set(jid("juliet@example.org"), changed).has_value());
  const std::string text = accounts.to_string();
  assert_true(text.starts_with("romeo@example.org SCRAM-SHA-1$5000:"));
  assert_true(text.find("\n# tail\njuliet@example.org SCRAM-SHA-1$5000:") != std::string::npos);
}

void erase_removes_the_account_and_its_line(void**) {
  Accounts accounts = parse_good("# a\n" + kRomeo + "\n" + kJuliet + "\n");
  assert_true(accounts.erase(jid("romeo@example.org")));
  assert_false(accounts.erase(jid("romeo@example.org")));
  assert_null(accounts.find(jid("romeo@example.org")));
  assert_text_equal(accounts.to_string(), "# a\n" + kJuliet + "\n");
}

void only_who_has_another_password_or_none_has_changed(void**) {
  const auto with = [](std::string_view password) {
    return *rosterd::store::make_account(password, 1);
  };
  Accounts before;
  const Account same = with("same");
  for (const char* user : {"a@h", "b@h", "c@h"}) {
    assert_true(before.set(jid(user), same).has_value());
  }
  Accounts later = before;
  assert_true(before.find_changed(later).empty());
  assert_true(later.set(jid("b@h"), with("same")).has_value());  // another salt: it was set anew
  assert_true(later.set(jid("d@h"), with("new")).has_value());
  assert_true(later.erase(jid("c@h")));
  const auto changed = before.find_changed(later);
  assert_int_equal(changed.size(), 2);
  assert_text_equal(changed[0].text(), "b@h");
  assert_text_equal(changed[1].text(), "c@h");
}

void list_is_sorted(void**) {
  const auto users = parse_good(kRomeo + "\n" + kJuliet + "\n").list();
  assert_int_equal(users.size(), 2);
  assert_text_equal(users[0], "juliet@example.org");
  assert_text_equal(users[1], "romeo@example.org");
}

void user_who_would_read_as_a_comment_is_refused(void**) {
  Accounts accounts = parse_good(kRomeo);
  const Account account = *accounts.find(jid("romeo@example.org"));
  assert_false(accounts.set(jid("#romeo@example.org"), account).has_value());
  assert_false(accounts.set(jid("example.org"), account).has_value());
  assert_int_equal(accounts.list().size(), 1);
}

void faults_name_their_line(void**) {
  assert_fault("# ok\n\nromeo\n", "line 3: expected USER@HOST");
  assert_fault(kRomeo + "\nromeo@example.org/x " + kKeys1 + ' ' + kKeys256,
               "line 2: expected USER@HOST");
  assert_fault(kRomeo + "\nRomeo@Example.org " + kKeys1 + ' ' + kKeys256,
               "line 2: a second line for romeo@example.org");
  assert_fault("a@b", "line 1: needs both SCRAM-SHA-1 and SCRAM-SHA-256");
  assert_fault("a@b " + kKeys1, "line 1: needs both SCRAM-SHA-1 and SCRAM-SHA-256");
  assert_fault("a@b " + kKeys1 + ' ' + kKeys1, "line 1: SCRAM-SHA-1: given twice");
  assert_fault("a@b secret", "line 1: expected SCRAM-SHA-1$… and SCRAM-SHA-256$…");
  assert_fault("a@b SCRAM-SHA-512$" + kKeys1.substr(12),
               "line 1: expected SCRAM-SHA-1$… and SCRAM-SHA-256$…");
  assert_fault("@decoy", "line 1: expected @decoy and a secret in base64");
  assert_fault("@decoy x y", "line 1: expected @decoy and a secret in base64");
  assert_fault("@decoy c2VjcmV0\n@decoy c2VjcmV0", "line 2: a second @decoy line");
}

void malformed_keys_are_refused(void**) {
  const char* const bad[] = {
      "SCRAM-SHA-1$",
      "SCRAM-SHA-1$4096",
      "SCRAM-SHA-1$4096:c3M=",
      "SCRAM-SHA-1$4096:c3M=$QUFB:QkJC",  // keys too short
      "SCRAM-SHA-1$4095:c3M=$QUFBQUFBQUFBQUFBQUFBQUFBQUE=:QkJCQkJCQkJCQkJCQkJCQkJCQkI=",
      "SCRAM-SHA-1$99999999999:c3M=$QUFBQUFBQUFBQUFBQUFBQUFBQUE=:QkJCQkJCQkJCQkJCQkJCQkJCQkI=",
      "SCRAM-SHA-1$-4096:c3M=$QUFBQUFBQUFBQUFBQUFBQUFBQUE=:QkJCQkJCQkJCQkJCQkJCQkJCQkI=",
      "SCRAM-SHA-1$4096x:c3M=$QUFBQUFBQUFBQUFBQUFBQUFBQUE=:QkJCQkJCQkJCQkJCQkJCQkJCQkI=",
      "SCRAM-SHA-1$4096:$QUFBQUFBQUFBQUFBQUFBQUFBQUE=:QkJCQkJCQkJCQkJCQkJCQkJCQkI=",
      "SCRAM-SHA-1$4096:c3M$QUFBQUFBQUFBQUFBQUFBQUFBQUE=:QkJCQkJCQkJCQkJCQkJCQkJCQkI=",
      "SCRAM-SHA-1$4096:c3M=$QUFBQUFBQUFBQUFBQUFBQUFBQUE:QkJCQkJCQkJCQkJCQkJCQkJCQkI=",
      "SCRAM-SHA-1$4096:c3M=$QUFBQUFBQUFBQUFBQUFBQUFBQUE=:QkJCQkJCQkJCQkJCQkJCQkJCQkI=:x",
  };
  for (const char* keys : bad) {
    assert_fault(std::string("a@b ") + keys + ' ' + kKeys256,
                 "line 1: SCRAM-SHA-1: malformed keys");
  }
}

void line_cut_anywhere_is_refused(void**) {
  for (std::size_t cut = 1; cut < kRomeo.size(); ++cut) {
    assert_false(Accounts::parse(kRomeo.substr(0, cut)).has_value());
  }
}

void usual_iterations_are_those_of_most_accounts(void**) {
  assert_int_equal(Accounts().usual_iterations(), rosterd::store::kIterations);
  Accounts accounts = parse_good(kRomeo + "\n" + kJuliet);
  Account other = *accounts.find(jid("romeo@example.org"));
  other.sha256.iterations = 5000;
  for (const char* user : {"a@b", "c@d", "e@f"}) {
    assert_true(accounts.set(jid(user), other).has_value());
  }
  assert_int_equal(accounts.usual_iterations(), 5000);
}

void new_account_holds_keys_of_the_prepared_password(void**) {
  const auto account = rosterd::store::make_account("I\xC2\xADX", 4096);  // RFC 4013: "IX"
  assert_true(account.has_value());
  for (const xmpp::ScramKeys* keys : {&account->sha1, &account->sha256}) {
    const auto derived = xmpp::derive_scram_keys(keys->hash, "IX", keys->salt, 4096);
    assert_text_equal(keys->stored_key, derived.stored_key);
    assert_text_equal(keys->server_key, derived.server_key);
    assert_int_equal(keys->salt.size(), 16);
  }
  assert_true(account->sha1.salt != account->sha256.salt);
}

void password_that_saslprep_forbids_is_refused(void**) {
  for (const char* bad : {"", "\x07", "\xD8\xA7\x31"}) {
    const auto account = rosterd::store::make_account(bad, 4096);
    assert_false(account.has_value());
    assert_int_equal(static_cast<int>(account.error().code), static_cast<int>(Errc::kInvalid));
  }
}

// --- the disk -----------------------------------------------------------------------------------

std::string folder;

int make_folder(void**) {
  char name[] = "/tmp/rosterd_accounts_XXXXXX";
  folder = mkdtemp(name);
  rosterd::log::set_sink([](void*, rosterd::log::Level, std::string_view) {}, nullptr);
  return 0;
}

int remove_folder(void**) {
  rosterd::log::set_sink(nullptr, nullptr);
  fs::remove_all(folder);
  return 0;
}

std::string contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

unsigned mode_of(const std::string& path) {
  struct stat status {};
  assert_int_equal(stat(path.c_str(), &status), 0);
  return status.st_mode & 07777;
}

void saved_file_loads_as_it_was(void**) {
  const std::string path = folder + "/accounts";
  Accounts accounts = parse_good("@decoy c2VjcmV0\n" + kRomeo + "\n");
  assert_true(accounts.save(path).has_value());
  const auto loaded = Accounts::load(path);
  assert_true(loaded.has_value());
  assert_text_equal(loaded->to_string(), accounts.to_string());
}

void new_file_is_for_its_owner_alone(void**) {
  const std::string path = folder + "/accounts";
  const mode_t old_mask = umask(0);
  Accounts accounts;
  assert_true(accounts.save(path).has_value());
  umask(old_mask);
  assert_int_equal(mode_of(path), 0600);
}

void old_mode_is_kept(void**) {
  const std::string path = folder + "/accounts";
  std::ofstream(path) << kRomeo;
  assert_int_equal(chmod(path.c_str(), 0640), 0);
  Accounts accounts;
  assert_true(accounts.save(path).has_value());
  assert_int_equal(mode_of(path), 0640);
}

void save_makes_a_decoy_secret_once(void**) {
  const std::string path = folder + "/accounts";
  Accounts accounts;
  assert_true(accounts.decoy_secret().empty());
  assert_true(accounts.save(path).has_value());
  auto loaded = Accounts::load(path);
  assert_int_equal(loaded->decoy_secret().size(), 32);
  assert_text_equal(loaded->decoy_secret(), accounts.decoy_secret());
  const std::string first = contents(path);
  assert_true(loaded->save(path).has_value());
  assert_text_equal(contents(path), first);
}

// A reader that has the old file open goes on reading the old contents to their end.
void save_replaces_the_file_instead_of_writing_into_it(void**) {
  const std::string path = folder + "/accounts";
  std::ofstream(path) << "# old\n";
  std::ifstream reader(path);
  Accounts accounts = parse_good(kRomeo);
  assert_true(accounts.save(path).has_value());
  assert_text_equal(std::string(std::istreambuf_iterator<char>(reader), {}), "# old\n");
  assert_int_equal(std::distance(fs::directory_iterator(folder), {}), 1);  // no temporary is left
}

void save_keeps_a_symbolic_link(void**) {
  const std::string path = folder + "/real";
  std::ofstream(path) << "# old\n";
  fs::create_symlink("real", folder + "/link");
  Accounts accounts = parse_good(kRomeo);
  assert_true(accounts.save(folder + "/link").has_value());
  assert_true(fs::is_symlink(folder + "/link"));
  assert_text_equal(contents(path), accounts.to_string());
}

void failed_save_leaves_nothing_behind(void**) {
  Accounts accounts = parse_good(kRomeo);
  assert_false(accounts.save(folder + "/missing/accounts").has_value());
  fs::create_directory(folder + "/accounts");  // a rename cannot replace a folder
  assert_false(accounts.save(folder + "/accounts").has_value());
  assert_int_equal(std::distance(fs::directory_iterator(folder), {}), 1);
}

void missing_file_is_not_found(void**) {
  const auto accounts = Accounts::load(folder + "/nowhere");
  assert_false(accounts.has_value());
  assert_int_equal(static_cast<int>(accounts.error().code), static_cast<int>(Errc::kNotFound));
}

void fault_in_a_file_names_the_file(void**) {
  const std::string path = folder + "/accounts";
  std::ofstream(path) << "# fine\nbroken\n";
  const auto accounts = Accounts::load(path);
  assert_false(accounts.has_value());
  assert_text_equal(accounts.error().text, path + ": line 2: expected USER@HOST");
}

// Each of several processes adds one account; without the lock they would undo one another.
void lock_lets_no_concurrent_change_get_lost(void**) {
  const std::string path = folder + "/accounts";
  const Account account = *parse_good(kRomeo).find(jid("romeo@example.org"));
  constexpr int kProcesses = 8;
  for (int i = 0; i < kProcesses; ++i) {
    if (fork() != 0) continue;
    const auto lock = AccountsLock::take(path);
    auto accounts = Accounts::load(path).value_or(Accounts());
    const std::string user = "user" + std::to_string(i) + "@example.org";
    const bool saved = lock && accounts.set(jid(user.c_str()), account) && accounts.save(path);
    _exit(saved ? 0 : 1);
  }
  for (int i = 0; i < kProcesses; ++i) {
    int status = 1;
    wait(&status);
    assert_int_equal(status, 0);
  }
  assert_int_equal(Accounts::load(path)->list().size(), kProcesses);
}

}  // namespace

#define ON_DISK(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(line_gives_both_kinds_of_keys),
      cmocka_unit_test(account_is_found_by_its_prepared_bare_jid),
      cmocka_unit_test(comments_blank_lines_and_order_are_kept),
      cmocka_unit_test(last_line_needs_no_newline_and_carriage_returns_are_blanks),
      cmocka_unit_test(order_of_the_mechanisms_is_free),
      cmocka_unit_test(set_replaces_in_place_and_adds_at_the_end),
      cmocka_unit_test(erase_removes_the_account_and_its_line),
      cmocka_unit_test(only_who_has_another_password_or_none_has_changed),
      cmocka_unit_test(list_is_sorted),
      cmocka_unit_test(user_who_would_read_as_a_comment_is_refused),
      cmocka_unit_test(faults_name_their_line),
      cmocka_unit_test(malformed_keys_are_refused),
      cmocka_unit_test(line_cut_anywhere_is_refused),
      cmocka_unit_test(usual_iterations_are_those_of_most_accounts),
      cmocka_unit_test(new_account_holds_keys_of_the_prepared_password),
      cmocka_unit_test(password_that_saslprep_forbids_is_refused),
      ON_DISK(saved_file_loads_as_it_was),
      ON_DISK(new_file_is_for_its_owner_alone),
      ON_DISK(old_mode_is_kept),
      ON_DISK(save_makes_a_decoy_secret_once),
      ON_DISK(save_replaces_the_file_instead_of_writing_into_it),
      ON_DISK(save_keeps_a_symbolic_link),
      ON_DISK(failed_save_leaves_nothing_behind),
      ON_DISK(missing_file_is_not_found),
      ON_DISK(fault_in_a_file_names_the_file),
      ON_DISK(lock_lets_no_concurrent_change_get_lost),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
