// SPDX-License-Identifier: MIT
#include "xmpp/plain.h"

#include <string>
#include <utility>

#include "base/text.h"
#include "xmpp/authzid.h"
#include "xmpp/jid.h"

namespace rosterd::xmpp {

namespace {

SaslFail malformed(const char* why) { return {SaslFailure::kMalformedRequest, why}; }

class PlainExchange final : public SaslExchange {
 public:
  explicit PlainExchange(std::string_view domain) : domain_(domain) {}

  // [authzid] NUL authcid NUL passwd
  SaslStep on_message(std::string_view message) override {
    if (std::exchange(state_, State::kDone) != State::kMessage) {
      return malformed("PLAIN: message out of order");
    }
    const std::size_t first = message.find('\0');
    const std::size_t second =
        first == std::string_view::npos ? first : message.find('\0', first + 1);
    if (second == std::string_view::npos) return malformed("PLAIN: two NULs are needed");
    const std::string_view authcid = message.substr(first + 1, second - first - 1);
    const std::string_view password = message.substr(second + 1);
    if (password.empty() || password.find('\0') != std::string_view::npos ||
        !text::is_utf8(message)) {
      return malformed("PLAIN: bad password field");
    }
    auto username = saslprep(authcid);
    if (!username) return malformed("PLAIN: bad user name");
    if (!is_authzid_of(message.substr(0, first), *username, domain_)) {
      return SaslFail{SaslFailure::kInvalidAuthzid, "PLAIN: authzid is somebody else"};
    }
    state_ = State::kPassword;
    return SaslNeedPassword{std::move(*username), std::string(password)};
  }

  SaslStep on_login(const Result<std::string>& username) override {
    if (std::exchange(state_, State::kDone) != State::kPassword) {
      return malformed("PLAIN: no password was asked for");
    }
    if (username) return SaslSuccess{*username, ""};
    return SaslFail{SaslFailure::kNotAuthorized, username.error().text};
  }

 private:
  enum class State { kMessage, kPassword, kDone };

  const std::string domain_;
  State state_ = State::kMessage;
};

}  // namespace

std::unique_ptr<SaslExchange> start_plain(std::string_view domain) {
  return std::make_unique<PlainExchange>(domain);
}

}  // namespace rosterd::xmpp
