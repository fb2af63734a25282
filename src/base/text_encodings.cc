// SPDX-License-Identifier: MIT
// The encodings of text.h: percent, base64, hexadecimal.
#include <algorithm>
#include <array>
#include <cstdint>

#include "base/text.h"

namespace rosterd::text {

namespace {

constexpr std::string_view kUpperHex = "0123456789ABCDEF";
constexpr std::string_view kLowerHex = "0123456789abcdef";
constexpr std::string_view kBase64 =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kBase64Url =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

void append_hex(std::string& out, char byte, std::string_view digits) {
  const auto value = static_cast<std::uint8_t>(byte);
  out += digits[value >> 4];
  out += digits[value & 0xF];
}

// The digit's value, or -1.
int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

// By byte: a digit's value, or -1.
using DigitValues = std::array<std::int8_t, 256>;

constexpr DigitValues make_values(std::string_view digits) {
  DigitValues values{};
  values.fill(-1);
  for (std::size_t i = 0; i < digits.size(); ++i) {
    values[static_cast<unsigned char>(digits[i])] = static_cast<std::int8_t>(i);
  }
  return values;
}

constexpr DigitValues kBase64Values = make_values(kBase64);
constexpr DigitValues kBase64UrlValues = make_values(kBase64Url);

// Without padding.
std::optional<std::string> decode_digits(std::string_view digits, const DigitValues& values) {
  std::string out;
  out.reserve(digits.size() / 4 * 3 + 2);
  std::uint32_t group = 0;
  int bits = 0;
  for (const char c : digits) {
    const int value = values[static_cast<unsigned char>(c)];
    if (value < 0) return std::nullopt;
    group = (group << 6 | static_cast<std::uint32_t>(value)) & 0xFFFFFF;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    out += static_cast<char>(group >> bits & 0xFF);
  }
  if ((group & ((1u << bits) - 1)) != 0) return std::nullopt;  // pad bits
  return out;
}

bool is_unreserved(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

}  // namespace

std::string percent_encode(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size());
  for (const char c : bytes) {
    if (is_unreserved(c)) {
      out += c;
    } else {
      out += '%';
      append_hex(out, c, kUpperHex);
    }
  }
  return out;
}

std::optional<std::string> percent_decode(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size());
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (bytes[i] != '%') {
      out += bytes[i];
      continue;
    }
    if (bytes.size() - i < 3) return std::nullopt;
    const int high = hex_value(bytes[i + 1]);
    const int low = hex_value(bytes[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}

std::string base64_encode(std::string_view bytes) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t count = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      group = group << 8 | (k < count ? static_cast<std::uint8_t>(bytes[i + k]) : 0u);
    }
    for (std::size_t k = 0; k < 4; ++k) {
      out += k <= count ? kBase64[group >> (18 - 6 * k) & 63] : '=';
    }
  }
  return out;
}

std::optional<std::string> base64_decode(std::string_view encoded) {
  if (encoded.size() % 4 != 0) return std::nullopt;
  std::size_t padding = 0;
  while (padding < 2 && !encoded.empty() && encoded.back() == '=') {
    encoded.remove_suffix(1);
    ++padding;
  }
  return decode_digits(encoded, kBase64Values);
}

std::optional<std::string> base64url_decode(std::string_view encoded) {
  if (encoded.size() % 4 == 1) return std::nullopt;
  return decode_digits(encoded, kBase64UrlValues);
}

std::string hex_encode(std::string_view bytes) {
  std::string out;
  out.reserve(2 * bytes.size());
  for (const char c : bytes) append_hex(out, c, kLowerHex);
  return out;
}

}  // namespace rosterd::text
