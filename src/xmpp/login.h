// SPDX-License-Identifier: MIT
// What a host's accounts can check, and what they say of who logs in: all that the protocol of the
// login knows of them.
#pragma once

#include <optional>
#include <string>

#include "base/time.h"
#include "xmpp/jid.h"

namespace rosterd::xmpp {

// What can be proven to the accounts of one host. No mechanism is offered that could not succeed
// there: clients take the strongest one and do not try another when it fails.
struct LoginMethods {
  bool passwords = true;   // a password, or what passes for one: PLAIN
  bool scram_sha1 = true;  // SCRAM keys of that hash
  bool scram_sha256 = true;
  bool scram_sha512 = false;
  bool tokens = false;   // a token that says by itself whose it is (RFC 7628)
  bool cookies = false;  // the cookies of the request that the stream began with
};

// Something that says by itself whose it is.
struct Evidence {
  std::string host;     // where he wants in
  std::string authzid;  // as whom, as the client wrote it; "" = does not say
  std::string token;    // of RFC 7628; else what stands in
  std::string cookie;   // the Cookie fields of a browser
};

// Somebody has been let in.
struct Login {
  Jid user;                           // bare, of the host that was asked about
  std::optional<WallTime> expires{};  // when his session must end
};

// The program that a client says it is (XEP-0388 section 2.3). Nobody else is told.
struct UserAgent {
  std::string id{};  // of the installation, the same at every login: a UUID in lower case, or ""
  std::string software{};
  std::string device{};
};

}  // namespace rosterd::xmpp
