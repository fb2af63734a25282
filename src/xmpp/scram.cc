// SPDX-License-Identifier: MIT
#include "xmpp/scram.h"

#include <optional>
#include <string>
#include <utility>

#include "base/text.h"
#include "xmpp/authzid.h"
#include "xmpp/jid.h"

namespace rosterd::xmpp {

namespace {

SaslFail malformed(std::string why) {
  return {SaslFailure::kMalformedRequest, "SCRAM: " + std::move(why)};
}

// Takes the next comma-separated attribute off `rest`; its value when it is `letter`=value.
std::optional<std::string_view> take_attribute(std::string_view& rest, char letter) {
  if (rest.size() < 2 || rest[0] != letter || rest[1] != '=') return std::nullopt;
  const std::size_t comma = rest.find(',');
  const std::string_view value =
      rest.substr(2, comma == std::string_view::npos ? std::string_view::npos : comma - 2);
  rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 1);
  return value;
}

// What may follow the attributes that we know, and is ignored. "m" would be an extension that must
// be understood (RFC 5802 section 5.1).
bool are_extensions(std::string_view rest) {
  while (!rest.empty()) {
    const char letter = rest[0];
    const bool alpha = (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z');
    const auto value = take_attribute(rest, letter);
    if (!alpha || letter == 'm' || !value || value->empty()) return false;
  }
  return true;
}

// RFC 5802: printable ASCII but ','.
bool is_nonce(std::string_view nonce) {
  for (const char c : nonce) {
    if (c < 0x21 || c > 0x7E || c == ',') return false;
  }
  return !nonce.empty();
}

crypto::Hash hash_of(Mechanism mechanism) {
  switch (mechanism) {
    case Mechanism::kScramSha1:
    case Mechanism::kScramSha1Plus:
      return crypto::Hash::kSha1;
    case Mechanism::kScramSha512:
    case Mechanism::kScramSha512Plus:
      return crypto::Hash::kSha512;
    default:
      return crypto::Hash::kSha256;
  }
}

class ScramExchange final : public SaslExchange {
 public:
  ScramExchange(crypto::Hash hash, bool plus, const SaslPlace& place, std::string server_nonce)
      : hash_(hash),
        plus_(plus),
        plus_offered_(place.plus_offered),
        domain_(place.domain),
        bindings_(place.bindings),
        offer_(place.offer),
        server_nonce_(std::move(server_nonce)) {}
  ~ScramExchange() override { forget_keys(); }

  SaslStep on_message(std::string_view message) override {
    switch (std::exchange(state_, State::kDone)) {
      case State::kClientFirst:
        return on_client_first(message);
      case State::kClientFinal:
        return on_client_final(message);
      case State::kKeys:
      case State::kDone:
        break;
    }
    return malformed("message out of order");
  }

  SaslStep on_keys(const ScramKeys& keys) override {
    if (state_ != State::kKeys) return malformed("keys out of order");
    keys_ = keys;
    nonce_ += server_nonce_;
    server_first_ = "r=" + nonce_ + ",s=" + text::base64_encode(keys.salt) +
                    ",i=" + std::to_string(keys.iterations);
    // XEP-0474: the proof covers what we offered, so that a client that was shown less notices.
    if (!offer_.empty())
      server_first_ += ",h=" + text::base64_encode(crypto::digest(hash_, offer_));
    state_ = State::kClientFinal;
    return SaslChallenge{server_first_};
  }

 private:
  enum class State { kClientFirst, kKeys, kClientFinal, kDone };

  SaslStep on_client_first(std::string_view message);
  std::optional<SaslFail> take_gs2_header(std::string_view& message);
  std::optional<SaslFail> check_binding_flag(std::string_view flag);
  SaslStep on_client_final(std::string_view message);
  bool proof_is_right(std::string_view proof, const std::string& auth_message) const;

  void forget_keys() {
    crypto::wipe(keys_.stored_key);
    crypto::wipe(keys_.server_key);
  }

  const crypto::Hash hash_;
  const bool plus_;
  const bool plus_offered_;
  const std::string domain_;
  const ChannelBindings bindings_;
  const std::string offer_;
  const std::string server_nonce_;
  State state_ = State::kClientFirst;
  std::string gs2_header_;
  std::string binding_data_;  // of the binding that the client chose
  std::string authzid_;
  std::string client_first_bare_;
  std::string server_first_;
  std::string nonce_;
  std::string username_;
  ScramKeys keys_;
};

std::optional<SaslFail> ScramExchange::check_binding_flag(std::string_view flag) {
  if (flag.starts_with("p=")) {
    if (!plus_) return malformed("channel binding without -PLUS");
    const std::string_view name = flag.substr(2);
    if (name == "tls-exporter") binding_data_ = bindings_.tls_exporter;
    if (name == "tls-server-end-point") binding_data_ = bindings_.tls_server_end_point;
    if (name == "tls-unique") binding_data_ = bindings_.tls_unique;
    if (binding_data_.empty()) return malformed("unsupported channel binding");
    return std::nullopt;
  }
  if (flag != "n" && flag != "y") return malformed("bad gs2 header");
  if (plus_) return malformed("-PLUS without channel binding");
  // RFC 5802 section 6: "y" says that the client could bind but saw no -PLUS. It was offered, so
  // somebody between us has taken it out. slixmpp says "y" also where it chose not to bind, so it
  // gets in by -PLUS alone, with the only binding it knows: see net::TlsFilter::tls_unique().
  if (flag == "y" && plus_offered_) {
    return SaslFail{SaslFailure::kNotAuthorized, "SCRAM: channel binding was stripped (downgrade)"};
  }
  return std::nullopt;
}

std::optional<SaslFail> ScramExchange::take_gs2_header(std::string_view& message) {
  auto header = find_gs2_header(message);
  if (!header) return malformed("bad gs2 header");
  if (auto fault = check_binding_flag(header->flag)) return fault;
  authzid_ = std::move(header->authzid);
  gs2_header_ = header->text;
  message.remove_prefix(gs2_header_.size());
  return std::nullopt;
}

SaslStep ScramExchange::on_client_first(std::string_view message) {
  if (!text::is_utf8(message) || message.ends_with(',')) return malformed("bad message");
  if (auto fault = take_gs2_header(message)) return *fault;
  client_first_bare_ = message;
  const auto name = take_attribute(message, 'n');
  const auto nonce = take_attribute(message, 'r');
  if (!name || !nonce || !is_nonce(*nonce) || !are_extensions(message)) {
    return malformed("bad client-first-message");
  }
  const auto decoded = decode_saslname(*name);
  auto username = decoded ? saslprep(*decoded) : make_error(Errc::kInvalid, "bad escape");
  if (!username) return malformed("bad user name");
  username_ = std::move(*username);
  if (!is_authzid_of(authzid_, username_, domain_)) {
    return SaslFail{SaslFailure::kInvalidAuthzid, "SCRAM: authzid is somebody else"};
  }
  nonce_ = *nonce;
  state_ = State::kKeys;
  return SaslNeedKeys{username_, hash_};
}

bool ScramExchange::proof_is_right(std::string_view proof, const std::string& auth_message) const {
  if (proof.size() != crypto::digest_size(hash_)) return false;
  const std::string signature = crypto::hmac(hash_, keys_.stored_key, auth_message);
  std::string client_key = crypto::xor_bytes(proof, signature);
  const bool right =
      crypto::equal_constant_time(crypto::digest(hash_, client_key), keys_.stored_key);
  crypto::wipe(client_key);
  return right;
}

SaslStep ScramExchange::on_client_final(std::string_view message) {
  const std::size_t proof_at = message.rfind(",p=");
  if (proof_at == std::string_view::npos) return malformed("no proof");
  const std::string_view without_proof = message.substr(0, proof_at);
  const auto proof = text::base64_decode(message.substr(proof_at + 3));
  std::string_view rest = without_proof;
  const auto binding = take_attribute(rest, 'c');
  const auto nonce = take_attribute(rest, 'r');
  if (!proof || !binding || !nonce || without_proof.ends_with(',') || !are_extensions(rest)) {
    return malformed("bad client-final-message");
  }
  const auto bound = text::base64_decode(*binding);
  if (!bound) return malformed("bad channel binding");
  if (*bound != gs2_header_ + binding_data_) {
    return SaslFail{SaslFailure::kNotAuthorized, "SCRAM: channel binding does not match"};
  }
  if (*nonce != nonce_) return SaslFail{SaslFailure::kNotAuthorized, "SCRAM: wrong nonce"};
  const std::string auth_message =
      client_first_bare_ + "," + server_first_ + "," + std::string(without_proof);
  if (!proof_is_right(*proof, auth_message)) {
    return SaslFail{SaslFailure::kNotAuthorized, "wrong password or unknown user"};
  }
  const std::string verifier = crypto::hmac(hash_, keys_.server_key, auth_message);
  forget_keys();
  return SaslSuccess{username_, "v=" + text::base64_encode(verifier)};
}

}  // namespace

ScramKeys derive_scram_keys(crypto::Hash hash, std::string_view password, std::string_view salt,
                            int iterations) {
  std::string salted = crypto::pbkdf2(hash, password, salt, iterations);
  std::string client_key = crypto::hmac(hash, salted, "Client Key");
  ScramKeys keys{hash, iterations, std::string(salt), crypto::digest(hash, client_key),
                 crypto::hmac(hash, salted, "Server Key")};
  crypto::wipe(salted);
  crypto::wipe(client_key);
  return keys;
}

std::unique_ptr<SaslExchange> start_scram(Mechanism mechanism, const SaslPlace& place,
                                          std::string server_nonce) {
  return std::make_unique<ScramExchange>(hash_of(mechanism), is_plus(mechanism), place,
                                         std::move(server_nonce));
}

}  // namespace rosterd::xmpp
