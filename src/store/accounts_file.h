// SPDX-License-Identifier: MIT
// AccountsFile: accounts that rosterd keeps itself: SCRAM keys only, one line per account.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "xmpp/jid.h"
#include "xmpp/sasl.h"

namespace rosterd::store {

// RFC 7677 asks for 4096 at least; more costs the client (a phone) as much as an attacker.
inline constexpr int kIterations = 10'000;

struct Account {
  xmpp::ScramKeys sha1;
  xmpp::ScramKeys sha256;
};

// New random salts, both hashes. Slow (PBKDF2): not on the loop. kInvalid when SASLprep refuses the
// password.
Result<Account> make_account(std::string_view password, int iterations = kIterations);

// The file's contents as a value. Format, one account per line, '#' comments and blank lines kept:
//   user@host SCRAM-SHA-1$<iterations>:<salt>$<stored>:<server> SCRAM-SHA-256$…   (base64)
// and one line "@decoy <secret>": see decoy_secret().
class Accounts {
 public:
  // kInvalid with the line number.
  static Result<Accounts> parse(std::string_view text);
  // kNotFound when there is no such file, kUnavailable when it cannot be read. Warns in the log
  // when others than its owner and group may read it.
  static Result<Accounts> load(const std::string& path);

  // What parse() reads.
  std::string to_string() const;
  // Atomically: a temporary file beside it is synced and renamed over it. An old file's mode and
  // owner are kept; a new one has mode 0600 and, when root makes it, the owner of its folder, so
  // that the daemon can read it. Makes the decoy secret when there is none yet. On failure the old
  // file is as it was.
  Status save(const std::string& path);

  const Account* find(const xmpp::Jid& user) const;
  // Adds or replaces. kInvalid for a JID without node, or whose node begins with '#', which would
  // read as a comment.
  Status set(const xmpp::Jid& user, Account account);
  // False when there was none.
  bool erase(const xmpp::Jid& user);
  std::vector<std::string> list() const;  // bare JIDs, sorted
  // Those of them who have another password in `later`, or none.
  std::vector<xmpp::Jid> find_changed(const Accounts& later) const;

  // What keys for unknown users are made from, so that they stay the same over restarts; "" when
  // the file has none.
  const std::string& decoy_secret() const { return decoy_secret_; }
  // The iteration count that most accounts have; kIterations when there are none.
  int usual_iterations() const;

 private:
  // The problem with the line, or "".
  std::string parse_line(std::string_view line);
  std::string parse_account(const std::vector<std::string_view>& words);

  std::map<std::string, Account, std::less<>> accounts_;
  // The lines in order: comments as they are, for an account its JID, for the secret "@decoy".
  std::vector<std::string> layout_;
  std::string decoy_secret_;
};

// Keeps other processes that take it too from changing the accounts file meanwhile: a load, change
// and save under it loses nobody's account. Released when destroyed.
class AccountsLock {
 public:
  // Waits for its turn. kUnavailable when the file's folder cannot be opened.
  static Result<AccountsLock> take(const std::string& path);
  ~AccountsLock();
  AccountsLock(AccountsLock&& other) noexcept;
  AccountsLock& operator=(AccountsLock&& other) = delete;

 private:
  explicit AccountsLock(int fd) : fd_(fd) {}
  int fd_;  // the folder's: locking the file itself would not survive its replacement
};

}  // namespace rosterd::store
