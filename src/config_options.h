// SPDX-License-Identifier: MIT
// The one table of options: from it come parsing, `-t`'s messages, `-p`'s listing, and the test
// that conf/rosterd.toml and rosterd.toml(5) tell the truth. A default is what Config{} holds.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "config.h"

namespace rosterd {

enum class OptionKind : std::uint8_t {
  kBool,
  kCount,     // a whole number
  kBytes,     // a whole number, or a string like "256KiB"
  kDuration,  // a string like "30s"; a whole number is seconds
  kText,
  kUrl,          // text; -p masks a password in it
  kSecret,       // text; -p masks it
  kPath,         // text; relative to the configuration's folder
  kList,         // of text
  kNetworks,     // a list of text, addresses and CIDR ranges
  kCredentials,  // a list of text, see app/credentials.h; -p masks the secrets
};

// As the kind says: kCount and kBytes are numbers, kDuration microseconds.
using OptionValue = std::variant<bool, std::int64_t, std::string, std::vector<std::string>>;

struct Option {
  std::string_view heading;  // of the group that begins here, or ""
  std::string_view name;
  OptionKind kind;
  std::int64_t lowest;       // of kCount, kBytes, kDuration
  std::int64_t highest;      // likewise
  std::string_view choices;  // "a|b|c" for kText and the items of kList; "" = anything
  bool reloadable;           // else it changes only with a restart
  std::string_view doc;      // one line
  bool per_host;             // it may stand in a [[host]], too, and then concerns that one alone
  // An option that is per_host looks at the second argument alone, any other at the first.
  OptionValue (*read)(const Config& config, const HostOptions& host);
  void (*write)(Config& config, HostOptions& host, const OptionValue& value);  // a checked value

  // What stands above the first [[host]].
  OptionValue get(const Config& config) const { return read(config, config.all_hosts); }
  void set(Config& config, const OptionValue& value) const {
    write(config, config.all_hosts, value);
  }
};

std::span<const Option> options();
// Null when there is none of that name.
const Option* find_option(std::string_view name);

// Is it within bounds, one of the choices?
bool is_allowed(const Option& option, const OptionValue& value);
// What is wrong with an item of a list; "" = nothing. Never tells a secret.
std::string find_list_fault(const Option& option, const std::vector<std::string>& items);
// What the option takes, for a message: `a whole number from 0 to 65535`.
std::string describe_values(const Option& option);

// "30s" to microseconds, "256KiB" to bytes; false when malformed or too large.
bool parse_duration(std::string_view text, std::int64_t& microseconds);
bool parse_bytes(std::string_view text, std::int64_t& bytes);

// As TOML, in the largest unit that is exact.
std::string write_value(OptionKind kind, const OptionValue& value);

// The value as it may be shown: kUrl and kCredentials without their secrets.
OptionValue mask_secrets(OptionKind kind, OptionValue value);

// http://user:secret@host/ with the secret replaced by stars.
std::string mask_password(std::string_view url);

}  // namespace rosterd
