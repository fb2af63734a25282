// SPDX-License-Identifier: MIT
#include "web_app.h"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "base/text.h"

namespace rosterd::model {

namespace {

constexpr std::string_view kMoved = "/moved/";
constexpr std::chrono::seconds kLife{60};

// Answers that say nothing about the roster.
struct Fault {
  std::string_view name;
  int status = 0;  // 0: no answer comes, for this reason
  Errc reason = Errc::kUnavailable;
  std::string_view body = {};
  std::string_view field = {};
  std::string_view value = {};
};

constexpr std::array kFaults = {
    Fault{.name = "400", .status = 400},
    Fault{.name = "403", .status = 403},
    Fault{.name = "404", .status = 404},
    Fault{.name = "429", .status = 429, .field = "Retry-After", .value = "2"},
    Fault{.name = "500", .status = 500},
    Fault{.name = "503", .status = 503, .field = "Retry-After", .value = "6"},
    Fault{.name = "html", .status = 200, .body = "<html>Bad Gateway</html>"},
    Fault{.name = "cut", .status = 200, .body = "{\"romeo@h\":{\"na"},
    Fault{.name = "list", .status = 200, .body = "[1]"},
    Fault{.name = "huge", .reason = Errc::kTooLarge},
    Fault{.name = "refused", .reason = Errc::kUnavailable},
    Fault{.name = "timeout", .reason = Errc::kTimeout},
};

const Fault* find_fault(std::string_view name) {
  const auto found = std::find_if(kFaults.begin(), kFaults.end(),
                                  [&](const Fault& fault) { return fault.name == name; });
  return found == kFaults.end() ? nullptr : &*found;
}

Result<http::Response> make_answer(const Fault& fault) {
  if (fault.status == 0) return make_error(fault.reason, std::string(fault.name));
  http::Response response;
  response.status = fault.status;
  response.body = fault.body;
  if (!fault.field.empty()) {
    response.fields.add(std::string(fault.field), std::string(fault.value));
  }
  return response;
}

http::Response make_roster(const Contacts& contacts, const std::string& tag, bool known) {
  http::Response response;
  response.status = known ? 304 : 200;
  response.fields.add("ETag", tag);
  if (!known) response.body = to_json(contacts);
  return response;
}

Result<http::Response> make_redirect(const std::string& user) {
  http::Response response;
  response.status = 302;
  response.fields.add("Location", std::string(kMoved) + user);
  return response;
}

}  // namespace

std::vector<Version>& WebApp::versions(const std::string& user) {
  std::vector<Version>& versions = versions_[user];
  if (versions.empty()) versions.push_back({});
  return versions;
}

const Contacts& WebApp::data(const std::string& user) { return versions(user).back().contacts; }

void WebApp::edit(const std::string& user, Contacts contacts) {
  if (contacts == data(user)) return;
  versions(user).push_back({std::move(contacts), verdict_.next_moment()});
}

const Contacts& WebApp::data_before(const std::string& user, std::size_t count) {
  const std::vector<Version>& all = versions(user);
  return all[all.size() - 1 - std::min(count, all.size() - 1)].contacts;
}

void WebApp::revert(const std::string& user, std::size_t count) {
  edit(user, Contacts(data_before(user, count)));
}

bool WebApp::said_since(const std::string& user, const Contacts& contacts, Moment moment) {
  const std::vector<Version>& all = versions(user);
  for (std::size_t i = all.size(); i-- > 0;) {
    if (all[i].contacts == contacts) return true;
    if (all[i].since <= moment) break;
  }
  const std::vector<Told>& told = told_[user];
  return std::any_of(told.begin(), told.end(), [&](const Told& one) {
    return one.good && one.sent >= moment && one.contacts == contacts;
  });
}

void WebApp::say(const std::string& user, Contacts contacts, bool tagged, std::uint32_t post,
                 Moment at) {
  told_[user].emplace_back(Told{.sent = at,
                                .at = at,
                                .time = clock_.now(),
                                .good = true,
                                .contacts = std::move(contacts),
                                .tagged = tagged,
                                .post = post});
}

void WebApp::unsay(std::uint32_t post) {
  for (auto& [user, all] : told_) {
    std::erase_if(all, [&](const Told& one) { return one.post == post; });
  }
}

std::vector<std::string> WebApp::asked() const {
  std::vector<std::pair<std::uint64_t, std::string>> order;
  for (const auto& [user, request] : requests_) order.emplace_back(request.ticket, user);
  std::sort(order.begin(), order.end());
  std::vector<std::string> users;
  for (auto& [ticket, user] : order) users.push_back(std::move(user));
  return users;
}

std::uint64_t WebApp::fetch(web::FetchRequest fetch_request, web::FetchEvents* events) {
  const std::string_view target = fetch_request.url.target;
  const auto name = text::percent_decode(target.substr(target.rfind('/') + 1));
  const std::string user = name.value_or(std::string(target)) + "@h";
  verdict_.note([&] { return "    web app is asked for " + user; });
  if (requests_.contains(user)) {
    verdict_.broke("one fetch is in flight per user", user + " is asked for twice");
  }
  Request request;
  request.ticket = ++last_ticket_;
  request.events = events;
  request.tag = fetch_request.fields.get("If-None-Match");
  if (target.starts_with(kMoved)) {
    // Still the same question; and its answer is as old as the redirect.
    request.sent = redirected_;
    request.contacts = data(user);
  } else {
    events_->on_asked(user);
  }
  requests_[user] = std::move(request);
  return last_ticket_;
}

void WebApp::cancel(std::uint64_t ticket) {
  const auto found = std::find_if(requests_.begin(), requests_.end(),
                                  [&](const auto& one) { return one.second.ticket == ticket; });
  if (found == requests_.end()) {
    return verdict_.broke("only what is out is cancelled", "ticket " + std::to_string(ticket));
  }
  const std::string user = found->first;
  const Request request = std::move(found->second);
  requests_.erase(found);
  verdict_.note([&] { return "    web app is not waited for any longer: " + user; });
  note_told(user, request, false, {});
}

void WebApp::send(const std::string& user) {
  Request& request = requests_.at(user);
  if (request.sent != 0) return;
  request.sent = verdict_.next_moment();
  request.contacts = data(user);
  const std::uint64_t ticket = request.ticket;
  request.events->on_fetch_sent(ticket);
}

Told& WebApp::note_told(const std::string& user, const Request& request, bool good,
                        Contacts contacts) {
  failures_ = good ? 0 : failures_ + 1;
  return told_[user].emplace_back(Told{.sent = request.sent,
                                       .at = verdict_.next_moment(),
                                       .time = clock_.now(),
                                       .good = good,
                                       .contacts = std::move(contacts)});
}

std::string WebApp::tag_of(const std::string& user, const Contacts& contacts) {
  const std::vector<Version>& all = versions(user);
  const auto first = std::find_if(
      all.begin(), all.end(), [&](const Version& version) { return version.contacts == contacts; });
  return "\"" + std::to_string(first - all.begin()) + "\"";
}

std::vector<std::string> WebApp::changed_since(Moment moment) const {
  std::vector<std::string> users;
  for (const auto& [user, all] : versions_) {
    if (all.back().since > moment) users.push_back(user);
  }
  return users;
}

bool WebApp::has_told(const std::string& user, bool good, Moment since) {
  const std::vector<Told>& all = told_[user];
  return std::any_of(all.begin(), all.end(), [&](const Told& one) {
    return one.post == 0 && one.good == good && (good ? one.sent : one.at) >= since;
  });
}

bool WebApp::has_said(const std::string& user, Moment since) {
  const std::vector<Told>& all = told_[user];
  return std::any_of(all.begin(), all.end(),
                     [&](const Told& one) { return one.good && one.sent >= since; });
}

Moment WebApp::told_good_at(const std::string& user, Moment since) {
  for (const Told& one : told_[user]) {
    if (one.post == 0 && one.good && one.sent >= since) return one.at;
  }
  return std::numeric_limits<Moment>::max();
}

bool WebApp::knows(std::string_view how) {
  return how == "good" || how == "young" || how == "late" || how == "moved" || find_fault(how);
}

void WebApp::answer(const std::string& user, std::string_view how, bool missing_is_empty) {
  const Fault* fault = find_fault(how);
  const bool arrives = !fault || fault->status != 0;
  // A connection may be refused before anything was sent.
  if (arrives) send(user);
  const auto found = requests_.find(user);
  if (found == requests_.end()) return;
  const Request request = std::move(found->second);
  requests_.erase(found);
  if (how == "404" && missing_is_empty) {
    edit(user, {});
    note_told(user, request, true, {}).tagged = false;
    return request.events->on_fetch_done(request.ticket, make_answer(*fault));
  }
  if (fault) {
    note_told(user, request, false, {});
    return request.events->on_fetch_done(request.ticket, make_answer(*fault));
  }
  if (how == "moved") {
    redirected_ = request.sent;
    return request.events->on_fetch_done(request.ticket,
                                         make_redirect(user.substr(0, user.find('@'))));
  }
  const Contacts contacts = how == "late" ? data(user) : request.contacts;
  const std::string tag = tag_of(user, contacts);
  http::Response response = make_roster(contacts, tag, tag == request.tag);
  Told& told = note_told(user, request, true, contacts);
  if (how == "young") {
    response.fields.add("Cache-Control", "max-age=" + std::to_string(kLife.count()));
    told.fresh_until = clock_.now() + kLife;
  }
  request.events->on_fetch_done(request.ticket, std::move(response));
}

}  // namespace rosterd::model
