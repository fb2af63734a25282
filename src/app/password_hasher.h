// SPDX-License-Identifier: MIT
// PasswordHasher: a slow, salted hash of passwords, off the loop.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "net/work_queue.h"

namespace rosterd::app {

class PasswordHasher {
 public:
  class Events {
   public:
    virtual ~Events() = default;
    // "" when it could not be done: too many wait, or the server stops.
    virtual void on_hash(std::uint64_t ticket, const std::string& digest) = 0;
  };

  virtual ~PasswordHasher() = default;
  // One on_hash() unless cancelled, never from inside the call. The password is wiped.
  virtual std::uint64_t hash(std::string password, const std::string& salt, Events* events) = 0;
  // No event will come for that ticket.
  virtual void cancel(std::uint64_t ticket) = 0;
};

// In the loop's thread pool, one at a time.
class LoopPasswordHasher final : public PasswordHasher {
 public:
  // Destroyed after the loop has run out of work.
  explicit LoopPasswordHasher(net::Loop& loop);
  std::uint64_t hash(std::string password, const std::string& salt, Events* events) override;
  void cancel(std::uint64_t ticket) override { waiting_.erase(ticket); }
  // What waits gets "".
  void stop() { queue_.cancel(); }

 private:
  static constexpr std::size_t kMostWaiting = 2'000;

  class HashWork;
  void on_hashed(std::uint64_t ticket, const std::string& digest);
  void give_refusals();

  net::Loop& loop_;
  net::WorkQueue queue_;
  std::uint64_t last_ticket_ = 0;
  std::unordered_map<std::uint64_t, Events*> waiting_;
  std::vector<std::uint64_t> refused_;
  Timer refusing_ = Timer::bind<&LoopPasswordHasher::give_refusals>(this);
};

}  // namespace rosterd::app
