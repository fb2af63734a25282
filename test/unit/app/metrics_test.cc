// SPDX-License-Identifier: MIT
// The page of figures, read as strictly as the specification of OpenMetrics 1.0.0 allows.
#include "app/metrics.h"

#include <map>
#include <optional>
#include <set>

#include "app/monitor.h"
#include "support/cmocka.h"

namespace rosterd::app {
namespace {

struct Sample {
  std::string name;
  std::map<std::string, std::string> labels;
  double value = 0;
};

bool is_name(std::string_view text) {
  if (text.empty() || (text[0] >= '0' && text[0] <= '9')) return false;
  return text.find_first_not_of("abcdefghijklmnopqrstuvwxyz_0123456789") == text.npos;
}

// Reads a page of OpenMetrics; the first fault stays.
class Page {
 public:
  explicit Page(std::string_view text) {
    if (!text.ends_with("\n")) fault("the last line has no end");
    while (!text.empty() && error.empty()) {
      const std::size_t end = text.find('\n');
      read_line(std::string(text.substr(0, end)));
      text.remove_prefix(end + 1);
    }
    if (error.empty() && !ended_) fault("no # EOF");
    end_family();
  }

  double value(const std::string& name, const std::map<std::string, std::string>& labels = {}) {
    for (const Sample& sample : samples) {
      if (sample.name == name && sample.labels == labels) return sample.value;
    }
    return -1;
  }

  std::vector<Sample> samples;
  std::string error;

 private:
  void fault(const std::string& what) {
    if (error.empty()) error = what;
  }
  void read_line(const std::string& line);
  void read_comment(const std::string& line);
  void read_sample(const std::string& line);
  std::size_t read_labels(const std::string& line, std::size_t at, Sample& sample);
  void check_sample(const Sample& sample);
  void end_family();

