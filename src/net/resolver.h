// SPDX-License-Identifier: MIT
// Resolver: names to addresses, for the Connector alone. The system's resolver is asked in the
// thread pool, once at a time for each name. What it said counts for ConnectorOptions::dns_ttl and
// is kept beyond that: a resolver that is down must not cut off what works.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/intrusive_list.h"
#include "base/timers.h"
#include "net/connector.h"

namespace rosterd::net {

class Resolver {
 private:
  struct Lookup;
  struct Name {
    std::vector<Address> addresses;  // empty until they are known
    Instant until{};                 // then they are asked for again
    Lookup* lookup = nullptr;        // that is running
    bool failing = false;            // as the last one did
  };

 public:
  // Who asks. Destroying it takes the question back.
  class Waiter {
   public:
    virtual ~Waiter() = default;
    // One of the two comes, once, maybe from inside resolve().
    virtual void on_resolved(const std::vector<Address>& addresses) = 0;
    virtual void on_unresolved(const Error& error) = 0;

   private:
    friend class Resolver;
    void on_patience_over();

    ListNode waiting_;
    const Name* name_ = nullptr;  // set while patience_ is armed
    Timer patience_ = Timer::bind<&Waiter::on_patience_over>(this);
  };

  Resolver(Loop& loop, const ConnectorOptions& options) : loop_(loop), options_(options) {}
  ~Resolver();
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  void set_options(const ConnectorOptions& options) { options_ = options; }
  void resolve(const std::string& host, Waiter& waiter);
  // See Connector.
  bool is_current(const std::string& host, const Address& address);
  // None of its addresses answers: who asks next gets a new look-up.
  void doubt(const std::string& host);

 private:
  Status look_up(const std::string& host, Name& name);
  void on_looked_up(Lookup& lookup, Result<std::vector<Address>> found);
  void take(const std::string& host, Name& name, Result<std::vector<Address>>& found);

  Loop& loop_;
  ConnectorOptions options_;
  std::map<std::string, Name> names_;  // those known, and those being looked up
};

}  // namespace rosterd::net
