// SPDX-License-Identifier: MIT
// Who is told whether there is an account: whose contact it is, and strangers only where a host
// says so; never who is online.
#include "im/existence.h"

#include <deque>

#include "unit/im/scene.h"

namespace rosterd::im {
namespace {

struct FakeFinder final : UserFinder {
  struct Question {
    std::string user;
    std::uint64_t ticket;
    UserFinderEvents* events;
  };
  void find_user(const xmpp::Jid& user, std::uint64_t ticket, UserFinderEvents* events) override {
    asked.push_back({std::string(user.text()), ticket, events});
  }
  // Who was asked for the longest time ago.
  std::string answer(bool exists) {
    assert_true(!asked.empty());
    const Question first = asked.front();
    asked.pop_front();
    first.events->on_user_found(first.ticket, exists);
    return first.user;
  }
  std::deque<Question> asked;
};

struct Town : Scene {
  Town() { core.set_user_finder(&finder); }
  void make_public() {
    options.public_hosts = {"h"};
    core.set_options(options);
  }
  FakeFinder finder;
};

int set_town(void** state) {
  *state = new Town;
  return 0;
}
int clear_town(void** state) {
  delete static_cast<Town*>(*state);
  return 0;
}
Town& town_of(void** state) { return *static_cast<Town*>(*state); }

std::string message(std::string_view to, std::string_view id = "m") {
  return "<message type='chat' id='" + std::string(id) + "' to='" + std::string(to) +
         "'><body>Hi</body></message>";
}
std::string disco(std::string_view to, std::string_view what, std::string_view node = {}) {
  std::string query = "<query xmlns='http://jabber.org/protocol/disco#" + std::string(what) + "'";
  if (!node.empty()) query += " node='" + std::string(node) + "'";
  return "<iq type='get' id='1' to='" + std::string(to) + "'>" + query + "/></iq>";
}
std::string probe(std::string_view to) {
  return "<presence type='probe' to='" + std::string(to) + "'/>";
}

// All that can be asked of an account, by its bare JID and by a resource.
std::vector<std::string> questions_for(const std::string& name) {
  const std::string bare = at_host(name);
  return {message(bare),
          message(bare + "/gone"),
          disco(bare, "info"),
          disco(bare, "items"),
          disco(bare, "info", "n"),
          probe(bare),
          probe(bare + "/phone"),
          "<presence to='" + bare + "' type='subscribe'/>",
          "<iq type='get' id='2' to='" + bare + "'><query xmlns='jabber:iq:roster'/></iq>",
          "<iq type='get' id='3' to='" + bare + "/gone'><ping xmlns='urn:xmpp:ping'/></iq>"};
}

// The answers, with X for the name.
std::vector<std::string> ask(Client& asker, const std::string& name) {
  std::vector<std::string> answers;
  for (const std::string& question : questions_for(name)) {
    asker.send(question);
    std::string all;
    for (std::string& answer : asker.read_raw()) {
      for (std::size_t at = 0; (at = answer.find(name, at)) != answer.npos; ++at) {
        answer.replace(at, name.size(), "X");
      }
      all += answer;
    }
    answers.push_back(all);
  }
  return answers;
}
void assert_same(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  assert_int_equal(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) assert_text_equal(a[i], b[i]);
}

constexpr const char* kNobodyThere = "error message m wait/recipient-unavailable";
constexpr const char* kUnavailable = "error message m cancel/service-unavailable";
constexpr const char* kNoSuchUser = "error message m cancel/item-not-found";

// --- contacts ------------------------------------------------------------------------------------

void contact_whom_nobody_uses_is_said_to_be_unavailable(void** state) {
  Town& town = town_of(state);
  Client& romeo = town.login("romeo", "a", {{"juliet"}, {"nurse", Subscription::kFrom}});
  for (const char* to : {"juliet@h", "nurse@h", "nurse@h/gone"}) {
    romeo.send(message(to));
    assert_text_equal(romeo.read(), kNobodyThere);
  }
  assert_true(town.finder.asked.empty());
}

void contact_is_discovered_while_nobody_uses_it(void** state) {
  Town& town = town_of(state);
  Client& romeo = town.login("romeo", "a", {{"juliet"}, {"nurse", Subscription::kFrom}});
  for (const char* to : {"juliet@h", "nurse@h"}) {
    romeo.send(disco(to, "info"));
    const std::string info = romeo.read_raw().at(0);
    assert_true(info.find("category='account' type='registered'") != std::string::npos);
    romeo.send(disco(to, "items"));
    assert_text_equal(romeo.read(), "result 1 query");
    romeo.send(disco(to, "info", "n"));
    assert_text_equal(romeo.read(), "error iq 1 cancel/item-not-found");
  }
}

void contact_who_grants_nothing_is_like_one_who_is_not_here(void** state) {
  Town& town = town_of(state);
  Client& romeo = town.login("romeo", "a",
                             {{"away"}, {"silent"}, {"hidden"}, {"loading"}, {"left"}, {"oneway"}});
  town.connect("silent", "phone");                     // has sent no presence
  Client& hidden = town.login("hidden", "phone", {});  // is there, and grants nothing
  town.login("oneway", "phone", {{"romeo", Subscription::kTo}});
  town.connect("loading", "phone");
  town.disconnect(town.login("left", "phone", {{"romeo"}}));  // its roster is kept
  hidden.send("<presence><priority>-1</priority></presence>");
  town.connect("oneway", "phone2");
  romeo.drop();
  // Messages to `oneway` arrive: he is there to read them.
  const auto expected = ask(romeo, "away");
  assert_true(expected.at(5).find("type='unavailable' from='X@h'") != std::string::npos);
  for (const char* name : {"silent", "hidden", "loading", "left"}) {
    assert_same(ask(romeo, name), expected);
  }
  romeo.send(probe("oneway@h"));
  assert_text_equal(romeo.read(), "unavailable oneway@h");
  assert_true(town.finder.asked.empty());
}

void contacts_by_the_roster_in_force_alone(void** state) {
  Town& town = town_of(state);
  Client& romeo = town.connect("romeo", "a");
  romeo.send(message("juliet@h"));
  assert_text_equal(romeo.read(), kUnavailable);
  town.load("romeo", {{"juliet"}});
  romeo.drop();
  romeo.send(message("juliet@h"));
  assert_text_equal(romeo.read(), kNobodyThere);
  town.refresh({{"romeo", {}}});
  romeo.drop();
  romeo.send(message("juliet@h"));
  assert_text_equal(romeo.read(), kUnavailable);
}

void own_account_is_known(void** state) {
  Town& town = town_of(state);
  Client& romeo = town.connect("romeo", "a");
  for (const char* to : {"romeo@h", "romeo@h/gone"}) {
    romeo.send(message(to));
    assert_text_equal(romeo.read(), kNobodyThere);
  }
  romeo.send("<message id='m' type='chat'/>");
  assert_text_equal(romeo.read(), kNobodyThere);
}

// --- strangers -----------------------------------------------------------------------------------

void strangers_learn_nothing(void** state) {
  Town& town = town_of(state);
  Client& romeo = town.login("romeo", "a", {{"juliet"}});
  town.connect("silent", "phone");
  Client& hidden = town.login("hidden", "phone", {{"romeo"}});
  hidden.send("<presence><priority>-1</priority></presence>");
  town.disconnect(town.login("left", "phone", {}));
  romeo.drop();
  const auto expected = ask(romeo, "nobody");
  assert_true(expected.at(0).find("service-unavailable") != std::string::npos);
  assert_true(expected.at(2).find("service-unavailable") != std::string::npos);
  assert_text_equal(expected.at(5), "");
  for (const char* name : {"silent", "hidden", "left"}) assert_same(ask(romeo, name), expected);
  assert_true(town.finder.asked.empty());
}

void strangers_of_a_public_host_are_answered_by_the_finder(void** state) {
  Town& town = town_of(state);
  town.make_public();
  Client& romeo = town.login("romeo", "a", {});
  romeo.send(message("JULIET@h/gone"));
  romeo.send(disco("juliet@h", "info"));
  romeo.send(disco("juliet@h", "items"));
  romeo.send(disco("juliet@h", "info", "n"));
  assert_text_equal(romeo.read(), "");
  for (int i = 0; i < 4; ++i) assert_text_equal(town.finder.answer(true), "juliet@h");
  assert_text_equal(romeo.read(), std::string(kNobodyThere) +
                                      "\nresult 1 query\nresult 1 query\n"
                                      "error iq 1 cancel/item-not-found");
  romeo.send(message("juliet@h"));
  romeo.send(disco("juliet@h", "info"));
  town.finder.answer(false);
  town.finder.answer(false);
  assert_text_equal(romeo.read(), std::string(kNoSuchUser) + "\nerror iq 1 cancel/item-not-found");
  // Who does not log in there is nobody's business here.
  romeo.send(message("juliet@other"));
  assert_text_equal(romeo.read(), kUnavailable);
  romeo.send(message("h/what"));
  assert_text_equal(romeo.read(), kUnavailable);
  assert_true(town.finder.asked.empty());
}

void public_host_does_not_tell_strangers_who_is_online(void** state) {
  Town& town = town_of(state);
  town.make_public();
  Client& romeo = town.login("romeo", "a", {});
  town.connect("silent", "phone");
  Client& hidden = town.login("hidden", "phone", {});
  hidden.send("<presence><priority>-1</priority></presence>");
  town.disconnect(town.login("left", "phone", {}));
  romeo.drop();
  for (const bool exists : {true, false}) {
    std::vector<std::string> expected;
    for (const std::string name : {"away", "silent", "hidden", "left"}) {
      std::vector<std::string> answers = ask(romeo, name);
      const std::size_t asked = town.finder.asked.size();
      while (!town.finder.asked.empty()) assert_text_equal(town.finder.answer(exists), name + "@h");
      for (std::string answer : romeo.read_raw()) {
        answer.replace(answer.find(name), name.size(), "X");
        answers.push_back(answer);
      }
      answers.push_back(std::to_string(asked));
      if (expected.empty()) expected = answers;
      assert_same(answers, expected);
    }
  }
}

void headlines_and_others_ask_nobody(void** state) {
  Town& town = town_of(state);
  town.make_public();
  Client& romeo = town.login("romeo", "a", {});
  romeo.send("<message to='juliet@h' type='headline' id='m'/>");
  romeo.send("<message to='juliet@h' type='error' id='m'/>");
  assert_text_equal(romeo.read(), "");
  romeo.send("<message to='juliet@h' type='groupchat' id='m'/>");
  assert_text_equal(romeo.read(), kUnavailable);
  romeo.send(probe("juliet@h"));
  assert_text_equal(romeo.read(), "");
  assert_true(town.finder.asked.empty());
}

void without_a_finder_a_public_host_tells_nothing(void** state) {
  Town& town = town_of(state);
  town.make_public();
  town.core.set_user_finder(nullptr);
  Client& romeo = town.login("romeo", "a", {});
  romeo.send(message("juliet@h"));
  assert_text_equal(romeo.read(), kUnavailable);
}

// --- who waits -----------------------------------------------------------------------------------

void who_waits_for_too_much_is_told_nothing_at_once(void** state) {
  Town& town = town_of(state);
  town.make_public();
  Client& romeo = town.login("romeo", "a", {});
  Client& mercutio = town.login("mercutio", "a", {});
  for (std::size_t i = 0; i < UserQuestions::kPerSession; ++i) romeo.send(message("juliet@h"));
  assert_text_equal(romeo.read(), "");
  romeo.send(message("juliet@h"));
  assert_text_equal(romeo.read(), kUnavailable);
  mercutio.send(message("juliet@h"));
  assert_text_equal(mercutio.read(), "");
  town.finder.answer(true);
  assert_text_equal(romeo.read(), kNobodyThere);
  romeo.send(message("juliet@h", std::string(UserQuestions::kMostBytes, 'x')));
  assert_int_equal(romeo.read_raw().size(), 1);
  romeo.send(message("juliet@h"));
  assert_text_equal(romeo.read(), "");
}

void answer_to_an_ended_session_goes_nowhere(void** state) {
  Town& town = town_of(state);
  town.make_public();
  Client& romeo = town.login("romeo", "a", {});
  Client& other = town.login("romeo", "b", {});
  romeo.send(message("juliet@h"));
  romeo.send(message("nurse@h"));
  other.drop();
  other.send(message("juliet@h"));
  town.disconnect(romeo);
  while (!town.finder.asked.empty()) town.finder.answer(true);
  assert_text_equal(other.read(), std::string("unavailable romeo@h/a\n") + kNobodyThere);
}

void kicked_session_gets_no_answer(void** state) {
  Town& town = town_of(state);
  town.make_public();
  Client& romeo = town.login("romeo", "a", {});
  romeo.send(message("juliet@h"));
  town.core.kick(make_jid("romeo@h"), std::nullopt, "");
  town.finder.answer(true);
  assert_text_equal(romeo.read(), "");
}

}  // namespace
}  // namespace rosterd::im

int main() {
  using namespace rosterd::im;
#define TOWN_TEST(test) cmocka_unit_test_setup_teardown(test, set_town, clear_town)
  const CMUnitTest tests[] = {
      TOWN_TEST(contact_whom_nobody_uses_is_said_to_be_unavailable),
      TOWN_TEST(contact_is_discovered_while_nobody_uses_it),
      TOWN_TEST(contact_who_grants_nothing_is_like_one_who_is_not_here),
      TOWN_TEST(contacts_by_the_roster_in_force_alone),
      TOWN_TEST(own_account_is_known),
      TOWN_TEST(strangers_learn_nothing),
      TOWN_TEST(strangers_of_a_public_host_are_answered_by_the_finder),
      TOWN_TEST(public_host_does_not_tell_strangers_who_is_online),
      TOWN_TEST(headlines_and_others_ask_nobody),
      TOWN_TEST(without_a_finder_a_public_host_tells_nothing),
      TOWN_TEST(who_waits_for_too_much_is_told_nothing_at_once),
      TOWN_TEST(answer_to_an_ended_session_goes_nowhere),
      TOWN_TEST(kicked_session_gets_no_answer),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
