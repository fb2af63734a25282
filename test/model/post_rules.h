// SPDX-License-Identifier: MIT
// PostRules: each refresh gets one answer, in time, that counts right and has come true; and nobody
// is asked for without need: not for whom it has brought what is sure enough.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "force.h"
#include "posting.h"
#include "verdict.h"
#include "world.h"

namespace rosterd::model {

class PostRules {
 public:
  PostRules(Verdict& verdict, World& world, Force& force)
      : verdict_(verdict), world_(world), force_(force) {}

  void on_post(std::uint32_t number, const Posting& posting);
  void on_answered(std::uint32_t number, const http::Response& response);
  void on_over(std::uint32_t number, const std::optional<Counts>& counts);
  // The web app is asked for a user.
  void on_asked(const std::string& user);
  // No refresh has waited for longer than it may.
  void check_deadlines();
  // Somebody waits for what the web app is being asked of this user, without a doubt.
  bool surely_needs(const std::string& user);
  bool waiting() const { return !pending_.empty(); }
  void on_stop() { stopped_ = true; }
  // The oldest that waits, 0 when none does.
  std::uint32_t oldest() const { return pending_.empty() ? 0 : pending_.begin()->first; }

 private:
  // What a refresh comes to for a user.
  struct Named {
    enum class How {
      kOffline,
      kAsked,    // he must be asked for
      kPerhaps,  // or not, it cannot be told from here
      kSaid,     // it has brought what is sure enough
    };
    Named(How is = How::kOffline) : how(is) {}

    How how;
    bool on_base = false;             // what was said was said of the roster in force then
    std::optional<Contacts> outcome;  // of what was said
    bool tagged = false;
    bool shares = false;  // a question that was there before, and may end before its own would
  };
  struct Pending {
    Moment came = 0;
    Instant since{};
    Instant due{};
    bool counts = true;                              // of a POST
    bool atomic = false;                             // all or nothing
    bool answers_first = false;                      // it is to be answered before it is over
    bool accepted = false;                           // and has been
    bool crowded = false;                            // there were too many at once
    std::vector<std::vector<std::string>> elements;  // users of each, bare JIDs
    std::map<std::string, Named> users;
    bool alone = true;                              // no other was waiting meanwhile
    std::map<std::uint32_t, Moment> waiting;        // others when it came: when they had come
    std::map<std::string, Force::Roster> in_force;  // when it came, of those who were online
  };
  // Whether it is sure of a user or of an element that it is updated, or that it is an error.
  enum class Fate { kUpdated, kOpen, kError };

  Named judge(const std::string& user, const std::vector<const Saying*>& sayings);
  static Named add_up(const Force::Base& base, const std::vector<const Saying*>& sayings);
  void say(const std::string& user, const Named& named, std::uint32_t number, const Pending& post);
  bool may_ask(const Pending& post, const std::string& user);
  bool may_be_given_up(const Pending& post, const std::string& user);
  bool may_end_with_retry(const Pending& post, const std::string& user);
  bool has_lost_base(const Pending& post, const std::string& user);
  bool may_have_been_held(const Pending& post, Moment told) const;
  Fate fate(const Pending& post, const std::string& user);
  Fate fate(const Pending& post, const std::vector<std::string>& element);
  bool may_be_of_accepted(const std::string& user);
  bool may_be_contact(const std::string& user);
  Pending take(std::uint32_t number);
  void accept(Pending& post, std::uint32_t number);
  void check_refusal(const Pending& post, int status);
  void check_status(const Pending& post, const http::Response& response, const Counts& counts);
  void check_answer(const Pending& post, const Counts& answer);
  void check_nothing(const Pending& post, const Counts& answer);
  void check_contacts(const Pending& post, const std::string& user);
  void check_counts(const Pending& post, const Counts& answer);
  static std::optional<Counts> parse(const Pending& post, const std::string& body);

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
