// SPDX-License-Identifier: MIT
#include "app/known_users.h"

#include <memory>
#include <utility>

#include "app/auth_http_mongoose.h"
#include "app/auth_url.h"
#include "app/jsxc.h"
#include "app/roster_url.h"
#include "base/text.h"

namespace rosterd::app {

namespace {

using Answered = std::optional<bool>;  // nothing: nobody can tell

Answered judge_mongoose(const Result<http::Response>& reply) {
  if (!reply) return reply.error().code == Errc::kNotFound ? Answered(false) : std::nullopt;
  const std::string_view word = text::trim(reply->body);
  if (word != "true" && word != "false") return std::nullopt;
  return word == "true";
}

Answered judge_jsxc(const Result<http::Response>& reply) {
  if (!reply) return std::nullopt;
  const auto data = parse_jsxc_answer(reply->body);
  const json::Tape* const is_user = data ? find_member(*data, "isUser") : nullptr;
  return is_user ? is_user->boolean() : std::nullopt;
}

Answered judge_roster(const Result<http::Response>& reply, bool missing_is_empty) {
  if (reply) return true;
  const bool missing = reply.error().code == Errc::kNotFound && !missing_is_empty;
  return missing ? Answered(false) : std::nullopt;
}

// Of an app that has a question for it.
Result<web::FetchRequest> make_request(const AuthOptions& auth, const xmpp::Jid& user) {
  if (auth.kind == AuthKind::kHttpMongoose) {
    return make_mongoose_request(auth.url, "user_exists", user, {});
  }
  auto url = make_auth_url(auth.url, user, {});
  if (!url) return tl::unexpected<Error>(url.error());
  return make_jsxc_request(std::move(*url), auth.jsxc_secret, "isuser", user);
}

}  // namespace

class KnownUsers::Question final : public AuthQuestion {
 public:
  Question(KnownUsers& owner, xmpp::Jid user, AuthKind kind, bool missing_is_empty)
      : owner_(owner), user_(std::move(user)), kind_(kind), missing_is_empty_(missing_is_empty) {}

  Status on_reply(Result<http::Response> reply) override {
    const Answered exists = judge(reply);
    owner_.settle(user_, exists);
    // A roster that may be missing is no fault.
    if (exists || (!reply && reply.error().code == Errc::kNotFound && missing_is_empty_)) return {};
    if (!reply) return tl::unexpected<Error>(reply.error());
    return make_error(Errc::kInvalid, "it does not say whether there is a user");
  }

 private:
  Answered judge(const Result<http::Response>& reply) const {
    if (kind_ == AuthKind::kHttpMongoose) return judge_mongoose(reply);
    if (kind_ == AuthKind::kJsxc) return judge_jsxc(reply);
    return judge_roster(reply, missing_is_empty_);
  }

