// SPDX-License-Identifier: MIT
// Service discovery (XEP-0030). What the server offers is read from the rows that offer it.
#include "im/handlers.h"
#include "im/visibility.h"
#include "xmpp/namespaces.h"

namespace rosterd::im {

namespace {

using xmpp::StanzaCondition;

// An account tells nothing, not even that it exists, to somebody who may not see it.
bool may_ask(const IqRequest& request) {
  if (request.place != IqPlace::kAccount) return true;
  return request.target.user && sees(*request.asker.user, *request.target.user);
}

// Whether the question can be answered; if not, it has been refused.
bool check(const IqRequest& request, IqReply& reply) {
  if (!may_ask(request)) {
    reply.error(StanzaCondition::kServiceUnavailable);
    return false;
  }
  if (!request.payload.attr("node").empty()) {
    reply.error(StanzaCondition::kItemNotFound);
    return false;
  }
  return true;
}

void write_identity(xml::Writer& writer, IqPlace place) {
  const bool server = place == IqPlace::kServer;
  writer.open("identity")
      .attr("category", server ? "server" : "account")
      .attr("type", server ? "im" : "registered")
      .attr_if("name", server ? "rosterd" : "")
      .end();
}

void write_features(xml::Writer& writer, IqPlace place) {
  std::string_view last;
  for (const IqRow& row : iq_rows()) {
    // Somebody else's roster has rows of its own, but to refuse, not to offer.
    const bool offered = row.at(place) && row.handle != handle_foreign_roster;
    if (!offered || row.ns == last) continue;
    writer.open("feature").attr("var", row.ns).end();
    last = row.ns;  // get and set of one namespace are neighbours
  }
}

}  // namespace

void handle_disco_info(State&, const IqRequest& request, IqReply reply) {
  if (!check(request, reply)) return;
  reply.result([&](xml::Writer& writer) {
    writer.open("query", xmpp::ns::kDiscoInfo);
    write_identity(writer, request.place);
    write_features(writer, request.place);
    writer.end();
  });
}

void handle_disco_items(State&, const IqRequest& request, IqReply reply) {
  if (!check(request, reply)) return;
  reply.result([](xml::Writer& writer) { writer.open("query", xmpp::ns::kDiscoItems).end(); });
}

}  // namespace rosterd::im
