// SPDX-License-Identifier: MIT
// AccountsAuth: serves the accounts file to the login.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "im/ports.h"
#include "net/loop.h"
#include "store/accounts_file.h"

namespace rosterd::store {

// Unknown users get keys made from the file's decoy secret (of this process, when the file has
// none), with the file's usual iteration count; finding, or not finding, takes as long.
class AccountsAuth : public im::AuthSource, public im::AccountList {
 public:
  // `loop` outlives it; the AuthEvents of each question outlive the answer or the loop's run.
  AccountsAuth(net::Loop& loop, Accounts accounts);
  ~AccountsAuth() override;
  // After a reload. Questions asked before are answered from the old accounts. Returns whose
  // passwords are good no more.
  std::vector<xmpp::Jid> set_accounts(Accounts accounts);
  bool has_account(const xmpp::Jid& bare) const override;
  // Passwords that wait to be looked at get kCancelled.
  void stop();

  // `hash` is SHA-1 or SHA-256; kUnsupported for another.
  void fetch_keys(const xmpp::Jid& user, crypto::Hash hash, std::uint64_t ticket,
                  im::AuthEvents* events) override;
  // PBKDF2 runs in the loop's thread pool, one at a time; `password` is wiped afterwards.
  // kUnavailable when too many wait for it.
  void check_password(const xmpp::Jid& user, std::string password, std::uint64_t ticket,
                      im::AuthEvents* events) override;
  void identify(xmpp::Evidence evidence, std::uint64_t ticket, im::AuthEvents* events) override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace rosterd::store
