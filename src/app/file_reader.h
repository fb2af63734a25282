// SPDX-License-Identifier: MIT
// FileReader: whole files, read off the loop thread, answered like an HTTP fetch.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_map>

#include "web/http_client.h"

namespace rosterd::net {
class Loop;
}

namespace rosterd::app {

// What RosterSource needs for file:// URLs: LoopFileReader in the daemon, a fake in tests.
class FileReader {
 public:
  virtual ~FileReader() = default;
  // One on_fetch_done() unless cancelled, never from inside the call: 200 with the contents, 404
  // when there is no such file, kTooLarge over `limit` bytes, kDenied, kInvalid (no regular file)
  // or kUnavailable. There is no on_fetch_sent(): the file may be read at any moment from now on.
  virtual std::uint64_t read(const std::string& path, std::size_t limit,
                             web::FetchEvents* events) = 0;
  // No event will come for that ticket.
  virtual void cancel(std::uint64_t ticket) = 0;
};

// In the loop's thread pool. Only regular files are read: opening a pipe would block a thread.
class LoopFileReader : public FileReader {
 public:
  // Destroyed after the loop has run out of work.
  explicit LoopFileReader(net::Loop& loop) : loop_(loop) {}

  std::uint64_t read(const std::string& path, std::size_t limit, web::FetchEvents* events) override;
  void cancel(std::uint64_t ticket) override { waiting_.erase(ticket); }

 private:
  class ReadWork;
  void on_read(std::uint64_t ticket, Result<http::Response> response);

  net::Loop& loop_;
  std::uint64_t last_ticket_ = 0;
  std::unordered_map<std::uint64_t, web::FetchEvents*> waiting_;
};

// Reads now, on the calling thread; what LoopFileReader does in the pool.
Result<http::Response> read_file(const std::string& path, std::size_t limit);

}  // namespace rosterd::app
