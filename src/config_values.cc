// SPDX-License-Identifier: MIT
// Values of options as text: units, bounds, choices, TOML.
#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

#include "app/credentials.h"
#include "base/json.h"
#include "config_options.h"
#include "net/network.h"

namespace rosterd {

namespace {

struct Unit {
  std::string_view name;
  std::int64_t size;
};

// The largest first.
constexpr std::array<Unit, 4> kDurationUnits = {
    {{"h", 3'600'000'000}, {"m", 60'000'000}, {"s", 1'000'000}, {"ms", 1000}}};
constexpr std::array<Unit, 4> kByteUnits = {
    {{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}, {"B", 1}}};

bool parse_with_unit(std::string_view text, const std::array<Unit, 4>& units, std::int64_t& out) {
  std::int64_t count = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc() || count < 0) return false;
  text.remove_prefix(static_cast<std::size_t>(stop - text.data()));
  for (const Unit& unit : units) {
    if (text != unit.name) continue;
    if (count > std::numeric_limits<std::int64_t>::max() / unit.size) return false;
    out = count * unit.size;
    return true;
  }
  return false;
}

std::string write_with_unit(std::int64_t value, const std::array<Unit, 4>& units) {
  for (const Unit& unit : units) {
    if (value == 0 || value % unit.size != 0) continue;
    return '"' + std::to_string(value / unit.size) + std::string(unit.name) + '"';
  }
  return "\"0s\"";
}

std::string write_bytes(std::int64_t value) {
  return value == 0 || value % 1024 != 0 ? std::to_string(value)
                                         : write_with_unit(value, kByteUnits);
}

bool is_choice(std::string_view choices, std::string_view word) {
  if (choices.empty()) return true;
  while (!choices.empty()) {
    const std::size_t end = std::min(choices.find('|'), choices.size());
    if (choices.substr(0, end) == word) return true;
    choices.remove_prefix(std::min(end + 1, choices.size()));
  }
  return false;
}

// a|b|c as `"a", "b" or "c"`.
std::string list_choices(std::string_view choices) {
  std::string out = "\"";
  for (std::size_t i = 0; i < choices.size(); ++i) {
    if (choices[i] != '|') {
      out += choices[i];
    } else {
      out += choices.find('|', i + 1) == std::string_view::npos ? "\" or \"" : "\", \"";
    }
  }
  return out + '"';
}

}  // namespace

bool parse_duration(std::string_view text, std::int64_t& microseconds) {
  return parse_with_unit(text, kDurationUnits, microseconds);
}

bool parse_bytes(std::string_view text, std::int64_t& bytes) {
  return parse_with_unit(text, kByteUnits, bytes);
}

bool is_allowed(const Option& option, const OptionValue& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) {
    return *number >= option.lowest && *number <= option.highest;
  }
  if (const auto* text = std::get_if<std::string>(&value)) return is_choice(option.choices, *text);
  if (const auto* list = std::get_if<std::vector<std::string>>(&value)) {
    return find_list_fault(option, *list).empty();
  }
  return true;
}

std::string find_list_fault(const Option& option, const std::vector<std::string>& items) {
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (option.kind == OptionKind::kNetworks) {
      if (const auto read = net::Network::parse(items[i]); !read) return read.error().text;
    } else if (option.kind == OptionKind::kCredentials) {
      const auto read = app::parse_credential(items[i]);
      if (!read) return "item " + std::to_string(i + 1) + ": " + read.error().text;
    } else if (!is_choice(option.choices, items[i])) {
      return "expected " + describe_values(option);
    }
  }
  return {};
}

std::string describe_values(const Option& option) {
  const auto bounds = [&] {
    return " from " + write_value(option.kind, option.lowest) + " to " +
           write_value(option.kind, option.highest);
  };
  switch (option.kind) {
    case OptionKind::kBool:
      return "true or false";
    case OptionKind::kCount:
      return "a whole number" + bounds();
    case OptionKind::kBytes:
      return "a size such as 4096, \"256KiB\" or \"2MiB\"," + bounds();
    case OptionKind::kDuration:
      return "a time such as \"500ms\", \"30s\", \"10m\" or \"1h\"," + bounds();
    case OptionKind::kText:
      return option.choices.empty() ? "a string" : list_choices(option.choices);
    case OptionKind::kUrl:
    case OptionKind::kSecret:
    case OptionKind::kPath:
      return "a string";
    case OptionKind::kList:
      return option.choices.empty() ? "a list of strings"
                                    : "a list of " + list_choices(option.choices);
    case OptionKind::kNetworks:
      return "a list of addresses and networks such as \"192.0.2.0/24\"";
    case OptionKind::kCredentials:
      return "a list of \"bearer:TOKEN\", \"basic:USER:PASSWORD\" or \"hmac:KEYID:SECRET\"";
  }
  return {};
}

std::string write_value(OptionKind kind, const OptionValue& value) {
  if (const auto* flag = std::get_if<bool>(&value)) return *flag ? "true" : "false";
  if (const auto* text = std::get_if<std::string>(&value)) return json::quote(*text);
  if (const auto* number = std::get_if<std::int64_t>(&value)) {
    if (kind == OptionKind::kDuration) return write_with_unit(*number, kDurationUnits);
    return kind == OptionKind::kBytes ? write_bytes(*number) : std::to_string(*number);
  }
  std::string out;
  for (const std::string& item : std::get<std::vector<std::string>>(value)) {
    out += (out.empty() ? "" : ", ") + json::quote(item);
  }
  return '[' + out + ']';
}

OptionValue mask_secrets(OptionKind kind, OptionValue value) {
  if (kind == OptionKind::kUrl) return mask_password(std::get<std::string>(value));
  if (kind == OptionKind::kSecret && !std::get<std::string>(value).empty())
    return std::string("****");
  if (kind != OptionKind::kCredentials) return value;
  for (std::string& item : std::get<std::vector<std::string>>(value)) {
    item = app::mask_credential(app::parse_credential(item).value());
  }
  return value;
}

std::string mask_password(std::string_view url) {
  const std::size_t scheme = url.find("://");
  if (scheme == std::string_view::npos) return std::string(url);
  const std::size_t begin = scheme + 3;
  const std::string_view authority = url.substr(begin, url.find_first_of("/?#", begin) - begin);
  const std::size_t at = authority.rfind('@');
  const std::size_t colon = authority.find(':');
  if (at == std::string_view::npos || colon >= at) return std::string(url);
  return std::string(url.substr(0, begin + colon + 1)) + "****" +
         std::string(url.substr(begin + at));
}

}  // namespace rosterd
