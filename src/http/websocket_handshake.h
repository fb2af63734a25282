// SPDX-License-Identifier: MIT
// The server's side of the opening handshake of a WebSocket (RFC 6455 section 4.2). Extensions are
// not negotiated. Whether the Origin may connect is the caller's business.
#pragma once

#include <string_view>
#include <variant>

#include "http/message.h"

namespace rosterd::http {

// What to answer instead of the 101. The caller makes the body.
struct WebSocketRefusal {
  int status = 400;       // 400, 405 (method), 426 (no WebSocket asked for, or another version)
  std::string_view text;  // static, for the client and the log
  Fields fields;          // what the status demands: Allow; Upgrade and Sec-WebSocket-Version
};

// Judges a request; of those that pass, the parser has said kUpgrade. The response is the 101,
// after which both sides speak frames. `subprotocol` must be among those the client offers, in its
// exact case (RFC 7395 section 3.1: "xmpp").
std::variant<Response, WebSocketRefusal> accept_websocket(const Request& request,
                                                          std::string_view subprotocol);

}  // namespace rosterd::http
