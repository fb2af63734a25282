// SPDX-License-Identifier: MIT
// Whether there is such a user, by each kind of accounts.
#include "app/known_users.h"

#include <deque>
#include <set>

#include "unit/app/stage.h"

namespace rosterd::app {
namespace {

// What became of each question, in the order of the answers: "1:yes".
struct Searches final : im::UserFinderEvents {
  void on_user_found(std::uint64_t ticket, bool exists) override {
    told += (told.empty() ? "" : " ") + std::to_string(ticket) + (exists ? ":yes" : ":no");
  }
  std::string take() { return std::exchange(told, {}); }
  std::string told;
};

// Accounts that can be asked for a user, or cannot.
struct Accounts final : im::AuthSource {
  void fetch_keys(const xmpp::Jid&, crypto::Hash, std::uint64_t, im::AuthEvents*) override {}
  void check_password(const xmpp::Jid&, std::string, std::uint64_t, im::AuthEvents*) override {}
  void identify(xmpp::Evidence, std::uint64_t, im::AuthEvents*) override {}
  bool find_user(const xmpp::Jid& user, std::uint64_t ticket, im::UserEvents* events) override {
    if (can_tell) asked.push_back({std::string(user.text()), ticket, events});
    return can_tell;
  }
  void answer(Result<bool> exists) {
    const Asked first = asked.front();
    asked.pop_front();
    first.events->on_user(first.ticket, exists);
  }
  struct Asked {
    std::string user;
    std::uint64_t ticket;
    im::UserEvents* events;
  };
  std::deque<Asked> asked;
  bool can_tell = false;
};

struct Town final : web::Fetcher, Outside, im::AccountList {
  explicit Town(UserSearchOptions options) { users.set_options({{"h", std::move(options)}}); }

  std::uint64_t fetch(web::FetchRequest request, web::FetchEvents* events) override {
    return ask(request.method + ' ' + request.url.target, std::move(request.fields), events,
               std::move(request.body));
  }
  void cancel(std::uint64_t ticket) override { withdraw(ticket); }
  bool has_account(const xmpp::Jid& bare) const override {
    return accounts.contains(std::string(bare.text()));
  }
  void find(std::string_view user, std::uint64_t ticket = 1) {
    users.find_user(make_jid(user), ticket, &searches);
  }
  void pass(Duration time) {
    clock.passed += time;
    timers.run_due(clock.now());
  }
  // Of a question that needs no answer of the web app.
  std::string find_at_once(std::string_view user) {
    find(user);
    assert_text_equal(searches.take(), "");
    pass(Duration(0));
    return searches.take();
  }

