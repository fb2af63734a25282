// SPDX-License-Identifier: MIT
// replay [--over websocket|bosh] SCRIPT…: plays conversations; exits 1 at the first one that goes
// otherwise.
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

#include "base/log.h"
#include "scene.h"

namespace {

using namespace rosterd;

void keep_line(void* kept, log::Level, std::string_view line) {
  static_cast<std::string*>(kept)->append("  log: ").append(line).append("\n");
}

void report(const char* file, int line, const std::string& step, const std::string& why) {
  std::printf("%s:%d: %s\n  %s\n", file, line, step.c_str(), why.c_str());
}

bool play(const char* file, xmpp::StreamFraming framing, std::string& log_lines) {
  std::ifstream input(file, std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(input)), {});
  const auto steps = replay::parse_script(text);
  replay::Scene scene(framing);
  for (const replay::Step& step : steps) {
    log_lines.append(step.text).append("\n");
    if (const auto status = scene.play(step); !status) {
      report(file, step.line, step.text, status.error().text);
      return false;
    }
  }
  const auto status = scene.finish();
  if (!status) report(file, steps.empty() ? 0 : steps.back().line, "the end", status.error().text);
  return status.has_value();
}

}  // namespace

int main(int argc, char** argv) {
  int first = 1;
  auto framing = xmpp::StreamFraming::kTcp;
  if (argc > 2 && std::string_view(argv[1]) == "--over") {
    if (std::string_view(argv[2]) == "websocket") framing = xmpp::StreamFraming::kWebSocket;
    if (std::string_view(argv[2]) == "bosh") framing = xmpp::StreamFraming::kBosh;
    first = framing == xmpp::StreamFraming::kTcp ? argc : 3;
  }
  if (argc <= first) {
    std::fprintf(stderr, "usage: replay [--over websocket|bosh] SCRIPT...\n");
    return 2;
  }
  std::string log_lines;
  log::set_level(log::Level::kDebug);
  log::set_sink(keep_line, &log_lines);
  for (int i = first; i < argc; ++i) {
    log_lines.clear();
    if (play(argv[i], framing, log_lines)) continue;
    std::printf("what happened before:\n%s", log_lines.c_str());
    return 1;
  }
  return 0;
}
