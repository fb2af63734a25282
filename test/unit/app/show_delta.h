// SPDX-License-Identifier: MIT
// Deltas as one line of text.
#pragma once

#include <string>
#include <string_view>

#include "app/roster_delta.h"
#include "unit/im/make_roster.h"

namespace rosterd::app {

inline void append_contact(std::string& out, std::string_view text) {
  if (out.back() != '{') out += "; ";
  out += text;
}

// "name" subscription [group]…; "?" for what is not given.
inline std::string show(const im::RosterEdit& edit) {
  std::string out(edit.contact.text());
  if (edit.remove) return out + " removed";
  out += edit.name ? " '" + *edit.name + "' " : " ? ";
  out += to_string(edit.subscription);
  if (!edit.groups) return out + " ?";
  for (const std::string& group : *edit.groups) out += " [" + group + "]";
  return out;
}

// (if)={contacts} or (if)+{edits}, and ->etag.
inline std::string show(const RosterDelta& delta) {
  std::string out;
  if (delta.if_etag) out += "(" + *delta.if_etag + ")";
  out += delta.whole ? "={" : "+{";
  if (delta.whole) {
    for (const im::Entry& entry : im::list_entries(*delta.roster)) {
      append_contact(out, show({*xmpp::Jid::parse(entry.contact), false, entry.name, entry.groups,
                                entry.subscription}));
    }
  }
  for (const im::RosterEdit& edit : delta.edits) append_contact(out, show(edit));
  out += "}";
  if (!delta.etag.empty()) out += "->" + delta.etag;
  return out;
}

}  // namespace rosterd::app
