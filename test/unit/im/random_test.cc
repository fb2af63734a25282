// SPDX-License-Identifier: MIT
// Random lives of a few users against a model that recomputes everything from scratch. What the
// clients believe, from nothing but what they were sent, must at all times be what the model says.
#include <optional>
#include <random>

#include "scene.h"

namespace rosterd::im {
namespace {

constexpr int kUsers = 5;
constexpr int kResources = 2;
constexpr int kSteps = 2500;

using RosterModel = std::map<std::string, Subscription>;

struct SessionModel {
  Client* client = nullptr;
  bool available = false;
  // What the client has been told.
  std::set<std::string> sees;
  std::optional<RosterModel> roster;  // since it was answered, with a roster or with an error
};

struct KeptModel {
  RosterModel roster;
  std::uint64_t sequence = 0;
  Duration confirmed{};
};

struct UserModel {
  std::map<std::string, SessionModel> sessions;  // by resource
  std::optional<KeptModel> held;
  bool in_force = false;
  bool confirmed = false;  // in force, and not only as a stale copy

  bool online() const { return !sessions.empty(); }
};

class World {
 public:
  explicit World(unsigned seed) : random_(seed) {}

  void step() {
    updating_.clear();
    const int what = pick(100);
    if (what < 15) {
      toggle_session();
    } else if (what < 35) {
      change_presence();
    } else if (what < 45) {
      ask_roster();
    } else if (what < 60) {
      answer_fetch();
    } else if (what < 65) {
      fail_fetch();
    } else if (what < 95) {
      refresh();
    } else if (what < 97) {
      forget();
    } else {
      scene_.clock.passed += std::chrono::minutes(pick(40));
      scene_.core.expire();
    }
    read_all();
    check_all();
  }

 private:
  int pick(int count) { return static_cast<int>(random_() % static_cast<unsigned>(count)); }
  std::string pick_user() { return "u" + std::to_string(pick(kUsers)); }
  static std::string full(const std::string& user, const std::string& resource) {
    return user + "@h/" + resource;
  }

  // Rosters tend to agree, so that edges come and go.
  RosterModel pick_roster() {
    RosterModel roster;
    for (int i = 0; i < kUsers; ++i) {
      const int value = pick(8);
      if (value == 0) continue;
      roster["u" + std::to_string(i)] =
          value < 4 ? static_cast<Subscription>(value) : Subscription::kBoth;
    }
    return roster;
  }
  RosterChange make_change(const std::string& user, const RosterModel& roster,
                           std::uint64_t sequence) {
    Contacts contacts;
    for (const auto& [contact, subscription] : roster) contacts.push_back({contact, subscription});
    return scene_.change(user, contacts, sequence);
  }

  void toggle_session() {
    const std::string name = pick_user();
    const std::string resource = std::to_string(pick(kResources));
    UserModel& user = users_[name];
    const auto found = user.sessions.find(resource);
    if (found == user.sessions.end()) {
      user.sessions[resource].client = &scene_.connect(name, resource);
      return;
    }
    scene_.disconnect(*found->second.client);
    user.sessions.erase(found);
    if (user.online()) return;
    if (user.confirmed) user.held->confirmed = scene_.clock.passed;
    user.in_force = user.confirmed = false;
    left_at_[name] = scene_.clock.passed;
  }

  void change_presence() {
    const std::string name = pick_user();
    for (auto& [resource, session] : users_[name].sessions) {
      if (pick(2) == 0) continue;
      if (session.available && pick(2) == 0) {
        session.client->send("<presence type='unavailable'/>");
        session.available = false;
      } else {
        session.client->send("<presence/>");
        if (session.available) updating_.insert(full(name, resource));
        session.available = true;
      }
    }
  }

  void ask_roster() {
    for (auto& [resource, session] : users_[pick_user()].sessions) {
      session.client->send("<iq id='1' type='get'><query xmlns='jabber:iq:roster'/></iq>");
    }
  }

  void put(UserModel& user, const RosterModel& roster, std::uint64_t sequence) {
    if (user.held && sequence < user.held->sequence) return;
    if (!user.online() && !user.held) return;
    user.held = {roster, sequence, scene_.clock.passed};
    user.in_force = user.confirmed = user.online();
  }

  std::uint64_t pick_sequence() {
    const std::uint64_t newest = scene_.sequence += 2;
    return pick(6) == 0 && newest > 20 ? newest - 1 - static_cast<unsigned>(pick(20)) : newest;
  }

  void answer_fetch() {
    const std::string name = pick_user();
    if (!users_[name].online()) return;
    const RosterModel roster = pick_roster();
    const std::uint64_t sequence = pick_sequence();
    scene_.core.on_roster_fetched(make_jid(name + "@h"), make_change(name, roster, sequence));
    put(users_[name], roster, sequence);
  }

  void fail_fetch() {
    const std::string name = pick_user();
    UserModel& user = users_[name];
    scene_.fail(name);
    if (!user.online() || user.in_force || !user.held) return;
    user.in_force = scene_.clock.passed - user.held->confirmed < scene_.options.roster_stale_max;
  }

