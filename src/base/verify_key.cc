// SPDX-License-Identifier: MIT
#include "base/verify_key.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <algorithm>
#include <iterator>

#include "base/crypto.h"

namespace rosterd::crypto {

namespace {

using enum SignatureAlgorithm;

struct AlgorithmRow {
  const char* name;
  const EVP_MD* (*digest)();
  const char* curve;            // as OpenSSL names it; of ECDSA
  std::size_t coordinate_size;  // likewise
};

// By SignatureAlgorithm.
constexpr AlgorithmRow kRows[] = {
    {"HS256", EVP_sha256, nullptr, 0},       {"HS384", EVP_sha384, nullptr, 0},
    {"HS512", EVP_sha512, nullptr, 0},       {"RS256", EVP_sha256, nullptr, 0},
    {"RS384", EVP_sha384, nullptr, 0},       {"RS512", EVP_sha512, nullptr, 0},
    {"ES256", EVP_sha256, "prime256v1", 32}, {"ES384", EVP_sha384, "secp384r1", 48},
    {"ES512", EVP_sha512, "secp521r1", 66},  {"EdDSA", nullptr, nullptr, 0},
};

constexpr int kRsaBitsMin = 2048;
constexpr int kRsaBitsMax = 8192;  // the work grows with its square
constexpr std::size_t kExponentBytesMax = 8;

const AlgorithmRow& row_of(SignatureAlgorithm algorithm) {
  return kRows[static_cast<std::size_t>(algorithm)];
}

template <auto Free>
struct Freeing {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};
using Number = std::unique_ptr<BIGNUM, Freeing<BN_free>>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, Freeing<EVP_PKEY_CTX_free>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, Freeing<EVP_MD_CTX_free>>;
using Builder = std::unique_ptr<OSSL_PARAM_BLD, Freeing<OSSL_PARAM_BLD_free>>;
using Parameters = std::unique_ptr<OSSL_PARAM, Freeing<OSSL_PARAM_free>>;
using EcdsaSignature = std::unique_ptr<ECDSA_SIG, Freeing<ECDSA_SIG_free>>;
using Bio = std::unique_ptr<BIO, Freeing<BIO_free>>;
using Certificate = std::unique_ptr<X509, Freeing<X509_free>>;

// What failed leaves nothing behind for the next user of the thread's error queue.
struct ErrorQueue {
  ~ErrorQueue() { ERR_clear_error(); }
};

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

Number to_number(std::string_view bytes) {
  return Number(BN_bin2bn(bytes_of(bytes), static_cast<int>(bytes.size()), nullptr));
}

std::shared_ptr<EVP_PKEY> own(EVP_PKEY* key) { return {key, EVP_PKEY_free}; }

// Null when OpenSSL does not take it for a key.
std::shared_ptr<EVP_PKEY> build_key(const char* type, OSSL_PARAM_BLD* builder) {
  const Parameters parameters(OSSL_PARAM_BLD_to_param(builder));
  const KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  EVP_PKEY* key = nullptr;
  if (!parameters || !context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, parameters.get()) != 1) {
    return nullptr;
  }
  return own(key);
}

bool is_sound(EVP_PKEY* key) {
  const KeyContext context(EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr));
  return context && EVP_PKEY_public_check(context.get()) == 1;
}

std::string curve_of(EVP_PKEY* key) {
  char name[64];
  std::size_t size = 0;
  return EVP_PKEY_get_group_name(key, name, sizeof name, &size) == 1 ? std::string(name, size) : "";
}

