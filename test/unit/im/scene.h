// SPDX-License-Identifier: MIT
// Scene: a Core with a clock and a web app that the test plays. Clients send stanzas as text and
// read what they got as short lines, so that a test reads as a conversation.
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/log.h"
#include "im/core.h"
#include "support/cmocka.h"
#include "support/describer.h"
#include "unit/im/make_roster.h"
#include "xml/parser.h"

namespace rosterd::im {

class ManualClock : public Clock {
 public:
  Instant now() const override { return Instant() + std::chrono::hours(1000) + passed; }
  WallTime wall_now() const override {
    return WallTime() + std::chrono::duration_cast<std::chrono::milliseconds>(passed);
  }
  Duration passed{};
};

class RecordingFetcher : public RosterFetcher {
 public:
  std::uint64_t fetch_roster(const xmpp::Jid& user) override {
    asked.emplace_back(user.text());
    return new_enough;
  }
  void cancel_fetch(const xmpp::Jid& user) override { cancelled.emplace_back(user.text()); }
  void cancel_all() override {}
  std::vector<std::string> asked, cancelled;
  std::uint64_t new_enough = 0;
};

inline xmpp::Jid make_jid(std::string_view text) {
  auto jid = xmpp::Jid::parse(text);
  assert_true(jid.has_value());
  return *jid;
}

// A contact of a test's roster; "@h" is added to a bare name.
struct Contact {
  std::string jid;
  Subscription subscription = Subscription::kBoth;
  std::string name = {};
  std::vector<std::string> groups = {};
};
using Contacts = std::vector<Contact>;

inline std::string at_host(std::string_view name) {
  const bool whole = name.find('@') != std::string_view::npos;
  return std::string(name) + (whole ? "" : "@h");
}

using test::Describer;

class Scene;

// A client: a session and what it reads.
class Client {
 public:
  Client(Scene& at, Handle<Session> handle) : scene_(at), session_(handle) {}

  void send(std::string_view stanza);
  // What came since the last read, one line each.
  std::string read();
  // The same, sorted: for what may come in any order.
  std::string read_sorted();
  std::vector<std::string> read_raw();
  void drop() { read_raw(); }

  Session* session() const;
  Handle<Session> handle() const { return session_; }

 private:
  std::vector<std::string> read_lines();
  Scene& scene_;
  Handle<Session> session_;
};

class Scene {
 public:
  explicit Scene(Options initial = make_options()) : options(std::move(initial)) {
    log::set_sink([](void*, log::Level, std::string_view) {}, nullptr);
  }

  static Options make_options() {
    Options options;
    options.hosts = {"h", "other"};
    options.software_version = "9.9";
    return options;
  }

  // A stream authenticates and binds. The roster is asked for but has not come.
  Client& connect(std::string_view user, std::string_view resource) {
    core.begin_user(make_jid(at_host(user)));
    return bind(user, resource);
  }
  Client& bind(std::string_view user, std::string_view resource) {
    const auto bound = core.bind(make_jid(at_host(user)), resource);
    assert_true(bound.has_value());
    clients_.push_back(std::make_unique<Client>(*this, *bound));
    return *clients_.back();
  }
  // The same, with the roster there, and available.
  Client& login(std::string_view user, std::string_view resource, const Contacts& contacts) {
    Client& client = connect(user, resource);
    load(user, contacts);
    client.send("<presence/>");
    client.drop();
    return client;
  }
  void disconnect(Client& client) {
    const xmpp::Jid user = client.session()->jid.bare();
    core.end_session(client.handle());
    core.end_user(user);
  }

  RosterChange change(std::string_view user, const Contacts& contacts) {
    return change(user, contacts, ++sequence);
  }
  RosterChange change(std::string_view user, const Contacts& contacts, std::uint64_t number) {
    std::vector<Entry> entries;
    for (const Contact& contact : contacts) {
      entries.push_back({at_host(contact.jid), contact.name, contact.groups, contact.subscription});
    }
    const xmpp::Jid jid = make_jid(at_host(user));
    const HeldRoster* const held = core.find_held_roster(jid);
    return {jid, make_roster(core.interner(), entries, held ? held->roster : nullptr), {}, number};
  }
  // The web app answers the login's question.
  void load(std::string_view user, const Contacts& contacts) {
    core.on_roster_fetched(make_jid(at_host(user)), change(user, contacts));
  }
  void fail(std::string_view user) {
    core.on_roster_fetched(make_jid(at_host(user)), make_error(Errc::kTimeout, "no answer"));
  }
  // A refresh of these users.
  void refresh(const std::vector<std::pair<std::string, Contacts>>& rosters) {
    RosterBatch batch;
    for (const auto& [user, contacts] : rosters) batch.push_back(change(user, contacts));
    core.apply(std::move(batch));
  }

  Options options;
  ManualClock clock;
  RecordingFetcher fetcher;
  Core core{options, clock, &fetcher};
  xml::Parser parser;
  Describer describer;
  std::uint64_t sequence = 0;

 private:
  std::vector<std::unique_ptr<Client>> clients_;
};

inline Session* Client::session() const { return scene_.core.find_session(session_); }

inline void Client::send(std::string_view stanza) {
  const auto element = scene_.parser.parse_stanza(stanza);
  assert_true(element.has_value());
  scene_.core.handle_stanza(session_, *element);
}

inline std::vector<std::string> Client::read_raw() {
  std::vector<std::string> stanzas;
  Outbox& outbox = session()->outbox;
  for (std::size_t i = 0; i < outbox.count(); ++i) stanzas.emplace_back(outbox.stanza(i));
  outbox.clear();
  session()->dirty.unlink();
  return stanzas;
}

inline std::vector<std::string> Client::read_lines() {
  std::vector<std::string> lines;
  for (const std::string& stanza : read_raw()) lines.push_back(scene_.describer.describe(stanza));
  return lines;
}

inline std::string join_lines(const std::vector<std::string>& lines) {
  std::string joined;
  for (const std::string& line : lines) joined += (joined.empty() ? "" : "\n") + line;
  return joined;
}

inline std::string Client::read() { return join_lines(read_lines()); }

inline std::string Client::read_sorted() {
  std::vector<std::string> lines = read_lines();
  std::sort(lines.begin(), lines.end());
  return join_lines(lines);
}

// A fresh scene per test: a failing assertion jumps out of the test, so the scene lives here.
inline int set_scene(void** state) {
  *state = new Scene;
  return 0;
}
inline int clear_scene(void** state) {
  delete static_cast<Scene*>(*state);
  *state = nullptr;
  return 0;
}
inline Scene& scene_of(void** state) { return *static_cast<Scene*>(*state); }

#define SCENE_TEST(test) cmocka_unit_test_setup_teardown(test, set_scene, clear_scene)

}  // namespace rosterd::im
