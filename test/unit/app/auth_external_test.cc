// SPDX-License-Identifier: MIT
#include "app/auth_external.h"

#include "unit/app/stage.h"

namespace rosterd::app {
namespace {

using std::string_view_literals::operator""sv;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Duration kNow{0};
constexpr std::string_view kYes = "\0\2\0\1"sv, kNo = "\0\2\0\0"sv;

// A program that the test plays.
struct FakeProgram final : net::Process {
  void write(std::string_view bytes) override { asked += bytes; }
  void kill() override { killed = true; }
  void stop() override {
    stopped = true;
    events = nullptr;
  }
  // What it was asked since, without the size.
  std::string take() { return std::exchange(asked, {}).erase(0, 2); }
  void say(std::string_view bytes) { events->on_output(bytes); }
  void cry(std::string_view bytes) { events->on_error_output(bytes); }
  void exit(Errc code = Errc::kUnavailable) {
    std::exchange(events, nullptr)->on_exit({code, killed ? "signal 9" : "exit status 1"});
  }

  net::ProcessEvents* events = nullptr;
  std::string asked;
  bool killed = false, stopped = false;
};

struct FakePrograms final : net::ProcessStarter {
  Result<net::Process*> start(const std::vector<std::string>& command,
                              net::ProcessEvents* events) override {
    assert_text_equal(command.front(), "/usr/bin/check");
    ++attempts;
    if (missing) return make_error(Errc::kUnavailable, "no such file or directory");
    all.push_back(std::make_unique<FakeProgram>());
    all.back()->events = events;
    return all.back().get();
  }
  FakeProgram& operator[](std::size_t i) { return *all.at(i); }

  std::vector<std::unique_ptr<FakeProgram>> all;
  bool missing = false;
  int attempts = 0;
};

ProgramOptions make_options(std::size_t count) {
  ProgramOptions options;
  options.command = {"/usr/bin/check", "--fast"};
  options.count = count;
  return options;
}

struct Desk final : im::AuthEvents, im::UserEvents {
  explicit Desk(Stage& on, ProgramOptions options = make_options(1), bool missing = false)
      : stage(on) {
    programs.missing = missing;
    auth = std::make_unique<AuthExternal>("h", programs, on.clock, on.timers, std::move(options),
                                          seconds(5));
    stage.pass(kNow);
  }

  void on_keys(std::uint64_t ticket, const Result<xmpp::ScramKeys>& keys) override {
    tell(ticket, keys ? "keys" : to_string(keys.error().code));
  }
  void on_login(std::uint64_t ticket, const Result<xmpp::Login>& login) override {
    tell(ticket, login ? std::string(login->user.text()) : to_string(login.error().code));
  }
  void on_user(std::uint64_t ticket, const Result<bool>& exists) override {
    tell(ticket, !exists ? to_string(exists.error().code) : *exists ? "there" : "nobody");
  }
  void tell(std::uint64_t ticket, const std::string& what) {
    told += (told.empty() ? "" : " ") + std::to_string(ticket) + ':' + what;
  }
  std::string take() {
    stage.pass(kNow);
    return std::exchange(told, {});
  }
  void ask(std::uint64_t ticket, std::string password = "secret") {
    const std::string before = told;
    auth->check_password(*xmpp::Jid::parse("romeo@h"), std::move(password), ticket, this);
    assert_text_equal(told, before);
  }

