// SPDX-License-Identifier: MIT
#include "fakes.h"

#include <algorithm>
#include <utility>

#include "base/text.h"

namespace rosterd::replay {

// --- accounts ------------------------------------------------------------------------------------

void Accounts::fetch_keys(const xmpp::Jid& user, crypto::Hash hash, std::uint64_t ticket,
                          im::AuthEvents* events) {
  questions_.push_back({Question::Kind::kKeys, user, {}, hash, {}, ticket, events});
}

void Accounts::check_password(const xmpp::Jid& user, std::string password, std::uint64_t ticket,
                              im::AuthEvents* events) {
  questions_.push_back(
      {Question::Kind::kPassword, user, std::move(password), {}, {}, ticket, events});
}

void Accounts::identify(xmpp::Evidence given, std::uint64_t ticket, im::AuthEvents* events) {
  questions_.push_back({Question::Kind::kIdentity,
                        {},
                        {},
                        {},
                        given.token.empty() ? given.cookie : given.token,
                        ticket,
                        events});
}

bool Accounts::answer() {
  if (questions_.empty()) return false;
  for (const Question& question : std::exchange(questions_, {})) answer(question);
  return true;
}

void Accounts::answer(const Question& question) const {
  const bool wants_keys = question.kind == Question::Kind::kKeys;
  if (!available) {
    const Error error{Errc::kUnavailable, "accounts cannot be read"};
    if (wants_keys) question.events->on_keys(question.ticket, tl::make_unexpected(error));
    if (!wants_keys) question.events->on_login(question.ticket, tl::make_unexpected(error));
    return;
  }
  if (question.kind == Question::Kind::kIdentity) {
    Result<xmpp::Login> login = make_error(Errc::kDenied, "nobody's");
    const auto owner = evidence.find(question.evidence);
    if (owner != evidence.end()) login = xmpp::Login{*xmpp::Jid::parse(owner->second), expires};
    return question.events->on_login(question.ticket, login);
  }
  const auto known = passwords.find(question.user.text());
  const bool there = known != passwords.end();
  if (wants_keys) {
    const std::string password = there ? known->second : crypto::random_token();
    return question.events->on_keys(question.ticket,
                                    xmpp::derive_scram_keys(question.hash, password, "salt", 4096));
  }
  Result<xmpp::Login> login = make_error(Errc::kDenied, "wrong password or unknown user");
  if (there && known->second == question.password) login = xmpp::Login{question.user};
  question.events->on_login(question.ticket, login);
}

// --- the web application -------------------------------------------------------------------------

std::uint64_t WebApp::add(std::string_view path, web::FetchEvents* events) {
  std::string_view name = path.substr(path.rfind('/') + 1);
  name = name.substr(0, name.find('?'));
  if (name.ends_with(".json")) name.remove_suffix(5);
  requests_.push_back(
      {++last_ticket_, text::percent_decode(name).value_or(std::string(name)), false, events});
  return last_ticket_;
}

std::uint64_t WebApp::fetch(web::FetchRequest request, web::FetchEvents* events) {
  last_target = request.url.target;
  last_fields = request.fields;
  return add(request.url.target, events);
}

std::uint64_t WebApp::read(const std::string& path, std::size_t, web::FetchEvents* events) {
  last_target = path;
  return add(path, events);
}

void WebApp::cancel(std::uint64_t ticket) {
  std::erase_if(requests_, [&](const Request& request) { return request.ticket == ticket; });
}

Result<http::Response> WebApp::respond(const Request& request) const {
  if (down) return make_error(Errc::kUnavailable, "connection refused");
  if (silent.contains(request.user)) return make_error(Errc::kTimeout, "no answer in time");
  const auto known = answers.find(request.user);
  const Answer answer = known == answers.end() ? Answer{} : known->second;
  http::Response response;
  response.status = answer.status;
  response.body = answer.body;
  if (!answer.location.empty()) response.fields.add("Location", answer.location);
  if (!answer.retry_after.empty()) response.fields.add("Retry-After", answer.retry_after);
  if (!answer.max_age.empty()) response.fields.add("Cache-Control", "max-age=" + answer.max_age);
  if (!answer.next.empty()) response.fields.add("Link", '<' + answer.next + ">; rel=\"next\"");
  return response;
}

bool WebApp::answer() {
  bool any = false;
  // Events may add and cancel requests: only tickets that are here now are looked at, one by one.
  std::vector<std::uint64_t> tickets;
  for (const Request& request : requests_) tickets.push_back(request.ticket);
  for (const std::uint64_t ticket : tickets) {
    const auto find = [&] {
      return std::find_if(requests_.begin(), requests_.end(),
                          [&](const Request& one) { return one.ticket == ticket; });
    };
    auto request = find();
    if (request == requests_.end() || queued.contains(request->user)) continue;
    if (!request->sent) {
      request->sent = any = true;
      asked.push_back(request->user);
      request->events->on_fetch_sent(ticket);
      request = find();
    }
    if (request == requests_.end() || held.contains(request->user)) continue;
    const Request done = *request;
    requests_.erase(request);
    done.events->on_fetch_done(ticket, respond(done));
    any = true;
  }
  return any;
}

bool WebApp::answer_held(std::string_view user, const Answer& answer) {
  const auto request = std::find_if(requests_.begin(), requests_.end(), [&](const Request& one) {
    return one.user == user && one.sent;
  });
  if (request == requests_.end()) return false;
  const Request done = *request;
  requests_.erase(request);
  http::Response response;
  response.status = answer.status;
  response.body = answer.body;
  done.events->on_fetch_done(done.ticket, std::move(response));
  return true;
}

}  // namespace rosterd::replay
