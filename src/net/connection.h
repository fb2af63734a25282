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
  // The TLS handshake that start_tls() began is done.
  virtual void on_tls_open() {}
  // Everything that was written has been handed to the kernel, after some of it could not be.
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
  const Address& local() const { return local_; }

  // Must be set before the turn ends in which the connection was handed out.
  void set_events(ConnectionEvents* events) { events_ = events; }

  // Appends plain text; it goes out in the end-of-turn phase of this connection. Ignored once
  // closing.
  void write(std::string_view bytes);
  // Bytes written but not yet taken by the kernel.
  std::size_t queued_bytes() const;

  // From now on bytes are TLS records; what is queued goes out in plain text before. Bytes of the
  // same read that follow the caller's STARTTLS must have been dropped by the caller.
  void start_tls_server(std::shared_ptr<const TlsContext> context);
  void start_tls_client(std::shared_ptr<const TlsContext> context, const std::string& host);
  // Null while plain or handshaking.
  const TlsFilter* tls() const;
  bool is_secure() const { return tls() != nullptr; }

  // Back-pressure: no on_bytes until resumed.
  void pause_reading();
  void resume_reading();

  // Polite: what is queued goes out, close_notify, FIN; then, or at the drain deadline, closed.
  void close(std::string_view why);
  // At once; queued bytes are lost.
  void abort(std::string_view why);
  bool closing() const { return state_ != State::kOpen; }

 private:
  friend class Loop;
  friend class Listener;
  friend class Connector;
  friend class Attempt;
  enum class State : std::uint8_t { kOpen, kDraining, kClosing };
  struct Uv;
  Connection(Loop& loop, FlushPhase phase);

  void on_read(std::string_view bytes);
  void flush();

  Loop& loop_;
  std::unique_ptr<Uv> uv_;
  ConnectionEvents* events_ = nullptr;
  std::unique_ptr<TlsFilter> tls_;
  ByteQueue out_;      // plain text to send, or records under TLS
  ByteQueue writing_;  // handed to uv_write; its address is stable until the completion
  Address peer_, local_;
  Error close_reason_;
  Timer drain_deadline_;
  ListNode dirty_;
  std::uint64_t id_ = 0;
  State state_ = State::kOpen;
  FlushPhase phase_;
};

}  // namespace rosterd::net
