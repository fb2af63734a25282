// SPDX-License-Identifier: MIT
// A user who logs in again and again by SASL2, Bind 2 and FAST (XEP-0388, 0386, 0484): by a
// password the first time, then by a token, on TLS that is resumed.
#pragma once

#include <openssl/ssl.h>

#include <cstdint>
#include <memory>
#include <string>

#include "client.h"

namespace bench {

class FastUser {
 public:
  // Logs in by his password, and leaves.
  FastUser(std::uint16_t port, int number);
  // By the token, with all that a client sends at once behind it, in one round trip; and leaves.
  void log_in(std::uint16_t port);

 private:
  struct Free {
    void operator()(SSL_SESSION* session) const { SSL_SESSION_free(session); }
  };
  std::string make_head(std::string_view mechanism, std::string_view initial,
                        std::string_view fast) const;

  int number_;
  std::string token_;
  std::unique_ptr<SSL_SESSION, Free> session_;
};

}  // namespace bench
