// SPDX-License-Identifier: MIT
#include "app/credentials.h"

#include <algorithm>
#include <utility>

#include "app/signature.h"
#include "base/crypto.h"
#include "base/text.h"

namespace rosterd::app {

namespace {

constexpr std::string_view kForms =
    "expected bearer:<token>, basic:<user>:<password> or hmac:<key id>:<secret>";

bool has_controls(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

// RFC 6750 allows less, but what it names is a subset, and proxies care for white space only.
bool is_token(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7F; });
}

Result<Credential> check(Credential made) {
  if (made.secret.empty()) return make_error(Errc::kInvalid, "the secret is empty");
  switch (made.kind) {
    case Credential::Kind::kBearer:
      if (is_token(made.secret)) return made;
      return make_error(Errc::kInvalid, "a token is printable ASCII without spaces");
    case Credential::Kind::kBasic:
      if (made.name.empty()) return make_error(Errc::kInvalid, "the user is empty");
      if (!has_controls(made.name) && !has_controls(made.secret)) return made;
      return make_error(Errc::kInvalid, "user and password hold no control characters");
    case Credential::Kind::kHmac:
      if (made.name.empty() || is_key_id(made.name)) return made;
      return make_error(Errc::kInvalid, "a key id is up to 64 of A-Z a-z 0-9 - . _ ~");
  }
  return made;
}

// "name:secret"; a secret may hold colons.
bool split_name(std::string_view text, Credential& into) {
  const std::size_t colon = text.find(':');
  if (colon == text.npos) return false;
  into.name = text.substr(0, colon);
  into.secret = text.substr(colon + 1);
  return true;
}

}  // namespace

Result<Credential> parse_credential(std::string_view text) {
  const std::size_t colon = std::min(text.find(':'), text.size());
  const std::string_view kind = text.substr(0, colon);
  const std::string_view rest = text.substr(std::min(colon + 1, text.size()));
  Credential made;
  if (kind == "bearer") {
    made.secret = rest;
    return check(std::move(made));
  }
  made.kind = kind == "hmac" ? Credential::Kind::kHmac : Credential::Kind::kBasic;
  if ((kind == "basic" || kind == "hmac") && split_name(rest, made)) return check(std::move(made));
  return make_error(Errc::kInvalid, std::string(kForms));
}

std::string write_credential(const Credential& credential) {
  switch (credential.kind) {
    case Credential::Kind::kBearer:
      return "bearer:" + credential.secret;
    case Credential::Kind::kBasic:
      return "basic:" + credential.name + ':' + credential.secret;
    case Credential::Kind::kHmac:
      return "hmac:" + credential.name + ':' + credential.secret;
  }
  return {};
}

std::string mask_credential(const Credential& credential) {
  Credential masked = credential;
  masked.secret = "****";
  return write_credential(masked);
}

bool is_same_secret(std::string_view given, std::string_view secret) {
  // Digests have one length, whatever they are of.
  return crypto::equal_constant_time(crypto::digest(crypto::Hash::kSha256, given),
                                     crypto::digest(crypto::Hash::kSha256, secret));
}

void authorize(const std::vector<Credential>& credentials, web::FetchRequest& request,
               WallTime now) {
  bool has_signature = false;
  for (const Credential& one : credentials) {
    if (one.kind == Credential::Kind::kHmac) {
      if (std::exchange(has_signature, true)) continue;
      request.fields.add(std::string(kSignatureField),
                         make_signature(one.name, one.secret, now,
                                        {request.method, request.url.target, request.body}));
    } else if (!request.fields.has("Authorization")) {
      request.fields.add("Authorization",
                         one.kind == Credential::Kind::kBearer
                             ? "Bearer " + one.secret
                             : "Basic " + text::base64_encode(one.name + ':' + one.secret));
    }
  }
}

}  // namespace rosterd::app
