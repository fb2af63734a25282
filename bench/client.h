// SPDX-License-Identifier: MIT
// A blocking XMPP client, just clever enough to log in. What is measured afterwards uses its
// descriptor directly.
#pragma once

#include <openssl/ssl.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace bench {

inline constexpr std::string_view kHost = "localhost";
inline constexpr std::string_view kPassword = "bench";
inline constexpr std::string_view kResource = "bench";

// The account names that bench/run writes: user00000, user00001, …
std::string user_name(int number);
// user00000@localhost/bench
std::string user_jid(int number);

// Connects to a loopback port; gives up when that fails.
int connect_to(std::uint16_t port);

// What carries the stream: TCP, TLS from the first byte (no certificate is checked), or, at a plain
// HTTP port, a WebSocket or BOSH.
enum class Carrier { kPlain, kTls, kWebSocket, kBosh };
// "plain", "tls", "websocket", "bosh"; gives up for another.
Carrier carrier_named(std::string_view name);

// Appends what carries one element: itself, or a frame of a client. Not for BOSH.
void append_element(std::string& out, Carrier carrier, std::string_view element);

class Client {
 public:
  // `resumed`: a session of an earlier connection by TLS; gives up where the server has none of it.
  Client(std::uint16_t port, Carrier carrier, SSL_SESSION* resumed = nullptr);
  ~Client();
  Client(Client&& other) noexcept;
  Client& operator=(Client&&) = delete;

  enum class Proof { kPlain, kScram };
  // SASL, bind, roster get, initial presence. Returns what came from the answer to the roster get
  // on.
  std::string log_in(int user, Proof proof = Proof::kPlain);
  // The same by SASL PLAIN with a password of his own.
  std::string log_in(int user, std::string_view password);
  void send(std::string_view element);
  // Reads until `marker` has come; returns all up to its end, which is dropped. The heads of
  // WebSocket frames and of HTTP answers are in it.
  std::string read_until(std::string_view marker);
  // When it returns, all that the server had for this client before is read, and returned.
  std::string barrier();

  // From here on these two are to be used alone, after epoll has said that there is something.
  void stop_blocking();
  // Appends what the server has sent.
  void read_ready(std::string& into);
  // All at once; gives up where the socket is full. `carried` comes from append_element().
  void write_at_once(std::string_view carried);

  // What resumes this connection by TLS; the caller frees it.
  SSL_SESSION* take_tls_session() const { return SSL_get1_session(ssl_); }
  int fd() const { return fd_; }

 private:
  std::size_t read_some(char* into, std::size_t size);
  void open_websocket();
  void open_stream();
  void prove_by_plain(int user, std::string_view password);
  void prove_by_scram(int user);
  std::string begin_session(int user);
  void open_session();
  void ask(std::string_view attributes, std::string_view payload);
  void leave_request();
  void write(std::string_view bytes);

  Carrier carrier_;
  int fd_;
  SSL* ssl_ = nullptr;
  std::string input_;
  int barriers_ = 0;
  // --- BOSH, all on one connection: the server answers the request it holds when another follows
  std::string sid_;
  std::uint64_t rid_ = 1'000'000;  // of the next request
  int unanswered_ = 0;
};

}  // namespace bench
