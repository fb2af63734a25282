// SPDX-License-Identifier: MIT
// Player: plays a history in a world of its own, under the eyes of the rules.
#pragma once

#include <cstddef>
#include <string>

#include "base/result.h"
#include "history.h"
#include "posting.h"
#include "rules.h"
#include "verdict.h"
#include "world.h"

namespace rosterd::model {

class Player {
 public:
  explicit Player(Verdict& verdict) : verdict_(verdict), world_(verdict), rules_(verdict, world_) {}

  // Until the first violation; kInvalid for a step that nobody can play.
  Status play(const History& history);

 private:
  using Verb = void (Player::*)(const Step& step);
  static Verb find_verb(const std::string& name);

  // Edits of the web app's data.
  void befriend(const Step& step);
  void unfriend(const Step& step);
  void item(const Step& step);
  void drop(const Step& step);
  void stranger(const Step& step);
  void revert(const Step& step);
  // Its requests and its refreshes.
  void send(const Step& step);
  void answer(const Step& step);
  void post(const Step& step);
  void edges(const Step& step);
  void refresh(const Step& step);
  void nonsense(const Step& step);
  void abandon(const Step& step);
  // Clients.
  void come(const Step& step);
  void go(const Step& step);
  void authenticate(const Step& step);
  void hang_up(const Step& step);
  void available(const Step& step);
  void unavailable(const Step& step);
  void ask(const Step& step);
  void probe(const Step& step);
  void direct(const Step& step);
  // The rest.
  void pass(const Step& step);
  void sweep(const Step& step);
  void option(const Step& step);
  void settle(const Step& step);
  void stop(const Step& step);

  Client* find_client(const Step& step);
  void become_available(Client& client);
  void put(const std::string& owner, const std::string& contact, const Item& item);
  void remove(const std::string& owner, const std::string& contact);
  void answer_everything();
  bool wait_until(bool (Player::*done)());
  bool is_answered() { return !rules_.is_refreshing(); }
  bool is_settled() { return rules_.is_settled(); }

  Verdict& verdict_;
  World world_;
  Rules rules_;
  Moment settled_ = 0;
  bool stopped_ = false;
};

}  // namespace rosterd::model
