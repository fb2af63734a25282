// SPDX-License-Identifier: MIT
// Client: one resource, and what it believes from nothing but what it was sent.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/handle.h"
#include "contacts.h"
#include "im/session.h"
#include "verdict.h"
#include "xml/parser.h"

namespace rosterd::model {

// A stanza, as far as it matters here.
struct Event {
  enum class Kind {
    kUnavailable,
    kAvailable,
    kRefusal,  // of a probe
    kPush,
    kRoster,
    kSameRoster,
    kNoRoster,
    kOther,
  };
  Kind kind = Kind::kOther;
  std::string from;     // presence
  std::string status;   // presence: which one it is
  std::string id;       // iq
  std::string version;  // roster
  std::string removed;  // push: this contact
  Contacts items;       // roster; push: one or none
};

Event parse_event(xml::Element stanza);
bool is_about_presence(const Event& event);

// Rosters that clients of an account keep from one login to the next, by version.
using KeptRosters = std::map<std::string, Contacts>;

class Client {
 public:
  Client(std::string account, std::string address, Handle<im::Session> handle)
      : user(std::move(account)), full(std::move(address)), session(handle) {}

  const std::string user;  // bare
  const std::string full;
  const Handle<im::Session> session;

  bool available = false;
  std::string status;  // of its presence
  // Whom it sees, with their status.
  std::map<std::string, std::string> sees;

  std::optional<Contacts> roster;
  // Its roster gets without an answer, with the version that each said it has.
  std::map<std::string, std::string> asked;
  int gets = 0;

  // The answer to a get, or a push.
  void on_roster_event(const Event& event, KeptRosters& kept, Verdict& verdict);

 private:
  void on_push(const Event& event, Verdict& verdict);
  void keep(const std::string& version, KeptRosters& kept, Verdict& verdict) const;
};

}  // namespace rosterd::model
