// SPDX-License-Identifier: MIT
// TlsContext::Impl: OpenSSL's side of a context. For the sources of this room alone.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "net/tls.h"

namespace rosterd::net {

struct FreeSslCtx {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
using SslCtx = std::unique_ptr<SSL_CTX, FreeSslCtx>;

struct TlsContext::Impl {
  std::vector<SslCtx> contexts;                       // of a server: one per certificate
  std::unordered_map<std::string, SSL_CTX*> by_host;  // SNI, lower case
  std::string alpn;                                   // in wire form
  bool verify = false;                                // the peer's certificate decides
};

// OpenSSL's oldest queued error as text, e.g. "wrong version number"; `fallback` when it has none.
// Empties the queue.
std::string take_ssl_error(const char* fallback);

}  // namespace rosterd::net
