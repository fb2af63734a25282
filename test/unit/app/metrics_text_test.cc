// SPDX-License-Identifier: MIT
#include "app/metrics_text.h"

#include "support/cmocka.h"

namespace rosterd::app {
namespace {

constexpr Duration kBounds[] = {Duration(3'000), std::chrono::seconds(10)};

std::string write(MetricsFormat format) {
  Histogram histogram(kBounds);
  for (const int took : {1, 3'000, 4'000, 20'000'000}) histogram.observe(Duration(took));
  MetricsText text(format);
  text.counter("x_stanzas", "Stanzas.").sample(std::uint64_t{7}, {{"kind", "iq"}, {"to", "a"}});
  text.gauge("x_memory_bytes", "Memory.").sample(-1);
  text.counter("x_cpu_seconds", "Time.").seconds(Duration(1'500'000));
  text.histogram("x_turn_seconds", "Turns.", histogram);
  return text.take();
}

void openmetrics_names_families_without_suffix_and_ends_with_eof(void**) {
  assert_text_equal(write(MetricsFormat::kOpenMetrics),
                    "# TYPE x_stanzas counter\n"
                    "# HELP x_stanzas Stanzas.\n"
                    "x_stanzas_total{kind=\"iq\",to=\"a\"} 7\n"
                    "# TYPE x_memory_bytes gauge\n"
                    "# UNIT x_memory_bytes bytes\n"
                    "# HELP x_memory_bytes Memory.\n"
                    "x_memory_bytes -1\n"
                    "# TYPE x_cpu_seconds counter\n"
                    "# UNIT x_cpu_seconds seconds\n"
                    "# HELP x_cpu_seconds Time.\n"
                    "x_cpu_seconds_total 1.5\n"
                    "# TYPE x_turn_seconds histogram\n"
                    "# UNIT x_turn_seconds seconds\n"
                    "# HELP x_turn_seconds Turns.\n"
                    "x_turn_seconds_bucket{le=\"0.003\"} 2\n"
                    "x_turn_seconds_bucket{le=\"10.0\"} 3\n"
                    "x_turn_seconds_bucket{le=\"+Inf\"} 4\n"
                    "x_turn_seconds_sum 20.007001\n"
                    "x_turn_seconds_count 4\n"
                    "# EOF\n");
}

void the_older_format_names_families_as_their_samples(void**) {
  const std::string page = write(MetricsFormat::kPrometheus);
  assert_true(
      page.starts_with("# TYPE x_stanzas_total counter\n# HELP x_stanzas_total Stanzas.\n"
                       "x_stanzas_total{kind=\"iq\",to=\"a\"} 7\n"));
  assert_true(page.find("# TYPE x_cpu_seconds_total counter\n") != std::string::npos);
  assert_true(page.find("UNIT") == std::string::npos);
  assert_true(page.ends_with("x_turn_seconds_count 4\n"));
}

void labels_are_escaped(void**) {
  MetricsText text(MetricsFormat::kPrometheus);
  text.gauge("x", "X.").sample(1, {{"origin", "a\\b\"c\nd"}});
  assert_text_equal(text.take(), "# TYPE x gauge\n# HELP x X.\nx{origin=\"a\\\\b\\\"c\\nd\"} 1\n");
}

void seconds_are_exact(void**) {
  for (const auto& [micros, text] :
       {std::pair{0LL, "0.0"}, std::pair{1LL, "0.000001"}, std::pair{1'000'000LL, "1.0"},
        std::pair{1'795'441'200'123'000LL, "1795441200.123"}}) {
    MetricsText page(MetricsFormat::kPrometheus);
    page.gauge("x", "X.").seconds(Duration(micros));
    assert_true(page.take().ends_with(std::string("\nx ") + text + "\n"));
  }
}

void the_format_is_what_the_client_likes_best(void**) {
  const char* const open[] = {
      "",
      "*/*",
      "application/openmetrics-text",
      "application/openmetrics-text; version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
      "text/plain;q=0.3, application/*;q=0.4",
      "text/html, application/xhtml+xml, */*;q=0.8",
      "text/plain, */*",
      "image/png",
      "text/plain;q=0",
      "application/openmetrics-text;q=0.5, */*;q=0.1, text/plain;q=0.4",
      ",,;",
  };
  for (const char* accept : open) {
    if (choose_metrics_format(accept) != MetricsFormat::kOpenMetrics) print_message("%s\n", accept);
    assert_true(choose_metrics_format(accept) == MetricsFormat::kOpenMetrics);
  }
  const char* const plain[] = {
      "text/plain",
      "TEXT/Plain; version=0.0.4",
      "text/*",
      "text/plain, */*;q=0.1",
      "application/openmetrics-text; q=0.2, text/plain; Q=0.9",
      "*/*, application/openmetrics-text;q=0",
  };
  for (const char* accept : plain) {
    if (choose_metrics_format(accept) != MetricsFormat::kPrometheus) print_message("%s\n", accept);
    assert_true(choose_metrics_format(accept) == MetricsFormat::kPrometheus);
  }
}

}  // namespace
}  // namespace rosterd::app

int main() {
  using namespace rosterd::app;
  const CMUnitTest tests[] = {
      cmocka_unit_test(openmetrics_names_families_without_suffix_and_ends_with_eof),
      cmocka_unit_test(the_older_format_names_families_as_their_samples),
      cmocka_unit_test(labels_are_escaped),
      cmocka_unit_test(seconds_are_exact),
      cmocka_unit_test(the_format_is_what_the_client_likes_best),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
