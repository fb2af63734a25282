// SPDX-License-Identifier: MIT
#include "app/named_user.h"

#include <string>

#include "base/text.h"

namespace rosterd::app {

namespace {

Result<xmpp::Jid> parse_name(std::string_view name, std::string_view host) {
  auto user = name.find('@') == name.npos ? xmpp::Jid::make(name, host) : xmpp::Jid::parse(name);
  const auto refuse = [&](const std::string& why) {
    return make_error(Errc::kDenied, '"' + text::for_log(name, 60) + "\" " + why);
  };
  if (!user || user->node().empty() || user->is_full()) return refuse("is no user name");
  if (user->domain() != host) return refuse("is of another host");
  return user;
}

}  // namespace

Result<xmpp::Jid> find_named_user(std::string_view name, std::string_view host,
                                  std::string_view authzid) {
  auto user = parse_name(name, host);
  if (!user || authzid.empty()) return user;
  const auto wanted = parse_name(authzid, host);
  if (wanted && *wanted == *user) return user;
  return make_error(Errc::kDenied, "\"" + text::for_log(authzid, 60) + "\" is wanted, but it is " +
                                       std::string(user->node()));
}

}  // namespace rosterd::app
