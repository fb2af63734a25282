// SPDX-License-Identifier: MIT
#include "net/process.h"

#include <linux/close_range.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <utility>

#include "base/crypto.h"
#include "net/descriptor.h"
#include "net/uv_loop.h"

namespace rosterd::net {

namespace {

constexpr Duration kPatience = std::chrono::seconds(1);

// What the kernel may hold of a program that has ended.
constexpr std::size_t kLeftOverMax = 256 * 1024;

constexpr const char* kPassedOn[] = {"PATH", "HOME", "LANG", "LC_ALL", "TZ"};
constexpr const char* kUsualPath = "PATH=/usr/local/bin:/usr/bin:/bin";

std::vector<std::string> make_environment() {
  std::vector<std::string> environment;
  for (const char* name : kPassedOn) {
    if (const char* value = std::getenv(name))
      environment.push_back(std::string(name) + '=' + value);
  }
  if (!std::getenv("PATH")) environment.emplace_back(kUsualPath);
  return environment;
}

// As execve() wants it; `strings` outlives it.
std::vector<char*> to_argv(std::vector<std::string>& strings) {
  std::vector<char*> out;
  for (std::string& one : strings) out.push_back(one.data());
  out.push_back(nullptr);
  return out;
}

std::string describe_exit(std::int64_t status, int signum) {
  if (signum != 0) return "signal " + std::to_string(signum);
  return "exit status " + std::to_string(status);
}

struct Writing {
  uv_write_t request;
  std::string bytes;
};

}  // namespace

// Its four handles; deleted when the last of them is closed.
class LoopProcesses::Running final : public Process {
 public:
  Running(LoopProcesses& all, ProcessEvents* events)
      : all_(all), loop_(all.loop_), events_(events) {}

  Status spawn(std::vector<std::string> command);
  void write(std::string_view bytes) override;
  void kill() override { signal(SIGKILL); }
  void stop() override;
  void begin_stop();

 private:
  static Running& of(void* data) { return *static_cast<Running*>(data); }
  static void on_alloc(uv_handle_t* handle, std::size_t, uv_buf_t* buffer);
  static void on_read(uv_stream_t* stream, ssize_t size, const uv_buf_t* buffer);
  static void on_exit(uv_process_t* process, std::int64_t status, int signum);
  static void on_closed(uv_handle_t* handle);

  Result<uv_file> open_pipe(uv_pipe_t& ours, bool program_reads);
  void read(uv_pipe_t& pipe);
  void tell(const uv_pipe_t& from, std::string_view bytes);
  void read_left_over(uv_pipe_t& pipe);
  void signal(int signum);
  void on_impatient();
  void close();
  template <class T>
  static void close_handle(T& handle);

  LoopProcesses& all_;
  Loop& loop_;
  ProcessEvents* events_;  // null once stopped
  uv_process_t process_{};
  uv_pipe_t in_{}, out_{}, err_{};
  int handles_ = 0;  // that are not closed
  bool spawned_ = false;
  bool running_ = false;
  bool terminated_ = false;  // SIGTERM has been sent
  Timer impatient_ = Timer::bind<&Running::on_impatient>(this);
};

// --- libuv's callbacks ---------------------------------------------------------------------------

void LoopProcesses::Running::on_alloc(uv_handle_t* handle, std::size_t, uv_buf_t* buffer) {
  *buffer = uv_buf_init(of(handle->data).loop_.uv_->read_buffer, Loop::Uv::kReadBufferSize);
}

void LoopProcesses::Running::on_read(uv_stream_t* stream, ssize_t size, const uv_buf_t* buffer) {
  Running& one = of(stream->data);
  one.loop_.begin_turn();
  auto& pipe = *reinterpret_cast<uv_pipe_t*>(stream);
  if (size < 0) uv_read_stop(stream);  // it has closed its end
  if (size <= 0) return;
  if (&pipe == &one.out_) one.read_left_over(one.err_);
  one.tell(pipe, {buffer->base, static_cast<std::size_t>(size)});
}

void LoopProcesses::Running::on_exit(uv_process_t* process, std::int64_t status, int signum) {
  Running& one = of(process->data);
  one.loop_.begin_turn();
  one.running_ = false;
  std::erase(one.all_.running_, &one);
  one.impatient_.cancel();
  one.read_left_over(one.err_);
  one.read_left_over(one.out_);
  if (ProcessEvents* events = std::exchange(one.events_, nullptr)) {
    events->on_exit(
        {one.all_.stopped_ ? Errc::kCancelled : Errc::kUnavailable, describe_exit(status, signum)});
  }
  one.close();
}

void LoopProcesses::Running::on_closed(uv_handle_t* handle) {
  Running& one = of(handle->data);
  if (--one.handles_ == 0) delete &one;
}

// --- beginning -----------------------------------------------------------------------------------

// Keeps our end and returns the program's. A pipe, not the socket that libuv would make: some
// programs open /dev/stdin.
Result<uv_file> LoopProcesses::Running::open_pipe(uv_pipe_t& ours, bool program_reads) {
  uv_file ends[2];
  int status =
      program_reads ? uv_pipe(ends, 0, UV_NONBLOCK_PIPE) : uv_pipe(ends, UV_NONBLOCK_PIPE, 0);
  if (status != 0) return tl::unexpected<Error>(make_uv_error(status, "open a pipe"));
  const uv_file own = ends[program_reads ? 1 : 0];
  const uv_file other = ends[program_reads ? 0 : 1];
  status = uv_pipe_open(&ours, own);
  if (status == 0) return other;
  ::close(own);
  ::close(other);
  return tl::unexpected<Error>(make_uv_error(status, "open a pipe"));
}

Status LoopProcesses::Running::spawn(std::vector<std::string> command) {
  for (uv_pipe_t* pipe : {&in_, &out_, &err_}) {
    uv_pipe_init(&loop_.uv_->loop, pipe, 0);
    pipe->data = this;
    ++handles_;
  }
  const auto in = open_pipe(in_, true), out = open_pipe(out_, false), err = open_pipe(err_, false);
  const Descriptor in_end(in.value_or(-1)), out_end(out.value_or(-1)), err_end(err.value_or(-1));
  for (const auto* end : {&in, &out, &err}) {
    if (*end) continue;
    close();
    return tl::unexpected<Error>(end->error());
  }

  uv_stdio_container_t ends[3]{};
  for (uv_stdio_container_t& one : ends) one.flags = UV_INHERIT_FD;
  ends[0].data.fd = in_end.get();
  ends[1].data.fd = out_end.get();
  ends[2].data.fd = err_end.get();
  std::vector<std::string> environment = make_environment();
  std::vector<char*> arguments = to_argv(command), variables = to_argv(environment);
  uv_process_options_t options{};
  options.exit_cb = on_exit;
  options.file = arguments.front();
  options.args = arguments.data();
  options.env = variables.data();
  options.cwd = "/";
  options.flags = UV_PROCESS_DETACHED;  // signals of the terminal are not for it
  options.stdio = ends;
  options.stdio_count = 3;
  // The daemon's own descriptors close by themselves; those that it has inherited must, too.
  ::close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC);
  const int status = uv_spawn(&loop_.uv_->loop, &process_, &options);
  process_.data = this;
  spawned_ = true;
  ++handles_;
  if (status != 0) {
    close();
    return tl::unexpected<Error>(make_uv_error(status, "start " + command.front()));
  }
  running_ = true;
  all_.running_.push_back(this);
  read(out_);
  read(err_);
  return {};
}

