// SPDX-License-Identifier: MIT
#include "web/http_client.h"

#include <map>
#include <utility>
#include <vector>

#include "web/origin_pool.h"

namespace rosterd::web {

struct HttpClient::Impl {
  Impl(net::Loop& loop, const HttpClientOptions& options,
       std::shared_ptr<const net::TlsContext> tls)
      : context{
            .loop = loop,
            .connector = net::Connector(loop, net::FlushPhase::kWeb, {.dns_ttl = options.dns_ttl}),
            .options = options,
            .tls = std::move(tls),
            .fetches = {}} {}

  OriginPool& pool_of(const http::Url& url);

  ClientContext context;
  // By origin; origins come from the configuration, so there are few.
  std::map<std::string, std::unique_ptr<OriginPool>> pools;
};

OriginPool& HttpClient::Impl::pool_of(const http::Url& url) {
  std::unique_ptr<OriginPool>& pool = pools[url.origin()];
  if (!pool) pool = std::make_unique<OriginPool>(context, url);
  return *pool;
}

HttpClient::HttpClient(net::Loop& loop, const HttpClientOptions& options,
                       std::shared_ptr<const net::TlsContext> tls)
    : impl_(std::make_unique<Impl>(loop, options, std::move(tls))) {}

HttpClient::~HttpClient() = default;

std::uint64_t HttpClient::fetch(FetchRequest request, FetchEvents* events) {
  OriginPool& pool = impl_->pool_of(request.url);
  auto made = std::make_unique<Fetch>(pool, std::move(request), events);
  Fetch& placed = *made;
  placed.handle = impl_->context.fetches.insert(std::move(made));
  pool.enqueue(placed);
  return placed.handle.to_u64();
}

void HttpClient::cancel(std::uint64_t ticket) {
  Fetch* fetch = impl_->context.fetches.find(Handle<Fetch>::from_u64(ticket));
  if (fetch) fetch->pool.cancel(*fetch);
}

void HttpClient::set_options(const HttpClientOptions& options,
                             std::shared_ptr<const net::TlsContext> tls) {
  impl_->context.options = options;
  impl_->context.connector.set_options({.dns_ttl = options.dns_ttl});
  impl_->context.tls = std::move(tls);
  // They were checked by the old rules.
  for (const auto& [origin, pool] : impl_->pools) pool->close_idle("new options");
}

void HttpClient::stop() {
  ClientContext& context = impl_->context;
  context.stopped = true;
  // By handle: the events of one may cancel another.
  std::vector<Handle<Fetch>> unfinished;
  context.fetches.for_each([&](Handle<Fetch> fetch, Fetch&) { unfinished.push_back(fetch); });
  for (const Handle<Fetch> handle : unfinished) {
    Fetch* fetch = context.fetches.find(handle);
    if (fetch) fetch->pool.give_up(*fetch, {Errc::kCancelled, "shutting down"});
  }
  for (const auto& [origin, pool] : impl_->pools) pool->close_idle("shutting down");
}

}  // namespace rosterd::web
