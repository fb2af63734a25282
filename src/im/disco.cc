// SPDX-License-Identifier: MIT
// Service discovery (XEP-0030). What the server offers is read from the rows that offer it.
#include <utility>

#include "im/existence.h"
#include "im/handlers.h"
#include "xmpp/namespaces.h"

namespace rosterd::im {

namespace {

using xmpp::StanzaCondition;

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

// An account answers to whoever may know that it exists (XEP-0030 section 8), whether somebody uses
// it now or not. `write_query(xml::Writer&)` writes what is in the result.
template <class WriteQuery>
void answer(State& state, const IqRequest& request, IqReply reply, WriteQuery write_query) {
  const bool of_node = !request.payload.attr("node").empty();
  if (request.place != IqPlace::kAccount) {
    return of_node ? reply.error(StanzaCondition::kItemNotFound) : reply.result(write_query);
  }
  tell_existence(state, request.asker, request.target, [&](std::string& out, Told told) {
    if (told == Told::kExists && !of_node) return reply.write_result(out, write_query);
    reply.write_error(out, told == Told::kNothing ? StanzaCondition::kServiceUnavailable
                                                  : StanzaCondition::kItemNotFound);
  });
  reply.postpone();
}

}  // namespace

void handle_disco_info(State& state, const IqRequest& request, IqReply reply) {
  answer(state, request, std::move(reply), [&](xml::Writer& writer) {
    writer.open("query", xmpp::ns::kDiscoInfo);
    write_identity(writer, request.place);
    write_features(writer, request.place);
    writer.end();
  });
}

void handle_disco_items(State& state, const IqRequest& request, IqReply reply) {
  answer(state, request, std::move(reply),
         [](xml::Writer& writer) { writer.open("query", xmpp::ns::kDiscoItems).end(); });
}

}  // namespace rosterd::im