void LoopProcesses::Running::read(uv_pipe_t& pipe) {
  uv_read_start(reinterpret_cast<uv_stream_t*>(&pipe), on_alloc, on_read);
}

// --- while it runs -------------------------------------------------------------------------------

void LoopProcesses::Running::write(std::string_view bytes) {
  auto writing = std::make_unique<Writing>();
  writing->bytes = bytes;
  writing->request.data = writing.get();
  const uv_buf_t buffer =
      uv_buf_init(writing->bytes.data(), static_cast<unsigned>(writing->bytes.size()));
  // One that fails is noticed by the answer that does not come.
  const int status =
      uv_write(&writing->request, reinterpret_cast<uv_stream_t*>(&in_), &buffer, 1,
               [](uv_write_t* request, int) {
                 const std::unique_ptr<Writing> done(static_cast<Writing*>(request->data));
                 crypto::wipe(done->bytes);
               });
  if (status == 0) (void)writing.release();
}

void LoopProcesses::Running::tell(const uv_pipe_t& from, std::string_view bytes) {
  if (!events_) return;
  if (&from == &out_) {
    events_->on_output(bytes);
  } else {
    events_->on_error_output(bytes);
  }
}

// Past libuv: what is in the pipe by now.
void LoopProcesses::Running::read_left_over(uv_pipe_t& pipe) {
  uv_os_fd_t file = -1;
  if (uv_fileno(reinterpret_cast<uv_handle_t*>(&pipe), &file) != 0) return;
  char chunk[4096];
  for (std::size_t taken = 0; taken < kLeftOverMax;) {
    const ssize_t size = ::read(file, chunk, sizeof chunk);
    if (size <= 0) return;
    taken += static_cast<std::size_t>(size);
    tell(pipe, {chunk, static_cast<std::size_t>(size)});
  }
}

// --- the end -------------------------------------------------------------------------------------

void LoopProcesses::Running::signal(int signum) {
  if (running_) ::kill(-process_.pid, signum);  // its whole session
}

void LoopProcesses::Running::stop() {
  events_ = nullptr;
  begin_stop();
}

void LoopProcesses::Running::begin_stop() {
  if (impatient_.armed()) return;
  close_handle(in_);
  loop_.timers().arm(impatient_, loop_.now() + kPatience);
}

void LoopProcesses::Running::on_impatient() {
  signal(std::exchange(terminated_, true) ? SIGKILL : SIGTERM);
  loop_.timers().arm(impatient_, loop_.now() + kPatience);
}

void LoopProcesses::Running::close() {
  close_handle(in_);
  close_handle(out_);
  close_handle(err_);
  if (spawned_) close_handle(process_);
}

template <class T>
void LoopProcesses::Running::close_handle(T& handle) {
  auto* const any = reinterpret_cast<uv_handle_t*>(&handle);
  if (!uv_is_closing(any)) uv_close(any, on_closed);
}

Result<Process*> LoopProcesses::start(const std::vector<std::string>& command,
                                      ProcessEvents* events) {
  if (stopped_) return make_error(Errc::kCancelled, "shutting down");
  auto* const running = new Running(*this, events);  // its last callback deletes it
  if (const Status spawned = running->spawn(command); !spawned) {
    return tl::unexpected<Error>(spawned.error());
  }
  return running;
}

void LoopProcesses::stop() {
  stopped_ = true;
  for (Running* one : running_) one->begin_stop();
}

}  // namespace rosterd::net
