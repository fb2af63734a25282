// SPDX-License-Identifier: MIT
// Authenticator: by which credential a request proves who sends it. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "app/credentials.h"
#include "app/signature.h"
#include "http/message.h"
#include "web/http_server.h"

namespace rosterd::app {

// A credential and the one host that it opens; "" = all of them.
struct Key {
  Credential credential;
  std::string host{};
};

struct AuthenticatorOptions {
  std::vector<Key> keys;             // several of a kind are valid at once, for a change of secrets
  bool hub_signatures = false;       // X-Hub-Signature-256 by the hmac keys, for refreshes alone
  bool client_certificates = false;  // a verified one is as good as a key for all hosts
  bool certificate_required = false;  // it is needed as well as a key
};

struct Proof {
  enum class Outcome : std::uint8_t {
    kProven,
    kPending,  // a signature whose body has not been read yet
    kAbsent,   // nothing that could be checked
    kNoCertificate,
    kStale,  // a signature that is too old, or was seen before; no guess
    kWrong,
  };
  Outcome outcome = Outcome::kAbsent;
  std::string why{};        // for the caller and the log; never a secret
  std::string host{};       // of kProven: the only host it may touch, or ""
  bool repeatable = false;  // of kProven: whoever has seen the request can send it again
};

class Authenticator {
 public:
  explicit Authenticator(const AuthenticatorOptions& options) : options_(options) {}
  // Signatures that have been used stay used.
  void set_options(const AuthenticatorOptions& options) { options_ = options; }

  // Nothing is configured, so nothing is asked for.
  bool is_open() const { return options_.keys.empty() && !options_.client_certificates; }
  bool has(Credential::Kind kind) const;

  // One kind of proof is looked at, the first that is there of: Rosterd-Signature,
  // X-Hub-Signature-256, Authorization, certificate. How long it takes says nothing about names,
  // key ids or secrets. With `has_body` false the body is still to come.
  Proof check(const web::Client& client, const http::Request& request, bool has_body, WallTime now);

 private:
  Proof check_signature(const web::Client& client, const http::Request& request, bool has_body,
                        WallTime now);
  Proof check_hub_signature(const http::Request& request, bool has_body) const;
  Proof check_authorization(const http::Request& request) const;
  Proof check_basic(std::string_view encoded) const;
  Proof check_bearer(std::string_view token) const;
  const Key* find_signer(const Signature& signature, const SignedParts& parts) const;

  AuthenticatorOptions options_;
  ReplayWindow window_;
};

}  // namespace rosterd::app
