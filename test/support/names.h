// SPDX-License-Identifier: MIT
// Names: what names resolve to in a test program. To include this header is to replace
// getaddrinfo(3) and freeaddrinfo(3) in the whole program, so in its one source.
#pragma once

#include <netdb.h>
#include <netinet/in.h>

#include <condition_variable>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "net/address.h"

namespace rosterd::test {

// Look-ups come from the threads of libuv's pool.
class Names {
 public:
  static Names& get() {
    static Names names;
    return names;
  }

  void set(const std::string& name, std::vector<std::string> ips) {
    const std::lock_guard lock(mutex_);
    names_[name] = std::move(ips);
  }
  // Forgets all of it: as if it were new.
  void clear() {
    const std::lock_guard lock(mutex_);
    names_.clear();
    lookups_ = 0;
  }
  // Look-ups do not end until release().
  void hold() {
    const std::lock_guard lock(mutex_);
    held_ = true;
  }
  void release() {
    const std::lock_guard lock(mutex_);
    held_ = false;
    released_.notify_all();
  }
  int lookups() {
    const std::lock_guard lock(mutex_);
    return lookups_;
  }

  std::vector<std::string> look_up(const std::string& name) {
    std::unique_lock lock(mutex_);
    ++lookups_;
    released_.wait(lock, [this] { return !held_; });
    const auto found = names_.find(name);
    return found == names_.end() ? std::vector<std::string>() : found->second;
  }

 private:
  std::mutex mutex_;
  std::condition_variable released_;
  std::map<std::string, std::vector<std::string>> names_;
  int lookups_ = 0;
  bool held_ = false;
};

struct FoundAddress {
  addrinfo info{};
  sockaddr_in6 address{};  // or a sockaddr_in
};

}  // namespace rosterd::test

extern "C" {

int getaddrinfo(const char* name, const char*, const addrinfo*, addrinfo** found) {
  *found = nullptr;
  const std::vector<std::string> ips = rosterd::test::Names::get().look_up(name);
  for (auto ip = ips.rbegin(); ip != ips.rend(); ++ip) {
    const auto address = rosterd::net::Address::parse(*ip, 0).value();
    auto* const one = new rosterd::test::FoundAddress;
    one->info.ai_family = address.get()->sa_family;
    one->info.ai_addrlen =
        one->info.ai_family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
    one->info.ai_addr = reinterpret_cast<sockaddr*>(&one->address);
    __builtin_memcpy(&one->address, address.get(), one->info.ai_addrlen);
    one->info.ai_next = *found;
    *found = &one->info;
  }
  return ips.empty() ? EAI_NONAME : 0;
}

void freeaddrinfo(addrinfo* found) noexcept {
  while (found) {
    delete reinterpret_cast<rosterd::test::FoundAddress*>(std::exchange(found, found->ai_next));
  }
}

}  // extern "C"
