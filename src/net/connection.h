// SPDX-License-Identifier: MIT
// Connection: one TCP stream, plain or TLS, with one write in flight.
//
// States: open -> draining (deadline) -> closing (uv_close called) -> closed. The Loop owns it;
// whoever handles its events holds the pointer until on_closed(), which comes exactly once, last,
// and never from inside a call of the holder.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/byte_queue.h"
#include "base/handle.h"
#include "base/intrusive_list.h"
#include "base/timers.h"
#include "net/address.h"
#include "net/loop.h"
#include "net/tls.h"

namespace rosterd::net {

class ConnectionEvents {
 public:
  virtual ~ConnectionEvents() = default;
  // Plain text. The view is valid during the call; what is not consumed must be copied.
  virtual void on_bytes(std::string_view bytes) = 0;
  // The TLS handshake that start_tls_…() began is done.
  virtual void on_tls_open() {}
  // Everything that was written has been handed to the kernel, after some of it could not be. Comes
  // in the flush phase; what it writes goes out in the same phase.
  virtual void on_drained() {}
  // The peer sent FIN (or close_notify). Writing is still possible; close() is the usual answer.
  virtual void on_end() = 0;
  // The last event. `reason` is why the first close happened: kCancelled = close() or abort() of
  // this side, kUnavailable = the peer or the network, kTimeout = drain deadline, kInvalid = TLS.
  virtual void on_closed(const Error& reason) = 0;
};

class Connection {
 public:
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Unique in the process's life; stands in every log line about the connection.
  std::uint64_t id() const { return id_; }
  const Address& peer() const { return peer_; }
  Address local() const;

  // Must be set before the turn ends in which the connection was handed out.
  void set_events(ConnectionEvents* events) { events_ = events; }

  // Appends plain text; it goes out in the end-of-turn phase of this connection. Ignored once
  // closing.
  void write(std::string_view bytes);
  // Bytes written but not yet taken by the kernel.
  std::size_t queued_bytes() const;
  // Of these, what the kernel has not taken by now, while a write in flight still holds all of its
  // bytes: grows less as the peer reads.
  std::size_t untaken_bytes() const;

  // From now on bytes are TLS records; what is queued goes out in plain text before. Bytes of the
  // same read that follow the caller's STARTTLS must have been dropped by the caller. What is
  // written during the handshake waits for its end.
  void start_tls_server(std::shared_ptr<const TlsContext> context);
  void start_tls_client(std::shared_ptr<const TlsContext> context, const std::string& host);
  // Null while plain or handshaking.
  const TlsFilter* tls() const;
  bool is_secure() const { return tls() != nullptr; }

  // When in the turn's end it is written out; what is queued goes along.
  void set_phase(FlushPhase phase);

  // Back-pressure: no on_bytes until resumed, but for what has been read from the kernel already.
  void pause_reading();
  void resume_reading();

  // Polite: what is queued goes out, close_notify, FIN; then, when the peer closes too or at the
  // drain deadline (LoopOptions), closed. What the peer still sends is dropped.
  void close(std::string_view why);
  // At once; queued bytes are lost.
  void abort(std::string_view why);
  bool closing() const { return state_ != State::kOpen; }

 private:
  friend class Loop;
  friend class Listener;
  friend class Connector;
  enum class State : std::uint8_t { kOpen, kDraining, kClosing };
  struct Uv;      // the socket; callbacks
  struct Write;   // a uv_write in flight and its bytes
  struct Secure;  // the TLS filter and what waits to be encrypted

  Connection(Loop& loop, FlushPhase phase);
  // Makes one without a socket, in the loop's table.
  static Connection& make(Loop& loop, FlushPhase phase);
  // The socket is connected now.
  void begin();

  void on_read(std::string_view bytes);
  void on_read_failed(int status);
  void on_records(std::string_view records);
  void on_tls_failed();
  void on_peer_end();
  void on_written(int status);
  void on_drain_deadline();

  void start_tls(std::unique_ptr<TlsFilter> filter);
  void update_reading();
  void mark_dirty();
  void flush();
  void encrypt();
  bool try_write();
  void begin_write();

  void note_reason(Errc code, std::string_view why);
  void begin_draining();
  void finish_draining();
  void close_socket();

  Loop& loop_;
  std::unique_ptr<Uv> uv_;
  ConnectionEvents* events_ = nullptr;
  std::unique_ptr<Secure> secure_;  // null while plain
  std::unique_ptr<Write> write_;    // null while none is in flight
  Backlog::Share waiting_;          // what the kernel has not taken, while one is
  ByteQueue out_;                   // what the wire shall carry next
  Address peer_;
  Handle<Connection> handle_;
  std::unique_ptr<Error> close_reason_;  // of the first close
  Timer drain_deadline_;
  ListNode dirty_;
  std::uint64_t id_ = 0;
  std::uint64_t read_turn_ = 0;   // the turn that read_bytes_ counts in
  std::uint32_t read_bytes_ = 0;  // against the budget of a turn
  State state_ = State::kOpen;
  FlushPhase phase_;
  bool paused_ = false;
  bool reading_ = false;
  bool peer_ended_ = false;    // FIN or close_notify
  bool socket_ended_ = false;  // FIN
  bool backlog_ = false;       // on_drained() is owed
  bool shut_down_ = false;     // FIN is on its way
};

}  // namespace rosterd::net
