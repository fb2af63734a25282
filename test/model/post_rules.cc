// SPDX-License-Identifier: MIT
#include "post_rules.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <memory>

namespace rosterd::model {

namespace {

// The names that the histories use are ASCII: this is all the preparation that they need.
std::string prepare(std::string name) {
  name = name.substr(0, name.find('/'));
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return name.find('@') == std::string::npos ? name + "@h" : name;
}

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

void PostRules::on_post(std::uint32_t number, const std::vector<std::string>& names, bool get) {
  Pending post;
  post.came = verdict_.next_moment();
  post.due = world_.now() + world_.options().refresh.deadline;
  post.counts = !get;
  post.crowded = world_.batches() >= world_.options().refresh.batches;
  post.total = names.size();
  post.alone = pending_.empty();
  for (auto& [other, waiting] : pending_) waiting.alone = false;
  for (const auto& [user, witness] : world_.witnesses) post.in_force[user] = force_.now(user);
  for (const std::string& name : names) {
    const std::string user = prepare(name);
    ++(world_.is_online(user) ? post.online : post.offline)[user];
  }
  last_ = number;
  pending_.emplace(number, std::move(post));
}

bool PostRules::parse(const Pending& post, const std::string& body, Answer& answer) {
  answer.status = member(body, "status");
  if (post.counts) {
    return parse_number(member(body, "updated"), answer.updated) &&
           parse_number(member(body, "errors"), answer.errors);
  }
  (answer.status == "\"ok\"" ? answer.updated : answer.errors) = 1;
  return true;
}

void PostRules::on_answered(std::uint32_t number, const http::Response& response) {
  const auto found = pending_.find(number);
  if (found == pending_.end()) {
    return verdict_.broke("each refresh is answered once", "POST " + std::to_string(number));
  }
  const Pending post = found->second;
  pending_.erase(found);
  over_.push_back(verdict_.next_moment());
  if (response.status != 200) return check_refusal(post, response.status);
  Answer answer;
  if (!parse(post, response.body, answer)) {
    return verdict_.broke("an answer says how many were updated", response.body);
  }
  check_answer(post, answer);
}

void PostRules::check_refusal(const Pending& post, int status) {
  if (status == 503 && (post.crowded || stopped_)) return;
  if (status == 400 && post.total == 0) return;
  verdict_.broke("a refresh is refused with a reason", "status " + std::to_string(status));
}

void PostRules::check_answer(const Pending& post, const Answer& answer) {
  check_counts(post, answer);
  // By the letter of "ok" nothing need have come.
  const bool means_it = post.counts || !world_.options().refresh.all_failed_ok;
  const bool all_updated = means_it && answer.errors == 0;
  for (const auto& [user, elements] : post.offline) {
    force_.on_named(user, post.came);
    force_.on_refreshed(user, post.came);
  }
  for (const auto& [user, elements] : post.online) {
    force_.on_named(user, post.came);
    const bool told = world_.web_app.has_told(user, true, post.came);
    const bool failed = world_.web_app.has_told(user, false, post.came);
    if (all_updated || (told && !failed)) force_.on_refreshed(user, post.came);
    if (told) force_.on_confirmed(user);
    if (all_updated && post.alone) check_contacts(post, user);
  }
}

// Of a new friendship one name is enough: who is newly given something, and gives it back as far as
// the web app knows, has been asked for as well.
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
    if (web_app.has_told(contact, false, post.came)) continue;
    const auto says = std::make_shared<Contacts>(web_app.data(contact));
    const Force::Roster has = force_.now(contact);
    if (grants(user, roster, contact, says) == grants(user, roster, contact, has) &&
        grants(contact, says, user, roster) == grants(contact, has, user, roster)) {
      continue;
    }
    verdict_.broke("one name of a new friendship is enough", user + " and " + contact);
  }
}

// Users about whom nothing but the truth was told are updated; those about whom nothing good was
// told are not.
void PostRules::check_counts(const Pending& post, const Answer& answer) {
  std::size_t least_updated = 0;
  std::size_t least_errors = 0;
  for (const auto& [user, elements] : post.offline) least_updated += elements;
  for (const auto& [user, elements] : post.online) {
    const bool told = world_.web_app.has_told(user, true, post.came);
    if (!told) least_errors += elements;
    if (told && !world_.web_app.has_told(user, false, post.came)) least_updated += elements;
  }
  const std::string counts =
      std::to_string(answer.updated) + " updated, " + std::to_string(answer.errors) + " errors";
  const bool all_failed_ok = world_.options().refresh.all_failed_ok;
  if (post.counts && answer.updated + answer.errors != post.total) {
    verdict_.broke("updated and errors are all elements", counts);
  }
  const bool countable = post.counts || !all_failed_ok;
  if (countable && (answer.updated < least_updated || answer.errors < least_errors)) {
    verdict_.broke("who was fetched is updated, who was not is an error", counts);
  }
  const bool failed = answer.errors > 0 && answer.updated == 0 && !all_failed_ok;
  if (answer.status != (failed ? "\"error\"" : "\"ok\"")) {
    verdict_.broke("a refresh in which all failed says so", counts + ", " + answer.status);
  }
}

// There is a question that nothing has answered yet: a login, a refresh that names the user, or one
// that wants to know him as the contact of somebody.
void PostRules::on_asked(const std::string& user) {
  WebApp& web_app = world_.web_app;
  if (world_.is_online(user) && !web_app.has_told(user, true, force_.login(user))) return;
  for (const auto& [number, post] : pending_) {
    if (post.online.contains(user) && !web_app.has_told(user, true, post.came)) return;
  }
  if (may_be_contact(user)) return;
  verdict_.broke("the web app is asked for what is needed, once", user);
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
  if (!again && (!world_.is_online(user) || asked.size() >= posts)) return false;
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
