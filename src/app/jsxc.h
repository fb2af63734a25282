// SPDX-License-Identifier: MIT
// Jsxc: the requests and answers of JSXC's external API, as Nextcloud's chat app has it (the
// protocol's section 5, D). Pure.
#pragma once

#include <string>
#include <string_view>

#include "app/json_members.h"
#include "base/result.h"
#include "web/http_client.h"
#include "xmpp/jid.h"

namespace rosterd::app {

// A form with a signature over it. `password` is a part of it only where it is not null.
web::FetchRequest make_jsxc_request(http::Url url, std::string_view secret,
                                    std::string_view operation, const xmpp::Jid& user,
                                    const std::string* password = nullptr);

// What the answer is about, its member `data`; empty where there is none. kDenied for "noauth",
// kUnavailable for "error", kInvalid for what is no answer.
Result<JsonMembers> parse_jsxc_answer(std::string_view body);

// The answer to "sharedroster": an object of user ids, or [] where PHP had none; what is in it is
// not looked at. Errors as above, and kInvalid where there is no such thing.
Result<json::Tape> parse_jsxc_roster(std::string_view body);

}  // namespace rosterd::app