  void refresh() {
    std::vector<RosterChange> batch;
    for (int i = 0; i < kUsers; ++i) {
      if (pick(2) == 0) continue;
      const std::string name = "u" + std::to_string(i);
      const RosterModel roster = pick_roster();
      const std::uint64_t sequence = pick_sequence();
      batch.push_back(make_change(name, roster, sequence));
      put(users_[name], roster, sequence);
    }
    scene_.core.apply(std::move(batch));
  }

  void forget() {
    const std::string name = pick_user();
    scene_.core.forget_roster(make_jid(name + "@h"));
    if (!users_[name].in_force) users_[name].held.reset();
  }

  // --- what clients believe ----------------------------------------------------------------------

  void read_all() {
    for (auto& [name, user] : users_) {
      for (auto& [resource, session] : user.sessions) {
        std::string lines = session.client->read();
        while (!lines.empty()) {
          const std::size_t end = std::min(lines.find('\n'), lines.size());
          read_line(session, lines.substr(0, end));
          lines.erase(0, end + 1);
        }
        if (!session.available) session.sees.clear();
      }
    }
  }

  void read_line(SessionModel& session, const std::string& line) {
    const std::size_t space = line.find(' ');
    const std::string verb = line.substr(0, space);
    const std::string rest = line.substr(space + 1);
    if (verb == "available") {
      assert_true(session.sees.insert(rest).second || updating_.count(rest) > 0);
    } else if (verb == "unavailable") {
      assert_int_equal(session.sees.erase(rest), 1);
    } else if (verb == "push") {
      assert_true(session.roster.has_value());
      read_item(*session.roster, rest);
    } else if (verb == "error") {
      assert_text_equal(line, "error iq 1 wait/remote-server-timeout");
      session.roster.emplace();
    } else {
      const std::string prefix = "1 roster ";
      assert_true(verb == "result" && rest.starts_with(prefix));
      session.roster.emplace();
      read_items(*session.roster, rest.substr(prefix.size()));
    }
  }
  static void read_items(RosterModel& roster, const std::string& items) {
    for (std::size_t at = 0; at < items.size();) {
      const std::size_t end = std::min(items.find(", ", at), items.size());
      read_item(roster, items.substr(at, end - at));
      at = end + 2;
    }
  }
  static void read_item(RosterModel& roster, const std::string& item) {
    const std::string contact = item.substr(0, item.find('@'));
    const std::string value = item.substr(item.find(' ') + 1);
    if (value == "remove") {
      assert_int_equal(roster.erase(contact), 1);
      return;
    }
    for (int i = 0; i < 4; ++i) {
      const auto subscription = static_cast<Subscription>(i);
      if (value == to_string(subscription)) roster[contact] = subscription;
    }
  }

  // --- what the model says -----------------------------------------------------------------------

  std::optional<Subscription> entry(const std::string& owner, const std::string& contact) {
    const UserModel& user = users_[owner];
    if (!user.in_force) return std::nullopt;
    const auto found = user.held->roster.find(contact);
    if (found == user.held->roster.end()) return std::nullopt;
    return found->second;
  }
  bool sees(const std::string& watcher, const std::string& watched) {
    if (watcher == watched) return true;
    const auto wanted = entry(watcher, watched);
    const auto granted = entry(watched, watcher);
    return wanted && has_to(*wanted) && granted && has_from(*granted);
  }

  void check_all() {
    for (auto& [name, user] : users_) {
      std::set<std::string> visible;
      for (auto& [other_name, other] : users_) {
        if (!sees(name, other_name)) continue;
        for (auto& [resource, session] : other.sessions) {
          if (session.available) visible.insert(full(other_name, resource));
        }
      }
      for (auto& [resource, session] : user.sessions) {
        if (session.available) assert_true(session.sees == visible);
        if (session.roster && user.in_force) assert_true(*session.roster == user.held->roster);
      }
      forget_expired(name, user);
    }
  }

  // The model keeps what the server may have dropped: that must not be told from outside.
  void forget_expired(const std::string& name, UserModel& user) {
    if (user.online() || !user.held) return;
    const Duration away = scene_.clock.passed - left_at_[name];
    if (away >= scene_.options.roster_stale_max) user.held.reset();
  }

  Scene scene_;
  std::mt19937 random_;
  std::map<std::string, UserModel> users_;
  std::map<std::string, Duration> left_at_;
  std::set<std::string> updating_;  // those whose repeated presence is news
};

int set_world(void** state) {
  *state = nullptr;
  return 0;
}
int clear_world(void** state) {
  delete static_cast<World*>(*state);
  return 0;
}

void what_clients_believe_is_what_the_rosters_say(void** state) {
  for (unsigned seed = 1; seed <= 8; ++seed) {
    World* world = new World(seed);
    *state = world;
    for (int i = 0; i < kSteps; ++i) world->step();
    delete world;
    *state = nullptr;
  }
}

}  // namespace
}  // namespace rosterd::im

int main() {
  using namespace rosterd::im;
  const CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(what_clients_believe_is_what_the_rosters_say, set_world,
                                      clear_world),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
