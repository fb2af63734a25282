// SPDX-License-Identifier: MIT
#include "app/signature.h"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <optional>

#include "base/crypto.h"
#include "base/text.h"

namespace rosterd::app {

namespace {

constexpr std::size_t kMacDigits = 64;
constexpr std::size_t kKeyIdMax = 64;
constexpr std::size_t kTimeDigits = 12;  // enough for 30,000 years
constexpr std::string_view kHubPrefix = "sha256=";

std::string mac_of(std::string_view secret, std::int64_t time, const SignedParts& parts) {
  std::string text = std::to_string(time);
  text.reserve(text.size() + parts.method.size() + parts.target.size() + parts.body.size() + 3);
  for (const std::string_view part : {parts.method, parts.target, parts.body}) {
    text.append(1, '.').append(part);
  }
  return text::hex_encode(crypto::hmac(crypto::Hash::kSha256, secret, text));
}

// Lower case, or nothing when it is no MAC.
std::optional<std::string> read_mac(std::string_view digits) {
  std::string mac = text::ascii_lower(digits);
  if (mac.size() != kMacDigits || mac.find_first_not_of("0123456789abcdef") != mac.npos) {
    return std::nullopt;
  }
  return mac;
}

// One way to write each number, because it is the number that is signed.
bool read_time(std::string_view digits, std::int64_t& time) {
  if (digits.empty() || digits.size() > kTimeDigits || digits.front() == '0' ||
      digits.front() == '-') {
    return false;
  }
  const char* const end = digits.data() + digits.size();
  const auto [rest, fault] = std::from_chars(digits.data(), end, time);
  return fault == std::errc() && rest == end;
}

// What is wrong with the parameter, or "".
std::string_view read_parameter(std::string_view name, std::string_view value, Signature& into) {
  if (name == "t") {
    if (into.time != 0) return "two t";
    return read_time(value, into.time) ? "" : "t is not a time in seconds";
  }
  if (name == "k") {
    if (!into.key_id.empty()) return "two k";
    into.key_id = value;
    return is_key_id(value) ? "" : "k is not a key id";
  }
  if (name != "v1") return "";
  if (!into.mac.empty()) return "two v1";
  auto mac = read_mac(value);
  if (!mac) return "v1 is not 64 hexadecimal digits";
  into.mac = std::move(*mac);
  return "";
}

std::int64_t to_seconds(WallTime time) {
  return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch() /
         std::chrono::seconds(1);
}

}  // namespace

bool is_key_id(std::string_view text) {
  const auto is_plain = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '~';
  };
  return !text.empty() && text.size() <= kKeyIdMax &&
         std::all_of(text.begin(), text.end(), is_plain);
}

std::string make_signature(std::string_view key_id, std::string_view secret, WallTime now,
                           const SignedParts& parts) {
  const std::int64_t time = to_seconds(now);
  std::string field = "t=" + std::to_string(time);
  if (!key_id.empty()) field.append(",k=").append(key_id);
  return field + ",v1=" + mac_of(secret, time, parts);
}

Result<Signature> parse_signature(std::string_view field) {
  Signature signature;
  while (!field.empty()) {
    const std::size_t comma = std::min(field.find(','), field.size());
    const std::string_view parameter = text::trim(field.substr(0, comma));
    field.remove_prefix(std::min(comma + 1, field.size()));
    const std::size_t equals = parameter.find('=');
    if (equals == parameter.npos) return make_error(Errc::kInvalid, "a parameter without =");
    const std::string_view fault =
        read_parameter(parameter.substr(0, equals), parameter.substr(equals + 1), signature);
    if (!fault.empty()) return make_error(Errc::kInvalid, std::string(fault));
  }
  if (signature.time == 0) return make_error(Errc::kInvalid, "t is missing");
  if (signature.mac.empty()) return make_error(Errc::kInvalid, "v1 is missing");
  return signature;
}

bool is_signed_by(const Signature& signature, std::string_view secret, const SignedParts& parts) {
  return crypto::equal_constant_time(mac_of(secret, signature.time, parts), signature.mac);
}

bool is_hub_signed_by(std::string_view field, std::string_view secret, std::string_view body) {
  if (!field.starts_with(kHubPrefix)) return false;
  const auto mac = read_mac(field.substr(kHubPrefix.size()));
  if (!mac) return false;
  return crypto::equal_constant_time(
      text::hex_encode(crypto::hmac(crypto::Hash::kSha256, secret, body)), *mac);
}

std::int64_t ReplayWindow::off_by(std::int64_t time, WallTime now) const {
  const std::int64_t off = time - to_seconds(now);
  const bool good = off >= -kTolerance.count() && off <= kTolerance.count() && time > forgotten_;
  if (good) return 0;
  return off == 0 ? -1 : off;
}

bool ReplayWindow::admit(const Signature& signature, WallTime now) {
  if (off_by(signature.time, now) != 0 || signature.mac.size() != kMacDigits) return false;
  Mac mac{};
  std::copy_n(signature.mac.begin(), mac.size(), mac.begin());
  if (!seen_.insert({signature.time, mac}).second) return false;
  // What is too old by its time needs no memory.
  while (seen_.begin()->first < to_seconds(now) - kTolerance.count()) seen_.erase(seen_.begin());
  while (seen_.size() > limit_) {
    forgotten_ = std::max(forgotten_, seen_.begin()->first);
    seen_.erase(seen_.begin());
  }
  return true;
}

}  // namespace rosterd::app
