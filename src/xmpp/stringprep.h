// SPDX-License-Identifier: MIT
// The stringprep profiles (RFC 3454) over ICU, for the parts of a JID. Nearly all names are ASCII,
// for which callers keep a table: it is thirty times cheaper.
#pragma once

#include <unicode/usprep.h>

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"

namespace rosterd::xmpp {

inline constexpr std::size_t kPartBytes = 1023;  // of a part of a JID (RFC 6122 section 2.1)

bool is_ascii(std::string_view text);
// kInvalid: "PART WHY".
tl::unexpected<Error> refused_part(const char* part, const char* why);

// Is `text` what its preparation would give back, as the tables of ASCII can tell? Where they say
// no, it may be nevertheless. Nearly every JID that arrives is such a one, and then not copied
// about. A plain domain is a host name without a dot at its end and without "xn--".
bool is_plain_node(std::string_view text);
bool is_plain_domain(std::string_view text);

// One of ICU's built-in profiles; open it once and keep it.
class Profile {
 public:
  explicit Profile(UStringPrepProfileType type);
  ~Profile();
  Profile(const Profile&) = delete;
  Profile& operator=(const Profile&) = delete;

  // kInvalid when the profile forbids it, when it is no UTF-8, or empty or longer than kPartBytes
  // before or after. `part` names it in the error.
  Result<std::string> prepare(std::string_view text, const char* part) const;

 private:
  UStringPrepProfile* profile_ = nullptr;
};

}  // namespace rosterd::xmpp