  std::string family_, type_, unit_;
  std::set<std::string> families_;
  std::size_t first_ = 0;  // sample of the family
  bool has_help_ = false;
  bool ended_ = false;
};

void Page::read_line(const std::string& line) {
  if (ended_) return fault("after # EOF: " + line);
  if (line == "# EOF") {
    ended_ = true;
  } else if (line.starts_with("#")) {
    read_comment(line);
  } else {
    read_sample(line);
  }
}

void Page::read_comment(const std::string& line) {
  const std::size_t name = line.find(' ', 2);
  const std::size_t rest = name == line.npos ? name : line.find(' ', name + 1);
  if (!line.starts_with("# ") || rest == line.npos) return fault("no such comment: " + line);
  const std::string kind = line.substr(2, name - 2);
  const std::string family = line.substr(name + 1, rest - name - 1);
  const std::string text = line.substr(rest + 1);
  if (kind == "TYPE") {
    end_family();
    if (!is_name(family) || !families_.insert(family).second) return fault("again: " + line);
    if (text != "counter" && text != "gauge" && text != "histogram") return fault(line);
    if (family.ends_with("_total")) return fault("a suffix: " + line);
    family_ = family, type_ = text, unit_ = {}, first_ = samples.size(), has_help_ = false;
  } else if (family != family_ || samples.size() != first_) {
    fault("in the wrong place: " + line);
  } else if (kind == "UNIT") {
    if (!family.ends_with("_" + text)) fault("a unit that the name does not have: " + line);
    unit_ = text;
  } else if (kind == "HELP") {
    if (text.empty() || text.find_first_of("\\\"") != text.npos) fault("help: " + line);
    has_help_ = true;
  } else {
    fault("no such comment: " + line);
  }
}

std::size_t Page::read_labels(const std::string& line, std::size_t at, Sample& sample) {
  do {
    const std::size_t equals = line.find("=\"", ++at);
    if (equals == line.npos) return fault("labels: " + line), line.size();
    const std::string label = line.substr(at, equals - at);
    std::string value;
    for (at = equals + 2; at < line.size() && line[at] != '"'; ++at) {
      if (line[at] == '\\') ++at;
      value += line[at];
    }
    if (!is_name(label) || !sample.labels.emplace(label, value).second) fault("label: " + line);
    ++at;
  } while (at < line.size() && line[at] == ',');
  if (at >= line.size() || line[at] != '}') fault("labels: " + line);
  return at + 1;
}

void Page::read_sample(const std::string& line) {
  Sample sample;
  std::size_t at = std::min(line.find_first_of("{ "), line.size());
  sample.name = line.substr(0, at);
  if (at < line.size() && line[at] == '{') at = read_labels(line, at, sample);
  if (at >= line.size() || line[at] != ' ') return fault("no value: " + line);
  const std::string number = line.substr(at + 1);
  char* end = nullptr;
  sample.value = std::strtod(number.c_str(), &end);
  if (number.empty() || *end != '\0' || number.find_first_not_of("0123456789.-") != number.npos) {
    return fault("not a number: " + line);
  }
  for (std::size_t i = first_; i < samples.size(); ++i) {
    if (samples[i].name == sample.name && samples[i].labels == sample.labels) {
      fault("twice: " + line);
    }
  }
  check_sample(sample);
  samples.push_back(std::move(sample));
}

void Page::check_sample(const Sample& sample) {
  const std::string suffix =
      sample.name.starts_with(family_) ? sample.name.substr(family_.size()) : "?";
  if (type_ == "gauge" && suffix != "") fault("not a gauge's: " + sample.name);
  if (type_ == "counter" && (suffix != "_total" || sample.value < 0)) fault(sample.name);
  if (type_ != "histogram") return;
  const bool is_bucket = suffix == "_bucket";
  if (!is_bucket && suffix != "_sum" && suffix != "_count") fault(sample.name);
  if (is_bucket != sample.labels.contains("le")) fault("le: " + sample.name);
}

void Page::end_family() {
  if (family_.empty()) return;
  if (!has_help_) fault("no help: " + family_);
  for (const std::string unit : {"seconds", "bytes"}) {
    if (family_.ends_with("_" + unit) && unit_ != unit) fault("no unit: " + family_);
  }
  if (type_ != "histogram") return;
  double bound = -1;
  double count = 0;
  for (std::size_t i = first_; i < samples.size(); ++i) {
    if (!samples[i].name.ends_with("_bucket")) continue;
    const std::string& le = samples[i].labels["le"];
    const double next = le == "+Inf" ? 1e300 : std::strtod(le.c_str(), nullptr);
    if (next <= bound || samples[i].value < count) fault("buckets: " + family_);
    bound = next, count = samples[i].value;
  }
  if (bound != 1e300 || value(family_ + "_count") != count) fault("no +Inf: " + family_);
}

// Every figure another number.
Figures make_figures() {
  Figures figures;
  figures.version = "1.2.3";
  figures.process = {WallTime(std::chrono::milliseconds(1'795'441'200'123)), Duration(2'500'000),
                     4096};
  figures.streams = {11, 12, 13, 14, 15, 16, 17};
  figures.loop.turns.observe(Duration(50));
  figures.loop.turns.observe(std::chrono::seconds(2));
  figures.loop.slow_turns = 21;
  figures.backlog_bytes = 22;
  figures.core = {31, 32, 33, 34, 35, 36, 37, 38, 39, 40};
  figures.refresh.durations.observe(std::chrono::milliseconds(7));
  figures.refresh.updated = 41;
  figures.refresh.errors = 42;
  figures.refresh.refused = 43;
  figures.refreshes_running = 44;
  figures.fetches.counters.count(FetchOutcome::kTooLarge, FetchReason::kBulk, Duration(1));
  figures.fetches.in_flight = 51;
  figures.fetches.queued = 52;
  figures.fetches.breakers = {{"https://a.example", BreakerStats::State::kClosed},
                              {"https://b.example", BreakerStats::State::kHalfOpen}};
  figures.events = {71, 72, 73, 74, WallTime(std::chrono::seconds(75))};
  figures.http.connections = 61;
  figures.http.refused = 62;
  figures.http.answers = {{{"", 404}, 63}, {{"/metrics", 200}, 64}, {{"/metrics", 405}, 65}};
  return figures;
}

void the_page_is_openmetrics(void**) {
  const Page page(write_metrics(make_figures(), MetricsFormat::kOpenMetrics));
  assert_text_equal(page.error, "");
  assert_true(page.samples.size() > 100);
}

void the_checker_sees_faults(void**) {
  for (const char* page :
       {"# TYPE a gauge\n# HELP a A.\na 1\n", "# TYPE a gauge\n# HELP a A.\na 1\n# EOF",
        "# TYPE a gauge\na 1\n# EOF\n", "# TYPE a counter\n# HELP a A.\na 1\n# EOF\n",
        "# TYPE a gauge\n# HELP a A.\na 1\na 1\n# EOF\n",
        "# TYPE a gauge\n# HELP a A.\na x\n# EOF\n", "# EOF\n# EOF\n",
        "# TYPE a_bytes gauge\n# HELP a_bytes A.\na_bytes 1\n# EOF\n",
        "# TYPE a histogram\n# HELP a A.\na_bucket{le=\"1.0\"} 1\na_count 1\na_sum 1\n# EOF\n"}) {
    if (Page(page).error.empty()) print_message("%s\n", page);
    assert_false(Page(page).error.empty());
  }
}

void an_empty_server_has_a_page_too(void**) {
  assert_text_equal(Page(write_metrics(Figures(), MetricsFormat::kOpenMetrics)).error, "");
}

void every_figure_is_in_its_place(void**) {
  Page page(write_metrics(make_figures(), MetricsFormat::kOpenMetrics));
  assert_true(page.value("rosterd_build_info", {{"version", "1.2.3"}}) == 1);
  assert_true(page.value("process_start_time_seconds") == 1795441200.123);
  assert_true(page.value("process_cpu_seconds_total") == 2.5);
  assert_true(page.value("process_resident_memory_bytes") == 4096);
  int number = 11;
  for (const char* name : {"rosterd_streams", "rosterd_streams_opened_total",
                           "rosterd_logins_total", "rosterd_login_failures_total"}) {
    assert_true(page.value(name) == number++);
  }
  for (const char* kind : {"message", "presence", "iq"}) {
    assert_true(page.value("rosterd_stanzas_sent_total", {{"kind", kind}}) == number++);
  }
  number = 31;
  for (const char* name :
       {"rosterd_users_online", "rosterd_sessions", "rosterd_rosters_kept", "rosterd_rosters",
        "rosterd_contacts", "rosterd_strings", "rosterd_last_seen_users"}) {
    assert_true(page.value(name) == number++);
  }
  for (const char* kind : {"message", "presence", "iq"}) {
    assert_true(page.value("rosterd_stanzas_received_total", {{"kind", kind}}) == number++);
  }
  assert_true(page.value("rosterd_slow_turns_total") == 21);
  assert_true(page.value("rosterd_unsent_bytes") == 22);
  assert_true(page.value("rosterd_turn_seconds_bucket", {{"le", "1.0"}}) == 1);
  assert_true(page.value("rosterd_turn_seconds_count") == 2);
  assert_true(page.value("rosterd_refresh_users_total", {{"outcome", "updated"}}) == 41);
  assert_true(page.value("rosterd_refresh_users_total", {{"outcome", "error"}}) == 42);
  assert_true(page.value("rosterd_refreshes_refused_total") == 43);
  assert_true(page.value("rosterd_refreshes_running") == 44);
  assert_true(page.value("rosterd_refresh_seconds_sum") == 0.007);
  assert_true(page.value("rosterd_fetches_total", {{"outcome", "too_large"}, {"reason", "bulk"}}) ==
              1);
  assert_true(page.value("rosterd_fetches_in_flight") == 51);
  assert_true(page.value("rosterd_fetches_queued") == 52);
  assert_true(page.value("rosterd_breaker_state",
                         {{"origin", "https://b.example"}, {"state", "half_open"}}) == 1);
  assert_true(page.value("rosterd_breaker_state",
                         {{"origin", "https://b.example"}, {"state", "closed"}}) == 0);
  assert_true(page.value("rosterd_events_queued") == 71);
  assert_true(page.value("rosterd_events_total", {{"outcome", "taken"}}) == 72);
  assert_true(page.value("rosterd_event_retries_total") == 73);
  assert_true(page.value("rosterd_events_total", {{"outcome", "lost"}}) == 74);
  assert_true(page.value("rosterd_events_last_success_timestamp_seconds") == 75);
  assert_true(page.value("rosterd_http_connections") == 61);
  assert_true(page.value("rosterd_http_connections_refused_total") == 62);
  assert_true(page.value("rosterd_http_requests_total", {{"route", ""}, {"status", "404"}}) == 63);
}

// --- the three paths -----------------------------------------------------------------------------

struct Source final : MonitorSource {
  bool stopping() const override { return is_stopping; }
  Figures take_figures() const override { return figures; }
  bool is_stopping = false;
  Figures figures;
};

struct Answer final : web::Responder {
  void respond(web::ExchangeId, http::Response response) override { last = std::move(response); }
  http::Response last;
};

std::string ask(const Source& source, std::string path, std::string accept = {}) {
  http::Request request;
  request.method = "GET";
  request.target = std::move(path);
  if (!accept.empty()) request.fields.add("Accept", std::move(accept));
  Answer answer;
  Monitor(source).on_request(answer, {1, 1}, web::Client{}, request);
  if (request.path() == "/metrics") return std::string(answer.last.fields.get("Content-Type"));
  return std::to_string(answer.last.status) + " " + answer.last.body;
}

void health_and_readiness_are_told_as_json(void**) {
  Source source;
  assert_text_equal(ask(source, "/healthz"), R"(200 {"status":"ok"})");
  assert_text_equal(ask(source, "/readyz?x"), R"(200 {"status":"ok"})");
  source.figures = make_figures();
  assert_text_equal(ask(source, "/readyz"),
                    R"(200 {"status":"degraded","failing":["https://b.example"]})");
  source.figures.fetches.breakers[0].state = BreakerStats::State::kOpen;
  assert_text_equal(
      ask(source, "/readyz"),
      R"(200 {"status":"degraded","failing":["https://a.example","https://b.example"]})");
  source.is_stopping = true;
  assert_text_equal(ask(source, "/readyz"), R"(503 {"status":"stopping"})");
  assert_text_equal(ask(source, "/healthz"), R"(200 {"status":"ok"})");
}

void metrics_come_in_the_format_that_is_asked_for(void**) {
  const Source source;
  assert_text_equal(ask(source, "/metrics"),
                    "application/openmetrics-text; version=1.0.0; charset=utf-8");
  assert_text_equal(ask(source, "/metrics", "text/plain"),
                    "text/plain; version=0.0.4; charset=utf-8");
}

}  // namespace
}  // namespace rosterd::app

int main() {
  using namespace rosterd::app;
  const CMUnitTest tests[] = {
      cmocka_unit_test(the_page_is_openmetrics),
      cmocka_unit_test(the_checker_sees_faults),
      cmocka_unit_test(an_empty_server_has_a_page_too),
      cmocka_unit_test(every_figure_is_in_its_place),
      cmocka_unit_test(health_and_readiness_are_told_as_json),
      cmocka_unit_test(metrics_come_in_the_format_that_is_asked_for),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
