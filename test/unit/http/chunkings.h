// SPDX-License-Identifier: MIT
// One input in every way it can arrive: whole, split in two at each place, byte by byte. A parser's
// outcome, put into words by the test, must be the same each time.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace rosterd::http {

using Pieces = std::vector<std::string_view>;

inline std::vector<Pieces> every_chunking(std::string_view bytes) {
  std::vector<Pieces> all = {{bytes}};
  for (std::size_t cut = 1; cut < bytes.size(); ++cut) {
    all.push_back({bytes.substr(0, cut), bytes.substr(cut)});
  }
  Pieces single;
  for (std::size_t i = 0; i < bytes.size(); ++i) single.push_back(bytes.substr(i, 1));
  all.push_back(single);
  return all;
}

}  // namespace rosterd::http
