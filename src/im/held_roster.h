// SPDX-License-Identifier: MIT
// HeldRoster: a roster with what decides whether another one may replace it, whether the web app
// must be asked for it again, and how long it may be kept.
#pragma once

#include <cstdint>
#include <string>

#include "base/time.h"
#include "im/roster.h"

namespace rosterd::im {

// What came with a roster beside the contacts.
struct RosterTag {
  std::string etag;         // RFC 9110 section 8.8.3, with its quotes; "" = none
  std::string body_digest;  // of the bytes that it was read from; "" = not known
  Instant fresh_until{};    // a login before then need not ask (RFC 9111 section 5.2.2.1)
};

struct HeldRoster {
  SharedRoster roster;  // never null
  RosterTag tag;
  std::uint64_t sequence = 0;  // of the fetch that brought or confirmed it
  Instant confirmed{};         // when it was last known to be the web app's word
};

}  // namespace rosterd::im
