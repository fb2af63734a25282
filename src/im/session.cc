// SPDX-License-Identifier: MIT
#include "im/session.h"

namespace rosterd::im {

std::string_view Outbox::stanza(std::size_t i) const {
  const std::size_t begin = i == 0 ? 0 : ends_[i - 1];
  return std::string_view(bytes_).substr(begin, ends_[i] - begin);
}

void Outbox::clear() {
  // A fresh string and vector: an idle session owns no buffer.
  std::string().swap(bytes_);
  std::vector<std::uint32_t>().swap(ends_);
}

}  // namespace rosterd::im
