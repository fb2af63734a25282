// SPDX-License-Identifier: MIT
#include "base/text.h"
#include "http/message_machine.h"
#include "http/url.h"

namespace rosterd::http {
namespace {

// The first byte of TLS, as https:// with the wrong port sends it.
constexpr char kTlsHandshake = '\x16';
constexpr std::string_view kTokenMarks = "!#$%&'*+-.^_`|~";

bool is_token_byte(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
         kTokenMarks.find(c) != kTokenMarks.npos;
}

bool is_served(int method) {
  return method == HTTP_GET || method == HTTP_HEAD || method == HTTP_POST || method == HTTP_OPTIONS;
}

}  // namespace

struct RequestParser::Impl final : MessageMachine {
  explicit Impl(const Limits& limits) : MessageMachine(HTTP_REQUEST, limits) {}

  Fields& fields() override { return request.fields; }
  std::string& body() override { return request.body; }

  bool append_target(std::string_view part) override {
    if (request.target.size() + part.size() > limits().target_bytes) {
      return refuse(414, "target too long");
    }
    request.target.append(part);
    return true;
  }

  // On the line's bytes, because llhttp takes HTTP/0.9, HTTP/2.0 and RTSP/1.0 as well.
  bool check_start_line(std::string_view end) override {
    request.version_minor = end == " HTTP/1.0\r\n" ? 0 : 1;
    if (request.version_minor == 1 && end != " HTTP/1.1\r\n") {
      return refuse(505, "a version other than HTTP/1.0 and HTTP/1.1");
    }
    const int method = parser().method;
    if (!is_served(method)) return refuse(405, "method not allowed");
    request.method = llhttp_method_name(static_cast<llhttp_method_t>(method));
    return check_target();
  }

  // A client that takes us for its proxy sends the absolute form (RFC 9112 section 3.2.2); which
  // host it names makes no difference.
  bool check_target() {
    if (request.target.find('#') != request.target.npos) return refuse(400, "fragment in target");
    if (request.target.starts_with('/')) return true;
    auto url = parse_url(request.target);
    if (!url) return refuse(400, "bad target");
    request.target = std::move(url->target);
    return true;
  }

  Body check_head() override {
    const std::size_t hosts = request.fields.count("Host");
    if (hosts > 1) return refuse(400, "more than one Host"), Body::kRefused;
    if (hosts == 0 && request.version_minor == 1) return refuse(400, "no Host"), Body::kRefused;
    if (!check_framing(request.version_minor)) return Body::kRefused;
    if (is_encoded()) return refuse(415, "a content coding"), Body::kRefused;
    const bool has_body = request.fields.has("Transfer-Encoding") || parser().content_length > 0;
    upgrade = request.method == "GET" && !has_body &&
              request.fields.has_token("Connection", "upgrade") &&
              request.fields.has_token("Upgrade", "websocket");
    // In HTTP/1.0 the field has no meaning (RFC 9110 section 10.1.1).
    if (!request.fields.has("Expect") || request.version_minor == 0) return Body::kAsFramed;
    if (!text::ascii_iequals(request.fields.get("Expect"), "100-continue")) {
      return refuse(417, "unknown expectation"), Body::kRefused;
    }
    return has_body ? Body::kAfterContinue : Body::kAsFramed;
  }

  bool finish_message() override {
    request.keep_alive = llhttp_should_keep_alive(&parser()) != 0;
    return true;
  }

  int status_of(llhttp_errno_t error, char byte) const override {
    if (error == HPE_INVALID_VERSION || error == HPE_PAUSED_H2_UPGRADE) return 505;
    // A method of somebody else's, or no HTTP at all.
    if (error == HPE_INVALID_METHOD && is_token_byte(byte)) return 501;
    return 400;
  }

  std::string_view reason_of(llhttp_errno_t error, char byte) const override {
    if (error != HPE_INVALID_METHOD) return {};
    return byte == kTlsHandshake ? "TLS on a port without it" : "not a method of HTTP";
  }

  Request request;
  bool upgrade = false;
};

RequestParser::RequestParser(const Limits& limits) : impl_(std::make_unique<Impl>(limits)) {}
RequestParser::~RequestParser() = default;

ParseStep RequestParser::feed(std::string_view bytes) {
  ParseStep step = impl_->feed(bytes);
  if (step.state == ParseState::kComplete && impl_->upgrade) step.state = ParseState::kUpgrade;
  return step;
}

void RequestParser::next() {
  impl_->restart();
  impl_->request = Request{};
  impl_->upgrade = false;
}

Request& RequestParser::message() { return impl_->request; }
const ParseError& RequestParser::error() const { return impl_->error(); }
bool RequestParser::idle() const { return impl_->idle(); }
bool RequestParser::head_complete() const { return impl_->head_complete(); }

}  // namespace rosterd::http
