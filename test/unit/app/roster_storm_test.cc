// SPDX-License-Identifier: MIT
// Many users at once, and a web app that cannot keep up or is down: places, bulk requests, the
// breaker.

#include "unit/app/stage.h"

namespace rosterd::app {
namespace {

using std::chrono::seconds;

constexpr std::string_view kBulk = "/bulk";

std::string name_of(int user) { return "u" + std::to_string(user); }

void use_bulk(Stage& stage) {
  RosterSourceOptions options = Stage::make_roster_options();
  options.bulk_url = "http://app.example.org/bulk";
  stage.source.set_options(options);
}

std::vector<Handle<im::Session>> log_in(Stage& stage, int users) {
  std::vector<Handle<im::Session>> sessions;
  for (int user = 0; user < users; ++user) sessions.push_back(stage.login(name_of(user)));
  return sessions;
}

std::size_t count_names(const std::string& question) {
  return static_cast<std::size_t>(std::count(question.begin(), question.end(), 'u'));
}

// An object of empty rosters for all users of a question.
std::string answer_to(std::string question) {
  std::string out = "{";
  for (const char c : question.substr(1, question.size() - 2)) {
    out += c == ',' ? std::string(":{},") : std::string(1, c);
  }
  return out + ":{}}";
}

// Answers whatever is asked until nothing is; how many bulk requests that took.
int serve(Stage& stage, std::size_t most_at_once) {
  int bulks = 0;
  for (stage.pass(Duration(0)); stage.web_app.open_count() > 0; stage.pass(Duration(0))) {
    assert_true(stage.web_app.open_count() <= most_at_once);
    const std::string open = stage.web_app.open();
    const std::string path = open.substr(0, open.find(' '));
    if (path == kBulk) {
      ++bulks;
      stage.web_app.answer(path, answer_to(stage.web_app.body(path)));
    } else {
      stage.web_app.answer(path, "{}");
    }
  }
  return bulks;
}

void storm_without_bulk_never_exceeds_the_places(void** state) {
  Stage& stage = stage_of(state);
  const auto sessions = log_in(stage, 1000);
  assert_int_equal(stage.web_app.open_count(), 16);
  assert_int_equal(stage.source.stats().in_flight, 16);
  assert_int_equal(stage.source.stats().queued, 984);
  assert_int_equal(serve(stage, 16), 0);
  assert_int_equal(stage.web_app.asked, 1000);
  for (const auto session : sessions) assert_text_equal(stage.read(session), "result 1 roster ");
}

void storm_of_ten_thousand_logins_takes_at_most_fifty_bulk_requests(void** state) {
  Stage& stage = stage_of(state);
  use_bulk(stage);
  const auto sessions = log_in(stage, 10'000);
  const int bulks = serve(stage, 16);
  assert_true(bulks <= 50);
  assert_true(stage.web_app.asked < 50 + 250);
  for (const auto session : sessions) assert_text_equal(stage.read(session), "result 1 roster ");
}

void few_logins_are_asked_for_one_by_one(void** state) {
  Stage& stage = stage_of(state);
  use_bulk(stage);
  const auto sessions = log_in(stage, 150);
  assert_int_equal(serve(stage, 16), 0);
  assert_int_equal(stage.web_app.asked, 150);
}

void refresh_of_many_is_one_bulk_request_beside_those_under_way(void** state) {
  Stage& stage = stage_of(state);
  log_in(stage, 120);
  serve(stage, 16);
  use_bulk(stage);
  std::string body;
  for (int user = 0; user < 120; ++user) {
    body += (user == 0 ? "[\"" : ",\"") + name_of(user) + '"';
  }
  stage.web_app.asked = 0;
  stage.post(body + "]");
  assert_int_equal(serve(stage, 16), 1);
  assert_int_equal(stage.web_app.asked, 16 + 1);
  assert_int_not_equal(stage.answer(1).find("\"updated\":120,\"errors\":0"), std::string::npos);
}

// 16 have requests of their own; the answer is for the other 200.
void bulk_answer_is_read_user_by_user(void** state) {
  Stage& stage = stage_of(state);
  use_bulk(stage);
  const auto sessions = log_in(stage, 216);
  stage.web_app.answer("/u0", "{}");
  stage.pass(Duration(0));
  assert_int_equal(count_names(stage.web_app.body(kBulk)), 200);
  assert_text_equal(stage.web_app.field(kBulk, "Content-Type"), "application/json");
  assert_text_equal(stage.web_app.field(kBulk, "Rosterd-Reason"), "login");
  stage.web_app.answer(kBulk, R"({"u16": {"a@h": "A"}, "u17": [1], "u18": null, "stranger": {},)"
                              R"( "u19@h": {"b@h": "B", "$meta": {"etag": "\"e\""}}})");
  assert_text_equal(stage.read(sessions[16]), "result 1 roster a@h both A");
  for (const std::size_t failed : {17u, 18u, 20u, 215u}) {
    assert_text_equal(stage.read(sessions[failed]), "error iq 1 wait/remote-server-timeout");
  }
  assert_text_equal(stage.read(sessions[19]), "result 1 roster b@h both B");
  assert_text_equal(stage.core.find_held_roster(make_jid("u19@h"))->tag.etag, "\"e\"");
}

