// SPDX-License-Identifier: MIT
#include "client.h"

#include <algorithm>
#include <utility>

#include "xml/writer.h"

namespace rosterd::replay {
namespace {

constexpr xml::FramerLimits kAnything{
    .stanza_bytes = std::size_t{1} << 26, .depth = 1000, .attributes = 1000};

constexpr std::string_view kOpen = "<open xmlns='urn:ietf:params:xml:ns:xmpp-framing'";
constexpr std::string_view kHeader =
    "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'";
constexpr std::string_view kClose = "<close xmlns='urn:ietf:params:xml:ns:xmpp-framing'/>";

// After these a new stream begins (RFC 6120 sections 5.4.3.3, 6.4.6); not after SASL2's success.
bool restarts_stream(std::string_view stanza) {
  return stanza.starts_with("<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'") ||
         stanza.starts_with("<proceed ");
}

}  // namespace

Client::Client(const c2s::StreamContext& context, std::uint64_t number, bool secure,
               xmpp::StreamFraming framing, std::string cookie)
    : number_(number),
      framing_(framing),
      secure_(secure),
      cookie_(std::move(cookie)),
      framer_(kAnything),
      sending_(kAnything) {
  if (framing == xmpp::StreamFraming::kBosh) {
    bosh_ = std::make_unique<BoshSide>(context, number, secure, std::exchange(cookie_, {}),
                                       [this](std::string_view bytes) { read(bytes); });
    return;
  }
  stream_ = std::make_unique<c2s::ClientStream>(context, *this);
  attach(*stream_, Handle<c2s::ClientStream>::from_u64(number));
}

Client::~Client() = default;

void Client::send_to_server(std::string_view bytes, std::size_t piece) {
  for (; !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size()))) {
    if (framing_ == xmpp::StreamFraming::kTcp) {
      stream_->on_bytes(bytes.substr(0, piece));
    } else {
      send_elements(bytes.substr(0, piece));
    }
  }
  if (bosh_) bosh_->send();
}

void Client::send_elements(std::string_view bytes) {
  unsent_ += bytes;
  for (;;) {
    const xml::Frame frame = sending_.next(unsent_);
    if (frame.kind == xml::Frame::Kind::kNeedMore) return;
    const bool bad = frame.kind == xml::Frame::Kind::kError;
    const std::string whole = unsent_.substr(0, bad ? unsent_.npos : frame.size);
    unsent_.erase(0, whole.size());
    send_element(frame.kind, whole);
    if (bad) return sending_.reset_to_stanzas();
  }
}

void Client::send_element(xml::Frame::Kind kind, std::string_view bytes) {
  if (kind == xml::Frame::Kind::kWhitespace) return;
  if (bosh_) return add_to_request(kind, bytes);
  if (kind == xml::Frame::Kind::kStreamEnd) return stream_->on_message(kClose);
  if (kind != xml::Frame::Kind::kHeader) return stream_->on_message(bytes);
  const auto header = parser_.parse_header(bytes);
  std::string open = "<open xmlns='urn:ietf:params:xml:ns:xmpp-framing'";
  const auto attribute = [&](std::string_view name, std::string_view value) {
    if (!value.empty()) xml::append_attribute(open, name, value);
  };
  attribute("to", header->to);
  attribute("from", header->from);
  attribute("version", header->version);
  attribute("xml:lang", header->lang);
  stream_->on_message(open + "/>");
}

void Client::add_to_request(xml::Frame::Kind kind, std::string_view bytes) {
  if (kind == xml::Frame::Kind::kStreamEnd) return bosh_->terminate();
  if (kind != xml::Frame::Kind::kHeader) return bosh_->add(bytes);
  const auto header = parser_.parse_header(bytes);
  bosh_->open(*header);
}

// As it would have come by TCP.
void Client::send(std::string_view bytes) {
  if (bytes.starts_with(kOpen)) {
    bytes.remove_prefix(kOpen.size());
    bytes.remove_suffix(2);
    unread_.append(kHeader).append(bytes).append(">");
  } else {
    unread_ += bytes;
  }
  if (reading_) read_again();
}

void Client::send_stanzas(const im::Outbox& outbox) {
  for (std::size_t i = 0; i < outbox.count(); ++i) send(outbox.stanza(i));
}

void Client::stop_reading() {
  reading_ = false;
  if (bosh_) bosh_->stop_reading();
}

void Client::read_again() {
  if (bosh_) return bosh_->read_again();
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
        if (restarts_stream(whole)) {
          framer_.reset();
          sending_.reset();
        }
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

void Client::break_off() {
  if (bosh_) return bosh_->drop_session();
  stream_->on_gone("connection reset");
}

void Client::close_stream(std::string_view) {
  send("</stream:stream>");
  closed_ = true;
}

}  // namespace rosterd::replay
