// SPDX-License-Identifier: MIT
// <body/> of BOSH (XEP-0124 section 5, XEP-0206): a client's as a value, and ours as bytes. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "xml/framer.h"
#include "xml/parser.h"

namespace rosterd::c2s {

// 2^53 - 1: what a rid, and the number that JavaScript keeps it in, may come to.
inline constexpr std::uint64_t kHighestRid = 9'007'199'254'740'991;

// A client's request. Attributes that are absent are "" or nullopt.
struct BoshRequest {
  std::string sid;  // "" asks for a new session
  std::uint64_t rid = 0;
  std::string to, from, lang;
  std::string ver;      // of BOSH; "" = a client from before it had versions
  std::string version;  // xmpp:version
  std::string content;  // the Content-Type that the client wants
  std::string key, newkey;
  // However large a number the client names, it is one: at most kHighestRid.
  std::optional<std::uint64_t> wait, hold, pause;  // wait, pause: seconds
  std::optional<std::uint64_t> ack;
  bool terminate = false;  // type='terminate'
  bool restart = false;    // xmpp:restart
  // Each one element whose default namespace, where it declares none, is jabber:client.
  std::vector<std::string> payloads;
};

// kInvalid: not one <body/> of BOSH's namespace, text in it, no rid or a wrong one, a number that
// is none. kTooLarge: beyond `limits`, which are those of the whole body.
Result<BoshRequest> parse_bosh_body(xml::Parser& parser, std::string_view bytes,
                                    const xml::FramerLimits& limits);

// Why a session ends (XEP-0124 section 17.2).
enum class BoshCondition : std::uint8_t {
  kNone,  // the client has asked for it, or its stream has ended without an error
  kBadRequest,
  kHostUnknown,
  kItemNotFound,
  kPolicyViolation,
  kRemoteConnectionFailed,
  kRemoteStreamError,
  kSystemShutdown,
};
std::string_view to_string(BoshCondition condition);
// For clients without `ver`: the HTTP status that says the same (section 17.1), else 200.
int legacy_status(BoshCondition condition);

// <body attributes>payload</body>. `attributes` is "" or begins with a space, `payload` is whole
// elements that declare their own namespaces.
std::string make_bosh_body(std::string_view attributes, std::string_view payload);
std::string make_bosh_terminate(BoshCondition condition, std::string_view payload = {});

// The lower of ours and what the client says it supports; "" when that is no version.
std::string choose_bosh_version(std::string_view client);

}  // namespace rosterd::c2s
