// SPDX-License-Identifier: MIT
// RFC 6121 section 8.5, message by message.
#include "scene.h"

namespace rosterd::im {
namespace {

std::string message(std::string_view to, std::string_view type, std::string_view body = "Hi") {
  std::string stanza = "<message id='m'";
  if (!to.empty()) stanza += " to='" + std::string(to) + "'";
  if (!type.empty()) stanza += " type='" + std::string(type) + "'";
  return stanza + "><body>" + std::string(body) + "</body></message>";
}

const char* const kUnreachable = "error message m cancel/service-unavailable";

void a_chat_message_reaches_every_resource_of_non_negative_priority(void** state) {
  Scene& scene = scene_of(state);
  Client& romeo = scene.login("romeo", "a", {});
  Client& home = scene.login("juliet", "home", {});
  Client& work = scene.login("juliet", "work", {});
  Client& bot = scene.login("juliet", "bot", {});
  Client& silent = scene.connect("juliet", "silent");
  bot.send("<presence><priority>-1</priority></presence>");
  work.send("<presence><priority>5</priority></presence>");
  for (Client* client : {&home, &work, &bot}) client->drop();
  for (const char* type : {"", "normal", "chat", "headline", "no-such-type"}) {
    romeo.send(message("juliet@h", type));
    assert_text_equal(home.read(), "message romeo@h/a: Hi");
    assert_text_equal(work.read(), "message romeo@h/a: Hi");
    assert_text_equal(bot.read(), "");
    assert_text_equal(silent.read(), "");
    assert_text_equal(romeo.read(), "");
  }
}

void the_message_arrives_whole_with_the_senders_full_address(void** state) {
  Scene& scene = scene_of(state);
  Client& romeo = scene.login("romeo", "a", {});
  Client& juliet = scene.login("juliet", "b", {});
  romeo.send(
      "<message to='juliet@h' from='romeo@h' id='1' type='chat'><body>a &lt; b</body>"
      "<x xmlns='urn:x'><y/></x></message>");
  const std::string stanza = juliet.read_raw().at(0);
  assert_text_equal(scene.describer.attr(stanza, "from"), "romeo@h/a");
  assert_text_equal(scene.describer.attr(stanza, "to"), "juliet@h");
  assert_text_equal(scene.describer.attr(stanza, "id"), "1");
  assert_true(stanza.find("a &lt; b") != std::string::npos);
  assert_true(stanza.find("urn:x") != std::string::npos);
}

void addresses_are_prepared_before_they_are_compared(void** state) {
  Scene& scene = scene_of(state);
  Client& romeo = scene.login("romeo", "a", {});
  Client& juliet = scene.login("juliet", "Balcony", {});
  romeo.send(message("JULIET@H", "chat"));
  romeo.send(message("Juliet@h/Balcony", "chat"));
  assert_text_equal(juliet.read(), "message romeo@h/a: Hi\nmessage romeo@h/a: Hi");
  // A resource is case-sensitive; the message still finds the account.
  romeo.send(message("juliet@h/balcony", "headline"));
  assert_text_equal(juliet.read(), "");
}

void a_full_address_reaches_that_resource_alone(void** state) {
  Scene& scene = scene_of(state);
  Client& romeo = scene.login("romeo", "a", {});
  Client& home = scene.login("juliet", "home", {});
  Client& work = scene.connect("juliet", "work");  // connected, never available
  home.drop();
  for (const char* type : {"", "chat", "headline", "groupchat", "error"}) {
    romeo.send(message("juliet@h/work", type));
    assert_int_equal(work.read_raw().size(), 1);
    assert_text_equal(home.read(), "");
  }
}

void a_message_to_a_resource_that_has_gone_falls_back_by_type(void** state) {
  Scene& scene = scene_of(state);
  Client& romeo = scene.login("romeo", "a", {});
  Client& home = scene.login("juliet", "home", {});
  romeo.send(message("juliet@h/gone", "chat"));
  romeo.send(message("juliet@h/gone", "normal"));
  assert_text_equal(home.read(), "message romeo@h/a: Hi\nmessage romeo@h/a: Hi");
  romeo.send(message("juliet@h/gone", "headline"));
  romeo.send(message("juliet@h/gone", "error"));
  assert_text_equal(romeo.read(), "");
  romeo.send(message("juliet@h/gone", "groupchat"));
  assert_text_equal(romeo.read(), kUnreachable);
  assert_text_equal(home.read(), "");
}

void groupchat_to_an_account_is_refused_and_errors_are_dropped(void** state) {
  Scene& scene = scene_of(state);
  Client& romeo = scene.login("romeo", "a", {});
  Client& juliet = scene.login("juliet", "b", {});
  romeo.send(message("juliet@h", "groupchat"));
  assert_text_equal(romeo.read(), kUnreachable);
  romeo.send(message("juliet@h", "error"));
  assert_text_equal(romeo.read(), "");
  assert_text_equal(juliet.read(), "");
}

void an_unknown_account_and_an_unreachable_one_get_the_same_answer(void** state) {
  Scene& scene = scene_of(state);
  Client& romeo = scene.login("romeo", "a", {});
  Client& silent = scene.connect("silent", "s");
  Client& negative = scene.login("negative", "n", {});
  negative.send("<presence><priority>-5</priority></presence>");
  negative.drop();
  std::string first;
  for (const char* name : {"nobody", "silent", "negative"}) {
    romeo.send(message(std::string(name) + "@h", "chat"));
    std::string error = romeo.read_raw().at(0);
    assert_text_equal(scene.describer.describe(error), kUnreachable);
    error.replace(error.find(name), std::string(name).size(), "X");
    if (first.empty()) first = error;
    assert_text_equal(error, first);
    romeo.send(message(std::string(name) + "@h", "headline"));
    assert_text_equal(romeo.read(), "");
  }
  assert_text_equal(silent.read(), "");
  assert_text_equal(negative.read(), "");
}

void a_message_without_to_goes_to_the_own_account(void** state) {
  Scene& scene = scene_of(state);
  Client& one = scene.login("romeo", "1", {});
  Client& two = scene.login("romeo", "2", {});
  one.drop();
  two.send(message("", "chat"));
  assert_text_equal(one.read(), "message romeo@h/2: Hi");
  assert_text_equal(two.read(), "message romeo@h/2: Hi");
}

void messages_to_the_server_and_to_other_domains_are_refused(void** state) {
  Scene& scene = scene_of(state);
  Client& romeo = scene.login("romeo", "a", {});
  romeo.send(message("h", "chat"));
  assert_text_equal(romeo.read(), kUnreachable);
  romeo.send(message("h/what", "chat"));
  assert_text_equal(romeo.read(), kUnreachable);
  romeo.send(message("juliet@example.org", "chat"));
  assert_text_equal(romeo.read(), "error message m cancel/remote-server-not-found");
  romeo.send(message("juliet@example.org", "error"));
  assert_text_equal(romeo.read(), "");
}

void a_malformed_address_is_named_as_such(void** state) {
  Scene& scene = scene_of(state);
  Client& romeo = scene.login("romeo", "a", {});
  for (const char* to : {"@h", "a b@h", "juliet@", "juliet@h/", "/x"}) {
    romeo.send(message(to, "chat"));
    assert_text_equal(romeo.read(), "error message m modify/jid-malformed");
  }
  romeo.send("<message id='m' to=''/>");
  assert_text_equal(romeo.read(), "error message m modify/jid-malformed");
}

void users_of_two_served_domains_reach_each_other(void** state) {
  Scene& scene = scene_of(state);
  Client& romeo = scene.login("romeo", "a", {});
  Client& juliet = scene.login("juliet@other", "b", {});
  romeo.send(message("juliet@other", "chat"));
  assert_text_equal(juliet.read(), "message romeo@h/a: Hi");
}

}  // namespace
}  // namespace rosterd::im

int main() {
  using namespace rosterd::im;
  const CMUnitTest tests[] = {
      SCENE_TEST(a_chat_message_reaches_every_resource_of_non_negative_priority),
      SCENE_TEST(the_message_arrives_whole_with_the_senders_full_address),
      SCENE_TEST(addresses_are_prepared_before_they_are_compared),
      SCENE_TEST(a_full_address_reaches_that_resource_alone),
      SCENE_TEST(a_message_to_a_resource_that_has_gone_falls_back_by_type),
      SCENE_TEST(groupchat_to_an_account_is_refused_and_errors_are_dropped),
      SCENE_TEST(an_unknown_account_and_an_unreachable_one_get_the_same_answer),
      SCENE_TEST(a_message_without_to_goes_to_the_own_account),
      SCENE_TEST(messages_to_the_server_and_to_other_domains_are_refused),
      SCENE_TEST(a_malformed_address_is_named_as_such),
      SCENE_TEST(users_of_two_served_domains_reach_each_other),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
