// SPDX-License-Identifier: MIT
// What is wrong with a configuration beyond each option by itself.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "config.h"

namespace rosterd {

// The lines of the options that the file sets.
using OptionLines = std::map<std::string, std::uint32_t, std::less<>>;

// Faults of one file, told in the order of its lines.
class ConfigFaults {
 public:
  explicit ConfigFaults(std::string file_name) : file_name_(std::move(file_name)) {}

  // `line` 0 means the file as a whole.
  void add(std::uint32_t line, std::string text);
  bool empty() const { return faults_.empty(); }
  std::size_t size() const { return faults_.size(); }
  // One per line: "FILE:LINE: text".
  std::string to_string() const;

 private:
  std::string file_name_;
  std::multimap<std::uint32_t, std::string> faults_;
};

// Does the file hold a secret (credentials, a password in a URL) that everybody on the machine may
// read? No fault, but worth a warning. A file that cannot be looked at shows nothing.
bool shows_secrets(const Config& config, const std::string& file_name);

void check_config(const Config& config, const OptionLines& lines, ConfigFaults& faults);

}  // namespace rosterd
