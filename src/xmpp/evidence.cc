// SPDX-License-Identifier: MIT
#include "xmpp/evidence.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "base/text.h"
#include "xmpp/authzid.h"

namespace rosterd::xmpp {

namespace {

constexpr char kSeparator = '\x01';
// RFC 7628 section 3.2.2: the client hears why, answers something, and only then it has failed.
constexpr std::string_view kRefusal = R"({"status":"invalid_token"})";

SaslFail malformed(std::string why) { return {SaslFailure::kMalformedRequest, std::move(why)}; }

// RFC 6750 section 2.1: what a token is made of.
bool is_token(std::string_view token) {
  const std::string_view body = token.substr(0, token.find_last_not_of('=') + 1);
  return !body.empty() && std::all_of(body.begin(), body.end(), [](char c) {
    const char lower = static_cast<char>(c | 0x20);
    return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') ||
           std::string_view("-._~+/").find(c) != std::string_view::npos;
  });
}

// From the one message that they have to who it was.
class EvidenceExchange : public SaslExchange {
 public:
  explicit EvidenceExchange(std::string_view domain) : domain_(domain) {}

  SaslStep on_message(std::string_view message) override {
    if (std::exchange(state_, State::kDone) != State::kMessage) {
      return malformed("message out of order");
    }
    if (!text::is_utf8(message)) return malformed("not UTF-8");
    return on_evidence(message);
  }

  SaslStep on_login(const Result<std::string>& username) override {
    if (std::exchange(state_, State::kDone) != State::kAsked) {
      return malformed("nobody was asked for");
    }
    if (!username) return refuse(username.error().text);
    if (!is_authzid_of(authzid_, *username, domain_)) {
      return SaslFail{SaslFailure::kInvalidAuthzid, "authzid is somebody else"};
    }
    return SaslSuccess{*username, ""};
  }

 protected:
  enum class State { kMessage, kAsked, kRefused, kDone };

  virtual SaslStep on_evidence(std::string_view message) = 0;
  virtual SaslStep refuse(const std::string& why) {
    return SaslFail{SaslFailure::kNotAuthorized, why};
  }
  SaslStep ask(std::string authzid, std::string token) {
    state_ = State::kAsked;
    authzid_ = authzid;
    return SaslNeedIdentity{std::move(authzid), std::move(token)};
  }

  State state_ = State::kMessage;
  std::string domain_;
  std::string authzid_;
};

class OAuthBearer final : public EvidenceExchange {
 public:
  using EvidenceExchange::EvidenceExchange;

  // The answer to the error should be ^A; strophe.js sends its token once more.
  SaslStep on_message(std::string_view message) override {
    if (state_ != State::kRefused) return EvidenceExchange::on_message(message);
    state_ = State::kDone;
    return SaslFail{SaslFailure::kNotAuthorized, why_};
  }

 private:
  // gs2-header ^A *( key "=" value ^A ) ^A
  SaslStep on_evidence(std::string_view message) override {
    const auto header = find_gs2_header(message);
    if (!header || (header->flag != "n" && header->flag != "y")) {
      return malformed("OAUTHBEARER: bad gs2 header");
    }
    message.remove_prefix(header->text.size());
    const auto auth = find_auth(message);
    if (!auth) return malformed("OAUTHBEARER: bad list of pairs");
    if (auth->empty()) return refuse("OAUTHBEARER: no token");  // it wants to hear what is needed
    constexpr std::string_view kScheme = "bearer ";
    if (!text::ascii_iequals(auth->substr(0, kScheme.size()), kScheme)) {
      return malformed("OAUTHBEARER: not a bearer token");
    }
    const std::string_view token = text::trim(auth->substr(kScheme.size()));
    if (!is_token(token)) return malformed("OAUTHBEARER: bad token");
    return ask(header->authzid, std::string(token));
  }

  // The value of "auth", which must be there once; the others say where the client thinks it is.
  static std::optional<std::string_view> find_auth(std::string_view pairs) {
    std::optional<std::string_view> auth;
    if (!pairs.starts_with(kSeparator)) return std::nullopt;
    pairs.remove_prefix(1);
    while (pairs != std::string_view(&kSeparator, 1)) {
      const std::size_t end = pairs.find(kSeparator);
      const std::string_view pair = pairs.substr(0, end);
      const std::size_t equals = pair.find('=');
      if (end == std::string_view::npos || equals == std::string_view::npos || equals == 0) {
        return std::nullopt;
      }
      if (pair.substr(0, equals) == "auth") {
        if (auth) return std::nullopt;
        auth = pair.substr(equals + 1);
      }
      pairs.remove_prefix(end + 1);
    }
    return auth;
  }

  SaslStep refuse(const std::string& why) override {
    state_ = State::kRefused;
    why_ = why;
    return SaslRefusal{std::string(kRefusal), why};
  }

  std::string why_;
};

class XOAuth2 final : public EvidenceExchange {
 public:
  using EvidenceExchange::EvidenceExchange;

 private:
  // [authzid] NUL [user] NUL token
  SaslStep on_evidence(std::string_view message) override {
    const std::size_t first = message.find('\0');
    const std::size_t second =
        first == std::string_view::npos ? first : message.find('\0', first + 1);
    if (second == std::string_view::npos) return malformed("X-OAUTH2: two NULs are needed");
    const std::string_view authzid = message.substr(0, first);
    const std::string_view user = message.substr(first + 1, second - first - 1);
    const std::string_view token = message.substr(second + 1);
    if (!is_token(token)) return malformed("X-OAUTH2: bad token");
    if (user.empty()) return ask(std::string(authzid), std::string(token));
    if (!is_authzid_of(authzid, user, domain_)) {
      return SaslFail{SaslFailure::kInvalidAuthzid, "X-OAUTH2: authzid is somebody else"};
    }
    return ask(std::string(user), std::string(token));
  }
};

class External final : public EvidenceExchange {
 public:
  using EvidenceExchange::EvidenceExchange;

 private:
  SaslStep on_evidence(std::string_view message) override {
    if (message.find('\0') != std::string_view::npos) return malformed("EXTERNAL: a NUL");
    return ask(std::string(message), "");
  }
};

}  // namespace

std::unique_ptr<SaslExchange> start_oauth_bearer(std::string_view domain) {
  return std::make_unique<OAuthBearer>(domain);
}

std::unique_ptr<SaslExchange> start_x_oauth2(std::string_view domain) {
  return std::make_unique<XOAuth2>(domain);
}

std::unique_ptr<SaslExchange> start_external(std::string_view domain) {
  return std::make_unique<External>(domain);
}

}  // namespace rosterd::xmpp
