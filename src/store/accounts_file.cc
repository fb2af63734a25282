// SPDX-License-Identifier: MIT
// The format; accounts_storage.cc has the disk.
#include "store/accounts_file.h"

#include <algorithm>
#include <charconv>
#include <functional>
#include <optional>
#include <utility>

#include "base/text.h"

namespace rosterd::store {

namespace {

constexpr std::string_view kDecoyWord = "@decoy";  // no JID begins with '@'
constexpr std::string_view kSha1Name = "SCRAM-SHA-1";
constexpr std::string_view kSha256Name = "SCRAM-SHA-256";
constexpr std::size_t kSaltSize = 16;
constexpr int kFewestIterations = 4096;      // RFC 7677 section 4
constexpr int kMostIterations = 10'000'000;  // seconds of CPU per login

bool is_comment(std::string_view line) {
  line = text::trim(line);
  return line.empty() || line.front() == '#';
}

std::vector<std::string_view> split_words(std::string_view line) {
  std::vector<std::string_view> words;
  for (line = text::trim(line); !line.empty(); line = text::trim(line)) {
    const std::size_t end = std::min(line.find_first_of(" \t"), line.size());
    words.push_back(line.substr(0, end));
    line.remove_prefix(end);
  }
  return words;
}

// Cuts `rest` at the first `separator`; nullopt when there is none.
std::optional<std::string_view> take_until(std::string_view& rest, char separator) {
  const std::size_t end = rest.find(separator);
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view part = rest.substr(0, end);
  rest.remove_prefix(end + 1);
  return part;
}

bool parse_iterations(std::string_view digits, int& out) {
  const char* const end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, out);
  return error == std::errc() && stop == end && out >= kFewestIterations && out <= kMostIterations;
}

bool parse_base64(std::string_view encoded, std::string& out) {
  auto decoded = text::base64_decode(encoded);
  if (!decoded || decoded->empty()) return false;
  out = std::move(*decoded);
  return true;
}

// <iterations>:<salt>$<stored>:<server>; false when malformed.
bool parse_keys(std::string_view rest, xmpp::ScramKeys& keys) {
  const auto iterations = take_until(rest, ':');
  const auto salt = take_until(rest, '$');
  const auto stored = take_until(rest, ':');
  const std::size_t size = crypto::digest_size(keys.hash);
  return iterations && salt && stored && parse_iterations(*iterations, keys.iterations) &&
         parse_base64(*salt, keys.salt) && parse_base64(*stored, keys.stored_key) &&
         parse_base64(rest, keys.server_key) && keys.stored_key.size() == size &&
         keys.server_key.size() == size;
}

std::string print_keys(std::string_view name, const xmpp::ScramKeys& keys) {
  std::string out(name);
  out += '$' + std::to_string(keys.iterations) + ':' + text::base64_encode(keys.salt);
  out += '$' + text::base64_encode(keys.stored_key);
  return out + ':' + text::base64_encode(keys.server_key);
}

xmpp::ScramKeys make_keys(crypto::Hash hash, std::string_view password, int iterations) {
  return xmpp::derive_scram_keys(hash, password, crypto::random_bytes(kSaltSize), iterations);
}

}  // namespace

Result<Account> make_account(std::string_view password, int iterations) {
  auto prepared = xmpp::saslprep(password);
  if (!prepared) return make_error(Errc::kInvalid, "password: " + prepared.error().text);
  Account account{make_keys(crypto::Hash::kSha1, *prepared, iterations),
                  make_keys(crypto::Hash::kSha256, *prepared, iterations)};
  crypto::wipe(*prepared);
  return account;
}

