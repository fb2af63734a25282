// SPDX-License-Identifier: MIT
// Iq: requests that this server answers itself, and the guard that sees to it that each of them is
// answered.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "im/directory.h"
#include "im/state.h"
#include "xml/element.h"
#include "xml/writer.h"
#include "xmpp/errors.h"
#include "xmpp/stanza.h"

namespace rosterd::im {

// The one answer to an iq get or set. Whoever holds it answers with one of its verbs; if it dies
// before, the asker gets internal-server-error and the log a line. Move-only; lives in one turn.
class IqReply {
 public:
  // `request` must be a get or set with an id; it outlives the reply.
  IqReply(State& state, Session& asker, xml::Element request)
      : state_(&state), asker_(&asker), request_(request) {}
  ~IqReply();
  IqReply(IqReply&& other) noexcept;
  IqReply& operator=(IqReply&&) = delete;
  IqReply(const IqReply&) = delete;
  IqReply& operator=(const IqReply&) = delete;

  // An iq result, empty or with what write(xml::Writer&) puts into it.
  void result() {
    result([](xml::Writer&) {});
  }
  template <class Write>
  void result(Write write) {
    state_->send(*asker_, [&](std::string& out) { write_result(out, write); });
    answered_ = true;
  }
  void error(xmpp::StanzaCondition condition, std::string_view text = {});

  // What these would send, for who keeps it until later, and postpones.
  template <class Write>
  void write_result(std::string& out, Write write) const {
    xml::Writer writer(out);
    xmpp::open_result(writer, request_, request_.attr("to"), asker_->jid.text());
    write(writer);
    writer.end();
  }
  void write_error(std::string& out, xmpp::StanzaCondition condition,
                   std::string_view text = {}) const;
  // The question has been noted down as data and will be answered from there.
  void postpone() { answered_ = true; }

 private:
  State* state_;
  Session* asker_;
  xml::Element request_;
  bool answered_ = false;
};

// Whose iq it is, seen from the asker.
enum class IqPlace : std::uint8_t {
  kServer = 1,   // a domain served here
  kOwn = 2,      // the asker's account, by its bare JID or by no `to` at all
  kAccount = 4,  // somebody else's bare JID
};

struct IqRequest {
  Session& asker;
  xml::Element stanza;
  xml::Element payload;  // its only child
  const Target& target;
  IqPlace place;
};

// A row: which requests come to which handler.
struct IqRow {
  std::string_view name;  // of the payload
  std::string_view ns;
  std::string_view type;  // "get" or "set"
  unsigned places;        // of IqPlace, or'ed
  void (*handle)(State& state, const IqRequest& request, IqReply reply);

  bool at(IqPlace place) const { return (places & static_cast<unsigned>(place)) != 0; }
};

// All rows; a new service is a new line in there.
std::span<const IqRow> iq_rows();

}  // namespace rosterd::im
