// SPDX-License-Identifier: MIT
// HostAuth: sends each question of the login to where that host's accounts are.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "im/ports.h"

namespace rosterd::app {

class HostAuth final : public im::AuthSource {
 public:
  // `others`: for hosts that have none of their own. All sources outlive it.
  explicit HostAuth(im::AuthSource& others) : others_(others) {}
  // Null: the host has none of its own any more.
  void set_source(const std::string& host, im::AuthSource* source);

  void fetch_keys(const xmpp::Jid& user, crypto::Hash hash, std::uint64_t ticket,
                  im::AuthEvents* events) override;
  void check_password(const xmpp::Jid& user, std::string password, std::uint64_t ticket,
                      im::AuthEvents* events) override;
  void identify(xmpp::Evidence evidence, std::uint64_t ticket, im::AuthEvents* events) override;
  bool find_user(const xmpp::Jid& user, std::uint64_t ticket, im::UserEvents* events) override {
    return of(user.domain()).find_user(user, ticket, events);
  }
  void forget(const xmpp::Jid& user) override { of(user.domain()).forget(user); }

 private:
  im::AuthSource& of(std::string_view host) const;

  im::AuthSource& others_;
  std::map<std::string, im::AuthSource*, std::less<>> sources_;  // by prepared domain
};

}  // namespace rosterd::app
