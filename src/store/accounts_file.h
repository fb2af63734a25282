// SPDX-License-Identifier: MIT
// AccountsFile: accounts that rosterd keeps itself: SCRAM keys only, one line per account.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "im/ports.h"
#include "net/loop.h"
#include "xmpp/jid.h"
#include "xmpp/sasl.h"

namespace rosterd::store {

struct Account {
  xmpp::ScramKeys sha1;
  xmpp::ScramKeys sha256;
};

// The file's contents as a value. Format, one account per line, '#' comments and blank lines kept:
//   user@host SCRAM-SHA-1$<iterations>:<salt>$<stored>:<server> SCRAM-SHA-256$…   (base64)
class Accounts {
 public:
  // kInvalid with the line number.
  static Result<Accounts> parse(std::string_view text);
  static Result<Accounts> load(const std::string& path);
  // Writes a temporary file beside it, mode 0600 (or the old file's mode and owner), fsyncs,
  // renames.
  Status save(const std::string& path) const;

  const Account* find(const xmpp::Jid& user) const;
  void set(const xmpp::Jid& user, Account account);
  bool erase(const xmpp::Jid& user);
  std::vector<std::string> list() const;  // bare JIDs, sorted

 private:
  std::map<std::string, Account, std::less<>> accounts_;
};

// New random salt, both hashes. Slow (PBKDF2): not on the loop. kInvalid when SASLprep refuses it.
Result<Account> make_account(std::string_view password, int iterations = 10'000);

// Serves the file to the login. PBKDF2 runs in the loop's thread pool. Unknown users get keys made
// from a secret of this process, with the file's usual iteration count.
class AccountsAuth : public im::AuthSource {
 public:
  AccountsAuth(net::Loop& loop, Accounts accounts);
  ~AccountsAuth() override;
  // After a reload, or when the file changed.
  void set_accounts(Accounts accounts);

  void fetch_keys(const xmpp::Jid& user, crypto::Hash hash, std::uint64_t ticket,
                  im::AuthEvents* events) override;
  void check_password(const xmpp::Jid& user, std::string password, std::uint64_t ticket,
                      im::AuthEvents* events) override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace rosterd::store
