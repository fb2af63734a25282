// SPDX-License-Identifier: MIT
#include "web/external_url.h"

#include "base/text.h"

namespace rosterd::web {

namespace {

constexpr std::string_view kPathBytes =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/";

std::string_view last_item(std::string_view list) {
  return text::trim(list.substr(list.rfind(',') + 1));
}

}  // namespace

Result<http::Url> parse_external_url(std::string_view text) {
  auto url = http::parse_url(text);
  if (!url) return url;
  if (!url->userinfo.empty()) return make_error(Errc::kInvalid, "a password has no place in it");
  if (url->target.find_first_not_of(kPathBytes) != url->target.npos) {
    return make_error(Errc::kInvalid, "its path holds more than letters, digits and - . _ ~ /");
  }
  return url;
}

Result<http::Url> find_external_url(const Client& client, const http::Fields& fields,
                                    const std::vector<net::Network>& proxies) {
  std::string_view host = text::trim(fields.get("Host"));
  bool tls = client.secure;
  if (net::is_in(proxies, client.address)) {
    const std::string_view told_host = last_item(fields.get("X-Forwarded-Host"));
    const std::string_view told_scheme = last_item(fields.get("X-Forwarded-Proto"));
    if (!told_host.empty()) host = told_host;
    if (!told_scheme.empty()) tls = text::ascii_iequals(told_scheme, "https");
  }
  // What is no host would move into the path, the query or the password.
  if (host.find_first_of("/?#@\\") != host.npos) return make_error(Errc::kInvalid, "bad Host");
  auto url = parse_external_url((tls ? "https://" : "http://") + std::string(host));
  if (!url) return make_error(Errc::kInvalid, "bad Host");
  return url;
}

}  // namespace rosterd::web
