// SPDX-License-Identifier: MIT
// Who it is, where the web app says so in its own words. Pure.
#pragma once

#include <string_view>

#include "base/result.h"
#include "xmpp/jid.h"

namespace rosterd::app {

// `name` is a user name or a bare JID of this host; `authzid`, where the client has sent one, has
// to mean the same user. kDenied with a text for the log.
Result<xmpp::Jid> find_named_user(std::string_view name, std::string_view host,
                                  std::string_view authzid);

}  // namespace rosterd::app
