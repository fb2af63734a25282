// SPDX-License-Identifier: MIT
#include "rules.h"

namespace rosterd::model {

namespace {

// A login's question has that much time, after one that had been sent before it; and a refresh that
// joins it lets that begin anew.
constexpr Duration kLongestTimeout = 2 * std::chrono::seconds(10);

}  // namespace

Rules::Rules(Verdict& verdict, World& world)
    : verdict_(verdict),
      world_(world),
      force_(verdict, world),
      presence_(verdict, world, force_),
      posts_(verdict, world, force_) {
  world.set_events(this);
  world.web_app.set_events(this);
}

void Rules::on_turn(const Action& action) {
  force_.update();
  for (const std::string& user : force_.changed()) {
    // But a login may find one.
    if (action.kind == Action::Kind::kWorld || !force_.before(user)) continue;
    verdict_.broke("no client changes a roster", user);
  }
  presence_.begin_turn(action);
  for (auto& [full, client] : world_.clients) read_client(*client, action);
  presence_.end_turn(action);
  forsake();
}

// Time may have passed since the turn before, and with it somebody's who waited.
void Rules::on_asked(const std::string& user) {
  forsake();
  posts_.on_asked(user);
}

void Rules::forsake() {
  for (const std::string& user : world_.web_app.asked_among_many()) {
    if (!posts_.surely_needs(user)) world_.web_app.forsake(user);
  }
}

void Rules::read_client(Client& client, const Action& action) {
  const std::vector<Event> events = world_.read(client);
  for (const Event& event : events) {
    if (event.kind == Event::Kind::kOther) {
      verdict_.broke("clients get what the model knows of", client.full);
    } else if (!is_about_presence(event)) {
      client.on_roster_event(event, world_.kept[client.user], verdict_);
    }
  }
  presence_.check(client, events, action);
  check_roster(client);
}

void Rules::check_roster(const Client& client) {
  const Force::Roster roster = force_.now(client.user);
  if (roster && !client.asked.empty()) {
    verdict_.broke("a roster get is answered when there is a roster", client.full);
  }
  const bool in_time = force_.since_login(client.user) <= kLongestTimeout ||
                       world_.now() - world_.last_post() <= kLongestTimeout;
  if (!in_time && !client.asked.empty()) {
    verdict_.broke("a roster get is answered when the login has failed", client.full);
  }
  if (!client.roster || (roster ? *client.roster == *roster : client.roster->empty())) return;
  verdict_.broke("every client that asked for its roster has the one in force",
                 client.full + " has " + describe(*client.roster) + " instead of " +
                     (roster ? describe(*roster) : "none"));
}

bool Rules::is_settled() {
  for (const auto& [user, witness] : world_.witnesses) {
    const Force::Roster roster = force_.now(user);
    if (!roster || *roster != world_.web_app.data(user)) return false;
  }
  return !posts_.waiting();
}

void Rules::check_settled() {
  force_.ask_all();
  if (posts_.waiting()) verdict_.broke("each refresh is answered", "not when all is quiet");
  for (const auto& [user, witness] : world_.witnesses) {
    const Force::Roster roster = force_.now(user);
    const Contacts& data = world_.web_app.data(user);
    if (roster && *roster == data) continue;
    verdict_.broke("when all is quiet every client shows what the web app says",
                   user + " has " + (roster ? describe(*roster) : "no roster") + " instead of " +
                       describe(data));
  }
}

}  // namespace rosterd::model
