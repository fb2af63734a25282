// SPDX-License-Identifier: MIT
// LoginLimit: how long a login must wait because others before it were wrong: of the same address,
// or for the same account. Pure.
#pragma once

#include <cstddef>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"
#include "net/network.h"

namespace rosterd::c2s {

struct LoginLimitOptions {
  // So many wrong ones cost nothing; from then on each doubles the wait, beginning with a second.
  // 0 = no limit.
  std::size_t per_address = 20;
  std::size_t per_account = 5;
  // A login that would have to wait longer is refused at once.
  Duration longest = std::chrono::seconds(30);
};

// Guesses of one address wait for one another, and so do guesses at one account, whatever address
// they come from. An address from which somebody has got in lately does not wait for what others do
// to his account. One failure is forgotten every minute.
class LoginLimit {
 public:
  using Options = LoginLimitOptions;
  // Logins of one account that may be under way at once without counting as wrong ones.
  static constexpr std::size_t kAtOnce = 10;

  // Over `records` addresses, and as many accounts, the one that has been left alone the longest is
  // forgotten.
  explicit LoginLimit(const Options& options, std::size_t records = 10'000)
      : options_(options), addresses_(records), accounts_(records) {}
  void set_options(const Options& options) { options_ = options; }

  // A login is to begin: how long it must wait; nullopt = it is refused. `account` may be "".
  // Unless refused, one of the three below follows.
  std::optional<Duration> begin(const net::Address& address, std::string_view account, Instant now);
  void succeed(const net::Address& address, std::string_view account, Instant now);
  void fail(const net::Address& address, std::string_view account, Instant now);
  // Nobody will know what it was.
  void abandon(std::string_view account);

 private:
  struct Record {
    std::size_t strikes = 0;  // as of `since`
    std::size_t pending = 0;
    Instant since{};
    Instant next{};                          // no login before
    net::Network known{};                    // whence the account's owner came last
    std::list<std::string>::iterator place;  // in Table::order
  };
  struct Table {
    explicit Table(std::size_t most) : limit(most) {}
    Record* find(std::string_view key);
    Record& touch(std::string_view key);
    // When there is nothing to remember of it.
    void drop_if_idle(std::string_view key);

    const std::size_t limit;
    std::map<std::string, Record, std::less<>> records;
    std::list<std::string> order;  // the one left alone the longest first
  };

  static void age(Record& record, Instant now);
  Duration delay_of(const Record& record, std::size_t free) const;
  Instant release_of(const Record& record, std::size_t free, Instant now) const;
  void strike(Record& record, std::size_t free, Instant now);
  void end_pending(std::string_view account);

  Options options_;
  Table addresses_;
  Table accounts_;
};

}  // namespace rosterd::c2s
