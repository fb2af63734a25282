// SPDX-License-Identifier: MIT
#include "app/password_hasher.h"

#include <memory>
#include <utility>

#include "base/crypto.h"

namespace rosterd::app {

namespace {

// 10 ms or so: what is read out of memory is not worth guessing at, and a login is not slow.
constexpr int kIterations = 10'000;

}  // namespace

class LoopPasswordHasher::HashWork final : public net::Work {
 public:
  HashWork(LoopPasswordHasher& hasher, std::string password, std::string salt, std::uint64_t ticket)
      : hasher_(hasher), password_(std::move(password)), salt_(std::move(salt)), ticket_(ticket) {}
  ~HashWork() override { crypto::wipe(password_); }

  void run() override {
    digest_ = crypto::pbkdf2(crypto::Hash::kSha256, password_, salt_, kIterations);
  }
  void done(bool cancelled) override { hasher_.on_hashed(ticket_, cancelled ? "" : digest_); }

 private:
  LoopPasswordHasher& hasher_;
  std::string password_;
  const std::string salt_;
  const std::uint64_t ticket_;
  std::string digest_;
};

LoopPasswordHasher::LoopPasswordHasher(net::Loop& loop) : loop_(loop), queue_(loop, kMostWaiting) {}

std::uint64_t LoopPasswordHasher::hash(std::string password, const std::string& salt,
                                       Events* events) {
  const std::uint64_t ticket = ++last_ticket_;
  waiting_.emplace(ticket, events);
  if (!queue_.post(std::make_unique<HashWork>(*this, std::move(password), salt, ticket))) {
    refused_.push_back(ticket);
    loop_.timers().arm(refusing_, loop_.now());
  }
  return ticket;
}

void LoopPasswordHasher::on_hashed(std::uint64_t ticket, const std::string& digest) {
  const auto found = waiting_.find(ticket);
  if (found == waiting_.end()) return;
  Events* const events = found->second;
  waiting_.erase(found);
  events->on_hash(ticket, digest);
}

void LoopPasswordHasher::give_refusals() {
  for (const std::uint64_t ticket : std::exchange(refused_, {})) on_hashed(ticket, "");
}

}  // namespace rosterd::app
