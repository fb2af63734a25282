// SPDX-License-Identifier: MIT
#include "xmpp/authentication.h"

#include <utility>
#include <variant>

#include "base/text.h"

namespace rosterd::xmpp {

namespace {

std::optional<SaslFailure> find_refusal_of(const LoginRequest& request, const LoginStage& stage) {
  const auto named = parse_mechanism(request.mechanism);
  // XEP-0484 section 3.4: a token is used by <fast/>, and nothing else is.
  if (!named || is_fast(*named) != request.fast.has_value()) {
    return SaslFailure::kInvalidMechanism;
  }
  return find_refusal(*named, stage);
}

}  // namespace

void Authentication::on_element(xml::Element element, const LoginStage& stage, Actions& actions) {
  const SaslProfile profile = *find_profile(element);
  const bool begins = element.name() == "auth" || element.name() == "authenticate";
  const bool had_begun = running_.has_value();
  if (!had_begun) running_ = Running{profile, std::string(stage.host), stage.peer};
  if (running_->profile != profile) {
    return fail(SaslFailure::kMalformedRequest, "two profiles in one exchange", actions);
  }
  if (element.name() == "abort") {
    return fail(SaslFailure::kAborted, "aborted by the client", actions);
  }
  if (begins && had_begun) {
    return fail(SaslFailure::kMalformedRequest, "two exchanges at once", actions);
  }
  if (begins) return start(element, stage, actions);
  if (!had_begun) return fail(SaslFailure::kMalformedRequest, "response to nothing", actions);
  std::string encoded = element.text();
  take_message(encoded, actions);
  crypto::wipe(encoded);
}

void Authentication::start(xml::Element element, const LoginStage& stage, Actions& actions) {
  if (!may_authenticate(options_, stage.secure)) {
    return fail(SaslFailure::kEncryptionRequired, "authentication before TLS", actions);
  }
  auto request = read_login_request(element);
  if (!request) {
    const std::string why = request.error().text;
    return fail(SaslFailure::kMalformedRequest, why, actions, why);
  }
  if (const auto refusal = find_refusal_of(*request, stage)) {
    return fail(*refusal, "mechanism " + text::for_log(request->mechanism, 40), actions);
  }
  running_->mechanism = *parse_mechanism(request->mechanism);
  running_->cookie = stage.cookie;
  const std::string offer = describe_offer(stage);
  running_->sasl = SaslExchange::start(running_->mechanism,
                                       {stage.host, stage.bindings, offers_plus(stage), offer});
  auto initial = std::exchange(request->initial, std::nullopt);
  // A client may remember an offer that stands no more: it gets no token, and logs in all the same.
  if (request->new_token && find_refusal(*request->new_token, stage)) request->new_token.reset();
  running_->request = std::move(*request);
  if (!initial) {  // RFC 6120 section 6.4.3: an empty challenge asks for it
    SaslChallenge challenge;
    return take(challenge, actions);
  }
  take_message(*initial, actions);
  crypto::wipe(*initial);
}

void Authentication::take_message(std::string_view encoded, Actions& actions) {
  auto message = text::base64_decode(encoded);
  if (!message) return fail(SaslFailure::kIncorrectEncoding, "not base64", actions);
  take_step(running_->sasl->on_message(*message), actions);
  crypto::wipe(*message);
}

void Authentication::take_step(SaslStep step, Actions& actions) {
  running_->asking = false;
  std::visit([&](auto& one) { take(one, actions); }, step);
}

void Authentication::take(SaslChallenge& step, Actions& actions) {
  std::string out;
  write_challenge(out, running_->profile, step.message);
  actions.push_back(action::Send{std::move(out)});
}

// It counts at once, so that nobody can guess on by leaving before he is told.
void Authentication::take(SaslRefusal& step, Actions& actions) {
  ++failures_;
  running_->refused = true;
  std::string out;
  write_challenge(out, running_->profile, step.message);
  actions.push_back(action::Send{std::move(out)});
  actions.push_back(action::AuthFailed{running_->username, SaslFailure::kNotAuthorized,
                                       std::move(step.log_text)});
}

void Authentication::take(SaslNeedKeys& step, Actions& actions) {
  auto user = admit(step.username, actions);
  if (!user) return;
  running_->asking = true;
  actions.push_back(action::NeedKeys{std::move(*user), step.hash});
}

void Authentication::take(SaslNeedPassword& step, Actions& actions) {
  auto user = admit(step.username, actions);
  if (!user) return crypto::wipe(step.password);
  running_->asking = true;
  actions.push_back(action::NeedPassword{std::move(*user), std::move(step.password)});
}

void Authentication::take(SaslNeedIdentity& step, Actions& actions) {
  running_->asking = true;
  const bool by_cookie = running_->mechanism == Mechanism::kExternal;
  Evidence evidence{running_->host, std::move(step.authzid), std::move(step.token),
                    by_cookie ? running_->cookie : ""};
  actions.push_back(action::NeedIdentity{std::move(evidence)});
}

void Authentication::take(SaslNeedToken& step, Actions& actions) {
  auto user = admit(step.username, actions);
  if (!user) return;
  running_->asking = true;
  const LoginRequest& request = running_->request;
  actions.push_back(action::CheckToken{{std::move(*user), request.agent.id, running_->mechanism,
                                        std::move(step.hashed_token), std::move(step.binding),
                                        request.fast->count, request.fast->invalidate}});
}

void Authentication::take(SaslSuccess& step, Actions& actions) {
  auto user = admit(step.username, actions);
  if (!user) return;
  Running done = std::move(*running_);
  running_.reset();
  outcome_ =
      LoginOutcome{std::move(*user),        done.mechanism,          done.profile, done.expires,
                   std::move(step.message), std::move(done.request), done.rotate};
}

// Whose name that is. SASL2 begins no new stream whose header could be compared with it, so the one
// that there is must not have named another user (XEP-0388 section 2.3).
std::optional<Jid> Authentication::admit(const std::string& username, Actions& actions) {
  running_->username = username;
  auto user = Jid::make(username, running_->host);
  if (!user) {
    fail(SaslFailure::kNotAuthorized, user.error().text, actions);
    return std::nullopt;
  }
  const Jid& peer = running_->peer;
  const bool is_other = !peer.empty() && !peer.is_domain() && peer.bare_text() != user->text();
  if (running_->profile == SaslProfile::kSasl2 && is_other) {
    fail(SaslFailure::kInvalidAuthzid, "the stream's from is somebody else", actions);
    return std::nullopt;
  }
  return std::move(*user);
}

void Authentication::fail(SaslFailure failure, std::string why, Actions& actions,
                          std::string_view text) {
  std::string out;
  write_failure(out, running_->profile, failure, text);
  actions.push_back(action::Send{std::move(out)});
  if (!running_->refused) {
    // RFC 6120 section 6.4.5: their number is limited. Temporary ones are no fault of his.
    if (failure != SaslFailure::kTemporaryAuthFailure) ++failures_;
    actions.push_back(action::AuthFailed{running_->username, failure, std::move(why)});
  }
  running_.reset();
}

void Authentication::on_keys(const Result<ScramKeys>& keys, Actions& actions) {
  if (!asking()) return;
  if (keys) return take_step(running_->sasl->on_keys(*keys), actions);
  fail(SaslFailure::kTemporaryAuthFailure, keys.error().text, actions);
}

void Authentication::on_login(const Result<Login>& login, Actions& actions) {
  if (!asking()) return;
  if (!login && login.error().code != Errc::kDenied) {
    return fail(SaslFailure::kTemporaryAuthFailure, login.error().text, actions);
  }
  Result<std::string> username;
  if (login) {
    username = std::string(login->user.node());
    running_->expires = login->expires;
  } else {
    username = tl::unexpected<Error>(login.error());
  }
  take_step(running_->sasl->on_login(username), actions);
}

void Authentication::on_token(const Result<FastLogin>& login, Actions& actions) {
  if (!asking()) return;
  Result<std::string> answer;
  if (login) {
    answer = login->answer;
    running_->expires = login->expires;
    running_->rotate = login->rotate;
  } else {
    answer = tl::unexpected<Error>(login.error());
  }
  take_step(running_->sasl->on_token(answer), actions);
}

}  // namespace rosterd::xmpp
