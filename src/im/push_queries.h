// SPDX-License-Identifier: MIT
// Push queries: the query elements of the roster pushes (RFC 6121 section 2.1.6) that lead from one
// roster to another, the same for every session of the user.
#pragma once

#include <cstdint>
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

  std::size_t count() const { return ends_.size(); }
  std::string_view query(std::size_t i) const {
    const std::size_t begin = i == 0 ? 0 : ends_[i - 1];
    return std::string_view(bytes_).substr(begin, ends_[i] - begin);
  }

 private:
  std::string bytes_;
  std::vector<std::uint32_t> ends_;
};

}  // namespace rosterd::im
