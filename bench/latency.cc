// SPDX-License-Identifier: MIT
#include "latency.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "process.h"

namespace bench {

double Latencies::percentile(double part) {
  if (nanoseconds_.empty()) give_up("nothing was timed");
  const auto rank =
      static_cast<std::ptrdiff_t>(std::ceil(part * static_cast<double>(nanoseconds_.size()))) - 1;
  const auto at = nanoseconds_.begin() + std::max<std::ptrdiff_t>(rank, 0);
  std::nth_element(nanoseconds_.begin(), at, nanoseconds_.end());
  return static_cast<double>(*at) / 1000;
}

std::string Latencies::text() {
  return fmt::format("p50_us={:.1f} p99_us={:.1f} p999_us={:.1f}", percentile(0.5),
                     percentile(0.99), percentile(0.999));
}

}  // namespace bench
