// SPDX-License-Identifier: MIT
#include "xmpp/stream_header.h"

#include <algorithm>
#include <charconv>

#include "base/crypto.h"
#include "xml/writer.h"
#include "xmpp/namespaces.h"

namespace rosterd::xmpp {

namespace {

constexpr std::size_t kStreamIdBits = 144;
constexpr std::size_t kLanguageTagBytes = 35;  // RFC 5646 section 4.4.1
constexpr std::string_view kOurLanguage = "en";

std::optional<unsigned> parse_number(std::string_view digits) {
  unsigned number = 0;
  const char* const last = digits.data() + digits.size();
  const auto [end, error] = std::from_chars(digits.data(), last, number);
  return error == std::errc() && end == last ? std::optional(number) : std::nullopt;
}

// "major.minor"; only the major part decides (RFC 6120 section 4.7.5).
bool is_supported_version(std::string_view version) {
  const std::size_t dot = version.find('.');
  if (dot == std::string_view::npos) return false;
  const auto major = parse_number(version.substr(0, dot));
  return major && *major >= 1 && parse_number(version.substr(dot + 1));
}

}  // namespace

std::optional<action::Close> find_header_fault(const xml::StreamHeader& header) {
  using Condition = StreamCondition;
  if (header.ns != ns::kStreams) {
    return action::Close{Condition::kInvalidNamespace, "not the streams namespace"};
  }
  if (header.name != "stream") return action::Close{Condition::kBadFormat, "not a stream"};
  // Section 4.8.5: the prefix is the client's choice, but there must be one.
  if (header.prefix.empty()) {
    return action::Close{Condition::kBadNamespacePrefix, "the stream has no prefix"};
  }
  if (header.content_ns != ns::kClient) {
    return action::Close{Condition::kInvalidNamespace, "the default namespace is jabber:client"};
  }
  if (!is_supported_version(header.version)) {
    return action::Close{Condition::kUnsupportedVersion, ""};
  }
  return std::nullopt;
}

xml::StreamHeader read_open(xml::Element open) {
  xml::StreamHeader header;
  header.name = "stream";
  header.ns = ns::kStreams;
  header.content_ns = ns::kClient;
  header.prefix = "stream";
  header.from = open.attr("from");
  header.to = open.attr("to");
  header.version = open.attr("version");
  header.id = open.attr("id");
  header.lang = open.lang();
  return header;
}

const std::string* find_host(const std::vector<std::string>& hosts, std::string_view to) {
  const auto domain = prepare_domain(to);
  if (!domain) return nullptr;
  const auto found = std::find(hosts.begin(), hosts.end(), *domain);
  return found == hosts.end() ? nullptr : &*found;
}

bool is_language_tag(std::string_view tag) {
  if (tag.empty() || tag.size() > kLanguageTagBytes) return false;
  return std::all_of(tag.begin(), tag.end(), [](char c) {
    const char lower = static_cast<char>(c | 0x20);
    return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
}

std::string make_response_header(StreamFraming framing, const ResponseHeader& header) {
  if (framing == StreamFraming::kBosh) return "";
  std::string out = framing == StreamFraming::kTcp
                        ? "<?xml version='1.0'?><stream:stream xmlns='jabber:client'"
                          " xmlns:stream='http://etherx.jabber.org/streams'"
                        : "<open xmlns='urn:ietf:params:xml:ns:xmpp-framing'";
  xml::append_attribute(out, "id", crypto::random_token(kStreamIdBits));
  xml::append_attribute(out, "from", header.from);
  if (!header.to.empty()) xml::append_attribute(out, "to", header.to);
  xml::append_attribute(out, "version", "1.0");
  xml::append_attribute(out, "xml:lang", header.lang.empty() ? kOurLanguage : header.lang);
  out += framing == StreamFraming::kTcp ? ">" : "/>";
  return out;
}

}  // namespace rosterd::xmpp
