// SPDX-License-Identifier: MIT
// HostMeta: tells browsers where a stream may be opened (XEP-0156): /.well-known/host-meta, an XRD
// document, and /.well-known/host-meta.json.
#pragma once

#include <string>
#include <vector>

#include "http/url.h"
#include "net/network.h"
#include "web/http_server.h"

namespace rosterd::web {

struct HostMetaOptions {
  std::string external_url;           // parse_external_url() takes it; "" = see find_external_url()
  std::vector<net::Network> proxies;  // who may say by which name it was asked
};

class HostMeta final : public RequestHandler {
 public:
  explicit HostMeta(HostMetaOptions options) : options_(std::move(options)) {}
  void set_options(HostMetaOptions options) { options_ = std::move(options); }

  // `relation`: "urn:xmpp:alt-connections:…"; `path` is put behind the base of URLs, "/http-bind".
  // A WebSocket's scheme is ws: or wss:. The links stand in order of this being called.
  enum class Scheme : std::uint8_t { kHttp, kWebSocket };
  void add_link(std::string relation, Scheme scheme, std::string path);

  void on_request(Responder& responder, ExchangeId exchange, const Client& client,
                  const http::Request& request) override;
  bool is_for_anybody() const override { return true; }

 private:
  struct Link {
    std::string relation;
    Scheme scheme;
    std::string path;
  };
  static std::string make_reference(const http::Url& base, const Link& link);
  std::string write_xrd(const http::Url& base) const;
  std::string write_json(const http::Url& base) const;

  HostMetaOptions options_;
  std::vector<Link> links_;
};

}  // namespace rosterd::web