Result<Accounts> Accounts::parse(std::string_view text) {
  Accounts accounts;
  for (int number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string problem = accounts.parse_line(text.substr(0, end));
    if (!problem.empty()) {
      return make_error(Errc::kInvalid, "line " + std::to_string(number) + ": " + problem);
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return accounts;
}

std::string Accounts::parse_line(std::string_view line) {
  if (is_comment(line)) {
    layout_.emplace_back(line);
    return {};
  }
  const std::vector<std::string_view> words = split_words(line);
  if (words[0] != kDecoyWord) return parse_account(words);
  if (!decoy_secret_.empty()) return "a second @decoy line";
  if (words.size() != 2 || !parse_base64(words[1], decoy_secret_)) {
    return "expected @decoy and a secret in base64";
  }
  layout_.emplace_back(kDecoyWord);
  return {};
}

std::string Accounts::parse_account(const std::vector<std::string_view>& words) {
  const auto user = xmpp::Jid::parse(words[0]);
  if (!user) return user.error().text;
  if (user->node().empty() || user->is_full()) return "expected USER@HOST";
  Account account;
  account.sha1.hash = crypto::Hash::kSha1;
  account.sha256.hash = crypto::Hash::kSha256;
  for (std::size_t i = 1; i < words.size(); ++i) {
    std::string_view keys = words[i];
    const auto name = take_until(keys, '$');
    if (name != kSha1Name && name != kSha256Name) {
      return "expected SCRAM-SHA-1$… and SCRAM-SHA-256$…";
    }
    xmpp::ScramKeys& target = name == kSha1Name ? account.sha1 : account.sha256;
    if (target.iterations != 0) return std::string(*name) + ": given twice";
    if (!parse_keys(keys, target)) return std::string(*name) + ": malformed keys";
  }
  if (account.sha1.iterations == 0 || account.sha256.iterations == 0) {
    return "needs both SCRAM-SHA-1 and SCRAM-SHA-256";
  }
  if (find(*user)) return "a second line for " + std::string(user->text());
  const auto added = set(*user, std::move(account));
  return added ? std::string() : added.error().text;
}

std::string Accounts::to_string() const {
  std::string out;
  for (const std::string& line : layout_) {
    out += line;
    if (line == kDecoyWord) {
      out += ' ' + text::base64_encode(decoy_secret_);
    } else if (!is_comment(line)) {
      const Account& account = accounts_.find(line)->second;
      out += ' ' + print_keys(kSha1Name, account.sha1);
      out += ' ' + print_keys(kSha256Name, account.sha256);
    }
    out += '\n';
  }
  return out;
}

const Account* Accounts::find(const xmpp::Jid& user) const {
  const auto found = accounts_.find(user.bare_text());
  return found == accounts_.end() ? nullptr : &found->second;
}

Status Accounts::set(const xmpp::Jid& user, Account account) {
  if (user.node().empty()) return make_error(Errc::kInvalid, "expected USER@HOST");
  if (user.node().starts_with('#')) {
    return make_error(Errc::kInvalid, "a user name must not begin with '#'");
  }
  const std::string bare(user.bare_text());
  if (accounts_.insert_or_assign(bare, std::move(account)).second) layout_.push_back(bare);
  return {};
}

bool Accounts::erase(const xmpp::Jid& user) {
  const auto found = accounts_.find(user.bare_text());
  if (found == accounts_.end()) return false;
  std::erase(layout_, found->first);
  accounts_.erase(found);
  return true;
}

std::vector<std::string> Accounts::list() const {
  std::vector<std::string> users;
  for (const auto& [user, account] : accounts_) users.push_back(user);
  return users;
}

std::vector<xmpp::Jid> Accounts::find_changed(const Accounts& later) const {
  std::vector<xmpp::Jid> users;
  for (const auto& [user, account] : accounts_) {
    const auto now = later.accounts_.find(user);
    if (now != later.accounts_.end() &&
        now->second.sha256.stored_key == account.sha256.stored_key &&
        now->second.sha1.stored_key == account.sha1.stored_key) {
      continue;
    }
    if (auto jid = xmpp::Jid::parse(user)) users.push_back(std::move(*jid));
  }
  return users;
}

int Accounts::usual_iterations() const {
  std::map<int, std::size_t> counts;
  for (const auto& [user, account] : accounts_) ++counts[account.sha256.iterations];
  const auto usual =
      std::max_element(counts.begin(), counts.end(),
                       [](const auto& a, const auto& b) { return a.second < b.second; });
  return usual == counts.end() ? kIterations : usual->first;
}

}  // namespace rosterd::store
