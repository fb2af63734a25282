// SPDX-License-Identifier: MIT
// PostRules: each refresh gets one answer, in time, that counts right and has come true; and nobody
// is asked for without need.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "force.h"
#include "verdict.h"
#include "world.h"

namespace rosterd::model {

class PostRules {
 public:
  PostRules(Verdict& verdict, World& world, Force& force)
      : verdict_(verdict), world_(world), force_(force) {}

  void on_post(std::uint32_t number, const std::vector<std::string>& names, bool get);
  void on_answered(std::uint32_t number, const http::Response& response);
  // The web app is asked for a user.
  void on_asked(const std::string& user);
  // No refresh has waited for longer than it may.
  void check_deadlines();
  bool waiting() const { return !pending_.empty(); }
  void on_stop() { stopped_ = true; }
  // The oldest that waits, 0 when none does.
  std::uint32_t oldest() const { return pending_.empty() ? 0 : pending_.begin()->first; }

 private:
  struct Pending {
    Moment came = 0;
    Instant due{};
    bool counts = true;                             // of a POST
    bool crowded = false;                           // there were too many at once
    std::map<std::string, std::size_t> online;      // bare JID -> elements
    std::map<std::string, std::size_t> offline;     // likewise
    bool alone = true;                              // no other was waiting meanwhile
    std::map<std::string, Force::Roster> in_force;  // when it came, of those who were online
    std::size_t total = 0;
  };
  struct Answer {
    std::string status;
    std::size_t updated = 0;
    std::size_t errors = 0;
  };

  bool may_be_contact(const std::string& user);
  void check_refusal(const Pending& post, int status);
  void check_answer(const Pending& post, const Answer& answer);
  void check_contacts(const Pending& post, const std::string& user);
  void check_counts(const Pending& post, const Answer& answer);
  static bool parse(const Pending& post, const std::string& body, Answer& answer);

  Verdict& verdict_;
  World& world_;
  Force& force_;
  bool stopped_ = false;
  std::map<std::uint32_t, Pending> pending_;
  std::vector<Moment> over_;  // when refreshes were answered, since the oldest one that is pending
  std::uint32_t last_ = 0;    // refresh that came
  // When each user was asked for as somebody's contact, since the oldest one that is pending.
  std::map<std::string, std::vector<Moment>> contacts_;
};

}  // namespace rosterd::model
