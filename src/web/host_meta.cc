// SPDX-License-Identifier: MIT
#include "web/host_meta.h"

#include <utility>

#include "base/json.h"
#include "web/external_url.h"

namespace rosterd::web {

void HostMeta::add_link(std::string relation, Scheme scheme, std::string path) {
  links_.push_back({std::move(relation), scheme, std::move(path)});
}

// A page of any origin may ask: it has to, when the host's web site is another server's.
void HostMeta::on_request(Responder& responder, ExchangeId exchange, const Client& client,
                          const http::Request& request) {
  const auto base = options_.external_url.empty()
                        ? find_external_url(client, request.fields, options_.proxies)
                        : parse_external_url(options_.external_url);
  const bool as_json = request.path().ends_with(".json");
  http::Response response;
  if (!base) {
    response = make_json_error(400, base.error().text);
  } else if (as_json) {
    response = make_json(200, write_json(*base));
  } else {
    response.fields.add("Content-Type", "application/xrd+xml; charset=utf-8");
    response.body = write_xrd(*base);
  }
  response.fields.add("Access-Control-Allow-Origin", "*");
  response.fields.add("Cache-Control", "no-cache");
  responder.respond(exchange, std::move(response));
}

std::string HostMeta::make_reference(const http::Url& base, const Link& link) {
  std::string out = link.scheme == Scheme::kWebSocket ? "ws" : "http";
  if (base.tls) out += 's';
  out.append("://").append(base.authority());
  const std::size_t end = base.target.find_last_not_of('/');
  out.append(base.target, 0, end + 1);  // npos + 1 is 0
  return out.append(link.path);
}

// Nothing here needs an escape: see parse_external_url().
std::string HostMeta::write_xrd(const http::Url& base) const {
  std::string out =
      "<?xml version='1.0' encoding='utf-8'?>\n"
      "<XRD xmlns='http://docs.oasis-open.org/ns/xri/xrd-1.0'>\n";
  for (const Link& link : links_) {
    out.append("  <Link rel='").append(link.relation).append("'\n");
    out.append("        href='").append(make_reference(base, link)).append("'/>\n");
  }
  return out.append("</XRD>\n");
}

std::string HostMeta::write_json(const http::Url& base) const {
  json::Writer out;
  out.object().key("links").array();
  for (const Link& link : links_) {
    out.object().key("rel").string(link.relation);
    out.key("href").string(make_reference(base, link)).end();
  }
  out.end().end();
  return out.take() + "\n";
}

}  // namespace rosterd::web
