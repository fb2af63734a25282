// SPDX-License-Identifier: MIT
#include "http/websocket_handshake.h"

#include <algorithm>
#include <string>

#include "base/crypto.h"
#include "base/text.h"

namespace rosterd::http {
namespace {

constexpr std::string_view kGuid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
constexpr std::string_view kVersion = "13";
constexpr std::size_t kKeySize = 16;

WebSocketRefusal refuse(int status, std::string_view text) {
  WebSocketRefusal refusal{.status = status, .text = text, .fields = {}};
  if (status == 405) refusal.fields.add("Allow", "GET");
  if (status == 426) {
    refusal.fields.add("Upgrade", "websocket");
    refusal.fields.add("Sec-WebSocket-Version", std::string(kVersion));
  }
  return refusal;
}

// Unlike Fields::has_token, with regard to case.
bool offers(const Fields& fields, std::string_view subprotocol) {
  for (const auto& [name, value] : fields.all()) {
    if (!text::ascii_iequals(name, "Sec-WebSocket-Protocol")) continue;
    std::string_view rest = value;
    while (!rest.empty()) {
      const std::size_t comma = std::min(rest.find(','), rest.size());
      if (text::trim(rest.substr(0, comma)) == subprotocol) return true;
      rest.remove_prefix(std::min(comma + 1, rest.size()));
    }
  }
  return false;
}

bool has_key(const Fields& fields) {
  if (fields.count("Sec-WebSocket-Key") != 1) return false;
  const auto nonce = text::base64_decode(fields.get("Sec-WebSocket-Key"));
  return nonce && nonce->size() == kKeySize;
}

// Proves that the handshake was read as one (RFC 6455 section 1.3).
std::string answer_to(std::string_view key) {
  return text::base64_encode(crypto::digest(crypto::Hash::kSha1, std::string(key).append(kGuid)));
}

}  // namespace

std::variant<Response, WebSocketRefusal> accept_websocket(const Request& request,
                                                          std::string_view subprotocol) {
  const Fields& fields = request.fields;
  if (request.method != "GET") return refuse(405, "a WebSocket begins with GET");
  // The first two are what a reverse proxy makes of a good handshake when it was not told.
  if (request.version_minor == 0) {
    return refuse(426, "a WebSocket needs HTTP/1.1; does a proxy speak HTTP/1.0?");
  }
  if (!fields.has_token("Upgrade", "websocket")) {
    return refuse(426, "this is a WebSocket: \"Upgrade: websocket\" is missing");
  }
  if (!fields.has_token("Connection", "Upgrade")) {
    return refuse(400, "\"Connection: Upgrade\" is missing");
  }
  if (fields.count("Host") != 1) return refuse(400, "a WebSocket needs one Host");
  if (!request.body.empty() || fields.has("Transfer-Encoding")) {
    return refuse(400, "a WebSocket does not begin with a body");
  }
  if (fields.count("Sec-WebSocket-Version") != 1 ||
      fields.get("Sec-WebSocket-Version") != kVersion) {
    return refuse(426, "Sec-WebSocket-Version must be 13");
  }
  if (!has_key(fields)) return refuse(400, "Sec-WebSocket-Key must be 16 bytes in base64, once");
  if (!offers(fields, subprotocol)) {
    return refuse(400, "Sec-WebSocket-Protocol does not offer the subprotocol spoken here");
  }
  Response response{.status = 101, .fields = {}, .body = {}};
  response.fields.add("Upgrade", "websocket");
  response.fields.add("Sec-WebSocket-Accept", answer_to(fields.get("Sec-WebSocket-Key")));
  response.fields.add("Sec-WebSocket-Protocol", std::string(subprotocol));
  return response;
}

}  // namespace rosterd::http