void user_with_pages_is_asked_for_alone(void** state) {
  Stage& stage = stage_of(state);
  use_bulk(stage);
  const auto sessions = log_in(stage, 216);
  stage.web_app.answer("/u0", "{}");
  stage.pass(Duration(0));
  std::string answer = answer_to(stage.web_app.body(kBulk));
  const std::string first = R"({"a@h": "A", "$meta": {"next": "/more"}})";
  answer.replace(answer.find(R"("u16":{})") + 6, 2, first);
  stage.web_app.answer(kBulk, answer);
  for (int user = 1; user < 16; ++user) stage.web_app.answer("/" + name_of(user), "{}");
  stage.pass(Duration(0));
  assert_text_equal(stage.read(sessions[16]), "");
  assert_text_equal(stage.web_app.open(), "/u16");
  stage.web_app.answer("/u16", first);
  stage.web_app.answer("/more", R"({"b@h": "B"})");
  assert_text_equal(stage.read(sessions[16]), "result 1 roster a@h both A, b@h both B");
  assert_text_equal(stage.read(sessions[17]), "result 1 roster ");
}

void user_with_pages_is_not_among_many_again(void** state) {
  Stage& stage = stage_of(state);
  use_bulk(stage);
  const auto sessions = log_in(stage, 216 + 150);
  stage.web_app.answer("/u0", "{}");
  stage.pass(Duration(0));
  std::string answer = answer_to(stage.web_app.body(kBulk));
  answer.replace(answer.find(R"("u16":{})") + 6, 2, R"({"$meta": {"next": "/more"}})");
  stage.web_app.answer(kBulk, answer);
  for (int user = 1000; user < 1100; ++user) stage.login(name_of(user));
  stage.pass(Duration(0));
  assert_int_equal(count_names(stage.web_app.body(kBulk)), 150);
  assert_int_equal(serve(stage, 16), 1);
  assert_text_equal(stage.read(sessions[16]), "result 1 roster ");
}

void refused_bulk_request_leads_to_single_ones(void** state) {
  Stage& stage = stage_of(state);
  use_bulk(stage);
  const auto sessions = log_in(stage, 300);
  stage.web_app.answer("/u0", "{}");
  stage.pass(Duration(0));
  stage.web_app.answer(kBulk, 404, "no such page");
  assert_int_equal(stage.journal.count("bulk requests are refused, asking one by one"), 1);
  assert_int_equal(serve(stage, 16), 0);
  for (const auto session : sessions) assert_text_equal(stage.read(session), "result 1 roster ");
}

void bulk_request_that_fails_for_the_moment_is_repeated(void** state) {
  Stage& stage = stage_of(state);
  use_bulk(stage);
  const auto sessions = log_in(stage, 216);
  stage.web_app.answer("/u0", "{}");
  stage.pass(Duration(0));
  stage.web_app.fail(kBulk, Errc::kUnavailable);
  stage.pass(seconds(1));
  serve(stage, 16);
  for (const auto session : sessions) assert_text_equal(stage.read(session), "result 1 roster ");
}

void bulk_request_whose_users_have_all_gone_is_taken_back(void** state) {
  Stage& stage = stage_of(state);
  use_bulk(stage);
  const auto sessions = log_in(stage, 216);
  stage.web_app.answer("/u0", "{}");
  stage.pass(Duration(0));
  for (std::size_t i = 16; i < 216; ++i) stage.logout(sessions[i]);
  assert_int_equal(stage.web_app.withdrawn, 1);
  assert_int_equal(serve(stage, 16), 0);
  assert_int_equal(stage.source.stats().in_flight, 0);
}

void login_while_the_app_fails_is_answered_at_once(void** state) {
  Stage& stage = stage_of(state);
  log_in(stage, 5);
  for (int user = 0; user < 5; ++user)
    stage.web_app.fail(Stage::path_of(name_of(user)), Errc::kUnavailable);
  assert_int_equal(stage.journal.count("the web application fails, only probes are sent"), 1);
  const auto late = stage.login("late");
  stage.pass(Duration(0));
  assert_text_equal(stage.read(late), "error iq 1 wait/remote-server-timeout");
  assert_true(stage.source.stats().breakers.at(0).state == BreakerStats::State::kOpen);
  assert_text_equal(stage.source.stats().breakers.at(0).origin, "http://app.example.org");
}

