// SPDX-License-Identifier: MIT
// Result<T>: a value, or an Error that says what the caller must do differently.
#pragma once

#include <cstdint>
#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace rosterd {

// The kind of a failure. A kind exists only where a caller acts differently on it; every border
// (stanza errors, HTTP status) maps it outward in one table.
enum class Errc : std::uint8_t {
  kInvalid,      // the input is malformed or violates a rule; repeating it will not help
  kNotFound,     // the thing asked for does not exist
  kConflict,     // it exists already, or changed meanwhile
  kDenied,       // known, but not permitted to this caller
  kTooLarge,     // a limit from the options was reached
  kTimeout,      // a deadline passed
  kUnavailable,  // a peer or a resource cannot be reached now; later may work
  kUnsupported,  // understood, but not offered
  kCancelled,    // the caller, or a shutdown, took the question back
  kInternal,     // our own fault; the log has more
};

// The kind's name for logs: "invalid", "not-found", …
const char* to_string(Errc code);

struct Error {
  Errc code = Errc::kInternal;
  std::string text;  // one line for a log or an error body; never holds a secret
};

template <class T>
class [[nodiscard]] Result : public tl::expected<T, Error> {
 public:
  using tl::expected<T, Error>::expected;
};

using Status = Result<void>;

inline tl::unexpected<Error> make_error(Errc code, std::string text) {
  return tl::unexpected<Error>(Error{code, std::move(text)});
}

}  // namespace rosterd
