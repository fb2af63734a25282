// SPDX-License-Identifier: MIT
#include "web/client_connection.h"

#include <utility>

#include "base/crypto.h"
#include "base/text.h"
#include "http/writer.h"
#include "web/origin_pool.h"

namespace rosterd::web {
namespace {

// The least that a body is handed over by: a usual one comes whole.
constexpr std::size_t kPartBytes = 16 * 1024;

// RFC 7617; a field of the caller's own goes before what the URL says.
void authorize(http::Fields& fields, const std::string& userinfo) {
  if (userinfo.empty() || fields.has("Authorization")) return;
  fields.add("Authorization", "Basic " + text::base64_encode(userinfo));
}

Error error_of(const http::ParseError& error) {
  const bool limit = error.status == 413 || error.status == 431;
  return {limit ? Errc::kTooLarge : Errc::kInvalid, "bad answer: " + error.text};
}

std::string describe_loss(Fetch::Stage stage, std::string_view why) {
  constexpr std::string_view kTls = "TLS: ";  // the stage says so
  if (stage != Fetch::Stage::kTls) return "connection lost: " + std::string(why);
  if (why.starts_with(kTls)) why.remove_prefix(kTls.size());
  return "tls: " + std::string(why);
}

}  // namespace

void ClientConnection::start_tls(Fetch& fetch, const std::string& host) {
  fetch_ = &fetch;
  connection_.start_tls_client(context_.tls, host);
}

void ClientConnection::on_tls_open() {
  if (fetch_) pool_.on_ready(*this, *fetch_);
}

void ClientConnection::send(Fetch& fetch, const std::string& host) {
  fetch_ = &fetch;
  idle_.cancel();
  parser_ = std::make_unique<http::ResponseParser>(context_.options.limits);
  parser_->next(fetch.request.method == "HEAD");
  // A retry needs the request again, so it is copied.
  http::Request request;
  request.method = fetch.request.method;
  request.target = fetch.request.url.target;
  request.fields = fetch.request.fields;
  request.body = fetch.request.body;
  authorize(request.fields, fetch.request.url.userinfo);
  std::string bytes;
  http::write_request(bytes, request, host);
  connection_.write(bytes);
  if (!fetch.request.secret) return;
  crypto::wipe(request.target);
  request.fields.wipe();
  crypto::wipe(request.body);
  crypto::wipe(bytes);
}

void ClientConnection::idle() {
  context_.loop.timers().arm(idle_, context_.loop.now() + context_.options.idle_timeout);
}

void ClientConnection::on_idle_timeout() { pool_.drop_idle(*this, "idle"); }

void ClientConnection::on_bytes(std::string_view bytes) {
  if (!parser_) return pool_.drop_idle(*this, "the server spoke unasked");
  if (!fetch_) return;  // its answer is no longer wanted
  pool_.on_answer_begun(*fetch_);
  const http::ParseStep step = parser_->feed(bytes);
  if (step.state == http::ParseState::kError) return fail(error_of(parser_->error()));
  if (step.state != http::ParseState::kComplete) return pass_on_body();
  complete(parser_->message().keep_alive && step.consumed == bytes.size() &&
           connection_.queued_bytes() == 0 && !connection_.closing());
}

void ClientConnection::pass_on_body() {
  const http::Response& response = parser_->message();
  if (!fetch_->request.in_parts || response.status != 200) return;
  if (response.body.size() < kPartBytes) return;
  fetch_->events->on_fetch_body(fetch_->handle.to_u64(), parser_->take_body());
}

void ClientConnection::complete(bool reusable) {
  http::Response response = std::move(parser_->message());
  parser_.reset();
  pool_.on_answer(*this, *std::exchange(fetch_, nullptr), std::move(response), reusable);
}

void ClientConnection::fail(Error error) {
  if (fetch_) pool_.on_lost(*std::exchange(fetch_, nullptr), std::move(error));
  connection_.abort("fetch failed");
}

// The server closes an idle connection, ends a body by it, or goes away.
void ClientConnection::on_end() {
  if (!parser_ || !fetch_) return pool_.drop_idle(*this, "the server closed");
  if (parser_->finish().state == http::ParseState::kComplete) return complete(false);
  const bool begun = fetch_->stage == Fetch::Stage::kBody;
  fail({Errc::kUnavailable,
        begun ? "the server closed in the middle of its answer" : "the server closed"});
}

void ClientConnection::on_closed(const Error& reason) {
  if (fetch_) {
    std::string why = describe_loss(fetch_->stage, reason.text);
    pool_.on_lost(*std::exchange(fetch_, nullptr), {Errc::kUnavailable, std::move(why)});
  }
  pool_.remove(*this, self_);  // the last thing: it deletes this
}

}  // namespace rosterd::web
