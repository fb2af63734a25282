// SPDX-License-Identifier: MIT
// The command line: rosterd(8).
#include <getopt.h>
#include <malloc.h>
#include <sys/resource.h>

#include <cstdio>
#include <cstring>
#include <string>

#include "base/log.h"
#include "config.h"
#include "config_check.h"
#include "passwd.h"
#include "server.h"

namespace {

enum ExitStatus { kOk = 0, kRuntimeFailure = 1, kUsage = 2 };

constexpr const char* kUsageText =
    "usage: rosterd [-c FILE] [-t | -p] [-v] [-V] [-h]\n"
    "       rosterd passwd [-c FILE] USER@HOST\n"
    "       rosterd passwd [-c FILE] --delete USER@HOST\n"
    "       rosterd passwd [-c FILE] --list\n"
    "\n"
    "  -c, --config FILE    configuration (default " ROSTERD_CONFIG_FILE
    ")\n"
    "  -t, --test           check the configuration and exit\n"
    "  -p, --print-config   print the effective configuration and exit\n"
    "  -v, --verbose        log at level debug\n"
    "  -V, --version        print the version and exit\n"
    "  -h, --help           print this text and exit\n";

struct CommandLine {
  std::string config_file = ROSTERD_CONFIG_FILE;
  bool test = false;
  bool print = false;
  bool verbose = false;
};

// Returns the exit status when the program is to end at once, -1 when it is to go on.
int parse_command_line(int argc, char** argv, CommandLine& line) {
  static const option kLong[] = {{"config", required_argument, nullptr, 'c'},
                                 {"test", no_argument, nullptr, 't'},
                                 {"print-config", no_argument, nullptr, 'p'},
                                 {"verbose", no_argument, nullptr, 'v'},
                                 {"version", no_argument, nullptr, 'V'},
                                 {"help", no_argument, nullptr, 'h'},
                                 {nullptr, 0, nullptr, 0}};
  for (int c; (c = getopt_long(argc, argv, "c:tpvVh", kLong, nullptr)) != -1;) {
    switch (c) {
      case 'c':
        line.config_file = optarg;
        break;
      case 't':
        line.test = true;
        break;
      case 'p':
        line.print = true;
        break;
      case 'v':
        line.verbose = true;
        break;
      case 'V':
        std::puts("rosterd " ROSTERD_VERSION);
        return kOk;
      case 'h':
        std::fputs(kUsageText, stdout);
        return kOk;
      default:
        std::fputs(kUsageText, stderr);
        return kUsage;
    }
  }
  if (optind == argc && !(line.test && line.print)) return -1;
  std::fputs(kUsageText, stderr);
  return kUsage;
}

// One descriptor per client: the hard limit is the administrator's word on how many there may be.
void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

int test_configuration(const rosterd::Config& config, const CommandLine& line) {
  if (const auto checked = rosterd::Server::check(config); !checked) {
    std::fprintf(stderr, "%s: %s\n", line.config_file.c_str(), checked.error().text.c_str());
    return kUsage;
  }
  if (rosterd::shows_secrets(config, line.config_file)) {
    std::fprintf(stderr, "%s: warning: it holds secrets, and everybody may read it: chmod o-r\n",
                 line.config_file.c_str());
  }
  std::printf("%s: configuration is good\n", line.config_file.c_str());
  return kOk;
}

// glibc keeps small freed pieces apart until a large one is freed, and then works through all of
// them: each roster that arrives makes hundreds, each outbox that is sent frees a large one. It
// took a quarter of the CPU of a refresh of 10,000 users.
void join_freed_memory_at_once() { mallopt(M_MXFAST, 0); }

int serve(const rosterd::Config& config, const CommandLine& line) {
  join_freed_memory_at_once();
  raise_descriptor_limit();
  if (rosterd::shows_secrets(config, line.config_file)) {
    rosterd::log::warn("server", "configuration holds secrets, and everybody may read it",
                       {{"file", line.config_file}, {"remedy", "chmod o-r"}});
  }
  auto server = rosterd::Server::start(config, line.config_file);
  if (!server) {
    rosterd::log::error("server", "cannot start", {{"reason", server.error().text}});
    return kRuntimeFailure;
  }
  (*server)->run();
  return kOk;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc > 1 && std::strcmp(argv[1], "passwd") == 0) {
    return rosterd::run_passwd(argc - 1, argv + 1);
  }
  CommandLine line;
  if (const int status = parse_command_line(argc, argv, line); status >= 0) return status;
  const auto config = rosterd::load_config(line.config_file);
  if (!config) {
    std::fprintf(stderr, "%s\n", config.error().text.c_str());
    return kUsage;
  }
  if (line.print) {
    std::fputs(rosterd::print_config(*config).c_str(), stdout);
    return kOk;
  }
  if (line.test) return test_configuration(*config, line);
  rosterd::log::set_level(line.verbose ? rosterd::log::Level::kDebug : config->log_level);
  return serve(*config, line);
}
