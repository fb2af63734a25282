// SPDX-License-Identifier: MIT
// Read-only roster: the web app alone decides who is in a contact list.
#include "im/handlers.h"
#include "xmpp/namespaces.h"

namespace rosterd::im {

// RFC 6121 section 2.1.5: a set holds exactly one item, and that has a JID.
void handle_roster_set(State&, const IqRequest& request, IqReply reply) {
  const xml::Element item = request.payload.first_child();
  const bool well_formed = item && item.is("item", xmpp::ns::kRoster) && !item.next_sibling() &&
                           xmpp::Jid::parse(item.attr("jid"));
  if (!well_formed) return reply.error(xmpp::StanzaCondition::kBadRequest);
  reply.error(xmpp::StanzaCondition::kNotAllowed,
              "Contacts are managed by the web application, not by this client");
}

}  // namespace rosterd::im
