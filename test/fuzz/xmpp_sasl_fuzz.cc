// SPDX-License-Identifier: MIT
// A client's SASL messages, one per line, to the mechanism that the first byte chooses, with and
// without channel binding. Nonce and keys are fixed, so that the corpus can hold right proofs.
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "base/text.h"
#include "xmpp/scram.h"

namespace {

using namespace rosterd;
using namespace rosterd::xmpp;

constexpr Mechanism kMechanisms[] = {Mechanism::kScramSha256Plus, Mechanism::kScramSha1Plus,
                                     Mechanism::kScramSha256,     Mechanism::kScramSha1,
                                     Mechanism::kPlain,           Mechanism::kOAuthBearer,
                                     Mechanism::kXOAuth2,         Mechanism::kExternal,
                                     Mechanism::kHtSha256Expr,    Mechanism::kHtSha256None};
constexpr std::string_view kNonce = "server";

void require(bool condition) {
  if (!condition) std::abort();
}

const ScramKeys& keys_of(crypto::Hash hash) {
  static const ScramKeys sha1 = derive_scram_keys(crypto::Hash::kSha1, "pencil", "salt", 1);
  static const ScramKeys sha256 = derive_scram_keys(crypto::Hash::kSha256, "pencil", "salt", 1);
  return hash == crypto::Hash::kSha1 ? sha1 : sha256;
}

class Server {
 public:
  explicit Server(std::uint8_t choice) {
    const Mechanism mechanism = kMechanisms[choice % std::size(kMechanisms)];
    const bool bound = (choice & 0x80) != 0;
    const ChannelBindings bindings =
        bound ? ChannelBindings{"exporter", "end-point", "unique"} : ChannelBindings{};
    const SaslPlace place{"localhost", bindings, bound, bound ? "SCRAM-SHA-1" : ""};
    const bool scram = to_string(mechanism).starts_with("SCRAM");
    exchange_ = scram ? start_scram(mechanism, place, std::string(kNonce))
                      : SaslExchange::start(mechanism, place);
  }

  void take_message(std::string_view message) { take(exchange_->on_message(message)); }

 private:
  void take(const SaslStep& step) {
    if (ended_ || refused_) require(std::holds_alternative<SaslFail>(step));
    std::visit([this](const auto& one) { check(one); }, step);
  }
  void check(const SaslChallenge& step) {
    require(step.message.starts_with("r=") && text::is_xml_text(step.message));
    require(step.message.find(std::string(kNonce) + ",s=") != std::string::npos);
  }
  void check(const SaslRefusal& step) {
    require(step.message == R"({"status":"invalid_token"})" && !step.log_text.empty());
    refused_ = true;
  }
  void check(const SaslNeedKeys& step) {
    asked_about(step.username);
    take(exchange_->on_keys(keys_of(step.hash)));
  }
  void check(const SaslNeedPassword& step) {
    asked_about(step.username);
    require(!step.password.empty());
    Result<std::string> login = step.username;
    if (step.password != "pencil") login = make_error(Errc::kDenied, "wrong");
    take(exchange_->on_login(login));
  }
  void check(const SaslNeedIdentity& step) {
    require(username_.empty() && text::is_utf8(step.authzid) && text::is_utf8(step.token));
    username_ = "romeo";
    Result<std::string> login = username_;
    if (step.token == "wrong") login = make_error(Errc::kDenied, "wrong");
    take(exchange_->on_login(login));
  }
  void check(const SaslNeedToken& step) {
    asked_about(step.username);
    require(step.hashed_token.size() == 32);
    Result<std::string> answer = std::string("answer");
    if (step.hashed_token.starts_with("x")) answer = make_error(Errc::kTimeout, "expired");
    take(exchange_->on_token(answer));
  }
  void check(const SaslSuccess& step) {
    require(!username_.empty() && step.username == username_);
    ended_ = true;
  }
  void check(const SaslFail& step) {
    require(!step.log_text.empty());
    ended_ = true;
  }
  void asked_about(const std::string& username) {
    require(username_.empty() && !username.empty() && text::is_utf8(username));
    username_ = username;
  }

  std::unique_ptr<SaslExchange> exchange_;
  std::string username_;
  bool ended_ = false;
  bool refused_ = false;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  Server server(data[0]);
  std::string_view rest(reinterpret_cast<const char*>(data + 1), size - 1);
  for (int messages = 0; messages < 4 && !rest.empty(); ++messages) {
    const std::size_t end = rest.find('\n');
    server.take_message(rest.substr(0, end));
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
  }
  return 0;
}
