// SPDX-License-Identifier: MIT
#include "app/host_auth.h"

#include <utility>

namespace rosterd::app {

void HostAuth::set_source(const std::string& host, im::AuthSource* source) {
  if (source) {
    sources_[host] = source;
  } else {
    sources_.erase(host);
  }
}

im::AuthSource& HostAuth::of(std::string_view host) const {
  const auto own = sources_.find(host);
  return own == sources_.end() ? others_ : *own->second;
}

void HostAuth::fetch_keys(const xmpp::Jid& user, crypto::Hash hash, std::uint64_t ticket,
                          im::AuthEvents* events) {
  of(user.domain()).fetch_keys(user, hash, ticket, events);
}

void HostAuth::check_password(const xmpp::Jid& user, std::string password, std::uint64_t ticket,
                              im::AuthEvents* events) {
  of(user.domain()).check_password(user, std::move(password), ticket, events);
}

void HostAuth::identify(xmpp::Evidence evidence, std::uint64_t ticket, im::AuthEvents* events) {
  im::AuthSource& source = of(evidence.host);
  source.identify(std::move(evidence), ticket, events);
}

}  // namespace rosterd::app
