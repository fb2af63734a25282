// SPDX-License-Identifier: MIT
#include "app/jwk.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "base/json.h"
#include "base/text.h"

namespace rosterd::app {

namespace {

using crypto::SignatureAlgorithm;
using crypto::VerifyKey;

// What of a JWK is looked at.
struct Jwk {
  std::map<std::string, std::string, std::less<>> texts;  // members that are strings
  std::vector<std::string> operations;                    // "key_ops"
  bool has_operations = false;
  bool doubtful = false;  // a member twice

  std::string_view text(std::string_view name) const {
    const auto found = texts.find(name);
    return found == texts.end() ? std::string_view{} : found->second;
  }
};

// The object itself is a JWK, or the elements of its "keys" are.
class JwksReader final : public json::Events {
 public:
  bool on_null() override { return true; }
  bool on_bool(bool) override { return true; }
  bool on_number(std::string_view) override { return true; }
  bool on_string(std::string_view value) override {
    if (Jwk* jwk = at_member()) {
      jwk->doubtful = !jwk->texts.emplace(key_, value).second || jwk->doubtful;
    } else if (depth_ == operations_depth_) {
      current().operations.emplace_back(value);
    }
    return true;
  }
  bool on_key(std::string_view key) override {
    key_ = key;
    return true;
  }
  bool on_object_start() override {
    ++depth_;
    if (depth_ == kElementDepth && in_keys_) keys_.emplace_back();
    return keys_.size() <= JwtKeys::kMax;
  }
  bool on_object_end() override {
    --depth_;
    return true;
  }
  bool on_array_start() override {
    if (Jwk* jwk = at_member(); jwk && key_ == "key_ops") {
      jwk->has_operations = true;
      operations_depth_ = depth_ + 1;
    }
    if (++depth_ == 2 && key_ == "keys") is_set_ = in_keys_ = true;
    return true;
  }
  bool on_array_end() override {
    if (--depth_ == 1) in_keys_ = false;
    operations_depth_ = 0;
    return true;
  }
  std::string refusal() const override {
    return "more than " + std::to_string(JwtKeys::kMax) + " keys";
  }

  std::vector<Jwk> take() {
    if (!is_set_) keys_.push_back(std::move(alone_));
    return std::move(keys_);
  }

 private:
  static constexpr int kElementDepth = 3;  // object, array, object

  Jwk& current() { return in_keys_ ? keys_.back() : alone_; }
  // Whose member the value that comes now is; null when it lies deeper.
  Jwk* at_member() {
    const bool here = in_keys_ ? depth_ == kElementDepth && !keys_.empty() : depth_ == 1;
    return here ? &current() : nullptr;
  }