  Journal journal;
  im::ManualClock clock;
  Timers timers;
  std::set<std::string> accounts;
  Accounts source;
  Searches searches;
  KnownUsers users{*this, source, *this, clock, timers, "rosterd/1.0"};
};

UserSearchOptions make_options(AuthKind kind) {
  UserSearchOptions options;
  options.auth.kind = kind;
  options.auth.url = "http://app.example.org/auth";
  options.auth.jsxc_secret = "key";
  options.roster_url = "http://app.example.org/contacts/%s";
  return options;
}

constexpr const char* kMongoose = "GET /auth/user_exists?user=john&server=h&pass=";
constexpr const char* kJsxc = "POST /auth";
constexpr const char* kHead = "HEAD /contacts/john";

void accounts_file_knows_its_users(void**) {
  Town town(make_options(AuthKind::kAccounts));
  town.accounts = {"john@h"};
  assert_text_equal(town.find_at_once("john@h/phone"), "1:yes");
  assert_text_equal(town.find_at_once("mary@h"), "1:no");
  assert_int_equal(town.asked, 0);
}

void nobody_is_at_a_host_that_is_not_ours(void**) {
  Town town(make_options(AuthKind::kAccounts));
  assert_text_equal(town.find_at_once("john@other"), "1:no");
}

void each_answer_of_the_web_app_is_a_yes_a_no_or_neither(void**) {
  struct Row {
    AuthKind kind;
    const char* path;
    int status;
    const char* body;
    const char* outcome;  // "?" = as the option says
  };
  const AuthKind mongoose = AuthKind::kHttpMongoose;
  const AuthKind jsxc = AuthKind::kJsxc;
  const AuthKind json = AuthKind::kHttpJson;
  for (const Row& row :
       {Row{mongoose, kMongoose, 200, "true", "yes"},
        Row{mongoose, kMongoose, 200, "false\n", "no"}, Row{mongoose, kMongoose, 404, "", "no"},
        Row{mongoose, kMongoose, 200, "<html>", "?"}, Row{mongoose, kMongoose, 500, "", "?"},
        Row{mongoose, kMongoose, 401, "", "?"},
        Row{jsxc, kJsxc, 200, R"({"result":"success","data":{"isUser":true}})", "yes"},
        Row{jsxc, kJsxc, 200, R"({"result":"success","data":{"isUser":false}})", "no"},
        Row{jsxc, kJsxc, 200, R"({"result":"success","data":{"isUser":1}})", "?"},
        Row{jsxc, kJsxc, 200, R"({"result":"success"})", "?"},
        Row{jsxc, kJsxc, 200, R"({"result":"error"})", "?"}, Row{jsxc, kJsxc, 404, "", "?"},
        Row{json, kHead, 200, "", "yes"}, Row{json, kHead, 204, "", "yes"},
        Row{json, kHead, 404, "", "no"}, Row{json, kHead, 403, "", "?"},
        Row{json, kHead, 302, "", "?"}, Row{json, kHead, 405, "", "?"},
        Row{json, kHead, 503, "", "?"}}) {
    for (const bool by_default : {true, false}) {
      UserSearchOptions options = make_options(row.kind);
      options.by_default = by_default;
      Town town(options);
      town.find("john@h");
      assert_text_equal(town.open(), row.path);
      town.answer(row.path, row.status, row.body);
      const std::string outcome =
          std::string_view(row.outcome) == "?" ? (by_default ? "yes" : "no") : row.outcome;
      assert_text_equal(town.searches.take(), "1:" + outcome);
    }
  }
}

void roster_that_may_be_missing_says_nothing_when_it_is(void**) {
  UserSearchOptions options = make_options(AuthKind::kHttpBasic);
  options.missing_is_empty = true;
  Town town(options);
  town.find("john@h");
  town.answer(kHead, 404);
  assert_text_equal(town.searches.take(), "1:yes");
}

void users_of_files_are_there_by_default(void**) {
  UserSearchOptions options = make_options(AuthKind::kHttpBasic);
  options.roster_url = "file:///srv/%s.json";
  Town town(options);
  assert_text_equal(town.find_at_once("john@h"), "1:yes");
}

void one_request_answers_all_who_ask_and_is_remembered_for_a_while(void**) {
  Town town(make_options(AuthKind::kHttpMongoose));
  town.find("john@h", 1);
  town.find("john@h/phone", 2);
  town.answer(kMongoose, "false");
  assert_text_equal(town.searches.take(), "1:no 2:no");
  town.pass(KnownUsers::kLifetime - std::chrono::seconds(1));
  assert_text_equal(town.find_at_once("john@h"), "1:no");
  assert_int_equal(town.asked, 1);
  town.pass(std::chrono::seconds(1));
  town.find("john@h");
  town.answer(kMongoose, "true");
  assert_text_equal(town.searches.take(), "1:yes");
}

void what_nobody_could_tell_is_asked_again(void**) {
  Town town(make_options(AuthKind::kHttpMongoose));
  for (int i = 1; i <= 2; ++i) {
    town.find("john@h");
    town.fail(kMongoose, Errc::kTimeout);
    assert_text_equal(town.searches.take(), "1:yes");
    assert_int_equal(town.asked, i);
  }
}

void reload_forgets(void**) {
  Town town(make_options(AuthKind::kHttpMongoose));
  town.find("john@h");
  town.answer(kMongoose, "true");
  town.users.set_options({{"h", make_options(AuthKind::kAccounts)}});
  town.searches.take();
  assert_text_equal(town.find_at_once("john@h"), "1:no");
}

void answer_from_before_a_reload_is_given_and_not_remembered(void**) {
  Town town(make_options(AuthKind::kHttpMongoose));
  town.find("john@h");
  town.users.set_options({{"h", make_options(AuthKind::kHttpMongoose)}});
  town.answer(kMongoose, "false");
  assert_text_equal(town.searches.take(), "1:no");
  town.find("john@h");
  assert_text_equal(town.open(), kMongoose);
}

void program_says_yes_or_no_or_nothing(void**) {
  Town town(make_options(AuthKind::kExternal));
  town.source.can_tell = true;
  for (const auto& [answer, told] : {std::pair{Result<bool>(true), "1:yes"},
                                     {Result<bool>(false), "1:no"},
                                     {Result<bool>(make_error(Errc::kUnavailable, "")), "1:yes"}}) {
    town.users.set_options({{"h", make_options(AuthKind::kExternal)}});
    town.find("john@h/phone");
    assert_text_equal(town.source.asked.front().user, "john@h");
    town.source.answer(answer);
    assert_text_equal(town.searches.take(), told);
  }
  assert_int_equal(town.asked, 0);
}

void web_app_that_fails_at_this_is_not_asked_for_a_while(void**) {
  Town town(make_options(AuthKind::kHttpMongoose));
  for (int i = 0; i < Breaker::kFailures; ++i) {
    town.find("john@h");
    town.answer(kMongoose, 500);
    assert_text_equal(town.searches.take(), "1:yes");
  }
  assert_text_equal(town.find_at_once("john@h"), "1:yes");
  assert_int_equal(town.asked, Breaker::kFailures);
}

std::string path_of(std::string_view user) {
  return "GET /auth/user_exists?user=" + std::string(user) + "&server=h&pass=";
}

void few_are_asked_for_at_once_and_the_rest_wait_in_line(void**) {
  Town town(make_options(AuthKind::kHttpMongoose));
  for (const char* user : {"a@h", "b@h", "c@h", "d@h"}) town.find(user);
  assert_text_equal(town.open(), path_of("a") + ' ' + path_of("b"));
  town.answer(path_of("b"), "true");
  assert_text_equal(town.open(), path_of("a") + ' ' + path_of("c"));
  town.answer(path_of("a"), "true");
  town.answer(path_of("c"), "true");
  town.answer(path_of("d"), "false");
  assert_text_equal(town.searches.take(), "1:yes 1:yes 1:yes 1:no");
}

void who_waits_in_line_too_long_is_answered_by_default(void**) {
  Town town(make_options(AuthKind::kHttpMongoose));
  for (const char* user : {"a@h", "b@h", "c@h"}) town.find(user);
  for (const char* user : {"d@h", "e@h"}) town.find(user, 2);
  town.pass(std::chrono::seconds(4));
  town.answer(path_of("a"), "false");
  assert_text_equal(town.searches.take(), "1:no");
  town.pass(std::chrono::seconds(2));  // b's question has had no answer
  assert_text_equal(town.searches.take(), "1:yes 2:yes 2:yes");
  town.answer(path_of("c"), "false");
  assert_text_equal(town.searches.take(), "1:no");
  assert_int_equal(town.open_count(), 0);
}

void who_is_looked_for_is_bounded(void**) {
  Town town(make_options(AuthKind::kHttpMongoose));
  const auto name = [](std::size_t i) { return "u" + std::to_string(i) + "@h"; };
  for (std::size_t i = 0; i <= KnownUsers::kMost; ++i) town.find(name(i), i);
  assert_int_equal(town.open_count(), KnownUsers::kAtOnce);
  town.pass(Duration(0));
  assert_text_equal(town.searches.take(), std::to_string(KnownUsers::kMost) + ":yes");
}

void what_is_remembered_is_bounded(void**) {
  Town town(make_options(AuthKind::kExternal));
  town.source.can_tell = true;
  for (std::size_t i = 0; i <= KnownUsers::kMost; ++i) {
    town.find("u" + std::to_string(i) + "@h");
    town.source.answer(true);
  }
  town.searches.take();
  assert_text_equal(town.find_at_once("u1@h"), "1:yes");
  town.find("u0@h");
  assert_int_equal(town.source.asked.size(), 1);
}

}  // namespace
}  // namespace rosterd::app

