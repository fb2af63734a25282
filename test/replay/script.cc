// SPDX-License-Identifier: MIT
#include "script.h"

#include <algorithm>
#include <charconv>

#include "base/text.h"

namespace rosterd::replay {
namespace {

std::string_view take_line(std::string_view& text) {
  const std::size_t end = text.find('\n');
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return line;
}

std::string_view take_word(std::string_view& text) {
  const std::size_t start = std::min(text.find_first_not_of(" \n"), text.size());
  text.remove_prefix(start);
  const std::size_t end = std::min(text.find_first_of(" \n"), text.size());
  const std::string_view word = text.substr(0, end);
  text.remove_prefix(end);
  return word;
}

bool is_slot(std::string_view word) { return word.starts_with('<') && word.ends_with('>'); }

}  // namespace

std::vector<Step> parse_script(std::string_view text) {
  std::vector<Step> steps;
  for (int number = 1; !text.empty(); ++number) {
    const std::string_view line = take_line(text);
    const std::string_view content = text::trim(line);
    if (content.empty() || line.starts_with('#')) continue;
    if (line.front() == ' ' && !steps.empty()) {
      steps.back().text.append("\n").append(content);
    } else {
      steps.push_back({number, std::string(content)});
    }
  }
  return steps;
}

bool match_verb(std::string_view pattern, std::string_view text, Arguments& arguments) {
  arguments.clear();
  while (!pattern.empty()) {
    const std::string_view wanted = take_word(pattern);
    if (is_slot(wanted) && wanted.ends_with("...>")) {
      arguments.emplace_back(text::trim(text));
      return !arguments.back().empty();
    }
    std::string_view word = take_word(text);
    if (word.empty()) return false;
    if (is_slot(wanted)) {
      if (wanted.ends_with(":>")) {
        if (!word.ends_with(':')) return false;
        word.remove_suffix(1);
      }
      arguments.emplace_back(word);
    } else if (wanted != word) {
      return false;
    }
  }
  return text::trim(text).empty();
}

Result<Duration> parse_duration(std::string_view text) {
  long count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  const std::string_view unit = text.substr(static_cast<std::size_t>(end - text.data()));
  if (error == std::errc()) {
    if (unit == "ms") return Duration(std::chrono::milliseconds(count));
    if (unit == "s") return Duration(std::chrono::seconds(count));
    if (unit == "m") return Duration(std::chrono::minutes(count));
    if (unit == "h") return Duration(std::chrono::hours(count));
  }
  return make_error(Errc::kInvalid, "not a duration: " + std::string(text));
}

}  // namespace rosterd::replay
