// SPDX-License-Identifier: MIT
// The figures of the whole daemon as one page. Components keep plain counters; who answers a scrape
// takes a copy of them and writes it here. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "app/event_stream.h"
#include "app/fetch_stats.h"
#include "app/metrics_text.h"
#include "app/refresh.h"
#include "base/time.h"
#include "im/core.h"
#include "net/loop.h"
#include "web/http_server.h"

namespace rosterd::app {

// Of the operating system, about this process.
struct ProcessFigures {
  WallTime started{};
  Duration cpu{};                  // user and system
  std::size_t resident_bytes = 0;  // in memory
};

// Of the client streams, which this room cannot see.
struct StreamFigures {
  std::size_t open = 0;
  std::uint64_t opened = 0;
  std::uint64_t logins = 0;
  std::uint64_t failed_logins = 0;
  std::uint64_t messages_sent = 0;
  std::uint64_t presences_sent = 0;
  std::uint64_t iqs_sent = 0;
};

struct Figures {
  std::string version;
  ProcessFigures process;
  StreamFigures streams;
  net::LoopStats loop;
  std::size_t backlog_bytes = 0;
  im::CoreStats core;
  RefreshStats refresh;
  std::size_t refreshes_running = 0;
  FetchStats fetches;
  EventStats events;
  web::HttpServerStats http;
};

std::string write_metrics(const Figures& figures, MetricsFormat format);

}  // namespace rosterd::app
