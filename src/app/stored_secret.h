// SPDX-License-Identifier: MIT
// StoredSecret: what MongooseIM's get_password answers with: the password itself, or SCRAM keys.
// Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "xmpp/sasl.h"

namespace rosterd::app {

struct StoredSecret {
  std::string password;               // "" when there are keys instead
  std::vector<xmpp::ScramKeys> keys;  // of each hash that is known here, at least one

  // Null when there are none of this hash.
  const xmpp::ScramKeys* find(crypto::Hash hash) const;
};

// ==MULTI_SCRAM==,<iterations>,===SHA1===<salt>|<stored key>|<server key>,==SHA256==…
// ==MULTI_SCRAM==,<salt>,<iterations>,===SHA1===<stored key>|<server key>,==SHA256==…   older
// ==SCRAM==,<stored key>,<server key>,<salt>,<iterations>                               of SHA-1
// and all else is a password, but for what a line cannot be. Salts and keys are base64; markers may
// have any number of equals signs, as MongooseIM's own differ. Other hashes are passed over.
// kInvalid, with a text that holds nothing of it.
Result<StoredSecret> parse_stored_secret(std::string_view body);

}  // namespace rosterd::app
