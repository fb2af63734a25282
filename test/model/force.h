// SPDX-License-Identifier: MIT
// Force: which roster of each user is in force in the server, as the witnesses are told it, and the
// rules of how one may come into force:
//
//   the web app's word    an answer to a request that was sent after the login, or what a POST that
//                         came after it has said: the roster that stood in it, or the one in force
//                         when it came with the edits that stood in it. A patch is made of nothing
//                         but the web app's last word as far as is known, which is still in force
//                         when the edits are made; with an `if`, of the roster with that tag. A
//                         roster in pages is what each page has said, of the moment at which that
//                         one was asked for
//   never backwards       nor one older than what is in force
//   freshness             once a refresh of a user is answered, his roster is what the web app's
//                         data was at some moment after the refresh came, or what a POST has said
//                         since then
//   a young copy          at a login, while the web app said that it is fresh, unless a refresh has
//                         named the user since
//   the kept copy         only after a failure, or when no answer came in time (one that is still
//                         in the queue as well), only while it is young enough
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "contacts.h"
#include "verdict.h"
#include "world.h"

namespace rosterd::model {

class Force {
 public:
  using Roster = std::shared_ptr<const Contacts>;  // null: none is in force

  Force(Verdict& verdict, World& world) : verdict_(verdict), world_(world) {}

  void on_user_came(const std::string& user);
  void on_user_left(const std::string& user);
  // Reads the witnesses.
  void update();
  // Asks the server for all rosters in force: they must be what its pushes have made of them.
  void ask_all();

  Roster now(const std::string& user) const { return find(now_, user); }
  Roster before(const std::string& user) const { return find(before_, user); }
  const std::set<std::string>& changed() const { return changed_; }  // by the last update
  // Users whose roster may have changed in the last update before anything else did: their login's
  // question has been answered, also one for whom a kept copy had to serve, as one answer for many
  // brings one roster after the other; or a refresh that nobody waits for is over.
  bool may_have_come_first(const std::string& user) const;
  // The rosters that this user may have had in the last update while others had theirs of before
  // it.
  std::vector<Roster> course(const std::string& user) const;

  // What a patch of this user's roster would be made of.
  struct Base {
    Roster roster;        // null: none is in force
    bool usable = false;  // it may be the last word: what has been said since nobody has named him
    bool sure = false;    // and is, whichever word it was
    bool tagged = false;  // and an entity tag has come with it, whichever word it was
  };
  Base base(const std::string& user);
  // A refresh that names the user has come.
  void on_outdated(const std::string& user, Moment came);
  // The refresh that came at this moment named the user, and is over.
  void on_named(const std::string& user, Moment came);
  // The refresh that came at this moment has been answered: `user` is updated.
  void on_refreshed(const std::string& user, Moment came);
  // The copies of rosters that the server holds are as young as now.
  void on_confirmed(const std::string& user);
  Moment login(const std::string& user) const;
  // When a login of the user may have been given up last, and with it whoever shared its question:
  // its time was over, without an answer.
  std::optional<Instant> given_up(const std::string& user);
  // That long ago.
  Duration since_login(const std::string& user) { return world_.now() - records_[user].came; }

 private:
  using Rosters = std::map<std::string, Roster>;

  struct Record {
    Moment login = 0;                 // the present one, or the last
    Moment floor = 0;                 // no older data than of this moment
    Moment oldest = 0;                // the least that the request of what is in force was sent at
    Moment named = 0;                 // by the last refresh that is over
    Moment outdated = 0;              // by the last refresh that came
    Instant came{};                   // the login
    std::optional<Instant> given_up;  // an earlier one
    Instant confirmed{};
    bool stale = false;  // what is in force is a kept copy
    bool young = false;  // a young copy has come into force: what is newer than it may follow
    bool comes = false;  // the login is of this turn: only a young copy comes into force in it
  };

  static Roster find(const Rosters& rosters, const std::string& user);
  void read(Client& witness);
  void take(const Client& witness);
  bool may_be_answer_to_login(const std::string& user);
  void check_origin(const std::string& user, const Contacts& roster);
  bool is_word_of_web_app(const std::string& user, const Contacts& roster, Moment since);
  bool is_young_copy(const std::string& user, const Contacts& roster);
  bool is_kept_copy(const std::string& user, const Contacts& roster);

  Verdict& verdict_;
  World& world_;
  Rosters now_;
  Rosters before_;
  Moment last_update_ = 0;
  std::set<std::string> changed_;
  std::map<std::string, std::vector<Roster>> passed_;  // in force in between, in the last update
  std::set<std::string> came_first_;
  std::map<std::string, Record> records_;
};

// Does `watcher` see `watched`, as these rosters say?
bool wants(const Force::Roster& of_watcher, const std::string& watched);
bool grants(const std::string& watcher, const Force::Roster& of_watcher, const std::string& watched,
            const Force::Roster& of_watched);

}  // namespace rosterd::model
