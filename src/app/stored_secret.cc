// SPDX-License-Identifier: MIT
#include "app/stored_secret.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "base/text.h"

namespace rosterd::app {

namespace {

constexpr std::string_view kMulti = "==MULTI_SCRAM==,";
constexpr std::string_view kSingle = "==SCRAM==,";
constexpr std::size_t kLongestPassword = 1023;
constexpr int kMostIterations = 10'000'000;  // a client that is asked for more is held up for long

std::string_view take_until(std::string_view& rest, char separator) {
  const std::size_t end = std::min(rest.find(separator), rest.size());
  const std::string_view part = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return part;
}

std::string_view skip_equals(std::string_view text) {
  return text.substr(std::min(text.find_first_not_of('='), text.size()));
}

std::optional<int> parse_iterations(std::string_view text) {
  int count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (count < 1 || count > kMostIterations) return std::nullopt;
  return count;
}

std::optional<crypto::Hash> parse_hash(std::string_view name) {
  if (name == "SHA1") return crypto::Hash::kSha1;
  if (name == "SHA256") return crypto::Hash::kSha256;
  if (name == "SHA512") return crypto::Hash::kSha512;
  return std::nullopt;
}

tl::unexpected<Error> bad(const char* what) {
  return make_error(Errc::kInvalid, "get_password: " + std::string(what));
}

// The parts in base64.
Result<xmpp::ScramKeys> make_keys(crypto::Hash hash, int iterations, std::string_view salt,
                                  std::string_view stored, std::string_view server) {
  auto salt_bytes = text::base64_decode(salt);
  auto stored_bytes = text::base64_decode(stored);
  auto server_bytes = text::base64_decode(server);
  if (!salt_bytes || !stored_bytes || !server_bytes) return bad("a salt or key is not base64");
  const std::size_t size = crypto::digest_size(hash);
  if (salt_bytes->empty()) return bad("an empty salt");
  if (stored_bytes->size() != size || server_bytes->size() != size) {
    return bad("a key of the wrong length");
  }
  return xmpp::ScramKeys{.hash = hash,
                         .iterations = iterations,
                         .salt = std::move(*salt_bytes),
                         .stored_key = std::move(*stored_bytes),
                         .server_key = std::move(*server_bytes)};
}

// ===SHA1===<salt>|<stored key>|<server key>; without the salt where all have one.
Status read_entry(std::string_view entry, int iterations, std::string_view salt,
                  StoredSecret& into) {
  entry = skip_equals(entry);
  const auto hash = parse_hash(take_until(entry, '='));
  if (!hash) return {};
  entry = skip_equals(entry);
  const bool has_salt = std::count(entry.begin(), entry.end(), '|') == 2;
  if (has_salt) salt = take_until(entry, '|');
  const std::string_view stored = take_until(entry, '|');
  auto keys = make_keys(*hash, iterations, salt, stored, entry);
  if (!keys) return tl::unexpected<Error>(keys.error());
  into.keys.push_back(std::move(*keys));
  return {};
}

Result<StoredSecret> parse_multi(std::string_view rest) {
  std::string_view salt;
  std::string_view count = take_until(rest, ',');
  if (!rest.starts_with('=')) {
    salt = count;
    count = take_until(rest, ',');
  }
  const auto iterations = parse_iterations(count);
  if (!iterations) return bad("no number of iterations");
  StoredSecret secret;
  while (!rest.empty()) {
    auto read = read_entry(take_until(rest, ','), *iterations, salt, secret);
    if (!read) return tl::unexpected<Error>(read.error());
  }
  if (secret.keys.empty()) return bad("no keys of SHA-1, SHA-256 or SHA-512");
  return secret;
}

Result<StoredSecret> parse_single(std::string_view rest) {
  const std::string_view stored = take_until(rest, ',');
  const std::string_view server = take_until(rest, ',');
  const std::string_view salt = take_until(rest, ',');
  const auto iterations = parse_iterations(rest);
  if (!iterations) return bad("no number of iterations");
  auto keys = make_keys(crypto::Hash::kSha1, *iterations, salt, stored, server);
  if (!keys) return tl::unexpected<Error>(keys.error());
  StoredSecret secret;
  secret.keys.push_back(std::move(*keys));
  return secret;
}

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }

}  // namespace

const xmpp::ScramKeys* StoredSecret::find(crypto::Hash hash) const {
  const auto found = std::find_if(keys.begin(), keys.end(),
                                  [&](const xmpp::ScramKeys& one) { return one.hash == hash; });
  return found == keys.end() ? nullptr : &*found;
}

Result<StoredSecret> parse_stored_secret(std::string_view body) {
  while (body.ends_with('\n') || body.ends_with('\r')) body.remove_suffix(1);
  if (body.starts_with(kMulti)) return parse_multi(body.substr(kMulti.size()));
  if (body.starts_with(kSingle)) return parse_single(body.substr(kSingle.size()));
  const bool is_line = !body.empty() && body.size() <= kLongestPassword && text::is_utf8(body) &&
                       std::none_of(body.begin(), body.end(), is_control);
  if (!is_line) return bad("neither a password nor keys");
  StoredSecret secret;
  secret.password = body;
  return secret;
}

}  // namespace rosterd::app
