// SPDX-License-Identifier: MIT
// What the web app says about who logs in: the JSON of http-json, jsxc and userinfo, and the name
// that stands in it. A name that is taken is a user of this host, the one who was wanted.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "app/auth_http_json.h"
#include "app/auth_userinfo.h"
#include "app/jsxc.h"
#include "app/named_user.h"

namespace {

void check(bool holds) {
  if (!holds) __builtin_trap();
}

void check_name(std::string_view name) {
  using namespace rosterd;
  const auto user = app::find_named_user(name, "example.com", "");
  if (!user) return check(user.error().code == Errc::kDenied);
  check(user->domain() == "example.com" && !user->node().empty() && !user->is_full());
  check(app::find_named_user(name, "example.com", user->text()).has_value());
  check(!app::find_named_user(name, "example.com", "somebody.else").has_value() ||
        user->node() == "somebody.else");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace rosterd;
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  const auto verdict = app::parse_json_verdict(body);
  if (verdict) {
    check(verdict->roster.empty() || verdict->roster.complete());
  } else {
    check(verdict.error().code == Errc::kInvalid);
  }
  const auto answer = app::parse_jsxc_answer(body);
  if (answer) {
    for (const auto& [name, value] : *answer) check(value.complete());
  }
  const auto name = app::parse_userinfo(body, "preferred_username");
  if (name) check_name(*name);
  check_name(body.substr(0, 100));
  return 0;
}
