// SPDX-License-Identifier: MIT
#include "client.h"

#include <algorithm>
#include <utility>

namespace rosterd::replay {
namespace {

constexpr xml::FramerLimits kAnything{
    .stanza_bytes = std::size_t{1} << 26, .depth = 1000, .attributes = 1000};

// After these a new stream begins (RFC 6120 sections 5.4.3.3, 6.4.6).
bool restarts_stream(std::string_view stanza) {
  return stanza.starts_with("<success ") || stanza.starts_with("<proceed ");
}

}  // namespace

Client::Client(const c2s::StreamContext& context, std::uint64_t number, bool secure)
    : number_(number), secure_(secure), framer_(kAnything) {
  stream_ = std::make_unique<c2s::ClientStream>(context, *this);
  attach(*stream_, Handle<c2s::ClientStream>::from_u64(number));
}

Client::~Client() = default;

void Client::send_to_server(std::string_view bytes, std::size_t piece) {
  for (; !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size()))) {
    stream_->on_bytes(bytes.substr(0, piece));
  }
}

void Client::send(std::string_view bytes) {
  unread_ += bytes;
  if (reading_) read_again();
}

void Client::send_stanzas(const im::Outbox& outbox) {
  for (std::size_t i = 0; i < outbox.count(); ++i) send(outbox.stanza(i));
}

void Client::read_again() {
  const bool had_stopped = !std::exchange(reading_, true);
  read(std::exchange(unread_, {}));
  if (had_stopped) stream_->on_drained();
}

void Client::read(std::string_view bytes) {
  partial_ += bytes;
  for (;;) {
    const xml::Frame frame = framer_.next(partial_);
    if (frame.kind == xml::Frame::Kind::kNeedMore) return;
    if (frame.kind == xml::Frame::Kind::kError) {
      received.push_back({Received::Kind::kGarbage, std::exchange(partial_, {})});
      return;
    }
    std::string whole = partial_.substr(0, frame.size);
    partial_.erase(0, frame.size);
    switch (frame.kind) {
      case xml::Frame::Kind::kHeader:
        received.push_back({Received::Kind::kHeader, std::move(whole)});
        break;
      case xml::Frame::Kind::kStreamEnd:
        received.push_back({Received::Kind::kEnd, std::move(whole)});
        break;
      case xml::Frame::Kind::kStanza:
        if (restarts_stream(whole)) framer_.reset();
        received.push_back({Received::Kind::kStanza, std::move(whole)});
        break;
      default:
        break;
    }
  }
}

bool Client::open_tls() {
  if (!std::exchange(tls_wanted_, false)) return false;
  secure_ = true;
  stream_->on_tls_open();
  return true;
}

void Client::close_stream(std::string_view) {
  send("</stream:stream>");
  closed_ = true;
}

}  // namespace rosterd::replay
