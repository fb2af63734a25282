// SPDX-License-Identifier: MIT
#include "app/auth_backend.h"

#include <utility>

#include "app/auth_cookie.h"
#include "app/auth_external.h"
#include "app/auth_http_basic.h"
#include "app/auth_http_json.h"
#include "app/auth_http_mongoose.h"
#include "app/auth_jsxc.h"
#include "app/auth_jwt.h"
#include "app/auth_userinfo.h"

namespace rosterd::app {

namespace {

// A token says itself how long it is good, and checking it asks nobody.
AuthCacheOptions cache_of(const AuthOptions& options) {
  return options.kind == AuthKind::kJwt ? AuthCacheOptions{} : options.cache;
}

}  // namespace

std::unique_ptr<im::AuthSource> make_auth_backend(const AuthContext& context,
                                                  const std::string& host,
                                                  const AuthOptions& options) {
  switch (options.kind) {
    case AuthKind::kAccounts:
      return nullptr;
    case AuthKind::kHttpBasic:
      return std::make_unique<AuthHttpBasic>(context.requests, options);
    case AuthKind::kHttpJson:
      return std::make_unique<AuthHttpJson>(context.requests, context.rosters, options);
    case AuthKind::kHttpMongoose:
      return std::make_unique<AuthHttpMongoose>(context.requests, context.hashes, options);
    case AuthKind::kJsxc:
      return std::make_unique<AuthJsxc>(context.requests, options);
    case AuthKind::kCookie:
      return std::make_unique<AuthCookie>(context.requests, options);
    case AuthKind::kUserinfo:
      return std::make_unique<AuthUserinfo>(context.requests, options);
    case AuthKind::kJwt:
      return std::make_unique<AuthJwt>(host, context.fetcher, context.clock, context.timers,
                                       context.hashes, options.jwt, context.user_agent);
    case AuthKind::kExternal:
      return std::make_unique<AuthExternal>(host, context.processes, context.clock, context.timers,
                                            options.program, options.timeout);
  }
  return nullptr;
}

// What the host's questions go to: its back end, which may be null, or the cache before it.
im::AuthSource* AuthBackends::place_cache(const std::string& host, im::AuthSource* source,
                                          const AuthCacheOptions& options) {
  if (const auto old = caches_.find(host); old != caches_.end()) old->second.reset(nullptr, {});
  if (!source || !options.enabled()) return source;
  AuthCache& cache = caches_.try_emplace(host, context_.hasher, context_.clock).first->second;
  cache.reset(source, options);
  return &cache;
}

void AuthBackends::set_options(std::map<std::string, AuthOptions> hosts) {
  std::map<std::string, Backend> fresh;
  for (auto& [host, options] : hosts) {
    const auto old = backends_.find(host);
    if (old != backends_.end() && old->second.options == options) {
      fresh.insert(backends_.extract(old));
    } else if (auto source = make_auth_backend(context_, host, options)) {
      const auto made = fresh.emplace(host, Backend{options, std::move(source)}).first;
      const Backend& backend = made->second;
      routes_.set_source(host, place_cache(host, backend.source.get(), cache_of(backend.options)));
    }
  }
  for (const auto& [host, gone] : backends_) {
    if (!fresh.contains(host)) routes_.set_source(host, place_cache(host, nullptr, {}));
  }
  backends_ = std::move(fresh);  // only now may those that go answer what they were asked
}

}  // namespace rosterd::app