  KnownUsers& owner_;
  const xmpp::Jid user_;
  const AuthKind kind_;
  const bool missing_is_empty_;
};

void KnownUsers::set_options(std::map<std::string, UserSearchOptions, std::less<>> hosts) {
  hosts_ = std::move(hosts);
  ++epoch_;
  known_.clear();
  oldest_first_.clear();
}

const UserSearchOptions* KnownUsers::find_host(std::string_view host) const {
  const auto found = hosts_.find(host);
  return found == hosts_.end() ? nullptr : &found->second;
}

void KnownUsers::find_user(const xmpp::Jid& user, std::uint64_t ticket,
                           im::UserFinderEvents* events) {
  const Asker asker{ticket, events};
  const UserSearchOptions* const options = find_host(user.domain());
  if (!options) return answer_soon(asker, false);
  if (options->auth.kind == AuthKind::kAccounts) {
    return answer_soon(asker, accounts_.has_account(user.bare()));
  }
  if (const auto known = find_known(user.bare_text())) return answer_soon(asker, *known);
  std::string key(user.bare_text());
  const auto found = searches_.find(key);
  if (found != searches_.end()) return found->second.askers.push_back(asker);
  if (searches_.size() >= kMost) return answer_soon(asker, options->by_default);
  searches_.emplace(key, Search{user.bare(), {asker}, clock_.now() + options->auth.timeout});
  const std::string host(user.domain());
  lines_[host].waiting.push_back(std::move(key));
  pump(host);
}

std::optional<bool> KnownUsers::find_known(std::string_view user) const {
  const auto found = known_.find(std::string(user));
  if (found == known_.end() || found->second.expires <= clock_.now()) return std::nullopt;
  return found->second.exists;
}

// --- asking --------------------------------------------------------------------------------------

void KnownUsers::pump(const std::string& host) {
  Line& line = lines_[host];
  const UserSearchOptions* const options = find_host(host);
  while (!line.waiting.empty() && line.asked < kAtOnce) {
    const std::string key = std::move(line.waiting.front());
    line.waiting.pop_front();
    Search& search = searches_.at(key);
    if (!options || search.patience < clock_.now()) {
      finish(key, std::nullopt);
      continue;
    }
    ++line.asked;
    search.epoch = epoch_;
    ask(search, *options);
  }
}

void KnownUsers::ask(Search& search, const UserSearchOptions& options) {
  const xmpp::Jid& user = search.user;
  const AuthOptions& auth = options.auth;
  if (sources_.find_user(user, last_ticket_ + 1, this)) {
    asked_of_sources_.emplace(++last_ticket_, user);
    return;
  }
  if (auth.kind != AuthKind::kHttpMongoose && auth.kind != AuthKind::kJsxc) {
    return ask_for_roster(user, options);
  }
  auto question = std::make_unique<Question>(*this, user, auth.kind, options.missing_is_empty);
  auto request = make_request(auth, user);
  if (!request) return requests_.refuse(std::move(request.error()), std::move(question));
  requests_.ask({std::string(user.domain()), std::move(*request), auth.credentials, auth.timeout},
                std::move(question));
}

void KnownUsers::ask_for_roster(const xmpp::Jid& user, const UserSearchOptions& options) {
  auto question =
      std::make_unique<Question>(*this, user, options.auth.kind, options.missing_is_empty);
  auto target = make_roster_target(options.roster_url, user.node(), user.domain());
  auto* const url = target ? std::get_if<http::Url>(&*target) : nullptr;
  if (!url)
    return requests_.refuse({Errc::kUnsupported, "users are in files"}, std::move(question));
  web::FetchRequest request;
  request.method = "HEAD";
  request.url = std::move(*url);
  requests_.ask(
      {std::string(user.domain()), std::move(request), options.credentials, options.auth.timeout},
      std::move(question));
}

// --- answers -------------------------------------------------------------------------------------

void KnownUsers::on_user(std::uint64_t ticket, const Result<bool>& exists) {
  const auto asked = asked_of_sources_.extract(ticket);
  settle(asked.mapped(), exists ? Answered(*exists) : std::nullopt);
}

void KnownUsers::settle(const xmpp::Jid& user, std::optional<bool> exists) {
  const std::string host(user.domain());
  --lines_.at(host).asked;
  finish(std::string(user.bare_text()), exists);
  pump(host);
}

void KnownUsers::finish(const std::string& user, std::optional<bool> exists) {
  const Search search = std::move(searches_.extract(user).mapped());
  if (exists && search.epoch == epoch_) remember(user, *exists);
  const UserSearchOptions* const options = find_host(search.user.domain());
  const bool by_default = options && options->by_default;
  for (const Asker& asker : search.askers) {
    asker.events->on_user_found(asker.ticket, exists.value_or(by_default));
  }
}

// All live equally long, so the oldest is the first to go.
void KnownUsers::remember(const std::string& user, bool exists) {
  const Instant now = clock_.now();
  while (!oldest_first_.empty()) {
    const auto oldest = known_.find(oldest_first_.front());
    if (oldest->second.expires > now && oldest_first_.size() < kMost) break;
    known_.erase(oldest);
    oldest_first_.pop_front();
  }
  known_.emplace(user, Known{exists, now + kLifetime});
  oldest_first_.push_back(user);
}

void KnownUsers::answer_soon(Asker asker, bool exists) {
  answers_.push_back({asker, exists});
  timers_.arm(answering_, clock_.now());
}

void KnownUsers::give_answers() {
  for (const Answer& answer : std::exchange(answers_, {})) {
    answer.asker.events->on_user_found(answer.asker.ticket, answer.exists);
  }
}

}  // namespace rosterd::app
