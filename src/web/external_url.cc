// SPDX-License-Identifier: MIT
#include "web/external_url.h"

#include "base/text.h"
#include "web/client_address.h"

namespace rosterd::web {

namespace {

constexpr std::string_view kPathBytes =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/";

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
  if (net::is_in(proxies, client.address)) {
    const std::string_view told = find_last_item(fields, "X-Forwarded-Host");
    if (!told.empty()) host = told;
  }
  const bool tls = find_forwarded_tls(client.address, fields, proxies).value_or(client.secure);
  // What is no host would move into the path, the query or the password.
  if (host.find_first_of("/?#@\\") != host.npos) return make_error(Errc::kInvalid, "bad Host");
  auto url = parse_external_url((tls ? "https://" : "http://") + std::string(host));
  if (!url) return make_error(Errc::kInvalid, "bad Host");
  return url;
}

}  // namespace rosterd::web
