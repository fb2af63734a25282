// SPDX-License-Identifier: MIT
// The requests that come to the web app, and what it answers.
#include <algorithm>
#include <array>
#include <utility>

#include "base/json.h"
#include "base/text.h"
#include "web_app.h"

namespace rosterd::model {

namespace {

constexpr std::string_view kMoved = "/moved/";
constexpr std::chrono::seconds kLife{60};
constexpr int kMaxRedirects = 3;

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
constexpr std::array<std::string_view, 7> kOthers = {"good", "young", "late",   "moved",
                                                     "page", "link",  "missing"};

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

http::Response make_response(std::string body) {
  http::Response response;
  response.status = 200;
  response.body = std::move(body);
  return response;
}

http::Response make_redirect(const std::string& user) {
  http::Response response;
  response.status = 302;
  response.fields.add("Location", std::string(kMoved) + user.substr(0, user.find('@')));
  return response;
}

http::Response make_page(const Contacts& contacts, const std::string& next, bool in_field) {
  if (in_field) {
    http::Response response = make_response(to_json(contacts));
    response.fields.add("Link", "<" + next + ">; rel=\"next\"");
    return response;
  }
  json::Writer out;
  out.object();
  for (const auto& [jid, item] : contacts) write_item(out.key(jid), item);
  out.key("$meta").object().key("next").string(next).end();
  return make_response(out.end().take());
}

// A user has his own path, and many are named in the body.
std::vector<std::string> users_of(const web::FetchRequest& request) {
  std::vector<std::string> users;
  if (request.method != "POST") {
    std::string_view name = request.url.target;
    name = name.substr(name.rfind('/') + 1);
    name = name.substr(0, name.find('?'));
    users.push_back(text::percent_decode(name).value_or("") + "@h");
    return users;
  }
  const std::string& body = request.body;
  for (std::size_t at = body.find('"'); at != body.npos; at = body.find('"', at + 1)) {
    const std::size_t end = body.find('"', at + 1);
    users.push_back(body.substr(at + 1, end - at - 1) + "@h");
    at = end;
  }
  return users;
}

std::string join(const std::vector<std::string>& users) {
  std::string line;
  for (const std::string& user : users) line += (line.empty() ? "" : ", ") + user;
  return line;
}

}  // namespace

// --- requests ------------------------------------------------------------------------------------

std::vector<std::string> WebApp::asked() const {
  std::vector<std::pair<std::uint64_t, std::string>> order;
  for (const auto& [user, request] : requests_) order.emplace_back(request.ticket, user);
  std::sort(order.begin(), order.end());
  std::vector<std::string> users;
  for (auto& [ticket, user] : order) users.push_back(std::move(user));
  return users;
}

std::vector<std::string> WebApp::asked_among_many() const {
  std::vector<std::string> users;
  for (const auto& [user, request] : requests_) {
    if (request.many) users.push_back(user);
  }
  return users;
}

std::uint64_t WebApp::fetch(web::FetchRequest fetch_request, web::FetchEvents* events) {
  const std::vector<std::string> users = users_of(fetch_request);
  verdict_.note([&] { return "    web app is asked for " + join(users); });
  // Still the same question; and its answer is as old as what led here.
  Request request = std::exchange(next_, std::nullopt).value_or(Request());
  if (!request.goes_on() && out_.size() >= places_) {
    verdict_.broke("no more requests are out at once than there are places",
                   std::to_string(out_.size() + 1));
  }
  request.ticket = ++last_ticket_;
  request.events = events;
  request.tag = fetch_request.fields.get("If-None-Match");
  request.many = fetch_request.method == "POST";
  out_.insert(request.ticket);
  for (const std::string& user : users) ask(user, request);
  return request.ticket;
}

void WebApp::ask(const std::string& user, Request request) {
  if (request.goes_on()) {
    request.contacts = data(user);
  } else {
    events_->on_asked(user);
  }
  const auto old = requests_.find(user);
  if (old != requests_.end() && !old->second.forsaken) {
    verdict_.broke("one fetch is in flight per user", user + " is asked for twice");
  }
  requests_[user] = std::move(request);
}

WebApp::Requests WebApp::take(std::uint64_t ticket) {
  Requests taken;
  std::erase_if(requests_, [&](const auto& one) {
    if (one.second.ticket != ticket) return false;
    taken.insert(one);
    return true;
  });
  out_.erase(ticket);
  return taken;
}

void WebApp::cancel(std::uint64_t ticket) {
  if (!out_.contains(ticket)) {
    return verdict_.broke("only what is out is cancelled", "ticket " + std::to_string(ticket));
  }
  for (const auto& [user, request] : take(ticket)) {
    verdict_.note([&user = user] { return "    web app is not waited for any longer: " + user; });
    note_told(user, request, false, {});
  }
  count_failure();
}

void WebApp::count_failure() {
  ++failures_;
  if (!is_shunned()) return;
  FailedProbe& probe = failed_probes_.emplace_back();
  probe.at = verdict_.next_moment();
  for (const auto& [user, request] : requests_) {
    if (!request.forsaken) probe.out.insert(user);
  }
}

void WebApp::send(const std::string& user) {
  const Request& request = requests_.at(user);
  if (request.sent != 0) return;
  const std::uint64_t ticket = request.ticket;
  const Moment now = verdict_.next_moment();
  for (auto& [each, one] : requests_) {
    if (one.ticket != ticket) continue;
    one.sent = now;
    one.contacts = data(each);
  }
  request.events->on_fetch_sent(ticket);
}

Told& WebApp::note_told(const std::string& user, const Request& request, bool good,
                        Contacts contacts) {
  return told_[user].emplace_back(Told{.sent = request.sent,
                                       .at = verdict_.next_moment(),
                                       .time = clock_.now(),
                                       .good = good,
                                       .contacts = std::move(contacts),
                                       .perhaps = good && request.forsaken});
}

// --- answers -------------------------------------------------------------------------------------

bool WebApp::knows(std::string_view how) {
  return find_fault(how) || std::find(kOthers.begin(), kOthers.end(), how) != kOthers.end();
}

void WebApp::answer(const std::string& user, std::string_view how,
                    const app::HostRosterOptions& options) {
  if (how == "missing" && !requests_.at(user).many) return;
  const Fault* fault = find_fault(how);
  // A connection may be refused before anything was sent.
  if (!fault || fault->status != 0) send(user);
  const auto found = requests_.find(user);
  if (found == requests_.end()) return;
  if (found->second.many) return answer_many(user, how, options);
  const Requests taken = take(found->second.ticket);
  const Request& request = taken.at(user);
  const bool empty = how == "404" && options.missing_is_empty && request.pages == 0;
  if (fault && !empty) return fail(taken, make_answer(*fault));
  if (how == "moved") return redirect(user, request);
  if (how == "page" || how == "link") return answer_page(user, request, how, options.pages);
  if (!empty) return answer_all(user, request, how);
  edit(user, {});
  note_told(user, request, true, {}).tagged = false;
  failures_ = 0;
  request.events->on_fetch_done(request.ticket, make_answer(*fault));
}

// The contacts that the pages before have not come to.
Contacts WebApp::rest(const std::string& user, const Request& request, std::string_view how) {
  const Contacts& from = how == "late" ? data(user) : request.contacts;
  return {from.upper_bound(request.after()), from.end()};
}

void WebApp::answer_all(const std::string& user, const Request& request, std::string_view how) {
  const Contacts contacts = rest(user, request, how);
  http::Response response = make_response(to_json(contacts));
  Contacts all = request.said;
  all.insert(contacts.begin(), contacts.end());
  Told& told = note_told(user, request, true, std::move(all));
  told.tagged = request.pages == 0;
  if (told.tagged) {
    const std::string tag = tag_of(user, contacts);
    response.fields.add("ETag", tag);
    if (tag == request.tag) {
      response.status = 304;
      response.body.clear();
    }
  }
  if (how == "young") {
    response.fields.add("Cache-Control", "max-age=" + std::to_string(kLife.count()));
    if (told.tagged) told.fresh_until = clock_.now() + kLife;
  }
  failures_ = 0;
  request.events->on_fetch_done(request.ticket, std::move(response));
}

void WebApp::answer_page(const std::string& user, const Request& request, std::string_view how,
                         std::size_t most) {
  Contacts page = rest(user, request, how);
  if (page.size() > 1) page.erase(std::next(page.begin()), page.end());
  Request next = request;
  next.said.insert(page.begin(), page.end());
  ++next.pages;
  const std::string where =
      "/contacts/" + user.substr(0, user.find('@')) + "?page=" + std::to_string(next.pages);
  http::Response response = make_page(page, where, how == "link");
  if (static_cast<std::size_t>(next.pages) < most) return go_on(next, std::move(response));
  fail({{user, request}}, std::move(response));
}

void WebApp::redirect(const std::string& user, const Request& request) {
  Request next = request;
  if (++next.redirects <= kMaxRedirects) return go_on(next, make_redirect(user));
  fail({{user, request}}, make_redirect(user));
}

void WebApp::go_on(const Request& request, http::Response response) {
  next_ = request;
  request.events->on_fetch_done(request.ticket, std::move(response));
}

void WebApp::fail(const Requests& requests, Result<http::Response> response) {
  for (const auto& [user, request] : requests) note_told(user, request, false, {});
  count_failure();
  const Request& request = requests.begin()->second;
  request.events->on_fetch_done(request.ticket, std::move(response));
}

void WebApp::answer_many(const std::string& user, std::string_view how,
                         const app::HostRosterOptions& options) {
  const Requests taken = take(requests_.at(user).ticket);
  answers_many_ = true;
  const Fault* fault = find_fault(how);
  if (fault && how != "404") return fail(taken, make_answer(*fault));
  if (how == "moved") return fail(taken, make_redirect(user));
  http::Response response = make_response(write_many(taken, user, how, options.missing_is_empty));
  if (how == "young") {
    response.fields.add("Cache-Control", "max-age=" + std::to_string(kLife.count()));
  }
  failures_ = 0;
  const Request& request = taken.begin()->second;
  request.events->on_fetch_done(request.ticket, std::move(response));
}

std::string WebApp::write_many(const Requests& requests, const std::string& user,
                               std::string_view how, bool missing_is_empty) {
  json::Writer out;
  out.object();
  for (const auto& [each, request] : requests) {
    const bool unknown = how == "404" && each == user;
    const bool missing = how == "missing" && each == user;
    const bool empty = unknown && missing_is_empty;
    if (!missing) out.key(each.substr(0, each.find('@')));
    if (unknown) out.null();
    if (empty) edit(each, {});
    if (missing || (unknown && !empty)) {
      note_told(each, request, false, {});
      continue;
    }
    const Contacts& contacts = empty || how == "late" ? data(each) : request.contacts;
    Told& told = note_told(each, request, true, contacts);
    told.tagged = !empty;
    if (how == "young") told.fresh_until = clock_.now() + kLife;
    if (empty) continue;
    out.object();
    for (const auto& [jid, item] : contacts) write_item(out.key(jid), item);
    out.key("$meta").object().key("etag").string(tag_of(each, contacts)).end().end();
  }
  return out.end().take();
}

}  // namespace rosterd::model
