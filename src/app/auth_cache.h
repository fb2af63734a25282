// SPDX-License-Identifier: MIT
// AuthCache: passwords that the web app has called right lately, by a salted slow hash: so that it
// need not be asked again at once, or may be away for a while. Before one host's AuthSource.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <string>
#include <string_view>

#include "app/password_hasher.h"
#include "base/time.h"
#include "im/ports.h"

namespace rosterd::app {

struct AuthCacheOptions {
  Duration ttl{};              // so long a password is right without asking; 0 = never
  Duration unreachable_ttl{};  // and so long while the web app cannot say; 0 = never

  bool enabled() const { return ttl > Duration(0) || unreachable_ttl > Duration(0); }
  friend bool operator==(const AuthCacheOptions&, const AuthCacheOptions&) = default;
};

class AuthCache final : public im::AuthSource, im::AuthEvents, PasswordHasher::Events {
 public:
  // All outlive it, and it outlives the answers to what it has asked.
  AuthCache(PasswordHasher& hasher, const Clock& clock, std::size_t users = 10'000);
  ~AuthCache() override;

  // Another source, or other options: all is asked anew. Before the first question. Null: what is
  // still to be asked is answered with kUnavailable.
  void reset(im::AuthSource* source, const AuthCacheOptions& options);

  void fetch_keys(const xmpp::Jid& user, crypto::Hash hash, std::uint64_t ticket,
                  im::AuthEvents* events) override;
  void check_password(const xmpp::Jid& user, std::string password, std::uint64_t ticket,
                      im::AuthEvents* events) override;
  void identify(xmpp::Evidence evidence, std::uint64_t ticket, im::AuthEvents* events) override;
  bool find_user(const xmpp::Jid& user, std::uint64_t ticket, im::UserEvents* events) override {
    return source_ && source_->find_user(user, ticket, events);
  }
  // The next login asks.
  void forget(const xmpp::Jid& user) override;

 private:
  struct Entry {
    std::string salt;
    std::string digest;
    Instant confirmed;
    std::list<std::string>::iterator place;  // in order_
  };
  struct Question;

  void on_keys(std::uint64_t, const Result<xmpp::ScramKeys>&) override {}  // never asked for
  void on_login(std::uint64_t number, const Result<xmpp::Login>& login) override;
  void on_hash(std::uint64_t number, const std::string& digest) override;

  bool is_right(const Question& question, Duration ttl) const;
  void ask(std::uint64_t number, Question& question);
  void remember(const xmpp::Jid& user, std::string salt, std::string digest);
  void erase(std::string_view user);
  void finish(std::uint64_t number, const Result<xmpp::Login>& login);

  im::AuthSource* source_ = nullptr;
  AuthCacheOptions options_;
  PasswordHasher& hasher_;
  const Clock& clock_;
  const std::size_t limit_;
  std::map<std::uint64_t, Question> questions_;        // by the hasher's tickets
  std::map<std::string, Entry, std::less<>> entries_;  // by bare JID
  std::list<std::string> order_;                       // the one confirmed the longest ago first
};

}  // namespace rosterd::app
