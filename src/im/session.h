// SPDX-License-Identifier: MIT
// Session: one bound resource. It is not the connection: it has an outbox of whole stanzas that a
// channel empties at the end of the turn, so no handler can be killed by its own send.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/handle.h"
#include "base/intrusive_list.h"
#include "base/time.h"
#include "xmpp/errors.h"
#include "xmpp/jid.h"
#include "xmpp/stanza.h"

namespace rosterd::im {

class User;

// Whole stanzas in order, waiting for the channel. Owns no memory while empty.
class Outbox {
 public:
  bool empty() const { return ends_.empty(); }
  std::size_t bytes() const { return bytes_.size(); }
  std::size_t count() const { return ends_.size(); }
  // All stanzas, concatenated; and each one.
  std::string_view all() const { return bytes_; }
  std::string_view stanza(std::size_t i) const;
  void clear();

  // So many bytes are to come, in so many stanzas.
  void expect(std::size_t bytes, std::size_t stanzas) {
    bytes_.reserve(bytes_.size() + bytes);
    ends_.reserve(ends_.size() + stanzas);
  }
  // Append a stanza's bytes to begin(), then call finish(): one stanza more.
  std::string& begin() {
    if (ends_.capacity() == 0) {
      bytes_.reserve(kUsualBytes);
      ends_.reserve(kUsualStanzas);
    }
    return bytes_;
  }
  void finish() { ends_.push_back(static_cast<std::uint32_t>(bytes_.size())); }

 private:
  // A message or two, so that one allocation does for a turn.
  static constexpr std::size_t kUsualBytes = 1000;
  static constexpr std::size_t kUsualStanzas = 8;
  std::string bytes_;
  std::vector<std::uint32_t> ends_;
};

// Owned by Core; others keep a Handle<Session>.
class Session {
 public:
  Session(xmpp::Jid full, User* owner) : jid(std::move(full)), user(owner) {}

  const xmpp::Jid jid;  // full
  User* const user;     // never null; outlives the session
  Handle<Session> handle;
  WallTime since{};          // when it was bound
  std::uint64_t stream = 0;  // the stream that serves it (a c2s handle as number), 0 = none

  Outbox outbox;
  ListNode dirty;  // in Core's list while the outbox has something, or `end` is set

  // Set by Core when the session must end (conflict, kick): send the outbox, the stream error,
  // close. Nobody reaches the session any more, and what it sends is ignored.
  xmpp::StreamCondition end = xmpp::StreamCondition::kNone;
  std::string end_text;

  // Its client does not read: more is waiting for it than it may be, as its stream has found.
  bool congested = false;

  bool interested = false;  // asked for its roster (RFC 6121 section 2.1.6): gets pushes
  // The last undirected presence, ready to be addressed to anybody, while it is an available one.
  std::optional<xmpp::Forward> presence;
  int priority = 0;  // of `presence`
  std::string lang;  // xml:lang of the stream, stamped on its stanzas
  // Bare or full JIDs that got directed presence and must hear of the end (RFC 6121 section 4.6.3).
  std::set<std::string, std::less<>> directed;

  bool available() const { return presence.has_value(); }
};

}  // namespace rosterd::im
