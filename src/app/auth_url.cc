// SPDX-License-Identifier: MIT
#include "app/auth_url.h"

#include <algorithm>

#include "base/crypto.h"
#include "base/text.h"

namespace rosterd::app {

namespace {

constexpr std::string_view kUser = "$user";
constexpr std::string_view kPassword = "$password";
constexpr std::string_view kHost = "$host";

bool holds(std::string_view text, std::string_view piece) { return text.find(piece) != text.npos; }

// In one pass: what is filled in is not looked at again.
std::string expand(std::string_view url, std::string_view host, std::string_view user,
                   std::string_view password) {
  std::string out;
  while (!url.empty()) {
    if (url.starts_with(kUser)) {
      out += text::percent_encode(user);
      url.remove_prefix(kUser.size());
    } else if (url.starts_with(kPassword)) {
      out += text::percent_encode(password);
      url.remove_prefix(kPassword.size());
    } else if (url.starts_with(kHost)) {
      out += text::percent_encode(host);
      url.remove_prefix(kHost.size());
    } else {
      const std::size_t next = std::min(url.find('$', 1), url.size());
      out += url.substr(0, next);
      url.remove_prefix(next);
    }
  }
  return out;
}

}  // namespace

Result<http::Url> make_auth_url(std::string_view url, const xmpp::Jid& user,
                                std::string_view password) {
  std::string expanded = expand(url, user.domain(), user.node(), password);
  auto parsed = http::parse_url(expanded);
  crypto::wipe(expanded);
  if (!parsed) return make_error(Errc::kInvalid, parsed.error().text);
  const std::string_view target = parsed->target;
  if (http::has_dot_segment(target.substr(0, target.find('?')))) {
    return make_error(Errc::kDenied, "the name or the password is no path component");
  }
  return parsed;
}

Status check_auth_url(std::string_view url) {
  const std::size_t colon = url.find("://");
  const std::size_t path = colon == url.npos ? url.size() : url.find_first_of("/?#", colon + 3);
  const std::string_view authority = url.substr(0, path);
  if (holds(authority, kUser) || holds(authority, kPassword)) {
    return make_error(Errc::kInvalid,
                      "$user and $password may stand in the path or the query only");
  }
  const auto sample = http::parse_url(expand(url, "host.example", "user", "password"));
  if (!sample) return make_error(Errc::kInvalid, sample.error().text);
  return {};
}

bool has_user(std::string_view url) { return holds(url, kUser); }

}  // namespace rosterd::app
