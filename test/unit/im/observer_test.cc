// SPDX-License-Identifier: MIT
// What the PresenceObserver is told, and in which order.
#include "scene.h"

namespace rosterd::im {
namespace {

class Witness final : public PresenceObserver {
 public:
  void on_user_online(const xmpp::Jid& user) override { note("online " + text(user)); }
  void on_user_offline(const xmpp::Jid& user) override { note("offline " + text(user)); }
  void on_presence(const xmpp::Jid& session, const ObservedPresence& presence) override {
    std::string line = (presence.available ? "available " : "unavailable ") + text(session);
    for (const std::string_view word : {presence.show, presence.status}) {
      if (!word.empty()) line += " " + std::string(word);
    }
    if (presence.priority != 0) line += " " + std::to_string(presence.priority);
    note(line);
  }
  void on_session_end(const xmpp::Jid& session, SessionEnd reason) override {
    static constexpr const char* kNames[] = {"closed", "timeout", "kicked", "replaced", "drain"};
    note("end " + text(session) + " " + kNames[static_cast<int>(reason)]);
  }

  // What was told since the last call.
  std::string take() { return std::exchange(told_, {}); }

 private:
  static std::string text(const xmpp::Jid& jid) { return std::string(jid.text()); }
  void note(const std::string& line) { told_ += (told_.empty() ? "" : "; ") + line; }
  std::string told_;
};

void a_user_is_online_from_the_first_session_to_the_last(void** state) {
  Scene& scene = scene_of(state);
  Witness witness;
  scene.core.set_observer(&witness);
  scene.core.begin_user(make_jid("romeo@h"));
  assert_text_equal(witness.take(), "");  // a stream that has not bound yet
  Client& first = scene.bind("romeo", "a");
  assert_text_equal(witness.take(), "online romeo@h");
  Client& second = scene.connect("romeo", "b");
  assert_text_equal(witness.take(), "");
  scene.disconnect(first);
  assert_text_equal(witness.take(), "end romeo@h/a closed");
  scene.disconnect(second);
  assert_text_equal(witness.take(), "end romeo@h/b closed; offline romeo@h");
}

void presence_is_told_as_it_is_broadcast(void** state) {
  Scene& scene = scene_of(state);
  Witness witness;
  Client& romeo = scene.connect("romeo", "a");
  scene.core.set_observer(&witness);
  romeo.send("<presence><show>dnd</show><status>lunch</status><priority>5</priority></presence>");
  assert_text_equal(witness.take(), "available romeo@h/a dnd lunch 5");
  romeo.send("<presence><show>sideways</show></presence>");
  assert_text_equal(witness.take(), "available romeo@h/a");
  romeo.send("<presence to='juliet@h'/>");
  romeo.send("<presence to='juliet@h' type='unavailable'/>");
  romeo.send("<presence type='probe'/>");
  romeo.send("<presence><priority>300</priority></presence>");
  assert_text_equal(witness.take(), "");
  romeo.send("<presence type='unavailable'><show>away</show><status>bye</status></presence>");
  assert_text_equal(witness.take(), "unavailable romeo@h/a bye");
  romeo.send("<presence type='unavailable'/>");
  assert_text_equal(witness.take(), "");
  scene.disconnect(romeo);
  assert_text_equal(witness.take(), "end romeo@h/a closed; offline romeo@h");
}

void the_end_of_an_available_session_is_unavailable_presence_first(void** state) {
  Scene& scene = scene_of(state);
  Witness witness;
  Client& romeo = scene.login("romeo", "a", {});
  scene.core.set_observer(&witness);
  scene.disconnect(romeo);
  assert_text_equal(witness.take(), "unavailable romeo@h/a; end romeo@h/a closed; offline romeo@h");
}

void the_reason_of_an_end_follows_from_the_stream_error(void** state) {
  Scene& scene = scene_of(state);
  Witness witness;
  scene.core.set_observer(&witness);
  const std::pair<xmpp::StreamCondition, const char*> cases[] = {
      {xmpp::StreamCondition::kNone, "closed"},
      {xmpp::StreamCondition::kNotWellFormed, "closed"},
      {xmpp::StreamCondition::kResourceConstraint, "timeout"},
      {xmpp::StreamCondition::kConnectionTimeout, "timeout"},
      {xmpp::StreamCondition::kNotAuthorized, "kicked"},
      {xmpp::StreamCondition::kSystemShutdown, "drain"},
  };
  for (const auto& [error, reason] : cases) {
    Client& romeo = scene.connect("romeo", "a");
    witness.take();
    scene.core.end_session(romeo.handle(), error);
    assert_text_equal(witness.take(), std::string("end romeo@h/a ") + reason + "; offline romeo@h");
    scene.core.end_user(make_jid("romeo@h"));
  }
}

void a_session_that_replaces_the_only_one_keeps_its_user_online(void** state) {
  Scene& scene = scene_of(state);
  Witness witness;
  Client& old = scene.login("romeo", "a", {});
  scene.core.set_observer(&witness);
  Client& fresh = scene.connect("romeo", "a");
  assert_text_equal(witness.take(), "unavailable romeo@h/a; end romeo@h/a replaced");
  scene.disconnect(old);
  assert_text_equal(witness.take(), "");
  scene.disconnect(fresh);
  assert_text_equal(witness.take(), "end romeo@h/a closed; offline romeo@h");
}

void a_session_ended_for_its_own_fault_is_told_once(void** state) {
  Scene& scene = scene_of(state);
  Witness witness;
  Client& romeo = scene.connect("romeo", "a");
  scene.core.set_observer(&witness);
  romeo.send("<nonsense/>");
  assert_text_equal(witness.take(), "end romeo@h/a closed; offline romeo@h");
  scene.disconnect(romeo);
  assert_text_equal(witness.take(), "");
}

}  // namespace
}  // namespace rosterd::im

int main() {
  using namespace rosterd::im;
  const CMUnitTest tests[] = {
      SCENE_TEST(a_user_is_online_from_the_first_session_to_the_last),
      SCENE_TEST(presence_is_told_as_it_is_broadcast),
      SCENE_TEST(the_end_of_an_available_session_is_unavailable_presence_first),
      SCENE_TEST(the_reason_of_an_end_follows_from_the_stream_error),
      SCENE_TEST(a_session_that_replaces_the_only_one_keeps_its_user_online),
      SCENE_TEST(a_session_ended_for_its_own_fault_is_told_once),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
