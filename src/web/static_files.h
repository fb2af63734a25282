// SPDX-License-Identifier: MIT
// StaticFiles: the files of a folder, for browsers: GET and HEAD, conditions, one range. What is
// asked for is judged by http/file_request; files are opened and read off the loop.
#pragma once

#include <cstddef>
#include <string>

#include "base/log_limit.h"
#include "net/loop.h"
#include "web/http_server.h"

namespace rosterd::web {

struct StaticFilesOptions {
  std::string folder;  // "" = none
  // Of the largest file: it is held in memory until its client has taken it. A larger one gets
  // status 500 and a line in the log.
  std::size_t file_bytes = std::size_t{16} * 1024 * 1024;
};

class StaticFiles final : public RequestHandler {
 public:
  // Destroyed after the loop has run out of work.
  StaticFiles(net::Loop& loop, StaticFilesOptions options)
      : loop_(loop), options_(std::move(options)) {}
  // For requests to come.
  void set_options(StaticFilesOptions options) { options_ = std::move(options); }

  void on_request(Responder& responder, ExchangeId exchange, const Client& client,
                  const http::Request& request) override;
  bool is_for_anybody() const override { return true; }

 private:
  class Read;
  void log_fault(std::uint64_t connection, const std::string& path, const std::string& fault);

  net::Loop& loop_;
  StaticFilesOptions options_;
  LogLimit faults_;
};

// Opens and reads now, on the calling thread; what StaticFiles does in the pool. A symbolic link is
// followed as long as it stays below the folder. `fault`: for the administrator, where the answer
// is his to mend; else untouched.
http::Response read_static_file(const StaticFilesOptions& options, const http::Request& request,
                                bool head, std::string& fault);

}  // namespace rosterd::web
