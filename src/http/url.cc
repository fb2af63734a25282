// SPDX-License-Identifier: MIT
#include "http/url.h"

#include <algorithm>
#include <charconv>

#include "base/text.h"

namespace rosterd::http {
namespace {

constexpr std::string_view kDigits = "0123456789";
constexpr std::string_view kHostBytes = "abcdefghijklmnopqrstuvwxyz0123456789-._~";
constexpr std::string_view kIpv6Bytes = "abcdef0123456789:.";

// The URL itself may hold a password, so it stays out of the text.
tl::unexpected<Error> bad_url(std::string_view why) {
  return make_error(Errc::kInvalid, "bad URL: " + std::string(why));
}

// What may stand in a request line: visible ASCII. A fragment never leaves the client.
bool is_target(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7F; }) &&
         text.find('#') == text.npos;
}

bool consists_of(std::string_view text, std::string_view bytes) {
  return !text.empty() && text.find_first_not_of(bytes) == text.npos;
}

// Takes "scheme:" off the front; false when it is neither of the two.
bool take_scheme(std::string_view& rest, Url& url) {
  const std::size_t colon = rest.find(':');
  if (colon == rest.npos) return false;
  const std::string_view scheme = rest.substr(0, colon);
  url.tls = text::ascii_iequals(scheme, "https");
  if (!url.tls && !text::ascii_iequals(scheme, "http")) return false;
  url.port = url.tls ? 443 : 80;
  rest.remove_prefix(colon + 1);
  return true;
}

bool take_userinfo(std::string_view& authority, Url& url) {
  const std::size_t at = authority.find('@');
  if (at == authority.npos) return true;
  auto userinfo = text::percent_decode(authority.substr(0, at));
  if (!userinfo) return false;
  url.userinfo = std::move(*userinfo);
  authority.remove_prefix(at + 1);
  return true;
}

bool take_host(std::string_view& authority, Url& url) {
  const bool ipv6 = authority.starts_with('[');
  const std::size_t end =
      ipv6 ? authority.find(']') : std::min(authority.find(':'), authority.size());
  if (end == authority.npos) return false;
  url.host = text::ascii_lower(authority.substr(ipv6 ? 1 : 0, ipv6 ? end - 1 : end));
  authority.remove_prefix(ipv6 ? end + 1 : end);
  return consists_of(url.host, ipv6 ? kIpv6Bytes : kHostBytes);
}

// `rest` is what follows the host: "" or ":" or ":port".
bool parse_port(std::string_view rest, Url& url) {
  if (rest.empty() || rest == ":") return true;
  if (rest.front() != ':') return false;
  rest.remove_prefix(1);
  if (!consists_of(rest, kDigits)) return false;
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), url.port);
  return error == std::errc() && end == rest.data() + rest.size() && url.port != 0;
}

// RFC 3986 section 5.2.4, for a path that begins with '/'.
std::string remove_dot_segments(std::string_view path) {
  std::string out;
  while (!path.empty()) {
    const std::size_t end = std::min(path.find('/', 1), path.size());
    const std::string_view segment = path.substr(0, end);  // "/name"
    path.remove_prefix(end);
    const bool dots = segment == "/." || segment == "/..";
    if (segment == "/..") out.erase(std::min(out.rfind('/'), out.size()));
    if (!dots) {
      out.append(segment);
    } else if (path.empty()) {
      out.push_back('/');
    }
  }
  return out;
}

// `reference` is a path, perhaps relative, with an optional query; or a query alone.
std::string resolve_target(std::string_view base, std::string_view reference) {
  const std::string_view base_path = base.substr(0, base.find('?'));
  if (reference.empty()) return std::string(base);
  if (reference.front() == '?') return std::string(base_path).append(reference);
  const std::size_t query = std::min(reference.find('?'), reference.size());
  std::string path;
  if (reference.front() != '/') path = base_path.substr(0, base_path.rfind('/') + 1);
  path.append(reference.substr(0, query));
  return remove_dot_segments(path).append(reference.substr(query));
}

bool has_scheme(std::string_view reference) {
  const std::size_t colon = reference.find(':');
  return colon != reference.npos && colon < reference.find_first_of("/?");
}

}  // namespace

std::string Url::authority() const {
  std::string out = host.find(':') == host.npos ? host : "[" + host + "]";
  if (port != (tls ? 443 : 80)) out.append(":").append(std::to_string(port));
  return out;
}

std::string Url::origin() const { return (tls ? "https://" : "http://") + authority(); }

Result<Url> parse_url(std::string_view text) {
  Url url;
  std::string_view rest = text;
  if (!is_target(text)) return bad_url("control character, space or fragment");
  if (!take_scheme(rest, url)) return bad_url("a scheme other than http and https");
  if (!rest.starts_with("//")) return bad_url("no host");
  rest.remove_prefix(2);
  const std::size_t path = std::min(rest.find_first_of("/?"), rest.size());
  std::string_view authority = rest.substr(0, path);
  if (!take_userinfo(authority, url)) return bad_url("bad user information");
  if (!take_host(authority, url)) return bad_url("bad host");
  if (!parse_port(authority, url)) return bad_url("bad port");
  url.target = rest.substr(path);
  if (!url.target.starts_with('/')) url.target.insert(0, "/");
  return url;
}

Result<Url> resolve_url(const Url& base, std::string_view reference) {
  reference = reference.substr(0, reference.find('#'));
  if (!is_target(reference)) return bad_url("control character or space");
  if (has_scheme(reference)) return parse_url(reference);
  if (reference.starts_with("//")) {
    return parse_url(std::string(base.tls ? "https:" : "http:").append(reference));
  }
  Url url = base;
  url.target = resolve_target(base.target, reference);
  return url;
}

bool has_dot_segment(std::string_view path) {
  while (!path.empty()) {
    const std::string_view segment = path.substr(0, path.find('/'));
    if (segment == "." || segment == "..") return true;
    path.remove_prefix(std::min(segment.size() + 1, path.size()));
  }
  return false;
}

}  // namespace rosterd::http
