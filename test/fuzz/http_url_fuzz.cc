// SPDX-License-Identifier: MIT
// URLs from the configuration and references from a web app: what is taken reads back the same, and
// can stand in a request line.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "http/url.h"

using namespace rosterd::http;

namespace {

void check(bool condition) {
  if (!condition) std::abort();
}

void check_url(const Url& url) {
  check(!url.host.empty() && url.port != 0 && url.target.starts_with('/'));
  for (const char c : url.target) check(c > ' ' && c < '\x7F' && c != '#');
  const auto again = parse_url(url.origin() + url.target);
  check(again && again->host == url.host && again->port == url.port && again->tls == url.tls &&
        again->target == url.target);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto url = parse_url(text)) check_url(*url);
  static const Url base = *parse_url("http://a/b/c/d;p?q");
  if (const auto url = resolve_url(base, text)) check_url(*url);
  return 0;
}
