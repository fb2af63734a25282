// SPDX-License-Identifier: MIT
#include "app/file_reader.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <system_error>
#include <utility>

#include "net/descriptor.h"
#include "net/loop.h"

namespace rosterd::app {

namespace {

Result<http::Response> make_missing() {
  http::Response response;
  response.status = 404;
  return response;
}

Result<http::Response> fault_of_open(int error) {
  // A name that no file can have is one that is not there.
  if (error == ENOENT || error == ENOTDIR || error == ENAMETOOLONG) return make_missing();
  const Errc code = error == EACCES || error == EPERM ? Errc::kDenied : Errc::kUnavailable;
  return make_error(code, "cannot open the file: " + std::generic_category().message(error));
}

// The size in stat() is only a hint: the file may grow while it is read.
Result<http::Response> read_all(int fd, std::size_t limit) {
  http::Response response;
  char chunk[16 * 1024];
  for (;;) {
    const ssize_t size = ::read(fd, chunk, sizeof chunk);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) {
      return make_error(Errc::kUnavailable,
                        "cannot read the file: " + std::generic_category().message(errno));
    }
    if (size == 0) return response;
    response.body.append(chunk, static_cast<std::size_t>(size));
    if (response.body.size() > limit) {
      return make_error(Errc::kTooLarge, "the file is over " + std::to_string(limit) + " bytes");
    }
  }
}

}  // namespace

Result<http::Response> read_file(const std::string& path, std::size_t limit) {
  // O_NONBLOCK: opening a pipe that nobody writes to would never return.
  const net::Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.get() < 0) return fault_of_open(errno);
  struct stat status {};
  if (::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode)) {
    return make_error(Errc::kInvalid, "not a regular file");
  }
  return read_all(file.get(), limit);
}

class LoopFileReader::ReadWork final : public net::Work {
 public:
  ReadWork(LoopFileReader& reader, std::uint64_t ticket, std::string path, std::size_t limit)
      : reader_(reader), ticket_(ticket), path_(std::move(path)), limit_(limit) {}

  void run() override { response_ = read_file(path_, limit_); }
  void done(bool cancelled) override {
    if (cancelled) response_ = make_error(Errc::kCancelled, "shutting down");
    reader_.on_read(ticket_, std::move(response_));
  }

 private:
  LoopFileReader& reader_;
  const std::uint64_t ticket_;
  const std::string path_;
  const std::size_t limit_;
  Result<http::Response> response_ = make_error(Errc::kInternal, "not read");
};

std::uint64_t LoopFileReader::read(const std::string& path, std::size_t limit,
                                   web::FetchEvents* events) {
  const std::uint64_t ticket = ++last_ticket_;
  waiting_.emplace(ticket, events);
  loop_.post_work(std::make_unique<ReadWork>(*this, ticket, path, limit));
  return ticket;
}

void LoopFileReader::on_read(std::uint64_t ticket, Result<http::Response> response) {
  const auto found = waiting_.find(ticket);
  if (found == waiting_.end()) return;
  web::FetchEvents* const events = found->second;
  waiting_.erase(found);
  events->on_fetch_done(ticket, std::move(response));
}

}  // namespace rosterd::app
