// SPDX-License-Identifier: MIT
#include "app/auth_cache.h"

#include <deque>
#include <vector>

#include "support/cmocka.h"

namespace rosterd::app {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

struct TestClock final : Clock {
  Instant now() const override { return at; }
  WallTime wall_now() const override { return WallTime(); }
  Instant at{hours(1)};
};

// Hashes by writing side by side, and answers when told.
struct Hasher final : PasswordHasher {
  struct Job {
    std::uint64_t ticket;
    std::string digest;
    Events* events;
  };
  std::uint64_t hash(std::string password, const std::string& salt, Events* events) override {
    jobs.push_back({++last, works ? salt + password : "", events});
    return last;
  }
  void cancel(std::uint64_t ticket) override {
    std::erase_if(jobs, [&](const Job& job) { return job.ticket == ticket; });
  }
  void work() {
    while (!jobs.empty()) {
      const Job job = jobs.front();
      jobs.pop_front();
      job.events->on_hash(job.ticket, job.digest);
    }
  }
  bool works = true;
  std::uint64_t last = 0;
  std::deque<Job> jobs;
};

// The web app, which knows romeo's password; and who logs in.
struct Desk final : im::AuthSource, im::AuthEvents {
  explicit Desk(AuthCacheOptions options, std::size_t users = 10'000)
      : cache(hasher, clock, users) {
    cache.reset(this, options);
  }

  void fetch_keys(const xmpp::Jid&, crypto::Hash, std::uint64_t, im::AuthEvents*) override {}
  void identify(xmpp::Evidence, std::uint64_t, im::AuthEvents*) override {}
  void check_password(const xmpp::Jid& user, std::string given, std::uint64_t ticket,
                      im::AuthEvents* events) override {
    ++asked;
    if (down) return events->on_login(ticket, make_error(Errc::kTimeout, "no answer"));
    if (given != password) return events->on_login(ticket, make_error(Errc::kDenied, "wrong"));
    events->on_login(ticket, xmpp::Login{user, expires});
  }
  void on_keys(std::uint64_t, const Result<xmpp::ScramKeys>&) override {}
  void on_login(std::uint64_t, const Result<xmpp::Login>& login) override {
    outcome = login ? std::string(login->user.text()) : to_string(login.error().code);
  }

  // The outcome; `asked` counts what reached the web app.
  std::string log_in(const std::string& given, std::string_view user = "romeo@h") {
    outcome = "none";
    cache.check_password(*xmpp::Jid::parse(user), given, 1, this);
    hasher.work();
    return outcome;
  }

  TestClock clock;
  Hasher hasher;
  std::string password = "secret";
  std::optional<WallTime> expires;
  bool down = false;
  int asked = 0;
  std::string outcome;
  AuthCache cache;
};

void password_that_was_right_is_right_for_a_while(void**) {
  Desk desk({.ttl = minutes(5)});
  assert_text_equal(desk.log_in("secret"), "romeo@h");
  assert_text_equal(desk.log_in("secret"), "romeo@h");
  assert_int_equal(desk.asked, 1);
  desk.clock.at += minutes(5);
  assert_text_equal(desk.log_in("secret"), "romeo@h");
  assert_int_equal(desk.asked, 2);
}

void another_password_is_asked_about(void**) {
  Desk desk({.ttl = minutes(5)});
  desk.log_in("secret");
  assert_text_equal(desk.log_in("wrong"), "denied");
  assert_int_equal(desk.asked, 2);
  assert_text_equal(desk.log_in("secret", "juliet@h"), "juliet@h");
  assert_int_equal(desk.asked, 3);
}

void refusal_ends_what_was_known(void**) {
  Desk desk({.ttl = minutes(5), .unreachable_ttl = hours(1)});
  desk.log_in("secret");
  desk.password = "changed";
  desk.log_in("guess");
  desk.down = true;
  assert_text_equal(desk.log_in("secret"), "timeout");
}

void last_word_holds_while_the_app_is_down(void**) {
  Desk desk({.unreachable_ttl = hours(1)});
  desk.log_in("secret");
  desk.log_in("secret");
  assert_int_equal(desk.asked, 2);
  desk.down = true;
  assert_text_equal(desk.log_in("secret"), "romeo@h");
  assert_text_equal(desk.log_in("wrong"), "timeout");
  assert_text_equal(desk.log_in("secret", "juliet@h"), "timeout");
  desk.clock.at += hours(1);
  assert_text_equal(desk.log_in("secret"), "timeout");
}

void forgotten_user_is_asked_about(void**) {
  Desk desk({.ttl = minutes(5)});
  desk.log_in("secret");
  desk.cache.forget(*xmpp::Jid::parse("romeo@h"));
  desk.log_in("secret");
  assert_int_equal(desk.asked, 2);
}

void login_that_ends_by_itself_is_not_kept(void**) {
  Desk desk({.ttl = minutes(5)});
  desk.expires = WallTime();
  desk.log_in("secret");
  desk.log_in("secret");
  assert_int_equal(desk.asked, 2);
}

void without_a_hash_the_app_decides(void**) {
  Desk desk({.ttl = minutes(5)});
  desk.hasher.works = false;
  assert_text_equal(desk.log_in("secret"), "romeo@h");
  assert_text_equal(desk.log_in("wrong"), "denied");
  assert_int_equal(desk.asked, 2);
}

void user_confirmed_the_longest_ago_gives_way(void**) {
  Desk desk({.ttl = minutes(5)}, 2);
  for (const char* user : {"a@h", "b@h", "a@h", "c@h"}) desk.log_in("secret", user);
  assert_int_equal(desk.asked, 3);
  desk.log_in("secret", "b@h");
  desk.log_in("secret", "c@h");
  assert_int_equal(desk.asked, 3);
  desk.log_in("secret", "a@h");
  assert_int_equal(desk.asked, 4);
}

void another_source_is_asked_about_everything(void**) {
  Desk desk({.ttl = minutes(5)});
  desk.log_in("secret");
  desk.cache.reset(&desk, {.ttl = minutes(5)});
  desk.log_in("secret");
  assert_int_equal(desk.asked, 2);
}

void login_on_its_way_when_the_source_goes_is_answered(void**) {
  Desk desk({.ttl = minutes(5)});
  desk.cache.check_password(*xmpp::Jid::parse("romeo@h"), "secret", 1, &desk);
  desk.cache.reset(nullptr, {});
  desk.hasher.work();
  assert_text_equal(desk.outcome, "unavailable");
}

}  // namespace
}  // namespace rosterd::app

int main() {
  using namespace rosterd::app;
  const CMUnitTest tests[] = {
      cmocka_unit_test(password_that_was_right_is_right_for_a_while),
      cmocka_unit_test(another_password_is_asked_about),
      cmocka_unit_test(refusal_ends_what_was_known),
      cmocka_unit_test(last_word_holds_while_the_app_is_down),
      cmocka_unit_test(forgotten_user_is_asked_about),
      cmocka_unit_test(login_that_ends_by_itself_is_not_kept),
      cmocka_unit_test(without_a_hash_the_app_decides),
      cmocka_unit_test(user_confirmed_the_longest_ago_gives_way),
      cmocka_unit_test(another_source_is_asked_about_everything),
      cmocka_unit_test(login_on_its_way_when_the_source_goes_is_answered),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
