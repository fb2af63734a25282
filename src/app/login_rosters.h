// SPDX-License-Identifier: MIT
// LoginRosters: rosters that came along with the answer to a login, until the session begins and
// wants them: that saves the fetch. The freshness rule of RosterSource holds for them, with the
// number of the login's question. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/json_tape.h"
#include "base/time.h"
#include "xmpp/jid.h"

namespace rosterd::app {

class LoginRosters {
 public:
  static constexpr Duration kLifetime = std::chrono::seconds(10);  // from the question on
  static constexpr std::size_t kMost = 10'000;  // questions and rosters; no more are kept

  // What has come with a login.
  struct Brought {
    std::uint64_t sequence = 0;
    json::Tape roster;
    std::string etag;  // "" = none
  };

  // Both outlive it; `last_sequence` is of what was sent last.
  LoginRosters(const Clock& clock, std::uint64_t& last_sequence)
      : clock_(clock), last_sequence_(last_sequence) {}

  // A question whose answer may bring his roster leaves now. Returns its number.
  std::uint64_t expect(const xmpp::Jid& user);
  // The answer to that question has brought it.
  void bring(const xmpp::Jid& user, Brought brought);
  // No roster will come, or what comes may be older than what the web app says now.
  void drop(const xmpp::Jid& user);
  // The session begins.
  std::optional<Brought> take(const xmpp::Jid& user);

 private:
  struct Entry {
    Brought brought;
    bool has_come = false;
    Instant expires;
  };

  const Clock& clock_;
  std::uint64_t& last_sequence_;
  std::map<std::string, Entry, std::less<>> entries_;  // by bare JID
};

}  // namespace rosterd::app
