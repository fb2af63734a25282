// SPDX-License-Identifier: MIT
// Rules: what must hold after every turn of every history, and at its quiet points.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "force.h"
#include "post_rules.h"
#include "presence_rules.h"
#include "verdict.h"
#include "world.h"

namespace rosterd::model {

class Rules final : public World::Events, private WebApp::Events {
 public:
  // Watches `world` from now on.
  Rules(Verdict& verdict, World& world);

  // Whether the server has all that the web app would tell it. The rest follows from the rules of
  // each turn.
  bool is_settled();
  // It is to be so now: everything has been asked for and answered.
  void check_settled();
  void check_deadlines() { posts_.check_deadlines(); }
  void on_stop() { posts_.on_stop(); }
  bool is_refreshing() const { return posts_.waiting(); }
  std::uint32_t oldest_post() const { return posts_.oldest(); }

 private:
  void on_user_came(const std::string& user) override { force_.on_user_came(user); }
  void on_user_left(const std::string& user) override { force_.on_user_left(user); }
  void on_post(std::uint32_t number, const Posting& posting) override {
    posts_.on_post(number, posting);
  }
  void on_post_answered(std::uint32_t number, const http::Response& response) override {
    posts_.on_answered(number, response);
  }
  void on_post_over(std::uint32_t number, const std::optional<Counts>& counts) override {
    posts_.on_over(number, counts);
  }
  void on_turn(const Action& action) override;
  void on_asked(const std::string& user) override;
  void read_client(Client& client, const Action& action);
  void check_roster(const Client& client);
  // Of those for whom a request for many goes on, whom nobody waits for any more.
  void forsake();

  Verdict& verdict_;
  World& world_;
  Force force_;
  PresenceRules presence_;
  PostRules posts_;
};

}  // namespace rosterd::model
