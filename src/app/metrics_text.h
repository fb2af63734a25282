// SPDX-License-Identifier: MIT
// MetricsText: builds the page that monitoring reads, in either of its two formats. Pure.
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "base/histogram.h"

namespace rosterd::app {

enum class MetricsFormat : std::uint8_t {
  kOpenMetrics,  // OpenMetrics 1.0.0
  kPrometheus,   // the text format 0.0.4 before it, which many tools still want
};

// The value of Content-Type.
std::string_view content_type(MetricsFormat format);

// What a client wants by its Accept field ("" = it does not say): OpenMetrics, unless it likes the
// other one better (RFC 9110 section 12.5.1).
MetricsFormat choose_metrics_format(std::string_view accept);

using MetricLabels = std::initializer_list<std::pair<std::string_view, std::string_view>>;

// A family first, then its samples. The name of a family has no suffix like "_total"; one that ends
// in "_seconds" or "_bytes" says its unit by that.
class MetricsText {
 public:
  explicit MetricsText(MetricsFormat format) : format_(format) {}

  MetricsText& counter(std::string_view name, std::string_view help);
  MetricsText& gauge(std::string_view name, std::string_view help);
  // A whole family of one histogram, in seconds.
  MetricsText& histogram(std::string_view name, std::string_view help, const Histogram& histogram);

  template <std::integral T>
  MetricsText& sample(T value, MetricLabels labels = {}) {
    return add_sample(suffix_, std::to_string(value), labels);
  }
  MetricsText& seconds(Duration value, MetricLabels labels = {});

  std::string take();

 private:
  void begin(std::string_view name, std::string_view type, std::string_view help,
             std::string_view suffix);
  MetricsText& add_sample(std::string_view suffix, std::string_view value, MetricLabels labels);

  const MetricsFormat format_;
  std::string out_;
  std::string name_;         // of the family that has begun
  std::string_view suffix_;  // of its samples
};

}  // namespace rosterd::app
