// SPDX-License-Identifier: MIT
#include "presence_rules.h"

#include <algorithm>

namespace rosterd::model {

namespace {

std::string bare_of(const std::string& jid) { return jid.substr(0, jid.find('/')); }

bool is_end(const Action& action) {
  return action.kind == Action::Kind::kGone || action.kind == Action::Kind::kUnavailable;
}

// unavailable < what concerns the roster < available
int rank(const Event& event) {
  switch (event.kind) {
    case Event::Kind::kUnavailable:
      return 0;
    case Event::Kind::kAvailable:
      return 2;
    default:
      return 1;
  }
}

}  // namespace

bool PresenceRules::sees(const std::string& watcher, const std::string& watched) const {
  return watcher == watched || grants(watcher, force_.now(watcher), watched, force_.now(watched));
}

bool PresenceRules::saw(const std::string& watcher, const std::string& watched) const {
  return watcher == watched ||
         grants(watcher, force_.before(watcher), watched, force_.before(watched));
}

// One answer may settle a login, and then a batch: in between one of the two had a new roster,
// which the batch may have replaced.
bool PresenceRules::saw_between(const std::string& watcher, const std::string& watched,
                                bool what) const {
  for (const Force::Roster& wanted : force_.course(watcher)) {
    for (const Force::Roster& granted : force_.course(watched)) {
      if (grants(watcher, wanted, watched, granted) == what) return true;
    }
  }
  return false;
}

std::map<std::string, std::string> PresenceRules::visible(const Client& client) const {
  std::map<std::string, std::string> visible;
  if (!client.available) return visible;
  for (const auto& [full, other] : world_.clients) {
    if (other->available && sees(client.user, other->user)) visible[full] = other->status;
  }
  return visible;
}

void PresenceRules::check(Client& client, const std::vector<Event>& events, const Action& action) {
  std::map<std::string, Heard> heard;
  for (const auto& [peer, status] : client.sees) heard[peer];
  const std::map<std::string, std::string> after = visible(client);
  for (const auto& [peer, status] : after) heard[peer];
  if (action.kind == Action::Kind::kProbe && action.actor == client.full) heard[action.target];
  for (const Event& event : events) {
    if (event.kind != Event::Kind::kAvailable && event.kind != Event::Kind::kUnavailable) continue;
    const bool available = event.kind == Event::Kind::kAvailable;
    heard[event.from].words += available ? 'a' : 'u';
    if (available) heard[event.from].status = event.status;
  }
  for (const auto& [peer, words] : heard) {
    if (is_directed(peer, client)) {
      check_directed(client, peer, words, after.contains(peer), action);
    } else {
      check_peer(client, peer, words, after, action);
      client.sees.erase(peer);
      if (const auto seen = after.find(peer); seen != after.end()) client.sees.insert(*seen);
    }
  }
  if (action.kind == Action::Kind::kWorld) check_order(client, events);
  check_refusals(client, events, action);
}

void PresenceRules::check_refusals(const Client& client, const std::vector<Event>& events,
                                   const Action& action) {
  const auto refusals = std::count_if(events.begin(), events.end(), [](const Event& event) {
    return event.kind == Event::Kind::kRefusal;
  });
  const bool due =
      action.kind == Action::Kind::kProbe && action.actor == client.full && !client.available;
  if (refusals == (due ? 1 : 0)) return;
  verdict_.broke("the probes of who is not available are refused, and no others", client.full);
}

// What must be heard of `peer`, who is seen afterwards or not.
std::string PresenceRules::due(const Client& client, const std::string& peer, bool now,
                               const Action& action) const {
  const bool before = client.sees.contains(peer);
  if (action.kind == Action::Kind::kUnavailable && action.actor == client.full) {
    return peer == client.full && before ? "u" : "";  // it has taken its leave of all others
  }
  if (before && now) {
    return action.kind == Action::Kind::kAvailable && action.actor == peer ? "a" : "";
  }
  if (before) return "u";
  return now ? "a" : "";
}

std::string PresenceRules::due_to_probe(const Client& client, const std::string& peer,
                                        const Action& action) const {
  const bool asked = action.kind == Action::Kind::kProbe && action.actor == client.full;
  if (!asked || !client.available || bare_of(peer) != action.target) return "";
  const bool own = client.user == action.target;
  if (!own && !wants(force_.now(client.user), action.target)) return "";
  for (const auto& [full, other] : world_.clients) {
    if (other->user != action.target || !other->available) continue;
    if (!sees(client.user, action.target)) break;
    return world_.find_client(peer) && world_.find_client(peer)->available ? "a" : "";
  }
  return peer == action.target ? "u" : "";
}

void PresenceRules::check_peer(const Client& client, const std::string& peer, const Heard& heard,
                               const std::map<std::string, std::string>& after,
                               const Action& action) {
  const auto seen = after.find(peer);
  const bool now = seen != after.end();
  const std::string must = due(client, peer, now, action) + due_to_probe(client, peer, action);
  const std::string what =
      client.full + " hears of " + peer + " '" + heard.words + "' instead of '" + must + "'";
  const Client* other = world_.find_client(peer);
  if (heard.words == must) {
    if (heard.words.ends_with('a') && other && heard.status != other->status) {
      verdict_.broke("presence is the one that was sent last", what + " with another status");
    }
    return;
  }
  const std::string watched = bare_of(peer);
  const bool before = client.sees.contains(peer);
  const bool both_here = client.available && other && other->available;
  const bool passes = both_here && before == now && heard.words == (now ? "ua" : "au");
  if (passes && saw_between(client.user, watched, !now)) return;
  const auto speaks = [](const std::string& words) { return words.find('a') != std::string::npos; };
  if (speaks(heard.words) && !speaks(must) && !now) {
    verdict_.broke("presence reaches only whom both rosters grant it", what);
  } else if (heard.words.size() < must.size()) {
    verdict_.broke("who may see a contact is told of every change", what);
  } else {
    verdict_.broke("each change of presence is told once", what);
  }
}

// Directed presence is shown to whom it is directed whatever the rosters say, until its end.
void PresenceRules::check_directed(Client& client, const std::string& peer, const Heard& heard,
                                   bool now, const Action& action) {
  const Client* other = world_.find_client(peer);
  const bool both_here = client.available && other && other->available;
  bool passed = false;
  for (const char word : heard.words) {
    if (word == 'u') {
      client.sees.erase(peer);
      continue;
    }
    client.sees[peer] = heard.status;
    const bool addressed = action.kind == Action::Kind::kDirected && action.actor == peer &&
                           (action.target == client.user || action.target == client.full);
    const bool probed = !due_to_probe(client, peer, action).empty();
    if (addressed || now || probed) continue;
    passed = both_here && saw_between(client.user, bare_of(peer), true);
    if (passed) continue;
    verdict_.broke("presence reaches only whom both rosters grant it",
                   client.full + " hears of " + peer + ", who has not addressed it");
  }
  const bool leaves = action.kind == Action::Kind::kUnavailable && action.actor == client.full;
  const bool over = !other || (is_end(action) && action.actor == peer);
  const bool had = passed || saw(client.user, bare_of(peer));
  const bool lost = both_here && had && !sees(client.user, bare_of(peer));
  if (client.sees.contains(peer) && !leaves && (over || lost)) {
    verdict_.broke("who was shown presence is told of its end", client.full + " of " + peer);
  }
  if (leaves || over) client.sees.erase(peer);
}

void PresenceRules::check_order(const Client& client, const std::vector<Event>& events) const {
  for (const std::string& user : force_.changed()) {
    if (force_.may_have_come_first(user)) return;
  }
  for (std::size_t i = 1; i < events.size(); ++i) {
    if (rank(events[i - 1]) <= rank(events[i])) continue;
    verdict_.broke("unavailable comes before the push, available after it", client.full);
  }
}

bool PresenceRules::is_directed(const std::string& peer, const Client& to) const {
  const auto found = directed_.find(peer);
  if (found == directed_.end()) return false;
  return found->second.contains(to.user) || found->second.contains(to.full);
}

void PresenceRules::begin_turn(const Action& action) {
  if (action.kind == Action::Kind::kDirected) directed_[action.actor].insert(action.target);
}

void PresenceRules::end_turn(const Action& action) {
  if (is_end(action)) directed_.erase(action.actor);
  for (auto& [full, to] : directed_) {
    const Client* from = world_.find_client(full);
    if (from && from->available) forget_lost(from->user, to);
  }
}

// Who has lost sight of this user has been told so: what was directed to him is over.
void PresenceRules::forget_lost(const std::string& user, std::set<std::string>& addresses) const {
  std::erase_if(addresses, [&](const std::string& address) {
    const std::string watcher = bare_of(address);
    if (!saw(watcher, user) || sees(watcher, user)) return false;
    if (watcher == address) return true;
    const Client* to = world_.find_client(address);
    return to && to->available;
  });
}

}  // namespace rosterd::model
