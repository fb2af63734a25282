// SPDX-License-Identifier: MIT
#include "app/auth_backend.h"

#include <utility>

#include "app/auth_http_basic.h"

namespace rosterd::app {

std::unique_ptr<im::AuthSource> make_auth_backend(const AuthContext& context,
                                                  const AuthOptions& options) {
  switch (options.kind) {
    case AuthKind::kAccounts:
      return nullptr;
    case AuthKind::kHttpBasic:
      return std::make_unique<AuthHttpBasic>(context.requests, options);
  }
  return nullptr;
}

void AuthBackends::set_options(std::map<std::string, AuthOptions> hosts) {
  std::map<std::string, Backend> fresh;
  for (auto& [host, options] : hosts) {
    const auto old = backends_.find(host);
    if (old != backends_.end() && old->second.options == options) {
      fresh.insert(backends_.extract(old));
    } else if (auto source = make_auth_backend(context_, options)) {
      fresh.emplace(host, Backend{options, std::move(source)});
    }
  }
  for (const auto& [host, gone] : backends_) routes_.set_source(host, nullptr);
  for (const auto& [host, backend] : fresh) routes_.set_source(host, backend.source.get());
  backends_ = std::move(fresh);  // only now may those that go answer what they were asked
}

}  // namespace rosterd::app
