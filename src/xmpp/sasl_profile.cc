// SPDX-License-Identifier: MIT
#include "xmpp/sasl_profile.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/text.h"
#include "base/utc.h"
#include "xml/writer.h"
#include "xmpp/jid.h"
#include "xmpp/namespaces.h"

namespace rosterd::xmpp {

namespace {

constexpr std::size_t kIdentifierBits = 72;

std::string_view ns_of(SaslProfile profile) {
  return profile == SaslProfile::kSasl2 ? ns::kSasl2 : ns::kSasl;
}

tl::unexpected<Error> invalid(const char* why) { return make_error(Errc::kInvalid, why); }

// RFC 4122, version 4: 122 of its bits are random.
bool is_uuid_v4(std::string_view id) {
  constexpr std::string_view kForm = "xxxxxxxx-xxxx-4xxx-yxxx-xxxxxxxxxxxx";
  constexpr std::string_view kHex = "0123456789abcdefABCDEF";
  constexpr std::string_view kVariant = "89abAB";
  const auto fits = [&](char c, char form) {
    if (form == 'x') return kHex.find(c) != std::string_view::npos;
    if (form == 'y') return kVariant.find(c) != std::string_view::npos;
    return c == form;
  };
  return id.size() == kForm.size() && std::equal(id.begin(), id.end(), kForm.begin(), fits);
}

// Two of what may be there once.
bool is_repeated(xml::Element parent, std::string_view name, std::string_view ns) {
  int count = 0;
  for (xml::Element one = parent.first_child(); one; one = one.next_sibling()) {
    if (one.is(name, ns)) ++count;
  }
  return count > 1;
}

Result<UserAgent> read_agent(xml::Element element) {
  const auto text_of = [&](std::string_view name) {
    const xml::Element child = element.child(name, ns::kSasl2);
    return child ? child.text() : "";
  };
  UserAgent agent{"", text_of("software"), text_of("device")};
  const auto id = element.find_attr("id");
  if (id && !is_uuid_v4(*id)) return invalid("the user-agent's id is no UUID of version 4");
  if (id) agent.id = text::ascii_lower(*id);
  return agent;
}

Result<std::string> read_tag(xml::Element bind) {
  const xml::Element child = bind.child("tag", ns::kBind2);
  std::string tag = child ? child.text() : "";
  // With something as long as what will stand behind it.
  if (!prepare_resource(tag + "/" + std::string(kIdentifierBits / 4, 'x')))
    return invalid("the tag cannot stand in a resource");
  return tag;
}

// XML Schema's boolean; "" is false.
std::optional<bool> read_boolean(std::string_view text) {
  if (text == "1" || text == "true") return true;
  if (text.empty() || text == "0" || text == "false") return false;
  return std::nullopt;
}

Result<FastUse> read_fast(xml::Element element) {
  FastUse use;
  if (const auto count = element.find_attr("count")) {
    std::uint32_t number = 0;
    const auto [end, fault] = std::from_chars(count->data(), count->data() + count->size(), number);
    if (fault != std::errc() || end != count->data() + count->size() || number == 0) {
      return invalid("the count is no positive number");
    }
    use.count = number;
  }
  const auto invalidate = read_boolean(element.attr("invalidate"));
  if (!invalidate) return invalid("invalidate is neither true nor false");
  use.invalidate = *invalidate;
  return use;
}

// What it asks for along with the login.
Status read_inline(xml::Element element, LoginRequest& request) {
  if (const xml::Element bind = element.child("bind", ns::kBind2)) {
    auto tag = read_tag(bind);
    if (!tag) return tl::unexpected<Error>(tag.error());
    request.tag = std::move(*tag);
  }
  if (const xml::Element fast = element.child("fast", ns::kFast)) {
    const auto use = read_fast(fast);
    if (!use) return tl::unexpected<Error>(use.error());
    request.fast = *use;
  }
  if (const xml::Element wanted = element.child("request-token", ns::kFast)) {
    const auto mechanism = parse_mechanism(wanted.attr("mechanism"));
    if (!mechanism || !is_fast(*mechanism)) return invalid("no token is for that mechanism");
    request.new_token = *mechanism;
  }
  if ((request.fast || request.new_token) && request.agent.id.empty()) {
    return invalid("tokens are for a user-agent with an id");
  }
  return {};
}

Result<LoginRequest> read_authenticate(xml::Element element) {
  constexpr std::pair<std::string_view, std::string_view> kOnce[] = {
      {"initial-response", ns::kSasl2},
      {"user-agent", ns::kSasl2},
      {"bind", ns::kBind2},
      {"fast", ns::kFast},
      {"request-token", ns::kFast}};
  for (const auto& [name, ns] : kOnce) {
    if (is_repeated(element, name, ns))
      return invalid("an element that may be there once is twice");
  }
  LoginRequest request{std::string(element.attr("mechanism"))};
  const xml::Element initial = element.child("initial-response", ns::kSasl2);
  if (initial) request.initial = initial.text();
  if (const xml::Element found = element.child("user-agent", ns::kSasl2)) {
    auto agent = read_agent(found);
    if (!agent) return tl::unexpected<Error>(agent.error());
    request.agent = std::move(*agent);
  }
  if (auto read = read_inline(element, request); !read) {
    return tl::unexpected<Error>(read.error());
  }
  return request;
}

}  // namespace

std::optional<SaslProfile> find_profile(xml::Element element) {
  const bool later = element.name() == "response" || element.name() == "abort";
  if (element.ns() == ns::kSasl && (later || element.name() == "auth")) {
    return SaslProfile::kRfc6120;
  }
  if (element.ns() == ns::kSasl2 && (later || element.name() == "authenticate")) {
    return SaslProfile::kSasl2;
  }
  return std::nullopt;
}

Result<LoginRequest> read_login_request(xml::Element element) {
  if (element.ns() == ns::kSasl2) return read_authenticate(element);
  LoginRequest request{std::string(element.attr("mechanism"))};
  std::string initial = element.text();
  // RFC 6120 section 6.4.2: "=" is an empty one.
  if (!initial.empty()) request.initial = initial == "=" ? "" : std::move(initial);
  return request;
}

void write_challenge(std::string& out, SaslProfile profile, std::string_view message) {
  xml::Writer(out).open("challenge", ns_of(profile)).text(text::base64_encode(message)).end();
}

void write_failure(std::string& out, SaslProfile profile, SaslFailure failure,
                   std::string_view text) {
  xml::Writer writer(out);
  writer.open("failure", ns_of(profile)).open(to_string(failure), ns::kSasl).end();
  if (!text.empty()) writer.leaf("text", text);
  writer.end();
}

void write_success(std::string& out, std::string_view message) {
  xml::Writer writer(out);
  writer.open("success", ns::kSasl);
  if (!message.empty()) writer.text(text::base64_encode(message));
  writer.end();
}

void write_success(std::string& out, const Sasl2Success& success) {
  xml::Writer writer(out);
  writer.open("success", ns::kSasl2);
  if (!success.message.empty()) {
    writer.leaf("additional-data", text::base64_encode(success.message));
  }
  writer.leaf("authorization-identifier", success.user);
  if (success.bound) writer.open("bound", ns::kBind2).end();
  if (const FastToken* token = success.token) {
    writer.open("token", ns::kFast)
        .attr("expiry", format_utc_seconds(token->expiry))
        .attr("token", token->token)
        .end();
  }
  writer.end();
}

std::string make_resource(std::string_view tag, std::string_view user, std::string_view agent_id) {
  std::string resource(tag);
  if (!tag.empty()) resource += '/';
  if (agent_id.empty()) return resource + crypto::random_token(kIdentifierBits);
  const std::string seed = std::string(user) + '\0' + std::string(agent_id);
  const std::string digest = crypto::digest(crypto::Hash::kSha256, seed);
  return resource + text::hex_encode(std::string_view(digest).substr(0, kIdentifierBits / 8));
}

}  // namespace rosterd::xmpp
