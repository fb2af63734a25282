// SPDX-License-Identifier: MIT
#include "app/metrics_text.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <optional>

#include "base/text.h"

namespace rosterd::app {

namespace {

// Exactly, as microseconds are: "0.0", "0.003", "12.5".
std::string to_seconds(Duration value) {
  char text[32];
  const auto micros = static_cast<long long>(value.count());
  std::snprintf(text, sizeof text, "%lld.%06lld", micros / 1'000'000, micros % 1'000'000);
  std::string digits = text;
  const std::size_t last = digits.find_last_not_of('0');
  digits.resize(std::max(last, digits.find('.') + 1) + 1);
  return digits;
}

void append_escaped(std::string& out, std::string_view value) {
  for (const char c : value) {
    if (c == '\\' || c == '"') out += '\\';
    if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
}

// The value of ";q=", 1 where there is none.
double quality(std::string_view parameters) {
  while (!parameters.empty()) {
    const std::size_t end = std::min(parameters.find(';'), parameters.size());
    const std::string_view one = text::trim(parameters.substr(0, end));
    if (one.size() > 2 && (one[0] == 'q' || one[0] == 'Q') && one[1] == '=') {
      return std::atof(std::string(one.substr(2)).c_str());
    }
    parameters.remove_prefix(std::min(end + 1, parameters.size()));
  }
  return 1;
}

// How much of `wanted` ("type/subtype") a range says: 3 itself, 2 its type, 1 everything, 0 other.
int match(std::string_view range, std::string_view wanted) {
  if (text::ascii_iequals(range, wanted)) return 3;
  if (range == "*/*") return 1;
  const std::string_view type = wanted.substr(0, wanted.find('/') + 1);
  return range.ends_with("/*") && text::ascii_iequals(range.substr(0, range.size() - 1), type) ? 2
                                                                                               : 0;
}

// How much `wanted` is liked: the word of the most specific range, of several the best.
double preference(std::string_view accept, std::string_view wanted) {
  int closest = 0;
  double best = 0;
  while (!accept.empty()) {
    const std::size_t end = std::min(accept.find(','), accept.size());
    const std::string_view one = accept.substr(0, end);
    const std::size_t parameters = std::min(one.find(';'), one.size());
    const int close = match(text::trim(one.substr(0, parameters)), wanted);
    const double liked = close > 0 ? quality(one.substr(parameters)) : 0;
    if (close > closest) {
      closest = close;
      best = liked;
    } else if (close > 0 && close == closest) {
      best = std::max(best, liked);
    }
    accept.remove_prefix(std::min(end + 1, accept.size()));
  }
  return best;
}

std::string_view unit_of(std::string_view name) {
  for (const std::string_view unit : {"seconds", "bytes"}) {
    if (name.ends_with(unit)) return unit;
  }
  return {};
}

}  // namespace

std::string_view content_type(MetricsFormat format) {
  return format == MetricsFormat::kOpenMetrics
             ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
             : "text/plain; version=0.0.4; charset=utf-8";
}

MetricsFormat choose_metrics_format(std::string_view accept) {
  const double open = preference(accept, "application/openmetrics-text");
  const double plain = preference(accept, "text/plain");
  return plain > open ? MetricsFormat::kPrometheus : MetricsFormat::kOpenMetrics;
}

// The older format takes the suffix as a part of the family's name, and knows no unit.
void MetricsText::begin(std::string_view name, std::string_view type, std::string_view help,
                        std::string_view suffix) {
  name_ = name;
  suffix_ = suffix;
  const bool is_open = format_ == MetricsFormat::kOpenMetrics;
  const std::string family = is_open ? name_ : name_ + std::string(suffix);
  out_.append("# TYPE ").append(family).append(" ").append(type).append("\n");
  const std::string_view unit = unit_of(name);
  if (is_open && !unit.empty()) {
    out_.append("# UNIT ").append(family).append(" ").append(unit).append("\n");
  }
  out_.append("# HELP ").append(family).append(" ").append(help).append("\n");
}

MetricsText& MetricsText::counter(std::string_view name, std::string_view help) {
  begin(name, "counter", help, "_total");
  return *this;
}

MetricsText& MetricsText::gauge(std::string_view name, std::string_view help) {
  begin(name, "gauge", help, "");
  return *this;
}

MetricsText& MetricsText::histogram(std::string_view name, std::string_view help,
                                    const Histogram& histogram) {
  begin(name, "histogram", help, "");
  std::uint64_t so_far = 0;
  for (std::size_t i = 0; i < histogram.bounds().size(); ++i) {
    so_far += histogram.bucket(i);
    add_sample("_bucket", std::to_string(so_far), {{"le", to_seconds(histogram.bounds()[i])}});
  }
  add_sample("_bucket", std::to_string(histogram.count()), {{"le", "+Inf"}});
  add_sample("_sum", to_seconds(histogram.sum()), {});
  return add_sample("_count", std::to_string(histogram.count()), {});
}

MetricsText& MetricsText::seconds(Duration value, MetricLabels labels) {
  return add_sample(suffix_, to_seconds(value), labels);
}

MetricsText& MetricsText::add_sample(std::string_view suffix, std::string_view value,
                                     MetricLabels labels) {
  out_.append(name_).append(suffix);
  char before = '{';
  for (const auto& [label, text] : labels) {
    out_.append(1, before).append(label).append("=\"");
    append_escaped(out_, text);
    out_ += '"';
    before = ',';
  }
  if (labels.size() > 0) out_ += '}';
  out_.append(" ").append(value).append("\n");
  return *this;
}

std::string MetricsText::take() {
  if (format_ == MetricsFormat::kOpenMetrics) out_ += "# EOF\n";
  return std::move(out_);
}

}  // namespace rosterd::app