// JWS has r and s beside each other, OpenSSL wants them in DER; "" when they are no signature.
std::string to_der(std::string_view raw, std::size_t coordinate_size) {
  if (raw.size() != 2 * coordinate_size) return {};
  Number r = to_number(raw.substr(0, coordinate_size));
  Number s = to_number(raw.substr(coordinate_size));
  // CVE-2022-21449: zero fits every message where nobody checks.
  if (!r || !s || BN_is_zero(r.get()) || BN_is_zero(s.get())) return {};
  const EcdsaSignature pair(ECDSA_SIG_new());
  if (!pair || ECDSA_SIG_set0(pair.get(), r.get(), s.get()) != 1) return {};
  (void)r.release();  // they are the pair's now
  (void)s.release();
  unsigned char* der = nullptr;
  const int size = i2d_ECDSA_SIG(pair.get(), &der);
  if (size <= 0) return {};
  std::string out(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size));
  OPENSSL_free(der);
  return out;
}

// What the algorithm of an asymmetric key must be.
std::optional<SignatureAlgorithm> algorithm_of(EVP_PKEY* key, SignatureAlgorithm rsa) {
  switch (EVP_PKEY_get_base_id(key)) {
    case EVP_PKEY_RSA:
      return rsa;
    case EVP_PKEY_ED25519:
      return kEdDsa;
    case EVP_PKEY_EC:
      for (const SignatureAlgorithm one : {kEs256, kEs384, kEs512}) {
        if (curve_of(key) == row_of(one).curve) return one;
      }
      return std::nullopt;
    default:
      return std::nullopt;
  }
}

std::shared_ptr<EVP_PKEY> read_pem(const std::string& pem) {
  const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  if (!bio) return nullptr;
  if (pem.find("-----BEGIN CERTIFICATE-----") == pem.npos) {
    return own(PEM_read_bio_PUBKEY(bio.get(), nullptr, nullptr, nullptr));
  }
  const Certificate certificate(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
  return own(certificate ? X509_get_pubkey(certificate.get()) : nullptr);
}

}  // namespace

const char* to_string(SignatureAlgorithm algorithm) { return row_of(algorithm).name; }

std::optional<SignatureAlgorithm> parse_signature_algorithm(std::string_view name) {
  if (name == "Ed25519") return kEdDsa;
  const auto* const row =
      std::find_if(std::begin(kRows), std::end(kRows),
                   [name](const AlgorithmRow& one) { return name == one.name; });
  if (row == std::end(kRows)) return std::nullopt;
  return static_cast<SignatureAlgorithm>(row - kRows);
}

bool is_hmac(SignatureAlgorithm algorithm) { return algorithm <= kHs512; }
bool is_rsa(SignatureAlgorithm algorithm) { return algorithm >= kRs256 && algorithm <= kRs512; }
bool is_ecdsa(SignatureAlgorithm algorithm) { return algorithm >= kEs256 && algorithm <= kEs512; }

Result<VerifyKey> VerifyKey::from_secret(SignatureAlgorithm algorithm, std::string secret) {
  if (!is_hmac(algorithm)) return make_error(Errc::kInvalid, "a secret is for HS256, …384, …512");
  const auto least = static_cast<std::size_t>(EVP_MD_get_size(row_of(algorithm).digest()));
  if (secret.size() < least) {
    return make_error(Errc::kInvalid, std::string(to_string(algorithm)) +
                                          " needs a secret of at least " + std::to_string(least) +
                                          " bytes");
  }
  return VerifyKey(algorithm, std::move(secret), nullptr);
}

Result<VerifyKey> VerifyKey::from_rsa(SignatureAlgorithm algorithm, std::string_view modulus,
                                      std::string_view exponent) {
  const ErrorQueue queue;
  if (!is_rsa(algorithm)) return make_error(Errc::kInvalid, "an RSA key is for RS256, …384, …512");
  if (modulus.size() > kRsaBitsMax / 8 || exponent.size() > kExponentBytesMax) {
    return make_error(Errc::kInvalid, "the RSA key is too large");
  }
  const Builder builder(OSSL_PARAM_BLD_new());
  const Number n = to_number(modulus);
  const Number e = to_number(exponent);
  if (!builder || !n || !e ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get()) != 1 ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get()) != 1) {
    return make_error(Errc::kInvalid, "no RSA key");
  }
  return check(algorithm, build_key("RSA", builder.get()));
}

