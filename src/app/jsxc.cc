// SPDX-License-Identifier: MIT
#include "app/jsxc.h"

#include <utility>

#include "base/crypto.h"
#include "base/text.h"

namespace rosterd::app {

web::FetchRequest make_jsxc_request(http::Url url, std::string_view secret,
                                    std::string_view operation, const xmpp::Jid& user,
                                    const std::string* password) {
  web::FetchRequest request;
  request.method = "POST";
  request.url = std::move(url);
  request.body = "operation=" + std::string(operation);
  request.body += "&username=" + text::percent_encode(user.node());
  request.body += "&domain=" + text::percent_encode(user.domain());
  if (password) {
    std::string encoded = text::percent_encode(*password);
    (request.body += "&password=") += encoded;
    crypto::wipe(encoded);
  }
  request.fields.add("Content-Type", "application/x-www-form-urlencoded");
  request.fields.add("X-JSXC-SIGNATURE", "sha1=" + text::hex_encode(crypto::hmac(
                                                       crypto::Hash::kSha1, secret, request.body)));
  request.secret = true;
  return request;
}

Result<JsonMembers> parse_jsxc_answer(std::string_view body) {
  auto answer = read_members(body, "an answer");
  if (!answer) return tl::unexpected<Error>(answer.error());
  const json::Tape* const result = find_member(*answer, "result");
  const auto word = result ? result->string() : std::nullopt;
  if (word == "noauth") return make_error(Errc::kDenied, "the web application says no");
  if (word == "error") return make_error(Errc::kUnavailable, "the web application has an error");
  if (word != "success") return make_error(Errc::kInvalid, "result: not one that is known");
  const json::Tape* const data = find_member(*answer, "data");
  if (!data || data->is_null()) return JsonMembers();
  return read_members(*data, "data");
}

Result<json::Tape> parse_jsxc_roster(std::string_view body) {
  auto data = parse_jsxc_answer(body);
  if (!data) return tl::unexpected<Error>(std::move(data.error()));
  const auto shared = data->find("sharedRoster");
  if (shared == data->end()) return make_error(Errc::kInvalid, "there is no sharedRoster in it");
  return std::move(shared->second);
}

}  // namespace rosterd::app
