// SPDX-License-Identifier: MIT
#include "force.h"

#include <algorithm>

namespace rosterd::model {

Force::Roster Force::find(const Rosters& rosters, const std::string& user) {
  const auto found = rosters.find(user);
  return found == rosters.end() ? nullptr : found->second;
}

bool wants(const Force::Roster& of_watcher, const std::string& watched) {
  if (!of_watcher) return false;
  const auto wanted = of_watcher->find(watched);
  return wanted != of_watcher->end() && im::has_to(wanted->second.subscription);
}

bool grants(const std::string& watcher, const Force::Roster& of_watcher, const std::string& watched,
            const Force::Roster& of_watched) {
  if (!wants(of_watcher, watched) || !of_watched) return false;
  const auto granted = of_watched->find(watcher);
  return granted != of_watched->end() && im::has_from(granted->second.subscription);
}

void Force::on_user_came(const std::string& user) {
  Record& record = records_[user];
  record.given_up = given_up(user);
  record.login = verdict_.next_moment();
  record.came = world_.now();
  record.stale = false;
  record.young = false;
  record.comes = true;
}

// A copy that was young at the login has been as good as an answer ever since.
void Force::on_user_left(const std::string& user) {
  const bool young = now(user) && !records_[user].stale;
  if (young || world_.web_app.has_said(user, records_[user].login)) {
    records_[user].confirmed = world_.now();
  }
  now_.erase(user);
}

bool Force::may_have_come_first(const std::string& user) const {
  if (came_first_.contains(user)) return true;
  return world_.is_silent_over() && (changed_.contains(user) || passed_.contains(user));
}

std::vector<Force::Roster> Force::course(const std::string& user) const {
  std::vector<Roster> course = {before(user)};
  if (!may_have_come_first(user)) return course;
  const auto passed = passed_.find(user);
  if (passed != passed_.end()) {
    course.insert(course.end(), passed->second.begin(), passed->second.end());
  }
  course.push_back(now(user));
  return course;
}

Moment Force::login(const std::string& user) const {
  const auto found = records_.find(user);
  return found == records_.end() ? 0 : found->second.login;
}

void Force::on_refreshed(const std::string& user, Moment came) {
  Record& record = records_[user];
  record.floor = std::max(record.floor, came);
  const Roster roster = now(user);
  if (!roster) return;
  record.oldest = std::max(record.oldest, came);
  if (world_.web_app.said_since(user, *roster, record.floor)) return;
  verdict_.broke("an answered refresh has brought what the web app said after it was asked",
                 user + " has " + describe(*roster));
}

void Force::on_named(const std::string& user, Moment came) {
  records_[user].named = std::max(records_[user].named, came);
}

std::optional<Instant> Force::given_up(const std::string& user) {
  const Record& record = records_[user];
  const Instant end = record.came + world_.least_timeout();
  if (record.login == 0 || end > world_.now()) return record.given_up;
  for (const Told& told : world_.web_app.told(user)) {
    const bool answers = told.good && told.post == 0 && told.sent >= record.login;
    if (answers && told.time < end) return record.given_up;
  }
  return end;
}

Force::Base Force::base(const std::string& user) {
  const Record& record = records_[user];
  Base base;
  base.roster = now(user);
  if (!base.roster) return base;
  base.sure = !record.stale && record.oldest >= std::max(record.outdated, record.login);
  base.tagged = true;
  for (const Told& told : world_.web_app.told(user)) {
    if (!told.good || told.contacts != *base.roster) continue;
    const bool since = told.sent >= record.login || told.fresh_until > record.came;
    if (since && told.sent >= record.outdated) base.usable = true;
    if (told.sent >= record.oldest && !told.tagged) base.tagged = false;
  }
  return base;
}

void Force::on_outdated(const std::string& user, Moment came) {
  records_[user].outdated = std::max(records_[user].outdated, came);
}

void Force::on_confirmed(const std::string& user) { records_[user].confirmed = world_.now(); }

void Force::update() {
  before_ = now_;
  changed_.clear();
  came_first_.clear();
  passed_.clear();
  for (auto& [user, witness] : world_.witnesses) {
    read(*witness);
    if (!now(user) && witness->asked.empty()) {
      world_.ask_roster(*witness, "");
      read(*witness);
    }
    take(*witness);
    records_[user].comes = false;
  }
  last_update_ = verdict_.next_moment();
}

void Force::ask_all() {
  for (auto& [user, witness] : world_.witnesses) {
    read(*witness);
    take(*witness);
    if (!now(user) || !witness->asked.empty()) continue;
    const Contacts pushed = *witness->roster;
    world_.ask_roster(*witness, "");
    read(*witness);
    if (*witness->roster == pushed) continue;
    verdict_.broke("every change of a roster is pushed",
                   user + " has " + describe(*witness->roster) + ", was told " + describe(pushed));
  }
}

// An error says that none is in force; anything after it that one is.
void Force::read(Client& witness) {
  for (const Event& event : world_.read(witness)) {
    if (event.kind == Event::Kind::kAvailable || event.kind == Event::Kind::kUnavailable ||
        event.kind == Event::Kind::kOther) {
      verdict_.broke("who has sent no presence gets none", witness.full + " of " + event.from);
      continue;
    }
    witness.on_roster_event(event, world_.kept[witness.user], verdict_);
    if (event.kind != Event::Kind::kNoRoster) {
      const Roster had = now(witness.user);
      if (had && had != before(witness.user)) passed_[witness.user].push_back(had);
      now_[witness.user] = std::make_shared<Contacts>(*witness.roster);
    } else if (now(witness.user)) {
      verdict_.broke("a roster in force stays", witness.user);
      now_.erase(witness.user);
    }
  }
}

void Force::take(const Client& witness) {
  const std::string& user = witness.user;
  const Roster is = now(user);
  const Roster was = before(user);
  if (is == was || (is && was && *is == *was)) return;
  changed_.insert(user);
  if (!is) return;
  if (!was || may_be_answer_to_login(user)) came_first_.insert(user);
  check_origin(user, *is);
}

// One for many, which brings other rosters in the same turn.
bool Force::may_be_answer_to_login(const std::string& user) {
  if (!world_.web_app.answers_many()) return false;
  const Record& record = records_[user];
  return record.stale || world_.web_app.told_good_at(user, record.login) > last_update_;
}

void Force::check_origin(const std::string& user, const Contacts& roster) {
  Record& record = records_[user];
  const std::string has = user + " has " + describe(roster);
  if (!world_.web_app.said_since(user, roster, record.floor)) {
    verdict_.broke("a refresh that was answered is not undone", has);
  }
  // A young copy serves without a question. After a failure it is a kept one like others.
  const Moment since = record.young ? 0 : record.login;
  const bool current = record.comes
                           ? is_young_copy(user, roster)
                           : is_word_of_web_app(user, roster, std::max(since, record.oldest));
  if (record.comes) record.young = current;
  if (current || (!record.comes && is_kept_copy(user, roster))) {
    record.stale = !current;
  } else if (is_word_of_web_app(user, roster, record.oldest)) {
    verdict_.broke("a login gets what the web app says after it", has);
  } else if (is_word_of_web_app(user, roster, 0)) {
    verdict_.broke("a roster never goes back to an older answer", has);
  } else {
    verdict_.broke("a roster in force is an answer of the web app", has);
  }
}

// By the oldest answer that can have been it: what follows must not be older than that one.
bool Force::is_word_of_web_app(const std::string& user, const Contacts& roster, Moment since) {
  const Told* oldest = nullptr;
  for (const Told& told : world_.web_app.told(user)) {
    if (!told.good || told.sent < since || told.contacts != roster) continue;
    if (told.post != 0 && !world_.may_be_applied(told.post)) continue;
    // Edits are made to no other roster than the one that they were meant for.
    if (told.base && before(user) && *before(user) != *told.base) continue;
    if (!oldest || told.sent < oldest->sent) oldest = &told;
  }
  if (oldest) records_[user].oldest = std::max(records_[user].oldest, oldest->sent);
  return oldest != nullptr;
}

bool Force::is_young_copy(const std::string& user, const Contacts& roster) {
  Record& record = records_[user];
  if (before(user)) return false;
  for (const Told& told : world_.web_app.told(user)) {
    const bool fresh = told.good && told.fresh_until > record.came && told.sent >= record.named;
    if (!fresh || told.sent < record.oldest || told.contacts != roster) continue;
    record.oldest = told.sent;
    return true;
  }
  return false;
}

bool Force::is_kept_copy(const std::string& user, const Contacts& roster) {
  const Record& record = records_[user];
  // A batch that began before the login may bring a newer copy.
  if (record.stale) return is_word_of_web_app(user, roster, record.oldest);
  const bool late = world_.now() - record.came >= world_.least_timeout() &&
                    !world_.web_app.has_told(user, true, record.login);
  const bool failed =
      late || world_.web_app.is_shunned() || world_.web_app.has_told(user, false, record.login);
  if (before(user) || !failed) return false;
  const Duration age = world_.now() - record.confirmed;
  return age < world_.options().im.roster_stale_max &&
         is_word_of_web_app(user, roster, record.oldest);
}

}  // namespace rosterd::model
