// SPDX-License-Identifier: MIT
#include "post_rules.h"

#include <algorithm>
#include <charconv>
#include <memory>

namespace rosterd::model {

namespace {

// The answers are the server's own: no need to read more JSON than their shape.
std::string member(const std::string& body, const std::string& name) {
  const std::string key = "\"" + name + "\":";
  const std::size_t at = body.find(key);
  if (at == std::string::npos) return "";
  const std::size_t from = at + key.size();
  return body.substr(from, body.find_first_of(",}", from) - from);
}

bool parse_number(const std::string& text, std::size_t& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() && !text.empty();
}

}  // namespace

void PostRules::on_post(std::uint32_t number, const Posting& posting) {
  Pending post;
  post.came = verdict_.next_moment();
  post.since = world_.now();
  post.due = post.since + world_.options().refresh.deadline;
  post.counts = posting.method == "POST";
  post.atomic = posting.atomic;
  post.answers_first = posting.answers_first;
  post.crowded = world_.batches() >= world_.options().refresh.batches;
  post.alone = pending_.empty();
  for (auto& [other, waiting] : pending_) {
    waiting.alone = false;
    post.waiting[other] = waiting.came;
  }
  for (const auto& [user, witness] : world_.witnesses) post.in_force[user] = force_.now(user);
  std::map<std::string, std::vector<const Saying*>> sayings;
  for (const auto& element : posting.elements) {
    auto& users = post.elements.emplace_back();
    for (const Saying& saying : element) {
      users.push_back(saying.user);
      sayings[saying.user].push_back(&saying);
    }
  }
  const bool refused = post.crowded || stopped_;
  for (const auto& [user, said] : sayings) {
    Named named = judge(user, said);
    named.shares = world_.web_app.is_asked(user);
    if (!refused) force_.on_outdated(user, post.came);
    if (named.outcome && !refused) say(user, named, number, post);
    post.users[user] = std::move(named);
  }
  last_ = number;
  pending_.emplace(number, std::move(post));
}

void PostRules::say(const std::string& user, const Named& named, std::uint32_t number,
                    const Pending& post) {
  Told said;
  said.sent = post.came;
  said.at = post.came;
  said.contacts = *named.outcome;
  said.tagged = named.tagged;
  said.post = number;
  if (named.on_base) said.base = *post.in_force.at(user);
  world_.web_app.say(user, std::move(said));
}

PostRules::Named PostRules::judge(const std::string& user,
                                  const std::vector<const Saying*>& sayings) {
  if (!world_.is_online(user)) return Named();
  // What is asked for is newer than whatever stands beside it.
  const bool asks = std::any_of(sayings.begin(), sayings.end(),
                                [](const Saying* one) { return one->kind == Saying::Kind::kName; });
  if (asks) return Named{Named::How::kAsked};
  return add_up(force_.base(user), sayings);
}

// One after the other, from the last whole roster that needs no other; when one of them cannot be
// used none is.
PostRules::Named PostRules::add_up(const Force::Base& base,
                                   const std::vector<const Saying*>& sayings) {
  Named named{Named::How::kSaid};
  const Named asked{Named::How::kAsked};
  Contacts contacts = base.roster ? *base.roster : Contacts();
  bool whole = false;
  bool tag_is_sure = base.tagged;
  const auto first = std::find_if(sayings.rbegin(), sayings.rend(), [](const Saying* one) {
    return one->kind == Saying::Kind::kRoster && !one->base;
  });
  const auto from = first == sayings.rend() ? sayings.begin() : std::prev(first.base());
  for (const Saying* one : std::vector(from, sayings.end())) {
    const bool patches = one->kind == Saying::Kind::kPatch;
    if (!whole && (patches || one->base)) {
      if (!base.usable) return asked;
      named.on_base = true;
      if (!base.sure) named.how = Named::How::kPerhaps;
    }
    // Equal rosters may have no tag, others have another one.
    if (one->base && contacts != *one->base) return asked;
    if (one->base && !tag_is_sure) named.how = Named::How::kPerhaps;
    whole = whole || !patches;
    contacts = edited(patches ? std::move(contacts) : one->roster, one->edits);
    tag_is_sure = !one->tag.empty();
  }
  named.outcome = std::move(contacts);
  named.tagged = tag_is_sure;
  return named;
}

std::optional<Counts> PostRules::parse(const Pending& post, const std::string& body) {
  Counts counts;
  if (!post.counts) {
    (member(body, "status") == "\"ok\"" ? counts.updated : counts.errors) = 1;
    return counts;
  }
  const bool told = parse_number(member(body, "updated"), counts.updated) &&
                    parse_number(member(body, "errors"), counts.errors);
  return told ? std::optional(counts) : std::nullopt;
}

PostRules::Pending PostRules::take(std::uint32_t number) {
  over_.push_back(verdict_.next_moment());
  return std::move(pending_.extract(number).mapped());
}

void PostRules::on_answered(std::uint32_t number, const http::Response& response) {
  const auto found = pending_.find(number);
  if (found == pending_.end() || found->second.accepted) {
    return verdict_.broke("each refresh is answered once", "POST " + std::to_string(number));
  }
  if (response.status == 202) return accept(found->second, number);
  const Pending post = take(number);
  const bool nothing = response.status == 502 && post.atomic;
  if (response.status != 200 && !nothing) return check_refusal(post, response.status);
  const std::optional<Counts> counts = parse(post, response.body);
  if (!counts) return verdict_.broke("an answer says how many were updated", response.body);
  check_status(post, response, *counts);
  if (nothing) world_.web_app.unsay(number);
  nothing ? check_nothing(post, *counts) : check_answer(post, *counts);
}

void PostRules::accept(Pending& post, std::uint32_t number) {
  post.accepted = true;
  if (post.answers_first) return;
  verdict_.broke("only who wants that is answered at once", "POST " + std::to_string(number));
}

// What it came to is as true as if it had been said, where it can be told.
void PostRules::on_over(std::uint32_t number, const std::optional<Counts>& counts) {
  const Pending post = take(number);
  if (!counts) {
    for (const auto& [user, named] : post.users) force_.on_named(user, post.came);
    return;
  }
  const bool nothing = post.atomic && counts->updated == 0 && !post.elements.empty();
  if (nothing) world_.web_app.unsay(number);
  nothing ? check_nothing(post, *counts) : check_answer(post, *counts);
}

void PostRules::check_refusal(const Pending& post, int status) {
  if (status == 503 && (post.crowded || stopped_)) return;
  if (status == 400 && post.elements.empty()) return;
  verdict_.broke("a refresh is refused with a reason", "status " + std::to_string(status));
}

void PostRules::check_answer(const Pending& post, const Counts& answer) {
  check_counts(post, answer);
  // By the letter of "ok" nothing need have come.
  const bool means_it = post.counts || !world_.options().refresh.all_failed_ok;
  const bool all_updated = means_it && answer.errors == 0;
  for (const auto& [user, named] : post.users) {
    force_.on_named(user, post.came);
    const bool told = world_.web_app.may_have_told(user, post.came);
    if (all_updated || fate(post, user) == Fate::kUpdated) force_.on_refreshed(user, post.came);
    if (named.how == Named::How::kOffline) continue;
    if (told || named.outcome) force_.on_confirmed(user);
    if (all_updated && post.alone) check_contacts(post, user);
  }
}

// Of a new friendship one name is enough: who is newly given something, and gives it back as far as
// the web app knows, has been asked for as well. (A contact whose roster here gives back what his
// data do not any more is another matter: whoever took it away has to name one of the two then.)
void PostRules::check_contacts(const Pending& post, const std::string& user) {
  WebApp& web_app = world_.web_app;
  const Force::Roster roster = force_.now(user);
  const Force::Roster had = post.in_force.at(user);
  if (!roster || !had || web_app.changed(user) > post.came) return;
  // The answer to his login, which was still to come, may have brought it without a refresh.
  if (web_app.told_good_at(user, force_.login(user)) > post.came) return;
  for (const auto& [contact, item] : *roster) {
    const auto old = post.in_force.find(contact);
    const bool stayed = old != post.in_force.end() && old->second && force_.now(contact) &&
                        force_.login(contact) < post.came;
    if (had->contains(contact) || !stayed || web_app.changed(contact) > post.came) continue;
    // He has been asked for, in vain or in time that was too short.
    const bool in_time = world_.now() < post.due && !stopped_;
    if (!in_time || web_app.has_told(contact, false, post.came)) continue;
    if (web_app.may_have_turned_away(contact, post.came)) continue;
    // Of whom it says something itself it is believed.
    const auto named = post.users.find(contact);
    if (named != post.users.end() && named->second.outcome) continue;
    const auto says = std::make_shared<Contacts>(web_app.data(contact));
    const Force::Roster has = force_.now(contact);
    const bool hidden = grants(user, roster, contact, says) && !grants(user, roster, contact, has);
    const bool hides = grants(contact, says, user, roster) && !grants(contact, has, user, roster);
    if (!hidden && !hides) continue;
    verdict_.broke("one name of a new friendship is enough", user + " and " + contact);
  }
}

// Users about whom nothing but the truth was told are updated, and so are those of whom the refresh
// has brought what is sure enough; those about whom nothing good was told or said are not.
PostRules::Fate PostRules::fate(const Pending& post, const std::string& user) {
  using How = Named::How;
  const Named& named = post.users.at(user);
  if (named.how == How::kOffline) return Fate::kUpdated;
  const bool lost = has_lost_base(post, user);
  if (named.how == How::kSaid && !lost) return Fate::kUpdated;
  WebApp& web_app = world_.web_app;
  const bool told = web_app.has_told(user, true, post.came);
  const bool failed = web_app.has_told(user, false, post.came) || may_be_given_up(post, user);
  // Who has lost what was said of him need not be the one who was asked for: another refresh did
  // that.
  if (told && !failed && !lost) return Fate::kUpdated;
  const bool may_be = web_app.may_have_told(user, post.came) || named.how != How::kAsked;
  return may_be ? Fate::kOpen : Fate::kError;
}

PostRules::Fate PostRules::fate(const Pending& post, const std::vector<std::string>& element) {
  Fate worst = Fate::kUpdated;
  for (const std::string& user : element) worst = std::max(worst, fate(post, user));
  return worst;
}

// A refresh that waits in the queue has time, a login has not, and they share a question. And who
// was turned away while the web app failed may be an error, though a later refresh brings him.
bool PostRules::may_be_given_up(const Pending& post, const std::string& user) {
  if (world_.web_app.may_have_turned_away(user, post.came)) return true;
  if (may_end_with_retry(post, user)) return true;
  const std::optional<Instant> when = force_.given_up(user);
  return when && *when >= post.since;
}

// A question that has been asked in vain has its time, in the queue as well, and a refresh may have
// joined it there.
bool PostRules::may_end_with_retry(const Pending& post, const std::string& user) {
  const Instant end = post.since + world_.least_timeout();
  if (world_.now() < end) return false;
  bool in_vain = false;
  for (const Told& told : world_.web_app.told(user)) {
    if (told.post != 0) continue;
    if (told.at < post.came) in_vain = !told.good;
    if (told.good && told.sent >= post.came && told.time < end) return false;
  }
  return in_vain;
}

// An answer that is older than the refresh may have come into force after it, or the user has gone:
// then he must be asked for after all.
bool PostRules::has_lost_base(const Pending& post, const std::string& user) {
  if (!post.users.at(user).on_base) return false;
  if (!world_.is_online(user) || force_.login(user) > post.came) return true;
  const std::vector<Told>& all = world_.web_app.told(user);
  return std::any_of(all.begin(), all.end(), [&](const Told& one) {
    const bool comes_later = one.at > post.came || may_have_been_held(post, one.at);
    return one.good && one.sent < post.came && comes_later;
  });
}

// What was told before the refresh came has come into force after it, with another that was waiting
// and is over now.
bool PostRules::may_have_been_held(const Pending& post, Moment told) const {
  return std::any_of(post.waiting.begin(), post.waiting.end(), [&](const auto& one) {
    const auto& [number, came] = one;
    const bool over = !pending_.contains(number) || world_.is_silent_over();
    return over && told > came && told < post.came;
  });
}

void PostRules::check_counts(const Pending& post, const Counts& answer) {
  std::size_t least_updated = 0;
  std::size_t least_errors = 0;
  for (const std::vector<std::string>& element : post.elements) {
    const Fate is = fate(post, element);
    if (is == Fate::kUpdated) ++least_updated;
    if (is == Fate::kError) ++least_errors;
  }
  const std::string counts =
      std::to_string(answer.updated) + " updated, " + std::to_string(answer.errors) + " errors";
  const bool all_failed_ok = world_.options().refresh.all_failed_ok;
  if (post.counts && answer.updated + answer.errors != post.elements.size()) {
    verdict_.broke("updated and errors are all elements", counts);
  }
  const bool countable = post.counts || !all_failed_ok;
  if (countable && (answer.updated < least_updated || answer.errors < least_errors)) {
    verdict_.broke("who was fetched is updated, who was not is an error", counts);
  }
  if (post.atomic && answer.errors > 0) {
    verdict_.broke("a refresh of all or nothing comes to one of these", counts);
  }
}

void PostRules::check_status(const Pending& post, const http::Response& response,
                             const Counts& counts) {
  const bool all_failed = counts.errors > 0 && counts.updated == 0;
  const bool means_it = post.atomic || !world_.options().refresh.all_failed_ok;
  const std::string status = member(response.body, "status");
  if (status == (all_failed && means_it ? "\"error\"" : "\"ok\"")) return;
  verdict_.broke("a refresh in which all failed says so", response.body);
}

// All or nothing, and it was nothing: somebody must have failed, all elements count as errors, and
// no roster that was in force has been replaced.
void PostRules::check_nothing(const Pending& post, const Counts& answer) {
  if (answer.updated != 0 || answer.errors != post.elements.size()) {
    verdict_.broke("updated and errors are all elements", "when nothing is applied");
  }
  const bool sure = std::all_of(post.elements.begin(), post.elements.end(),
                                [&](const auto& one) { return fate(post, one) == Fate::kUpdated; });
  if (sure) verdict_.broke("who was fetched is updated, who was not is an error", "nothing is");
  for (const auto& [user, named] : post.users) {
    force_.on_named(user, post.came);
    if (named.how == Named::How::kOffline) force_.on_refreshed(user, post.came);
    if (!force_.changed().contains(user) || !force_.before(user)) continue;
    if (may_be_of_accepted(user)) continue;
    verdict_.broke("a refresh of all or nothing that fails changes nothing", user);
  }
}

// A refresh that has been answered before may end in the same turn. It brings rosters of whom it
// names and, where they are given what they do not give back, of their contacts.
bool PostRules::may_be_of_accepted(const std::string& user) {
  if (!world_.is_silent_over()) return false;
  return std::any_of(pending_.begin(), pending_.end(), [&](const auto& one) {
    const Pending& post = one.second;
    return post.accepted &&
           (post.users.contains(user) ||
            std::any_of(post.users.begin(), post.users.end(), [&](const auto& named) {
              const Force::Roster roster = force_.now(named.first);
              return roster && roster->contains(user);
            }));
  });
}

// There is a question that nothing has answered yet: a login, a refresh that names the user, or one
// that wants to know him as the contact of somebody.
void PostRules::on_asked(const std::string& user) {
  WebApp& web_app = world_.web_app;
  if (world_.is_online(user) && !web_app.has_told(user, true, force_.login(user))) return;
  for (const auto& [number, post] : pending_) {
    if (may_ask(post, user)) return;
  }
  if (may_be_contact(user)) return;
  verdict_.broke("the web app is asked for what is needed, once", user);
}

bool PostRules::may_ask(const Pending& post, const std::string& user) {
  const auto named = post.users.find(user);
  if (named == post.users.end() || named->second.how == Named::How::kOffline) return false;
  if (world_.web_app.has_told(user, true, post.came)) return false;
  return named->second.how != Named::How::kSaid || has_lost_base(post, user);
}

// Not when it may have been given up meanwhile; and who has come since it was sent waits for the
// next.
bool PostRules::surely_needs(const std::string& user) {
  WebApp& web_app = world_.web_app;
  const Duration least = world_.least_timeout();
  const Moment sent = web_app.sent(user);
  const auto waits = [&](Moment came) { return sent == 0 || came < sent; };
  if (world_.is_online(user) && waits(force_.login(user)) &&
      !web_app.has_told(user, true, force_.login(user)) && force_.since_login(user) < least) {
    return true;
  }
  return std::any_of(pending_.begin(), pending_.end(), [&](const auto& one) {
    const Pending& post = one.second;
    const auto named = post.users.find(user);
    if (named == post.users.end()) return false;
    if (named->second.shares && web_app.has_told(user, false, post.came)) return false;
    return waits(post.came) && world_.now() - post.since < least &&
           named->second.how == Named::How::kAsked && !web_app.has_told(user, true, post.came) &&
           !may_be_given_up(post, user);
  });
}

// Each refresh may ask for a contact once, until he is known. Which one asks cannot be told.
bool PostRules::may_be_contact(const std::string& user) {
  if (pending_.empty()) return false;
  std::vector<Moment>& asked = contacts_[user];
  const bool again = !asked.empty() && !world_.web_app.has_told(user, true, asked.back());
  const auto oldest = pending_.begin();
  const auto is_past = [&](Moment moment) { return moment < oldest->second.came; };
  std::erase_if(asked, is_past);
  std::erase_if(over_, is_past);
  const std::size_t posts = last_ - oldest->first + 1 + over_.size();
  // He may have left while the question was in the queue.
  const bool was_online =
      world_.is_online(user) || std::any_of(pending_.begin(), pending_.end(), [&](const auto& one) {
        return one.second.in_force.contains(user);
      });
  if (!again && (!was_online || asked.size() >= posts)) return false;
  if (!again) asked.push_back(verdict_.next_moment());
  return true;
}

void PostRules::check_deadlines() {
  for (const auto& [number, post] : pending_) {
    if (world_.now() <= post.due) continue;
    verdict_.broke("a refresh is answered when its deadline is over",
                   "POST " + std::to_string(number));
  }
}

}  // namespace rosterd::model
