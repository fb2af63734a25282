// SPDX-License-Identifier: MIT
// The two ways in which XMPP carries SASL, as XML: RFC 6120 section 6, and SASL2 (XEP-0388) with
// what a client may ask for along with its login: Bind 2 (XEP-0386) and FAST (XEP-0484).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "xml/element.h"
#include "xmpp/fast.h"
#include "xmpp/login.h"
#include "xmpp/sasl.h"

namespace rosterd::xmpp {

enum class SaslProfile : std::uint8_t { kRfc6120, kSasl2 };

// The profile of this element of a login; nullopt when it is none.
std::optional<SaslProfile> find_profile(xml::Element element);

// <fast/>: the login is by a token.
struct FastUse {
  std::optional<std::uint32_t> count{};
  bool invalidate = false;
};

// What begins a login: <auth/> or <authenticate/>.
struct LoginRequest {
  std::string mechanism{};               // as the client wrote it
  std::optional<std::string> initial{};  // the initial response, in base64; none: there is none
  UserAgent agent{};
  std::optional<FastUse> fast{};
  std::optional<Mechanism> new_token{};  // what it is to be good for; none: none is wanted
  std::optional<std::string> tag{};      // of Bind 2, "" where it has none; none: not to be bound
};
// kInvalid with what is wrong, in words for the client.
Result<LoginRequest> read_login_request(xml::Element element);

void write_challenge(std::string& out, SaslProfile profile, std::string_view message);
// `text`: for people, may be "".
void write_failure(std::string& out, SaslProfile profile, SaslFailure failure,
                   std::string_view text);
void write_success(std::string& out, std::string_view message);  // of RFC 6120

// Of SASL2.
struct Sasl2Success {
  std::string_view message;  // of the mechanism, or ""
  std::string_view user;     // full where it is bound
  bool bound = false;
  const FastToken* token = nullptr;  // null: none is given
};
void write_success(std::string& out, const Sasl2Success& success);

// The resource of Bind 2: the tag, and behind it what is the same at every login of this user's
// agent, and tells nobody its id. An agent without an id gets another one each time.
std::string make_resource(std::string_view tag, std::string_view user, std::string_view agent_id);

}  // namespace rosterd::xmpp
