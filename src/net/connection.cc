// SPDX-License-Identifier: MIT
#include "net/connection.h"

#include <sys/socket.h>
#include <uv.h>

#include <cassert>
#include <utility>

#include "base/log.h"
#include "net/uv_connection.h"
#include "net/uv_loop.h"

namespace rosterd::net {

namespace {

// A peer that sends without pause gets this much of a turn; then it is the others' turn. As much as
// one read brings: some two hundred messages, which take less than a millisecond.
constexpr std::uint32_t kReadBudget = 64 * 1024;

// A TLS peer can make the filter answer (KeyUpdate) without reading the answers. Nothing else gets
// this long: above all, sessions are cut at their own hard limit.
constexpr std::size_t kMaxBacklogOfAnswers = 8 * 1024 * 1024;

constexpr unsigned kKeepaliveSeconds = 300;

}  // namespace

struct Connection::Write {
  uv_write_t request;
  ByteQueue bytes;
};

struct Connection::Secure {
  explicit Secure(std::unique_ptr<TlsFilter> made) : filter(std::move(made)) {}

  std::unique_ptr<TlsFilter> filter;
  ByteQueue plain;  // waits for the handshake, or for the flush, to be encrypted
  bool open = false;
  bool failed = false;
  bool dialled = false;   // we are the TLS client
  bool notified = false;  // close_notify is in the queue
};

// --- libuv's callbacks ---------------------------------------------------------------------------

Connection& Connection::Uv::of(uv_handle_t* handle) {
  return *static_cast<Connection*>(handle->data);
}

void Connection::Uv::on_alloc(uv_handle_t* handle, std::size_t, uv_buf_t* buffer) {
  Loop& loop = of(handle).loop_;
  loop.begin_turn();
  *buffer = uv_buf_init(loop.uv_->read_buffer, Loop::Uv::kReadBufferSize);
}

void Connection::Uv::on_read(uv_stream_t* stream, ssize_t size, const uv_buf_t* buffer) {
  Connection& connection = of(reinterpret_cast<uv_handle_t*>(stream));
  if (size > 0) {
    connection.on_read(std::string_view(buffer->base, static_cast<std::size_t>(size)));
  } else if (size == UV_EOF) {
    connection.socket_ended_ = true;
    connection.update_reading();
    connection.on_peer_end();
  } else if (size < 0) {
    connection.on_read_failed(static_cast<int>(size));
  }
}

void Connection::Uv::on_written(uv_write_t* request, int status) {
  Connection& connection = *static_cast<Connection*>(request->data);
  connection.loop_.begin_turn();
  connection.on_written(status);
}

void Connection::Uv::on_closed(uv_handle_t* handle) {
  Connection& connection = of(handle);
  connection.loop_.begin_turn();
  if (connection.events_) connection.events_->on_closed(*connection.close_reason_);
  connection.loop_.connections_.erase(connection.handle_);
}

// --- beginning -----------------------------------------------------------------------------------

Connection::Connection(Loop& loop, FlushPhase phase)
    : loop_(loop),
      uv_(std::make_unique<Uv>()),
      waiting_(loop.backlog_),
      drain_deadline_(Timer::bind<&Connection::on_drain_deadline>(this)),
      id_(++loop.last_connection_id_),
      phase_(phase) {
  uv_tcp_init(&loop.uv_->loop, &uv_->tcp);
  uv_->tcp.data = this;
}

Connection::~Connection() = default;

Connection& Connection::make(Loop& loop, FlushPhase phase) {
  std::unique_ptr<Connection> made(new Connection(loop, phase));
  Connection& connection = *made;
  connection.handle_ = loop.connections_.insert(std::move(made));
  return connection;
}

void Connection::begin() {
  sockaddr_storage name{};
  int size = sizeof name;
  if (uv_tcp_getpeername(&uv_->tcp, reinterpret_cast<sockaddr*>(&name), &size) == 0) {
    peer_ = Address::from_sockaddr(reinterpret_cast<sockaddr*>(&name));
  }
  uv_tcp_nodelay(&uv_->tcp, 1);
  uv_tcp_keepalive(&uv_->tcp, 1, kKeepaliveSeconds);
  update_reading();
}

Address Connection::local() const {
  sockaddr_storage name{};
  int size = sizeof name;
  uv_tcp_getsockname(&uv_->tcp, reinterpret_cast<sockaddr*>(&name), &size);
  return Address::from_sockaddr(reinterpret_cast<sockaddr*>(&name));
}

// --- reading -------------------------------------------------------------------------------------

void Connection::pause_reading() {
  paused_ = true;
  update_reading();
}

void Connection::resume_reading() {
  paused_ = false;
  update_reading();
}

// While draining, reading goes on whatever the holder said: the peer's FIN must be seen.
void Connection::update_reading() {
  const bool in_budget = read_turn_ != loop_.turns() || read_bytes_ < kReadBudget;
  const bool wanted = state_ == State::kOpen ? !paused_ : state_ == State::kDraining;
  const bool reading = wanted && in_budget && !socket_ended_;
  if (reading == reading_) return;
  reading_ = reading;
  if (reading) {
    uv_read_start(uv_->stream(), Uv::on_alloc, Uv::on_read);
  } else {
    uv_read_stop(uv_->stream());
  }
}

void Connection::on_read(std::string_view bytes) {
  if (read_turn_ != loop_.turns()) {
    read_turn_ = loop_.turns();
    read_bytes_ = 0;
  }
  read_bytes_ += static_cast<std::uint32_t>(bytes.size());
  if (read_bytes_ >= kReadBudget) {
    update_reading();
    loop_.uv_->throttled.push_back(handle_);
  }
  if (state_ != State::kOpen) return;
  if (!events_) return abort("nobody handles it");
  if (secure_) return on_records(bytes);
  events_->on_bytes(bytes);
}

void Connection::on_records(std::string_view records) {
  std::string& plain = loop_.uv_->plain;
  plain.clear();
  const TlsFilter::State state = secure_->filter->receive(records, plain, out_);
  if (!out_.empty()) mark_dirty();
  const bool usable = state == TlsFilter::State::kOpen || state == TlsFilter::State::kPeerClosed;
  if (usable && !std::exchange(secure_->open, true)) {
    if (!secure_->plain.empty()) mark_dirty();
    events_->on_tls_open();
  }
  if (!plain.empty() && state_ == State::kOpen) events_->on_bytes(plain);
  if (state == TlsFilter::State::kFailed) return on_tls_failed();
  if (state == TlsFilter::State::kPeerClosed) return on_peer_end();
  if (queued_bytes() > kMaxBacklogOfAnswers) abort("the peer does not read");
}

void Connection::on_tls_failed() {
  secure_->failed = true;
  const std::string& fault = secure_->filter->error().text;
  if (const auto left_out = loop_.tls_faults_.admit(loop_.now())) {
    log::info("tls", "connection failed",
              {{"connection", id_},
               {"peer", peer_.to_string()},
               {"reason", fault},
               {"not_logged", *left_out}});
  }
  if (state_ != State::kOpen) return;
  note_reason(Errc::kInvalid, "TLS: " + fault);
  begin_draining();
}

void Connection::on_read_failed(int status) {
  note_reason(Errc::kUnavailable, uv_strerror(status));
  close_socket();
}

void Connection::on_peer_end() {
  const bool first = !std::exchange(peer_ended_, true);
  if (shut_down_) return close_socket();
  if (!first || state_ != State::kOpen) return;
  if (!events_) return abort("nobody handles it");
  events_->on_end();
}

// --- TLS -----------------------------------------------------------------------------------------

void Connection::start_tls_server(std::shared_ptr<const TlsContext> context) {
  start_tls(TlsFilter::make_server(std::move(context)));
}

// A client speaks first.
void Connection::start_tls_client(std::shared_ptr<const TlsContext> context,
                                  const std::string& host) {
  start_tls(TlsFilter::make_client(std::move(context), host));
  if (!secure_) return;
  secure_->dialled = true;
  std::string none;
  if (secure_->filter->receive({}, none, out_) == TlsFilter::State::kFailed) on_tls_failed();
  mark_dirty();
}

void Connection::start_tls(std::unique_ptr<TlsFilter> filter) {
  assert(!secure_);
  if (state_ == State::kOpen) secure_ = std::make_unique<Secure>(std::move(filter));
}

const TlsFilter* Connection::tls() const {
  return secure_ && secure_->open ? secure_->filter.get() : nullptr;
}

// --- writing -------------------------------------------------------------------------------------

void Connection::write(std::string_view bytes) {
  if (state_ != State::kOpen || bytes.empty()) return;
  (secure_ ? secure_->plain : out_).append(bytes);
  mark_dirty();
}

std::size_t Connection::queued_bytes() const {
  return out_.size() + (write_ ? write_->bytes.size() : 0) + (secure_ ? secure_->plain.size() : 0);
}

std::size_t Connection::untaken_bytes() const {
  const std::size_t done =
      write_ ? write_->bytes.size() - uv_stream_get_write_queue_size(uv_->stream()) : 0;
  return queued_bytes() - done;
}

void Connection::set_phase(FlushPhase phase) {
  phase_ = phase;
  if (!dirty_.linked()) return;
  dirty_.unlink();
  mark_dirty();
}

void Connection::mark_dirty() {
  if (!dirty_.linked()) loop_.uv_->dirty[static_cast<int>(phase_)].push_back(*this);
}

void Connection::flush() {
  if (state_ == State::kClosing) return;
  if (secure_) encrypt();
  if (state_ == State::kClosing) return;
  if (write_) return waiting_.set(queued_bytes());
  if (!out_.empty() && !try_write()) return;
  if (std::exchange(backlog_, false) && state_ == State::kOpen && events_) {
    events_->on_drained();
    if (dirty_.linked()) return;  // it wrote or closed: this same phase flushes again
  }
  if (state_ == State::kDraining) finish_draining();
}

void Connection::encrypt() {
  Secure& secure = *secure_;
  if (!secure.open || secure.failed) {
    if (state_ == State::kDraining) secure.plain.clear();  // no handshake will free it any more
    return;
  }
  if (!secure.plain.empty()) {
    const Status sent = secure.filter->send(secure.plain.view(), out_);
    secure.plain.clear();
    if (!sent) {
      secure.failed = true;
      note_reason(Errc::kInvalid, "TLS: " + sent.error().text);
      return close_socket();
    }
  }
  if (state_ == State::kDraining && !std::exchange(secure.notified, true)) {
    secure.filter->close(out_);
  }
}

// True when all of out_ has been handed to the kernel; else the rest is in flight, or the socket is
// closed.
bool Connection::try_write() {
  const std::string_view bytes = out_.view();
  // uv_buf_t wants char*, but writing does not touch the bytes.
  const uv_buf_t buffer =
      uv_buf_init(const_cast<char*>(bytes.data()), static_cast<unsigned>(bytes.size()));
  const int taken = uv_try_write(uv_->stream(), &buffer, 1);
  if (taken > 0) out_.consume(static_cast<std::size_t>(taken));
  if (out_.empty()) return true;
  if (taken < 0 && taken != UV_EAGAIN) {
    note_reason(Errc::kUnavailable, uv_strerror(taken));
    close_socket();
  } else {
    begin_write();
  }
  return false;
}

void Connection::begin_write() {
  backlog_ = true;
  write_ = std::make_unique<Write>();
  write_->bytes = std::exchange(out_, {});
  write_->request.data = this;
  const std::string_view bytes = write_->bytes.view();
  const uv_buf_t buffer =
      uv_buf_init(const_cast<char*>(bytes.data()), static_cast<unsigned>(bytes.size()));
  const int status = uv_write(&write_->request, uv_->stream(), &buffer, 1, Uv::on_written);
  if (status == 0) return waiting_.set(queued_bytes());
  write_.reset();
  note_reason(Errc::kUnavailable, uv_strerror(status));
  close_socket();
}

void Connection::on_written(int status) {
  write_.reset();
  waiting_.set(0);
  if (state_ == State::kClosing) return;
  if (status != 0) {
    note_reason(Errc::kUnavailable, uv_strerror(status));
    return close_socket();
  }
  mark_dirty();
}

// --- closing -------------------------------------------------------------------------------------

void Connection::note_reason(Errc code, std::string_view why) {
  if (close_reason_) return;
  close_reason_ = std::make_unique<Error>(Error{code, std::string(why)});
  ROSTERD_DEBUG(
      "net", "closing",
      {{"connection", id_}, {"peer", peer_.to_string()}, {"kind", to_string(code)}, {"why", why}});
}

void Connection::close(std::string_view why) {
  if (state_ != State::kOpen) return;
  note_reason(Errc::kCancelled, why);
  begin_draining();
}

void Connection::abort(std::string_view why) {
  note_reason(Errc::kCancelled, why);
  close_socket();
}

void Connection::begin_draining() {
  state_ = State::kDraining;
  loop_.timers().arm(drain_deadline_, loop_.now() + loop_.options().drain_timeout);
  update_reading();
  mark_dirty();
}

// All is with the kernel.
void Connection::finish_draining() {
  // A server that we dialled and could not agree with has nothing more to say that matters, and
  // whoever waits for it should hear of it now.
  const bool given_up = secure_ && secure_->failed && secure_->dialled;
  if (peer_ended_ || given_up) return close_socket();
  if (std::exchange(shut_down_, true)) return;
  // Not uv_shutdown(): its request would have to outlive this call, and nothing is queued in libuv.
  uv_os_fd_t descriptor = -1;
  if (uv_fileno(uv_->handle(), &descriptor) != 0 || ::shutdown(descriptor, SHUT_WR) != 0) {
    close_socket();
  }
}

void Connection::on_drain_deadline() {
  close_reason_->code = Errc::kTimeout;
  close_socket();
}

void Connection::close_socket() {
  if (state_ == State::kClosing) return;
  state_ = State::kClosing;
  drain_deadline_.cancel();
  dirty_.unlink();
  uv_close(uv_->handle(), Uv::on_closed);
}

}  // namespace rosterd::net