Result<VerifyKey> VerifyKey::from_point(SignatureAlgorithm algorithm, std::string_view x,
                                        std::string_view y) {
  const ErrorQueue queue;
  if (!is_ecdsa(algorithm)) return make_error(Errc::kInvalid, "an EC key is for ES256, …384, …512");
  const AlgorithmRow& row = row_of(algorithm);
  if (x.size() != row.coordinate_size || y.size() != row.coordinate_size) {
    return make_error(Errc::kInvalid, "x and y are not of the curve's size");
  }
  const std::string point = '\x04' + std::string(x) + std::string(y);  // not compressed
  const Builder builder(OSSL_PARAM_BLD_new());
  if (!builder ||
      OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, row.curve, 0) !=
          1 ||
      OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(),
                                       point.size()) != 1) {
    return make_error(Errc::kInvalid, "no EC key");
  }
  return check(algorithm, build_key("EC", builder.get()));
}

Result<VerifyKey> VerifyKey::from_ed25519(std::string_view bytes) {
  const ErrorQueue queue;
  return check(kEdDsa, own(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, bytes_of(bytes),
                                                       bytes.size())));
}

Result<VerifyKey> VerifyKey::from_pem(const std::string& pem, SignatureAlgorithm rsa) {
  const ErrorQueue queue;
  if (pem.find("PRIVATE KEY-----") != pem.npos) {
    return make_error(Errc::kInvalid, "a private key: give the public key, which is enough");
  }
  std::shared_ptr<EVP_PKEY> key = read_pem(pem);
  if (!key) {
    return make_error(Errc::kInvalid, "no public key or certificate in PEM that can be read");
  }
  const auto algorithm = algorithm_of(key.get(), rsa);
  if (!algorithm) {
    return make_error(Errc::kInvalid, "neither RSA nor P-256, P-384, P-521 nor Ed25519");
  }
  return check(*algorithm, std::move(key));
}

Result<VerifyKey> VerifyKey::check(SignatureAlgorithm algorithm, Key key) {
  if (!key) return make_error(Errc::kInvalid, "the numbers make no key");
  if (is_rsa(algorithm)) {
    const int bits = EVP_PKEY_get_bits(key.get());
    if (bits < kRsaBitsMin || bits > kRsaBitsMax) {
      return make_error(Errc::kInvalid, "an RSA key of " + std::to_string(bits) + " bits; " +
                                            std::to_string(kRsaBitsMin) + " to " +
                                            std::to_string(kRsaBitsMax) + " are accepted");
    }
  }
  if (!is_sound(key.get())) return make_error(Errc::kInvalid, "the numbers make no sound key");
  return VerifyKey(algorithm, {}, std::move(key));
}

bool VerifyKey::verifies(std::string_view message, std::string_view signature) const {
  const ErrorQueue queue;
  const AlgorithmRow& row = row_of(algorithm_);
  if (is_hmac(algorithm_)) {
    unsigned char mac[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    return HMAC(row.digest(), secret_.data(), static_cast<int>(secret_.size()), bytes_of(message),
                message.size(), mac, &size) != nullptr &&
           equal_constant_time({reinterpret_cast<const char*>(mac), size}, signature);
  }
  std::string der;
  if (is_ecdsa(algorithm_)) {
    der = to_der(signature, row.coordinate_size);
    signature = der;
  }
  const DigestContext context(EVP_MD_CTX_new());
  const EVP_MD* const digest = row.digest ? row.digest() : nullptr;
  return !signature.empty() && context &&
         EVP_DigestVerifyInit(context.get(), nullptr, digest, nullptr, key_.get()) == 1 &&
         EVP_DigestVerify(context.get(), bytes_of(signature), signature.size(), bytes_of(message),
                          message.size()) == 1;
}

}  // namespace rosterd::crypto
