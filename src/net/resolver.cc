// SPDX-License-Identifier: MIT
#include "net/resolver.h"

#include <uv.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "base/log.h"
#include "net/network.h"
#include "net/uv_loop.h"

namespace rosterd::net {

// It cannot be taken back from the thread pool: it lives until its callback.
struct Resolver::Lookup {
  uv_getaddrinfo_t request;
  Resolver* resolver;  // null once that is gone
  std::string host;
  IntrusiveList<Waiter, &Waiter::waiting_> waiting;
  static void on_done(uv_getaddrinfo_t* request, int status, addrinfo* found);
};

namespace {

std::vector<Address> to_addresses(const addrinfo* found) {
  std::vector<Address> addresses;
  for (const addrinfo* one = found; one; one = one->ai_next) {
    if (one->ai_family == AF_INET || one->ai_family == AF_INET6) {
      addresses.push_back(Address::from_sockaddr(one->ai_addr));
    }
  }
  return addresses;
}

Result<std::vector<Address>> to_result(int status, const addrinfo* found, const std::string& host) {
  std::vector<Address> addresses = to_addresses(found);
  if (!addresses.empty()) return addresses;
  Error error = make_uv_error(status == 0 ? UV_EAI_NODATA : status, "look up " + host);
  const bool nothing = status == 0 || status == UV_EAI_NONAME || status == UV_EAI_NODATA;
  if (nothing) error.code = Errc::kNotFound;
  return tl::unexpected<Error>(std::move(error));
}

// Ports do not matter.
bool is_same_host(const Address& a, const Address& b) {
  return Network::around(a, 32, 128) == Network::around(b, 32, 128);
}

}  // namespace

Resolver::~Resolver() {
  for (const auto& [host, name] : names_) {
    if (!name.lookup) continue;
    name.lookup->resolver = nullptr;
    uv_cancel(reinterpret_cast<uv_req_t*>(&name.lookup->request));
  }
}

void Resolver::resolve(const std::string& host, Waiter& waiter) {
  Name& name = names_[host];
  const bool known = !name.addresses.empty();
  if (known && name.until > loop_.now()) return waiter.on_resolved(name.addresses);
  if (const Status begun = look_up(host, name); !begun) {
    if (known) return waiter.on_resolved(name.addresses);
    names_.erase(host);
    return waiter.on_unresolved(begun.error());
  }
  name.lookup->waiting.push_back(waiter);
  if (!known) return;
  waiter.name_ = &name;
  loop_.timers().arm(waiter.patience_, loop_.now() + options_.dns_patience);
}

// RFC 8767 section 5: the look-up goes on, for those who ask later.
void Resolver::Waiter::on_patience_over() {
  waiting_.unlink();
  on_resolved(name_->addresses);
}

bool Resolver::is_current(const std::string& host, const Address& address) {
  const auto at = names_.find(host);
  if (at == names_.end() || at->second.addresses.empty()) return true;
  Name& name = at->second;
  // One that cannot even begin is tried again by the next question.
  if (name.until <= loop_.now()) (void)look_up(host, name);
  return std::any_of(name.addresses.begin(), name.addresses.end(),
                     [&](const Address& one) { return is_same_host(one, address); });
}

void Resolver::doubt(const std::string& host) {
  const auto at = names_.find(host);
  if (at != names_.end()) at->second.until = loop_.now();
}

Status Resolver::look_up(const std::string& host, Name& name) {
  if (name.lookup) return {};
  auto lookup = std::make_unique<Lookup>();
  lookup->resolver = this;
  lookup->host = host;
  lookup->request.data = lookup.get();
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  const int status = uv_getaddrinfo(&loop_.uv_->loop, &lookup->request, Lookup::on_done,
                                    host.c_str(), nullptr, &hints);
  if (status != 0) return tl::unexpected<Error>(make_uv_error(status, "look up " + host));
  name.lookup = lookup.release();
  return {};
}

void Resolver::Lookup::on_done(uv_getaddrinfo_t* request, int status, addrinfo* found) {
  const std::unique_ptr<Lookup> owned(static_cast<Lookup*>(request->data));
  Result<std::vector<Address>> result = to_result(status, found, owned->host);
  uv_freeaddrinfo(found);
  if (!owned->resolver) return;
  owned->resolver->loop_.begin_turn();
  owned->resolver->on_looked_up(*owned, std::move(result));
}

void Resolver::on_looked_up(Lookup& lookup, Result<std::vector<Address>> found) {
  const auto at = names_.find(lookup.host);
  at->second.lookup = nullptr;
  take(lookup.host, at->second, found);
  // Copied, and forgotten, before the waiters' next questions change them.
  const std::vector<Address> addresses = at->second.addresses;
  if (addresses.empty()) names_.erase(at);
  while (Waiter* waiter = lookup.waiting.pop_front()) {
    waiter->patience_.cancel();
    if (addresses.empty()) {
      waiter->on_unresolved(found.error());
    } else {
      waiter->on_resolved(addresses);
    }
  }
}

// Once per outage there is a line about it; without old addresses who waits tells of the fault.
void Resolver::take(const std::string& host, Name& name, Result<std::vector<Address>>& found) {
  name.until = loop_.now() + options_.dns_ttl;
  const bool was_failing = std::exchange(name.failing, !found);
  if (found) {
    name.addresses = *found;
    ROSTERD_DEBUG("dns", "looked up", {{"host", host}, {"first", found->front().ip()}});
    if (was_failing) log::info("dns", "look-up works again", {{"host", host}});
  } else if (!was_failing && !name.addresses.empty()) {
    log::warn("dns", "look-up failed, old addresses stay in use",
              {{"host", host}, {"reason", found.error().text}});
  }
}

}  // namespace rosterd::net
