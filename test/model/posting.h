// SPDX-License-Identifier: MIT
// Posting: what somebody POSTs to the server, as plain data: whom to ask for, and what it says of
// rosters itself. Each word of a step is an element:
//
//   juliet              ask for her
//   roster:juliet       her roster as it is now, with its tag; plain: without
//   roster-if:juliet:N  likewise, meant for whoever has her roster of N changes ago
//   patch:juliet:romeo  what she has of romeo now
//   patch-if:juliet:N   what has changed since N changes ago, meant for that roster; tagged
//   +all                all of it or nothing (Rosterd-Atomic); +async: answered at once (Prefer)
//
// and of an edge, which changes the web app's data as well (`remove`; 0: what is not said):
//
//   juliet:romeo:SUBSCRIPTION:NAME:GROUP
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "contacts.h"
#include "web_app.h"

namespace rosterd::model {

// What a patch says of one contact.
struct Edit {
  bool removes = false;
  Item item;
  bool names = true;   // else he keeps his name
  bool groups = true;  // likewise
};
using Edits = std::map<std::string, Edit>;

Contacts edited(Contacts contacts, const Edits& edits);

// What an element says of one user.
struct Saying {
  enum class Kind { kName, kRoster, kPatch };
  Kind kind = Kind::kName;
  std::string name;  // as it stands in the request
  std::string user;  // bare JID
  Contacts roster;
  Edits edits;
  std::optional<Contacts> base;  // `if`: it is meant for the roster with the tag of these alone
  std::string if_tag;            // that
  std::string tag;               // of the outcome, "" = not said
};

struct Posting {
  std::vector<std::vector<Saying>> elements;  // an edge says something of two users
  std::string method = "POST";
  std::string target = "/roster_admin/refresh";
  std::string body;
  bool atomic = false;
  bool answers_first = false;
};

Posting make_posting(const std::vector<std::string>& words, WebApp& web_app);
// GET, of one name.
Posting make_question(const std::string& name);
// Changes the web app's data and says so.
Posting make_edges(const std::vector<std::string>& words, WebApp& web_app);

}  // namespace rosterd::model
