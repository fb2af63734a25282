// SPDX-License-Identifier: MIT
// PresenceRules: what presence each client must have received, from the rosters in force before and
// after a turn and from who sent presence. Nothing is predicted about when a roster changes: only
// what must follow from it.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "client.h"
#include "force.h"
#include "verdict.h"
#include "world.h"

namespace rosterd::model {

class PresenceRules {
 public:
  PresenceRules(Verdict& verdict, World& world, const Force& force)
      : verdict_(verdict), world_(world), force_(force) {}

  // Before the first check of a turn, and after the last one.
  void begin_turn(const Action& action);
  void end_turn(const Action& action);
  // A client has read this in the turn.
  void check(Client& client, const std::vector<Event>& events, const Action& action);

  // What this client must see now, with status.
  std::map<std::string, std::string> visible(const Client& client) const;

 private:
  // What came of one peer: a letter each, 'a' available, 'u' unavailable.
  struct Heard {
    std::string words;
    std::string status;  // of the last available one
  };

  bool sees(const std::string& watcher, const std::string& watched) const;
  bool saw(const std::string& watcher, const std::string& watched) const;
  bool saw_between(const std::string& watcher, const std::string& watched, bool what) const;
  std::string due(const Client& client, const std::string& peer, bool now,
                  const Action& action) const;
  std::string due_to_probe(const Client& client, const std::string& peer,
                           const Action& action) const;
  void check_peer(const Client& client, const std::string& peer, const Heard& heard,
                  const std::map<std::string, std::string>& after, const Action& action);
  void check_directed(Client& client, const std::string& peer, const Heard& heard, bool now,
                      const Action& action);
  void check_refusals(const Client& client, const std::vector<Event>& events, const Action& action);
  void check_order(const Client& client, const std::vector<Event>& events) const;
  bool is_directed(const std::string& peer, const Client& to) const;
  void forget_lost(const std::string& user, std::set<std::string>& addresses) const;

  Verdict& verdict_;
  World& world_;
  const Force& force_;
  // full JID -> addresses to which it has directed presence: what they see is between them.
  std::map<std::string, std::set<std::string>> directed_;
};

}  // namespace rosterd::model
