// SPDX-License-Identifier: MIT
#include <utility>

#include "http/message_machine.h"

namespace rosterd::http {
namespace {

// The first byte of what a TLS server says to a request in the clear.
constexpr char kTlsAlert = '\x15';

}  // namespace

struct ResponseParser::Impl final : MessageMachine {
  explicit Impl(const Limits& limits) : MessageMachine(HTTP_RESPONSE, limits) {}

  Fields& fields() override { return response.fields; }
  std::string& body() override { return response.body; }

  bool check_start_line(std::string_view) override {
    response.status = parser().status_code;
    if (parser().http_major != 1 || parser().http_minor > 1) {
      return refuse(505, "a version other than HTTP/1.0 and HTTP/1.1");
    }
    if (response.status == 101) return refuse(400, "switches protocols unasked");
    if (response.status < 100 || response.status > 599) return refuse(400, "bad status code");
    return true;
  }

  // llhttp 8 would read a body where a 304 names the length it would have had.
  Body check_head() override {
    if (!check_framing(parser().http_minor)) return Body::kRefused;
    const int status = response.status;
    // Of another status nobody reads the body.
    if (status == 200 && is_encoded()) {
      return refuse(415, "a content coding that was not asked for"), Body::kRefused;
    }
    const bool none = head_request || status < 200 || status == 204 || status == 304;
    return none ? Body::kNone : Body::kAsFramed;
  }

  bool finish_message() override {
    if (response.status < 200) {
      response = Response{};
      return false;
    }
    response.keep_alive = llhttp_should_keep_alive(&parser()) != 0;
    return true;
  }

  int status_of(llhttp_errno_t, char) const override { return 400; }

  std::string_view reason_of(llhttp_errno_t error, char byte) const override {
    if (error != HPE_INVALID_CONSTANT) return {};
    return byte == kTlsAlert ? "it is TLS" : "it is no HTTP";
  }

  Response response;
  bool head_request = false;
};

ResponseParser::ResponseParser(const Limits& limits) : impl_(std::make_unique<Impl>(limits)) {}
ResponseParser::~ResponseParser() = default;

ParseStep ResponseParser::feed(std::string_view bytes) { return impl_->feed(bytes); }

ParseStep ResponseParser::finish() { return {impl_->finish(), 0}; }

void ResponseParser::next(bool head_request) {
  impl_->restart();
  impl_->response = Response{};
  impl_->head_request = head_request;
}

Response& ResponseParser::message() { return impl_->response; }
std::string ResponseParser::take_body() { return std::exchange(impl_->response.body, {}); }
const ParseError& ResponseParser::error() const { return impl_->error(); }
bool ResponseParser::idle() const { return impl_->idle(); }
bool ResponseParser::head_complete() const { return impl_->head_complete(); }

}  // namespace rosterd::http
