// SPDX-License-Identifier: MIT
#include "c2s/login_limit.h"

#include <algorithm>

namespace rosterd::c2s {

namespace {

constexpr Duration kFirstDelay = std::chrono::seconds(1);
constexpr Duration kForgetOne = std::chrono::minutes(1);
// More would make an attack of an hour felt for days.
constexpr std::size_t kMostStrikes = 60;

// Of IPv6 per /64, because whoever has one address there has them all.
net::Network range_of(const net::Address& address) { return net::Network::around(address, 32, 64); }

}  // namespace

LoginLimit::Record* LoginLimit::Table::find(std::string_view key) {
  const auto found = records.find(key);
  return found == records.end() ? nullptr : &found->second;
}

LoginLimit::Record& LoginLimit::Table::touch(std::string_view key) {
  const auto found = records.find(key);
  if (found != records.end()) {
    order.splice(order.end(), order, found->second.place);
    return found->second;
  }
  if (records.size() >= limit) {
    records.erase(order.front());
    order.pop_front();
  }
  Record& record = records[std::string(key)];
  record.place = order.insert(order.end(), std::string(key));
  return record;
}

void LoginLimit::Table::drop_if_idle(std::string_view key) {
  const auto found = records.find(key);
  if (found == records.end() || found->second.strikes > 0 || found->second.pending > 0) return;
  order.erase(found->second.place);
  records.erase(found);
}

void LoginLimit::age(Record& record, Instant now) {
  const auto forgotten = static_cast<std::size_t>((now - record.since) / kForgetOne);
  record.strikes -= std::min(record.strikes, forgotten);
  record.since += kForgetOne * static_cast<Duration::rep>(forgotten);
}

Duration LoginLimit::delay_of(const Record& record, std::size_t free) const {
  if (free == 0) return Duration(0);
  const std::size_t strikes = record.strikes + (record.pending - std::min(record.pending, kAtOnce));
  if (strikes < free) return Duration(0);
  constexpr std::size_t kDoublings = 20;
  return std::min(kFirstDelay * (1 << std::min(strikes - free, kDoublings)), options_.longest);
}

Instant LoginLimit::release_of(const Record& record, std::size_t free, Instant now) const {
  return delay_of(record, free) > Duration(0) ? std::max(record.next, now) : now;
}

std::optional<Duration> LoginLimit::begin(const net::Address& address, std::string_view account,
                                          Instant now) {
  const net::Network range = range_of(address);
  Record* const place = addresses_.find(range.to_string());
  Record* owner = account.empty() ? nullptr : &accounts_.touch(account);
  if (place) age(*place, now);
  if (owner) age(*owner, now);
  Record* const waited_for = owner && owner->known == range ? nullptr : owner;
  Instant release = now;
  if (place) release = std::max(release, release_of(*place, options_.per_address, now));
  if (waited_for) release = std::max(release, release_of(*owner, options_.per_account, now));
  if (release - now > options_.longest) return std::nullopt;
  if (place) place->next = release + delay_of(*place, options_.per_address);
  if (owner) ++owner->pending;
  if (waited_for) owner->next = release + delay_of(*owner, options_.per_account);
  return release - now;
}

void LoginLimit::strike(Record& record, std::size_t free, Instant now) {
  age(record, now);
  if (record.strikes == 0) record.since = now;
  record.strikes = std::min(record.strikes + 1, kMostStrikes);
  record.next = std::max(record.next, now + delay_of(record, free));
}

void LoginLimit::succeed(const net::Address& address, std::string_view account, Instant now) {
  end_pending(account);
  if (Record* const owner = accounts_.find(account)) {
    age(*owner, now);
    owner->known = range_of(address);
  }
  accounts_.drop_if_idle(account);
}

void LoginLimit::fail(const net::Address& address, std::string_view account, Instant now) {
  end_pending(account);
  strike(addresses_.touch(range_of(address).to_string()), options_.per_address, now);
  if (!account.empty()) strike(accounts_.touch(account), options_.per_account, now);
}

void LoginLimit::abandon(std::string_view account) {
  end_pending(account);
  accounts_.drop_if_idle(account);
}

void LoginLimit::end_pending(std::string_view account) {
  if (Record* const owner = accounts_.find(account); owner && owner->pending > 0) --owner->pending;
}

}  // namespace rosterd::c2s