  int depth_ = 0;
  int operations_depth_ = 0;  // 0 = not in "key_ops"
  bool in_keys_ = false;
  bool is_set_ = false;
  std::string key_;
  std::vector<Jwk> keys_;
  Jwk alone_;
};

Result<std::string> take_bytes(const Jwk& jwk, std::string_view name) {
  const std::string_view text = jwk.text(name);
  auto bytes = text::base64url_decode(text);
  if (text.empty() || !bytes) {
    return make_error(Errc::kInvalid, '"' + std::string(name) + "\" is not base64url");
  }
  return std::move(*bytes);
}

// The algorithm that the key itself names, or else `otherwise`.
Result<SignatureAlgorithm> take_algorithm(const Jwk& jwk, SignatureAlgorithm otherwise) {
  const std::string_view name = jwk.text("alg");
  if (name.empty()) return otherwise;
  const auto algorithm = crypto::parse_signature_algorithm(name);
  if (!algorithm) return make_error(Errc::kUnsupported, "its \"alg\" is none of ours");
  return *algorithm;
}

Result<VerifyKey> make_secret(const Jwk& jwk, const JwkOptions& options) {
  if (!options.secrets) return make_error(Errc::kUnsupported, "a secret that anybody can fetch");
  const auto algorithm = take_algorithm(jwk, options.secret);
  if (!algorithm) return tl::unexpected<Error>(algorithm.error());
  auto secret = take_bytes(jwk, "k");
  if (!secret) return tl::unexpected<Error>(secret.error());
  return VerifyKey::from_secret(*algorithm, std::move(*secret));
}

Result<VerifyKey> make_rsa(const Jwk& jwk, const JwkOptions& options) {
  const auto algorithm = take_algorithm(jwk, options.rsa);
  if (!algorithm) return tl::unexpected<Error>(algorithm.error());
  const auto modulus = take_bytes(jwk, "n");
  if (!modulus) return tl::unexpected<Error>(modulus.error());
  const auto exponent = take_bytes(jwk, "e");
  if (!exponent) return tl::unexpected<Error>(exponent.error());
  return VerifyKey::from_rsa(*algorithm, *modulus, *exponent);
}

std::optional<SignatureAlgorithm> algorithm_of_curve(std::string_view curve) {
  if (curve == "P-256") return SignatureAlgorithm::kEs256;
  if (curve == "P-384") return SignatureAlgorithm::kEs384;
  if (curve == "P-521") return SignatureAlgorithm::kEs512;
  return std::nullopt;
}

// The curve fixes the algorithm.
Result<VerifyKey> make_point(const Jwk& jwk) {
  const auto of_curve = algorithm_of_curve(jwk.text("crv"));
  if (!of_curve) return make_error(Errc::kUnsupported, "its curve is none of ours");
  const auto algorithm = take_algorithm(jwk, *of_curve);
  if (!algorithm) return tl::unexpected<Error>(algorithm.error());
  if (*algorithm != *of_curve) return make_error(Errc::kInvalid, "\"alg\" is not of its curve");
  const auto x = take_bytes(jwk, "x");
  if (!x) return tl::unexpected<Error>(x.error());
  const auto y = take_bytes(jwk, "y");
  if (!y) return tl::unexpected<Error>(y.error());
  return VerifyKey::from_point(*algorithm, *x, *y);
}

Result<VerifyKey> make_okp(const Jwk& jwk) {
  if (jwk.text("crv") != "Ed25519") {
    return make_error(Errc::kUnsupported, "its curve is none of ours");
  }
  const auto algorithm = take_algorithm(jwk, SignatureAlgorithm::kEdDsa);
  if (!algorithm) return tl::unexpected<Error>(algorithm.error());
  if (*algorithm != SignatureAlgorithm::kEdDsa) {
    return make_error(Errc::kInvalid, "\"alg\" is not of its curve");
  }
  const auto x = take_bytes(jwk, "x");
  if (!x) return tl::unexpected<Error>(x.error());
  return VerifyKey::from_ed25519(*x);
}

Result<VerifyKey> make_key(const Jwk& jwk, const JwkOptions& options) {
  if (jwk.doubtful) return make_error(Errc::kInvalid, "a member stands there twice");
  if (!jwk.text("use").empty() && jwk.text("use") != "sig") {
    return make_error(Errc::kUnsupported, "it is not for signatures");
  }
  const auto& operations = jwk.operations;
  if (jwk.has_operations &&
      std::find(operations.begin(), operations.end(), "verify") == operations.end()) {
    return make_error(Errc::kUnsupported, "its \"key_ops\" do not include \"verify\"");
  }
  const std::string_view type = jwk.text("kty");
  if (type == "oct") return make_secret(jwk, options);
  if (type == "RSA") return make_rsa(jwk, options);
  if (type == "EC") return make_point(jwk);
  if (type == "OKP") return make_okp(jwk);
  return make_error(Errc::kUnsupported, "its \"kty\" is none of ours");
}

Result<JwtKeys> make_only(Result<VerifyKey> key) {
  if (!key) return tl::unexpected<Error>(key.error());
  JwtKeys keys;
  keys.add({"", std::move(*key)});
  return keys;
}

}  // namespace

bool JwtKeys::add(JwtKey key) {
  if (list_.size() >= kMax) return false;
  list_.push_back(std::move(key));
  return true;
}

std::vector<const JwtKey*> JwtKeys::find(std::string_view id) const {
  std::vector<const JwtKey*> found;
  for (const JwtKey& one : list_) {
    if (id.empty() || one.id.empty() || one.id == id) found.push_back(&one);
  }
  return found;
}

Result<JwtKeys> parse_jwks(std::string_view json, const JwkOptions& options) {
  JwksReader reader;
  if (auto read = json::read(json, reader); !read) return tl::unexpected<Error>(read.error());
  JwtKeys keys;
  std::optional<Error> fault;
  for (const Jwk& jwk : reader.take()) {
    auto key = make_key(jwk, options);
    if (key) {
      keys.add({std::string(jwk.text("kid")), std::move(*key)});
    } else if (!fault) {
      fault = key.error();
    }
  }
  if (!keys.list().empty()) return keys;
  return make_error(Errc::kInvalid,
                    "no key that can be used" + (fault ? ": " + fault->text : std::string()));
}

Result<JwtKeys> parse_key_file(const std::string& text, const JwkOptions& options) {
  if (text.find("-----BEGIN ") == text.npos) return parse_jwks(text, options);
  return make_only(VerifyKey::from_pem(text, options.rsa));
}

Result<JwtKeys> parse_secret_file(std::string_view text, const JwkOptions& options) {
  if (text.find("-----BEGIN ") != text.npos) {
    return make_error(Errc::kInvalid, "a key in PEM, which is no secret");
  }
  if (text.ends_with('\n')) text.remove_suffix(1);
  if (text.ends_with('\r')) text.remove_suffix(1);
  return make_only(VerifyKey::from_secret(options.secret, std::string(text)));
}

}  // namespace rosterd::app