void rosters_come_by_themselves_when_the_app_is_back(void** state) {
  Stage& stage = stage_of(state);
  const auto sessions = log_in(stage, 8);
  for (int user = 0; user < 8; ++user)
    stage.web_app.fail(Stage::path_of(name_of(user)), Errc::kUnavailable);
  // A minute of failing probes, one at a time.
  for (int i = 0; i < 240; ++i) {
    stage.pass(std::chrono::milliseconds(250));
    assert_true(stage.web_app.open_count() <= 1);
    if (stage.web_app.open_count() == 1)
      stage.web_app.fail(stage.web_app.open(), Errc::kUnavailable);
  }
  assert_true(stage.web_app.asked < 8 + 20);
  for (int i = 0; i < 80; ++i) {
    stage.pass(seconds(1));
    while (stage.web_app.open_count() > 0) {
      const std::string open = stage.web_app.open();
      stage.web_app.answer(open.substr(0, open.find(' ')), R"({"friend@h": {}})");
    }
  }
  for (const auto session : sessions) {
    assert_text_equal(stage.read(session),
                      "error iq 1 wait/remote-server-timeout\npush friend@h both");
  }
  assert_int_equal(stage.journal.count("the web application answers again"), 1);
}

void refresh_is_the_app_s_word_that_it_is_back(void** state) {
  Stage& stage = stage_of(state);
  const auto sessions = log_in(stage, 6);
  for (int user = 0; user < 6; ++user)
    stage.web_app.fail(Stage::path_of(name_of(user)), Errc::kUnavailable);
  stage.pass(Duration(0));
  stage.post("[\"u0\", \"u1\", \"u2\"]");
  stage.pass(std::chrono::milliseconds(313));  // the logins' second attempts
  assert_int_equal(stage.web_app.open_count(), 1);
  serve(stage, 16);
  assert_int_not_equal(stage.answer(1).find("\"updated\":3,\"errors\":0"), std::string::npos);
}

void dead_app_of_one_host_does_not_hinder_another(void** state) {
  Stage& stage = stage_of(state);
  for (int user = 0; user < 20; ++user) stage.login(name_of(user) + "@other");
  for (int user = 0; user < 16; ++user) {
    stage.web_app.fail(Stage::path_of(name_of(user)), Errc::kUnavailable);
  }
  stage.pass(Duration(0));
  const auto juliet = stage.login("juliet");
  assert_text_equal(stage.web_app.open(), "/juliet");
  stage.web_app.answer("/juliet", "{}");
  assert_text_equal(stage.read(juliet), "result 1 roster ");
}

void each_request_has_an_id_of_its_own(void** state) {
  Stage& stage = stage_of(state);
  stage.login("juliet");
  stage.login("romeo");
  const std::string first = stage.web_app.field("/juliet", "Rosterd-Request-Id");
  const std::string second = stage.web_app.field("/romeo", "Rosterd-Request-Id");
  assert_true(first.ends_with("-1") && second.ends_with("-2"));
  assert_text_equal(first.substr(0, first.size() - 1), second.substr(0, second.size() - 1));
  stage.web_app.fail("/juliet", Errc::kInvalid);
  assert_int_equal(stage.journal.count("request=" + first), 1);
}

void hosts_have_urls_and_credentials_of_their_own(void** state) {
  Stage& stage = stage_of(state);
  RosterSourceOptions options = Stage::make_roster_options();
  options.credentials = {{Credential::Kind::kBearer, "", "for-all"}};
  options.hosts["other"] = options;
  options.hosts["other"].url = "http://app.example.org/other/%s";
  options.hosts["other"].credentials = {{Credential::Kind::kHmac, "k1", "secret"}};
  stage.source.set_options(options);
  stage.login("juliet");
  stage.login("juliet@other");
  assert_text_equal(stage.web_app.open(), "/juliet /other/juliet");
  assert_text_equal(stage.web_app.field("/juliet", "Authorization"), "Bearer for-all");
  assert_text_equal(stage.web_app.field("/other/juliet", "Authorization"), "");
  assert_true(stage.web_app.field("/other/juliet", "Rosterd-Signature").find(",k=k1,v1=") !=
              std::string::npos);
}

}  // namespace
}  // namespace rosterd::app

int main() {
  using namespace rosterd::app;
  const CMUnitTest tests[] = {
      STAGE_TEST(storm_without_bulk_never_exceeds_the_places),
      STAGE_TEST(storm_of_ten_thousand_logins_takes_at_most_fifty_bulk_requests),
      STAGE_TEST(few_logins_are_asked_for_one_by_one),
      STAGE_TEST(refresh_of_many_is_one_bulk_request_beside_those_under_way),
      STAGE_TEST(bulk_answer_is_read_user_by_user),
      STAGE_TEST(user_with_pages_is_asked_for_alone),
      STAGE_TEST(user_with_pages_is_not_among_many_again),
      STAGE_TEST(refused_bulk_request_leads_to_single_ones),
      STAGE_TEST(bulk_request_that_fails_for_the_moment_is_repeated),
      STAGE_TEST(bulk_request_whose_users_have_all_gone_is_taken_back),
      STAGE_TEST(login_while_the_app_fails_is_answered_at_once),
      STAGE_TEST(rosters_come_by_themselves_when_the_app_is_back),
      STAGE_TEST(refresh_is_the_app_s_word_that_it_is_back),
      STAGE_TEST(dead_app_of_one_host_does_not_hinder_another),
      STAGE_TEST(each_request_has_an_id_of_its_own),
      STAGE_TEST(hosts_have_urls_and_credentials_of_their_own),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
