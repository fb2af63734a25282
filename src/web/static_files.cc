// SPDX-License-Identifier: MIT
#include "web/static_files.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <system_error>
#include <utility>

#include "base/log.h"
#include "base/text.h"
#include "http/file_request.h"
#include "net/descriptor.h"

namespace rosterd::web {

namespace {

std::string describe(int error) { return std::generic_category().message(error); }

// The kernel itself keeps the path, links included, below the folder, whatever is renamed
// meanwhile. O_NONBLOCK: opening a pipe that nobody writes to would never return.
int open_below(int folder, const std::string& path) {
  open_how how{};
  how.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  return static_cast<int>(::syscall(SYS_openat2, folder, path.c_str(), &how, sizeof how));
}

bool is_missing(int error) {
  return error == ENOENT || error == ENOTDIR || error == ENAMETOOLONG || error == ELOOP ||
         error == EXDEV /* it leads out of the folder */;
}

http::Response make_missing() { return make_json_error(404, "no such file"); }

http::Response make_fault(std::string& fault, std::string what) {
  fault = std::move(what);
  return make_json_error(500, "the file cannot be read");
}

// Relative, so that it is right behind a proxy that serves the folder elsewhere. "./": a name with
// a colon would look like a scheme.
http::Response redirect_into(const http::Request& request) {
  const std::string_view path = request.path();
  http::Response response = make_json_error(301, "it is a folder");
  std::string location = "./";
  location.append(path.substr(path.rfind('/') + 1)).append("/");
  location.append(std::string_view(request.target).substr(path.size()));
  response.fields.add("Location", std::move(location));
  return response;
}

http::FileState state_of(const struct stat& status) {
  const std::chrono::seconds seconds(status.st_mtim.tv_sec);
  const std::chrono::nanoseconds rest(status.st_mtim.tv_nsec);
  return {static_cast<std::uint64_t>(status.st_size),
          std::chrono::sys_time<std::chrono::nanoseconds>(seconds + rest)};
}

// Fewer than `length` bytes when the file has become shorter, or cannot be read.
std::string read_part(int fd, std::uint64_t first, std::uint64_t length) {
  std::string part(length, '\0');
  std::size_t done = 0;
  while (done < part.size()) {
    const ssize_t size =
        ::pread(fd, part.data() + done, part.size() - done, static_cast<off_t>(first + done));
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) break;
    done += static_cast<std::size_t>(size);
  }
  part.resize(done);
  return part;
}

// The answer without its body.
http::Response make_head(const http::FileAnswer& answer, const http::FileState& file,
                         const std::string& path) {
  http::Response response;
  if (answer.status == 412) response = make_json_error(412, "the file is another one");
  if (answer.status == 416) response = make_json_error(416, "the file has no such part");
  response.status = answer.status;
  const std::string size = std::to_string(file.size);
  if (answer.status == 206) {
    const std::uint64_t last = answer.first + answer.length - 1;
    response.fields.add("Content-Range", "bytes " + std::to_string(answer.first) + "-" +
                                             std::to_string(last) + "/" + size);
  }
  if (answer.status == 416) response.fields.add("Content-Range", "bytes */" + size);
  if (answer.status / 100 == 2) {
    response.fields.add("Content-Type", std::string(http::content_type_of(path)));
    response.fields.add("Accept-Ranges", "bytes");
  }
  if (answer.status / 100 == 2 || answer.status == 304) {
    response.fields.add("ETag", http::make_etag(file));
    response.fields.add("Last-Modified", http::make_last_modified(file));
  }
  return response;
}

http::Response answer_open(int fd, const std::string& path, const StaticFilesOptions& options,
                           const http::Request& request, bool head, std::string& fault) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) return make_fault(fault, describe(errno));
  if (S_ISDIR(status.st_mode) && !request.path().ends_with('/')) return redirect_into(request);
  if (!S_ISREG(status.st_mode)) return make_missing();
  const http::FileState file = state_of(status);
  if (file.size > options.file_bytes) {
    return make_fault(fault, std::to_string(file.size) + " bytes are over http_file_bytes");
  }
  const http::FileAnswer answer = http::judge_file_request(request.fields, head, file);
  http::Response response = make_head(answer, file, path);
  if (answer.length == 0) return response;
  response.body = read_part(fd, answer.first, answer.length);
  if (response.body.size() != answer.length) return make_fault(fault, "it cannot be read whole");
  return response;
}

http::Response answer_request(const StaticFilesOptions& options, const http::Request& request,
                              bool head, std::string& fault) {
  const auto path = http::find_file_path(request.path());
  if (!path) return make_missing();
  const net::Descriptor folder(::open(options.folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (folder.get() < 0) return make_fault(fault, "the folder: " + describe(errno));
  const net::Descriptor file(open_below(folder.get(), *path));
  if (file.get() >= 0) return answer_open(file.get(), *path, options, request, head, fault);
  return is_missing(errno) ? make_missing() : make_fault(fault, describe(errno));
}

}  // namespace

http::Response read_static_file(const StaticFilesOptions& options, const http::Request& request,
                                bool head, std::string& fault) {
  http::Response response = answer_request(options, request, head, fault);
  // A file is what its name says, and nothing a browser finds in it; and it may change.
  response.fields.add("X-Content-Type-Options", "nosniff");
  response.fields.add("Cache-Control", "no-cache");
  return response;
}

class StaticFiles::Read final : public net::Work {
 public:
  Read(StaticFiles& files, Responder& responder, ExchangeId exchange, const Client& client,
       const http::Request& request)
      : files_(files),
        responder_(responder),
        exchange_(exchange),
        connection_(client.connection),
        head_(client.head),
        options_(files.options_),
        request_(request) {}

  void run() override { response_ = read_static_file(options_, request_, head_, fault_); }
  void done(bool cancelled) override {
    if (cancelled) response_ = make_json_error(503, "shutting down");
    if (!fault_.empty()) files_.log_fault(connection_, std::string(request_.path()), fault_);
    responder_.respond(exchange_, std::move(response_));
  }

 private:
  StaticFiles& files_;
  Responder& responder_;
  const ExchangeId exchange_;
  const std::uint64_t connection_;
  const bool head_;
  const StaticFilesOptions options_;
  const http::Request request_;
  http::Response response_;
  std::string fault_;
};

// One read per connection at most, as a connection's next request waits for this answer.
void StaticFiles::on_request(Responder& responder, ExchangeId exchange, const Client& client,
                             const http::Request& request) {
  loop_.post_work(std::make_unique<Read>(*this, responder, exchange, client, request));
}

void StaticFiles::log_fault(std::uint64_t connection, const std::string& path,
                            const std::string& fault) {
  if (const auto left_out = faults_.admit(loop_.now())) {
    log::warn("files", "file not served",
              {{"connection", connection},
               {"folder", options_.folder},
               {"path", text::for_log(path)},
               {"reason", fault},
               {"not_logged", *left_out}});
  }
}

}  // namespace rosterd::web
