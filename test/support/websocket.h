// SPDX-License-Identifier: MIT
// WebSocket frames as a client sends them, good and bad.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace rosterd::test {

inline constexpr std::string_view kWebSocketMask =
    "\x37\xFA\x21\x3D";  // that of the RFC's examples

// The head of a masked frame whose length is written in `length_size` bytes: 0 (in the second byte
// of the head), 2 or 8. `first` is the head's first byte: FIN, reserved bits, opcode.
inline std::string client_head(int first, std::uint64_t length, std::size_t length_size) {
  std::string out = {static_cast<char>(first)};
  const std::uint64_t second = length_size == 0 ? length : length_size == 2 ? 126 : 127;
  out.push_back(static_cast<char>(0x80 | second));
  for (std::size_t i = length_size; i > 0; --i) {
    out.push_back(static_cast<char>((length >> (8 * (i - 1))) & 0xFF));
  }
  return out.append(kWebSocketMask);
}

inline std::string client_frame(int first, std::string_view payload) {
  const std::size_t length_size = payload.size() < 126 ? 0 : payload.size() <= 0xFFFF ? 2 : 8;
  std::string out = client_head(first, payload.size(), length_size);
  for (std::size_t i = 0; i < payload.size(); ++i) {
    out.push_back(static_cast<char>(payload[i] ^ kWebSocketMask[i % kWebSocketMask.size()]));
  }
  return out;
}

}  // namespace rosterd::test
