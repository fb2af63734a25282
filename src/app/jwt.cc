// SPDX-License-Identifier: MIT
#include "app/jwt.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "base/json.h"
#include "base/text.h"

namespace rosterd::app {

namespace {

tl::unexpected<Error> refuse(std::string text) {
  return make_error(Errc::kDenied, std::move(text));
}

// The last second of the year 9999: a time beyond it is as good as that.
constexpr double kLatest = 253'402'300'799;

// Members of the outermost object; whatever lies deeper is passed over. A name twice is refused
// (RFC 7519 section 4).
class ObjectReader : public json::Events {
 public:
  bool on_null() final { return other(); }
  bool on_bool(bool) final { return other(); }
  bool on_number(std::string_view literal) final {
    return depth_ == 1 ? on_number_member(name_, literal) : depth_ > 1;
  }
  bool on_string(std::string_view value) final {
    if (depth_ == 2 && in_array_) return on_element(name_, value);
    return depth_ == 1 ? on_string_member(name_, value) : depth_ > 1;
  }
  bool on_key(std::string_view key) final {
    if (depth_ != 1) return true;
    name_ = key;
    return names_.insert(name_).second || fault("a member stands there twice");
  }
  bool on_object_start() final {
    if (++depth_ == 1) return true;
    return depth_ > 2 || on_other_member(name_);
  }
  bool on_array_start() final {
    if (++depth_ == 1) return fault("no JSON object");
    if (depth_ > 2) return true;
    in_array_ = true;
    return on_array_member(name_);
  }
  bool on_object_end() final { return leave(); }
  bool on_array_end() final { return leave(); }
  std::string refusal() const final { return fault_.empty() ? "no JSON object" : fault_; }

 protected:
  virtual bool on_string_member(const std::string& name, std::string_view value) = 0;
  virtual bool on_number_member(const std::string& name, std::string_view) {
    return on_other_member(name);
  }
  virtual bool on_array_member(const std::string& name) { return on_other_member(name); }
  // Of an array that is a member.
  virtual bool on_element(const std::string&, std::string_view) { return true; }
  virtual bool on_other_member(const std::string& name) = 0;

  bool fault(std::string text) {
    fault_ = std::move(text);
    return false;
  }

 private:
  bool other() { return depth_ == 1 ? on_other_member(name_) : depth_ > 1; }
  bool leave() {
    if (--depth_ == 1) in_array_ = false;
    return true;
  }

  int depth_ = 0;
  bool in_array_ = false;  // in an array that is a member
  std::string name_;
  std::set<std::string, std::less<>> names_;
  std::string fault_;
};

// RFC 7515 section 4.1. "jku", "jwk", "x5u" and "x5c" are passed over like "typ": keys are ours to
// choose (RFC 8725 sections 3.9, 3.10).
class HeaderReader final : public ObjectReader {
 public:
  explicit HeaderReader(Jwt& into) : into_(into) {}
  bool whole() const { return has_algorithm_; }

 private:
  bool on_string_member(const std::string& name, std::string_view value) override {
    if (name == "crit") return fault("it has \"crit\"");
    if (name == "kid") into_.key_id = value;
    if (name != "alg") return true;
    const auto algorithm = crypto::parse_signature_algorithm(value);
    if (!algorithm) return fault("its \"alg\" is none of ours");
    into_.algorithm = *algorithm;
    return has_algorithm_ = true;
  }
  bool on_other_member(const std::string& name) override {
    // Section 4.1.11: what must be understood is nothing that is understood here.
    if (name == "crit") return fault("it has \"crit\"");
    return (name != "alg" && name != "kid") || fault('"' + name + "\" is no string");
  }

  Jwt& into_;
  bool has_algorithm_ = false;
};

class ClaimsReader final : public ObjectReader {
 public:
  explicit ClaimsReader(const JwtRules& rules) : rules_(rules) {}

  std::optional<double> expires, not_before, issued;
  std::optional<std::string> name;
  bool issuer_fits = false;
  bool audience_fits = false;