int main() {
  using namespace rosterd::app;
  const CMUnitTest tests[] = {
      cmocka_unit_test(accounts_file_knows_its_users),
      cmocka_unit_test(nobody_is_at_a_host_that_is_not_ours),
      cmocka_unit_test(each_answer_of_the_web_app_is_a_yes_a_no_or_neither),
      cmocka_unit_test(roster_that_may_be_missing_says_nothing_when_it_is),
      cmocka_unit_test(users_of_files_are_there_by_default),
      cmocka_unit_test(one_request_answers_all_who_ask_and_is_remembered_for_a_while),
      cmocka_unit_test(what_nobody_could_tell_is_asked_again),
      cmocka_unit_test(reload_forgets),
      cmocka_unit_test(answer_from_before_a_reload_is_given_and_not_remembered),
      cmocka_unit_test(program_says_yes_or_no_or_nothing),
      cmocka_unit_test(web_app_that_fails_at_this_is_not_asked_for_a_while),
      cmocka_unit_test(few_are_asked_for_at_once_and_the_rest_wait_in_line),
      cmocka_unit_test(who_waits_in_line_too_long_is_answered_by_default),
      cmocka_unit_test(who_is_looked_for_is_bounded),
      cmocka_unit_test(what_is_remembered_is_bounded),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
