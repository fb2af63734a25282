// SPDX-License-Identifier: MIT
// A client's bytes up to the bound resource, through framer and parser. The first byte chooses the
// options. Every answer may stand in an XML stream, nobody is bound who has not logged in, and
// nothing follows the end.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <variant>

#include "base/text.h"
#include "xml/framer.h"
#include "xml/parser.h"
#include "xmpp/negotiation.h"

namespace {

using namespace rosterd;
using namespace rosterd::xmpp;

void require(bool condition) {
  if (!condition) std::abort();
}

NegotiationOptions options_of(std::uint8_t choice) {
  NegotiationOptions options;
  options.hosts = {"localhost", "bücher.example"};
  options.tls_required = (choice & 1) != 0;
  options.plain_without_tls = (choice & 2) != 0;
  options.tls_available = options.tls_required || (choice & 4) != 0;
  options.fast = (choice & 16) != 0;
  if (options.fast) options.methods["localhost"] = {.tokens = true, .cookies = true};
  options.sasl_attempts = 1 + (choice >> 5);
  return options;
}

class Client {
 public:
  explicit Client(std::uint8_t choice)
      : options_(options_of(choice)),
        negotiation_(options_, StreamFraming::kTcp, (choice & 8) != 0, bindings(), "cookie") {}

  // False when the stream has ended.
  bool take_frame(xml::Frame::Kind kind, std::string_view bytes) {
    Actions actions;
    if (kind == xml::Frame::Kind::kHeader) {
      const auto header = parser().parse_header(bytes);
      if (!header) return false;
      negotiation_.on_header(*header, actions);
    } else if (kind == xml::Frame::Kind::kStanza) {
      const auto element = parser().parse_stanza(bytes);
      if (!element) return false;
      negotiation_.on_element(*element, actions);
    } else if (kind != xml::Frame::Kind::kWhitespace) {
      return false;
    }
    perform(actions);
    require(!negotiation_.waiting() || ended_);
    return !ended_;
  }

  xml::Framer& framer() { return framer_; }

 private:
  static ChannelBindings bindings() { return {"exporter", "end-point", "unique"}; }
  static xml::Parser& parser() {
    static xml::Parser parser;
    return parser;
  }

  void perform(const Actions& actions) {
    for (const Action& one : actions) {
      require(!ended_);
      std::visit([this](const auto& action) { perform_action(action); }, one);
    }
  }
  void perform_action(const action::Send& action) {
    require(!action.bytes.empty() && text::is_xml_text(action.bytes));
  }
  void perform_action(const action::StartTls&) {
    framer_.reset();
    Actions actions;
    negotiation_.on_tls_open(bindings(), actions);
    perform(actions);
  }
  void perform_action(const action::ExpectHeader&) {
    require(!negotiation_.header_sent());
    framer_.reset();
  }
  void perform_action(const action::NeedKeys& action) {
    Actions actions;
    negotiation_.on_keys(derive_scram_keys(action.hash, "secret", "salt", 1), actions);
    perform(actions);
  }
  void perform_action(const action::NeedPassword& action) {
    Actions actions;
    Result<Login> login = make_error(Errc::kDenied, "wrong");
    if (action.password == "secret") login = Login{action.user};
    negotiation_.on_login(login, actions);
    perform(actions);
  }
  void perform_action(const action::NeedIdentity& action) {
    require(action.evidence.host == "localhost");
    require(action.evidence.token.empty() == !action.evidence.cookie.empty());
    Actions actions;
    Result<Login> login = make_error(Errc::kDenied, "nobody's");
    if (action.evidence.token != "wrong") login = Login{*Jid::make("romeo", "localhost")};
    negotiation_.on_login(login, actions);
    perform(actions);
  }
  void perform_action(const action::CheckToken& action) {
    require(action.proof.user.bare() == action.proof.user && !action.proof.agent_id.empty());
    Actions actions;
    Result<FastLogin> login = make_error(Errc::kTimeout, "expired");
    if (action.proof.count != 7U) login = FastLogin{"answer", action.proof.count == 8U};
    negotiation_.on_token(login, actions);
    perform(actions);
  }
  void perform_action(const action::IssueToken& action) {
    require(action.order.user == user_ && !action.order.agent_id.empty());
    Actions actions;
    negotiation_.on_issued({"token", WallTime()}, actions);
    perform(actions);
  }
  void perform_action(const action::Authenticated& action) {
    require(user_.empty() && !action.user.is_full() && negotiation_.authenticated());
    user_ = action.user;
  }
  void perform_action(const action::AuthFailed& action) { require(!action.why.empty()); }
  void perform_action(const action::Bind& action) {
    require(!user_.empty());
    Actions actions;
    const std::string resource = action.resource.empty() ? "chosen" : action.resource;
    negotiation_.on_bound(user_.with_resource(resource), actions);
    perform(actions);
  }
  void perform_action(const action::Established& action) {
    require(action.user.is_full() && action.user.bare() == user_ && negotiation_.established());
    ended_ = true;
  }
  void perform_action(const action::Close& action) {
    require(action.condition != StreamCondition::kNone);
    require(!negotiation_.make_header().empty());
    ended_ = true;
  }
  void perform_action(const action::End&) { ended_ = true; }

  const NegotiationOptions options_;
  Negotiation negotiation_;
  xml::Framer framer_{xml::FramerLimits{}};
  Jid user_;
  bool ended_ = false;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  Client client(data[0]);
  std::string_view rest(reinterpret_cast<const char*>(data + 1), size - 1);
  while (true) {
    const xml::Frame frame = client.framer().next(rest);
    if (frame.kind == xml::Frame::Kind::kNeedMore || frame.kind == xml::Frame::Kind::kError) break;
    if (!client.take_frame(frame.kind, rest.substr(0, frame.size))) break;
    rest.remove_prefix(frame.size);
  }
  return 0;
}