 private:
  bool on_string_member(const std::string& member, std::string_view value) override {
    if (time_of(member)) return fault('"' + member + "\" is no number");
    if (member == "iss") issuer_fits = value == rules_.issuer;
    if (member == "aud") audience_fits = value == rules_.audience;
    if (member == rules_.name) name = value;
    return true;
  }
  bool on_number_member(const std::string& member, std::string_view literal) override {
    std::optional<double>* const time = time_of(member);
    if (!time) return on_other_member(member);
    double value = 0;
    const char* const end = literal.data() + literal.size();
    const auto [rest, error] = std::from_chars(literal.data(), end, value);
    if (error != std::errc() || rest != end || !std::isfinite(value)) {
      return fault('"' + member + "\" is out of range");
    }
    *time = std::clamp(value, 0.0, kLatest);
    return true;
  }
  bool on_array_member(const std::string& member) override {
    return member == "aud" || on_other_member(member);
  }
  bool on_element(const std::string& member, std::string_view value) override {
    if (member == "aud" && value == rules_.audience) audience_fits = true;
    return true;
  }
  bool on_other_member(const std::string& member) override {
    if (time_of(member)) return fault('"' + member + "\" is no number");
    if (member == "iss" || member == "aud" || member == rules_.name) {
      return fault('"' + member + "\" is no string");
    }
    return true;
  }
  std::optional<double>* time_of(std::string_view member) {
    if (member == "exp") return &expires;
    if (member == "nbf") return &not_before;
    return member == "iat" ? &issued : nullptr;
  }

  const JwtRules& rules_;
};

WallTime to_time(double since_1970) {
  return WallTime(std::chrono::milliseconds(static_cast<std::int64_t>(since_1970 * 1000)));
}

bool lies_ahead(const std::optional<double>& time, Duration leeway, WallTime now) {
  return time && to_time(*time) > now + leeway;
}

}  // namespace

Result<Jwt> parse_jwt(std::string_view token) {
  if (token.size() > kJwtSizeMax) return refuse("the token is too large");
  const std::size_t first = token.find('.');
  const std::size_t second = first == token.npos ? token.npos : token.find('.', first + 1);
  // Five parts would be an encrypted one.
  if (second == token.npos || token.find('.', second + 1) != token.npos) {
    return refuse("no token of three parts");
  }
  const auto header = text::base64url_decode(token.substr(0, first));
  auto claims = text::base64url_decode(token.substr(first + 1, second - first - 1));
  auto signature = text::base64url_decode(token.substr(second + 1));
  if (!header || !claims || !signature) return refuse("the token is not base64url");
  Jwt jwt;
  HeaderReader reader(jwt);
  if (auto read = json::read(*header, reader); !read) {
    return refuse("header of the token: " + read.error().text);
  }
  if (!reader.whole()) return refuse("header of the token: no \"alg\"");
  jwt.signed_part = token.substr(0, second);
  jwt.claims = std::move(*claims);
  jwt.signature = std::move(*signature);
  return jwt;
}

Result<std::vector<crypto::VerifyKey>> find_signers(const Jwt& token, const JwtKeys& keys) {
  const std::vector<const JwtKey*> candidates = keys.find(token.key_id);
  if (candidates.empty()) return make_error(Errc::kNotFound, "the token's key is not known");
  std::vector<crypto::VerifyKey> signers;
  for (const JwtKey* one : candidates) {
    if (one->key.algorithm() == token.algorithm) signers.push_back(one->key);
  }
  if (signers.empty()) return refuse("the token's \"alg\" is not the key's");
  return signers;
}

bool is_signed_by(const std::vector<crypto::VerifyKey>& signers, std::string_view signed_part,
                  std::string_view signature) {
  return std::any_of(signers.begin(), signers.end(), [&](const crypto::VerifyKey& one) {
    return one.verifies(signed_part, signature);
  });
}

// The curves for which OpenSSL has no code of their own.
bool is_slow(crypto::SignatureAlgorithm algorithm) {
  return algorithm == crypto::SignatureAlgorithm::kEs384 ||
         algorithm == crypto::SignatureAlgorithm::kEs512;
}

Result<JwtClaims> check_claims(const Jwt& token, const JwtRules& rules, WallTime now) {
  ClaimsReader claims(rules);
  if (auto read = json::read(token.claims, claims); !read) {
    return refuse("claims of the token: " + read.error().text);
  }
  if (!claims.expires) return refuse("the token has no \"exp\"");
  const auto expires =
      std::chrono::floor<WallTime::duration>(to_time(*claims.expires) + rules.leeway);
  if (expires <= now) return refuse("the token has expired");
  if (lies_ahead(claims.not_before, rules.leeway, now)) return refuse("the token is not valid yet");
  if (lies_ahead(claims.issued, rules.leeway, now)) return refuse("the token is from the future");
  if (!rules.issuer.empty() && !claims.issuer_fits) return refuse("the token's issuer is another");
  if (!rules.audience.empty() && !claims.audience_fits) {
    return refuse("the token is for another audience");
  }
  if (!claims.name) return refuse("the token has no \"" + rules.name + '"');
  return JwtClaims{std::move(*claims.name), expires};
}

}  // namespace rosterd::app
