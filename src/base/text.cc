// SPDX-License-Identifier: MIT
#include "base/text.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <vector>

namespace rosterd::text {

namespace {

std::uint8_t byte_at(std::string_view bytes, std::size_t i) {
  return static_cast<std::uint8_t>(bytes[i]);
}

bool is_continuation(std::uint8_t byte) { return (byte & 0xC0) == 0x80; }

bool is_xml_char(std::string_view character) {
  const std::uint8_t first = byte_at(character, 0);
  if (character.size() == 1) {
    return first >= 0x20 || first == '\t' || first == '\n' || first == '\r';
  }
  return character != "\xEF\xBF\xBE" && character != "\xEF\xBF\xBF";  // U+FFFE, U+FFFF
}

// How many bytes of ASCII `bytes` begins with; eight at once, because nearly all text is of them.
std::size_t ascii_prefix(std::string_view bytes) {
  constexpr std::uint64_t kHighBits = 0x8080808080808080;
  std::size_t i = 0;
  for (std::uint64_t word; i + sizeof word <= bytes.size(); i += sizeof word) {
    std::memcpy(&word, bytes.data() + i, sizeof word);
    if ((word & kHighBits) != 0) break;
  }
  while (i < bytes.size() && byte_at(bytes, i) < 0x80) ++i;
  return i;
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

// Levenshtein's distance, one row at a time.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row[b.size()];
}

}  // namespace

// Table 3-7 of the Unicode standard: the second byte's range depends on the first.
std::size_t utf8_size(std::string_view bytes) {
  if (bytes.empty()) return 0;
  const std::uint8_t first = byte_at(bytes, 0);
  if (first < 0x80) return 1;
  const std::size_t size = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || bytes.size() < size) return 0;
  const std::uint8_t second = byte_at(bytes, 1);
  const std::uint8_t lowest = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
  const std::uint8_t highest = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
  if (second < lowest || second > highest) return 0;
  for (std::size_t i = 2; i < size; ++i) {
    if (!is_continuation(byte_at(bytes, i))) return 0;
  }
  return size;
}

bool is_utf8(std::string_view bytes) {
  bytes.remove_prefix(ascii_prefix(bytes));
  while (!bytes.empty()) {
    const std::size_t size = utf8_size(bytes);
    if (size == 0) return false;
    bytes.remove_prefix(size);
    bytes.remove_prefix(ascii_prefix(bytes));
  }
  return true;
}

bool is_xml_text(std::string_view bytes) {
  const auto is_plain = [](char c) { return c >= 0x20 && static_cast<unsigned char>(c) < 0x80; };
  while (!bytes.empty()) {
    if (is_plain(bytes.front())) {
      bytes.remove_prefix(1);
      continue;
    }
    const std::size_t size = utf8_size(bytes);
    if (size == 0 || !is_xml_char(bytes.substr(0, size))) return false;
    bytes.remove_prefix(size);
  }
  return true;
}

std::string ascii_lower(std::string_view bytes) {
  std::string out(bytes);
  for (char& c : out) c = lower(c);
  return out;
}

bool ascii_iequals(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

std::string_view trim(std::string_view bytes) {
  while (!bytes.empty() && is_space(bytes.front())) bytes.remove_prefix(1);
  while (!bytes.empty() && is_space(bytes.back())) bytes.remove_suffix(1);
  return bytes;
}

std::string for_log(std::string_view bytes, std::size_t limit) {
  std::string out;
  while (!bytes.empty()) {
    const std::size_t size = utf8_size(bytes);
    const std::uint8_t first = byte_at(bytes, 0);
    // U+0080 to U+009F are controls as well; terminals obey some of them.
    const bool is_control = size == 0 || (size == 1 && (first < 0x20 || first == 0x7F)) ||
                            (size == 2 && first == 0xC2 && byte_at(bytes, 1) < 0xA0);
    const std::string_view shown = is_control ? std::string_view("?") : bytes.substr(0, size);
    if (out.size() + shown.size() > limit) break;
    out += shown;
    bytes.remove_prefix(std::max<std::size_t>(size, 1));
  }
  return out;
}

std::string_view nearest(std::string_view word, const std::string_view* candidates,
                         std::size_t count) {
  std::string_view best;
  std::size_t best_distance = word.size() / 3 + 2;  // further away it is no misspelling
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t distance = edit_distance(word, candidates[i]);
    if (distance >= best_distance) continue;
    best = candidates[i];
    best_distance = distance;
  }
  return best;
}

}  // namespace rosterd::text
