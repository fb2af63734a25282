// SPDX-License-Identifier: MIT
// Push queries: the query elements of the roster pushes (RFC 6121 section 2.1.6) that lead from one
// roster to another, the same for every session of the user.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "im/new_roster.h"
#include "im/roster_diff.h"
#include "xml/writer.h"

namespace rosterd::im {

// Appends `item` as a child of the query that `writer` has open.
void write_item(xml::Writer& writer, const Interner& names, const RosterItem& item);

class PushQueries {
 public:
  PushQueries() = default;
  // One per change, in that order; `roster` is the one that the changes lead to.
  PushQueries(const NewRoster& roster, const std::vector<ItemChange>& changes);

  std::size_t count() const { return count_; }
  std::size_t bytes() const { return bytes_.size(); }
  // visit(std::string_view) for each.
  template <class Visit>
  void for_each(Visit visit) const {
    std::string_view rest = bytes_;
    while (!rest.empty()) {
      const std::size_t end = rest.find(kEnd);
      visit(rest.substr(0, end));
      rest.remove_prefix(end + 1);
    }
  }

 private:
  static constexpr char kEnd = '\0';  // which is not in XML
  std::string bytes_;
  std::size_t count_ = 0;
};

}  // namespace rosterd::im