  Stage& stage;
  FakePrograms programs;
  std::string told;
  std::unique_ptr<AuthExternal> auth;
};

void program_says_yes_and_no(void** state) {
  Desk desk(stage_of(state));
  desk.ask(1, "a:b");
  assert_text_equal(desk.programs[0].take(), "auth:romeo:h:a:b");
  desk.programs[0].say(kYes);
  assert_text_equal(desk.take(), "1:romeo@h");
  desk.ask(2);
  desk.programs[0].say(kNo.substr(0, 3));
  assert_text_equal(desk.take(), "");
  desk.programs[0].say(kNo.substr(3));
  assert_text_equal(desk.take(), "2:denied");
}

void only_passwords_can_be_asked_about(void** state) {
  Desk desk(stage_of(state));
  desk.auth->identify({}, 1, &desk);
  desk.auth->fetch_keys(*xmpp::Jid::parse("romeo@h"), crypto::Hash::kSha1, 2, &desk);
  assert_text_equal(desk.told, "");
  assert_text_equal(desk.take(), "1:unsupported 2:unsupported");
}

void program_is_asked_for_users_among_logins(void** state) {
  Desk desk(stage_of(state));
  const xmpp::Jid romeo = *xmpp::Jid::parse("romeo@h");
  assert_true(desk.auth->find_user(romeo, 1, &desk));
  desk.ask(2);
  assert_true(desk.auth->find_user(romeo, 3, &desk));
  assert_true(desk.auth->find_user(romeo, 4, &desk));
  assert_text_equal(desk.programs[0].take(), "isuser:romeo:h");
  desk.programs[0].say(kYes);
  assert_text_equal(desk.programs[0].take(), "auth:romeo:h:secret");
  desk.programs[0].say(kYes);
  desk.programs[0].say(kNo);
  assert_text_equal(desk.take(), "1:there 2:romeo@h 3:nobody");
  desk.programs[0].say("Traceback");
  assert_text_equal(desk.take(), "4:unavailable");
  assert_true(desk.auth->find_user(romeo, 5, &desk));
  assert_text_equal(desk.told, "");
  assert_text_equal(desk.take(), "5:unavailable");
}

void each_program_has_one_question_at_a_time(void** state) {
  Desk desk(stage_of(state), make_options(2));
  for (std::uint64_t ticket = 1; ticket <= 4; ++ticket) desk.ask(ticket, std::to_string(ticket));
  assert_text_equal(desk.programs[0].take(), "auth:romeo:h:1");
  assert_text_equal(desk.programs[1].take(), "auth:romeo:h:2");
  desk.programs[1].say(kNo);
  assert_text_equal(desk.programs[1].take(), "auth:romeo:h:3");
  desk.programs[1].say(kNo);
  assert_text_equal(desk.programs[1].take(), "auth:romeo:h:4");
  desk.programs[0].say(kYes);
  assert_text_equal(desk.take(), "2:denied 3:denied 1:romeo@h");
  assert_text_equal(desk.programs[0].asked, "");
}

void password_that_cannot_be_said_is_wrong(void** state) {
  ProgramOptions options = make_options(1);
  options.protocol = ProgramProtocol::kGeneric;
  Desk desk(stage_of(state), options);
  desk.ask(1, "two\nlines");
  assert_text_equal(desk.take(), "1:denied");
  desk.ask(2, "one line");
  assert_text_equal(desk.programs[0].asked, "auth:romeo:h:one line\n");
  desk.programs[0].say("1\n");
  assert_text_equal(desk.take(), "2:romeo@h");
}

void program_that_hangs_is_killed_and_started_again(void** state) {
  Desk desk(stage_of(state));
  desk.ask(1);
  desk.stage.pass(seconds(5));
  assert_true(desk.programs[0].killed);
  assert_text_equal(desk.take(), "1:unavailable");
  desk.programs[0].say(kYes);  // too late
  desk.programs[0].exit();
  desk.ask(2);
  assert_text_equal(desk.take(), "2:unavailable");  // none runs
  desk.stage.pass(seconds(1));
  desk.ask(3);
  desk.programs[1].say(kYes);
  assert_text_equal(desk.take(), "3:romeo@h");
  assert_int_equal(desk.stage.journal.count("it gives no answer"), 1);
  assert_int_equal(desk.stage.journal.count("answers again"), 1);
}

void program_that_dies_says_nothing_of_the_user(void** state) {
  Desk desk(stage_of(state), make_options(2));
  desk.ask(1);
  desk.ask(2);
  desk.ask(3);
  desk.programs[0].exit();
  assert_text_equal(desk.take(), "1:unavailable");
  desk.programs[1].say(kYes);  // the others go on
  desk.programs[1].say(kYes);
  assert_text_equal(desk.take(), "2:romeo@h 3:romeo@h");
  assert_int_equal(desk.stage.journal.count("it has ended: exit status 1"), 1);
}

void pauses_grow_while_it_fails_and_the_log_says_it_once(void** state) {
  Desk desk(stage_of(state), make_options(1), true);
  desk.stage.pass(std::chrono::minutes(10));
  assert_in_range(desk.programs.attempts, 15, 40);
  assert_int_equal(desk.stage.journal.count("cannot be started"), 1);
  desk.ask(1);
  assert_text_equal(desk.take(), "1:unavailable");
  desk.programs.missing = false;
  desk.stage.pass(seconds(40));
  desk.ask(2);
  desk.programs[0].say(kYes);
  assert_text_equal(desk.take(), "2:romeo@h");
  assert_int_equal(desk.stage.journal.count("answers again"), 1);
}

void nonsense_ends_the_program(void** state) {
  Desk desk(stage_of(state));
  desk.ask(1);
  desk.programs[0].say("Content-Type: text/html");
  assert_true(desk.programs[0].killed);
  assert_text_equal(desk.take(), "1:unavailable");
  desk.ask(2);
  assert_text_equal(desk.take(), "2:unavailable");
  desk.programs[0].exit();
  desk.stage.pass(seconds(1));
  desk.programs[1].say(kYes);  // unasked: it would answer the next one's question
  assert_true(desk.programs[1].killed);
}

void question_waits_for_a_free_program_for_so_long(void** state) {
  Desk desk(stage_of(state));
  for (std::uint64_t ticket = 1; ticket <= 3; ++ticket) desk.ask(ticket);
  desk.stage.pass(seconds(4));
  desk.programs[0].say(kYes);
  assert_text_equal(desk.take(), "1:romeo@h");
  desk.stage.pass(milliseconds(999));
  assert_text_equal(desk.take(), "");
  desk.stage.pass(milliseconds(1));
  assert_text_equal(desk.take(), "3:timeout");
  desk.programs[0].say(kYes);
  assert_text_equal(desk.take(), "2:romeo@h");
}

void crowd_that_waits_is_limited(void** state) {
  Desk desk(stage_of(state));
  desk.ask(0);
  for (std::size_t i = 1; i <= AuthExternal::kWaitingMax; ++i) desk.ask(i);
  desk.ask(5555);
  assert_text_equal(desk.take(), "5555:unavailable");
}

void what_it_cries_is_logged_without_the_password(void** state) {
  Desk desk(stage_of(state));
  desk.ask(1, "pa55word");
  desk.programs[0].cry("ValueError: auth:romeo:h:pa55word pa55");
  desk.programs[0].cry("word\nsecond line\nthird");
  desk.programs[0].exit();
  assert_int_equal(desk.stage.journal.count("pa55word"), 0);
  assert_int_equal(desk.stage.journal.count("auth:romeo:h:*** ***"), 1);
  assert_int_equal(desk.stage.journal.count("second line"), 1);
  assert_int_equal(desk.stage.journal.count("third"), 1);
}

void what_it_cries_without_end_is_limited(void** state) {
  Desk desk(stage_of(state));
  for (int i = 0; i < 1000; ++i) desk.programs[0].cry("line\n");
  assert_int_equal(desk.stage.journal.count("line"), 20);
  desk.programs[0].cry(std::string(100'000, 'x') + "\n");
  desk.stage.pass(seconds(10));
  desk.programs[0].cry(std::string(100'000, 'x') + "\n");
  assert_int_equal(desk.stage.journal.count("xxx"), 1);
  assert_true(desk.stage.journal.lines.back().size() < 500);
}

void stop_of_the_daemon_is_no_fault(void** state) {
  Desk desk(stage_of(state));
  desk.ask(1);
  desk.ask(2);
  desk.programs[0].exit(Errc::kCancelled);
  assert_text_equal(desk.take(), "1:unavailable 2:unavailable");
  desk.ask(3);
  assert_text_equal(desk.take(), "3:unavailable");
  desk.stage.pass(std::chrono::minutes(1));
  assert_int_equal(desk.programs.attempts, 1);
  assert_int_equal(desk.stage.journal.lines.size(), 0);
}

void end_stops_the_programs_and_answers_who_waits(void** state) {
  Desk desk(stage_of(state));
  desk.ask(1);
  desk.ask(2);
  desk.auth.reset();
  assert_true(desk.programs[0].stopped);
  assert_text_equal(desk.take(), "1:unavailable 2:unavailable");
}

}  // namespace
}  // namespace rosterd::app

int main() {
  using namespace rosterd::app;
  const CMUnitTest tests[] = {
      STAGE_TEST(program_says_yes_and_no),
      STAGE_TEST(only_passwords_can_be_asked_about),
      STAGE_TEST(program_is_asked_for_users_among_logins),
      STAGE_TEST(each_program_has_one_question_at_a_time),
      STAGE_TEST(password_that_cannot_be_said_is_wrong),
      STAGE_TEST(program_that_hangs_is_killed_and_started_again),
      STAGE_TEST(program_that_dies_says_nothing_of_the_user),
      STAGE_TEST(pauses_grow_while_it_fails_and_the_log_says_it_once),
      STAGE_TEST(nonsense_ends_the_program),
      STAGE_TEST(question_waits_for_a_free_program_for_so_long),
      STAGE_TEST(crowd_that_waits_is_limited),
      STAGE_TEST(what_it_cries_is_logged_without_the_password),
      STAGE_TEST(what_it_cries_without_end_is_limited),
      STAGE_TEST(stop_of_the_daemon_is_no_fault),
      STAGE_TEST(end_stops_the_programs_and_answers_who_waits),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
