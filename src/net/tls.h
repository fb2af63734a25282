// SPDX-License-Identifier: MIT
// TLS: contexts as immutable snapshots, and TlsFilter, which turns plain bytes into records and
// back over a custom BIO (an idle connection keeps no BIO memory). TLS 1.2 and 1.3 only. The only
// user of <openssl/ssl.h>.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/byte_queue.h"
#include "base/result.h"

struct ssl_ctx_st;
struct ssl_st;

namespace rosterd::net {

struct Certificate {
  std::string host;              // the SNI name it answers to, lower case, in ASCII form
  std::string certificate_file;  // PEM, leaf first
  std::string key_file;          // PEM
};

struct TlsServerOptions {
  std::vector<Certificate> certificates;  // the first one answers unknown names and no name
  // e.g. {"xmpp-client"}; empty: ALPN is ignored. A client that offers ALPN but none of these is
  // refused with no_application_protocol (RFC 7301 section 3.2, XEP-0368).
  std::vector<std::string> alpn{};
  // Clients may show a certificate that one of these CAs (PEM) has issued; with another one the
  // handshake fails. "" = none is asked for. Sessions are not resumed, so that each is checked.
  std::string client_ca_file{};
};

struct TlsClientOptions {
  std::string ca_file;  // "" = the system's trust store
  bool verify = true;
  std::vector<std::string> alpn{};  // offered; empty: none
};

// Owns its SSL_CTXs. A reload makes a new one; connections keep the one they began with.
class TlsContext {
 public:
  // kNotFound or kInvalid with file and reason in the text when a certificate or key cannot be
  // used. One that has expired is used, and logged as a warning.
  static Result<std::shared_ptr<const TlsContext>> make_server(const TlsServerOptions& options);
  static Result<std::shared_ptr<const TlsContext>> make_client(const TlsClientOptions& options);
  ~TlsContext();

 private:
  friend class TlsFilter;
  friend struct TlsContextCallbacks;
  TlsContext();
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// What a handshake agreed on.
struct TlsInfo {
  std::string version;  // "TLSv1.3"
  std::string cipher;
  std::string alpn;         // "" when none
  std::string server_name;  // SNI, "" when none
  bool resumed = false;
};

class TlsFilter {
 public:
  enum class State : std::uint8_t { kHandshaking, kOpen, kPeerClosed, kFailed };

  static std::unique_ptr<TlsFilter> make_server(std::shared_ptr<const TlsContext> context);
  // `host`, a name or an IP address, is checked against the certificate; a name is sent as SNI.
  static std::unique_ptr<TlsFilter> make_client(std::shared_ptr<const TlsContext> context,
                                                const std::string& host);
  ~TlsFilter();
  TlsFilter(const TlsFilter&) = delete;
  TlsFilter& operator=(const TlsFilter&) = delete;

  // Feeds records from the wire; appends plain text to `plain` and records to send to `wire` (an
  // alert, where it fails). A client begins its handshake by a call with no bytes. A failed filter
  // stays failed; after the peer's close_notify input is ignored and sending still possible.
  State receive(std::string_view records, std::string& plain, ByteQueue& wire);
  // Encrypts; only after the handshake. Appends records to `wire`.
  Status send(std::string_view plain, ByteQueue& wire);
  // Appends close_notify.
  void close(ByteQueue& wire);

  const Error& error() const { return error_; }  // after kFailed
  TlsInfo info() const;                          // after the handshake
  // The subject of the peer's certificate (RFC 4514), which has been verified; "" when the peer is
  // a client that showed none, or was not asked.
  std::string peer_subject() const;

  // Channel bindings (RFC 5929, RFC 9266); "" where the connection cannot give that one. Those of
  // TLS 1.2 need the extended master secret (RFC 7627), else a man in the middle could match them.
  std::string tls_exporter() const;
  std::string tls_server_end_point() const;
  std::string tls_unique() const;  // in TLS 1.3 by the same rule, for clients that do so too

 private:
  friend struct TlsBio;
  explicit TlsFilter(std::shared_ptr<const TlsContext> context);
  void handshake();
  void read_all(std::string& plain);
  void fail(int ssl_error);
  bool binds_securely() const;

  std::shared_ptr<const TlsContext> context_;
  ssl_st* ssl_ = nullptr;
  std::string_view input_;       // the custom BIO reads from here during a call
  ByteQueue* output_ = nullptr;  // and writes to here
  Error error_;
  State state_ = State::kHandshaking;
};

}  // namespace rosterd::net
