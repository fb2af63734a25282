// SPDX-License-Identifier: MIT
// The Accept field of who reads /metrics.
#include <cstdint>
#include <string_view>

#include "app/metrics_text.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace rosterd::app;
  content_type(choose_metrics_format({reinterpret_cast<const char*>(data), size}));
  return 0;
}
