// SPDX-License-Identifier: MIT
#include "c2s/bosh_channel.h"

#include <utility>

#include "base/log.h"
#include "c2s/stanza_namespace.h"
#include "xmpp/namespaces.h"

namespace rosterd::c2s {

BoshChannel::~BoshChannel() {
  if (session_) session_->attach(nullptr);
}

void BoshChannel::attach(ClientStream& stream, Handle<ClientStream> handle) {
  stream_ = &stream;
  handle_ = handle;
  stream.set_handle(handle);
  session_->attach(this);
}

void BoshChannel::send(std::string_view bytes) {
  if (!session_ || bytes.empty()) return;
  std::string element;
  append_with_namespace(element, bytes);
  session_->send(element);
  waiting_.set(session_->queued_bytes());
}

void BoshChannel::send_stanzas(const im::Outbox& outbox) {
  for (std::size_t i = 0; i < outbox.count(); ++i) send(outbox.stanza(i));
}

void BoshChannel::close_stream(std::string_view why) {
  if (!session_) return;
  ROSTERD_DEBUG("c2s", "BOSH stream closed", {{"connection", client_.connection}, {"why", why}});
  std::exchange(session_, nullptr)->close();
  owner_.on_channel_closed(handle_);
}

// Of what a header says, BOSH has what can vary. Clients of before XEP-0206 leave out the version.
void BoshChannel::on_open(const BoshRequest& request) {
  xml::StreamHeader header;
  header.name = "stream";
  header.ns = xmpp::ns::kStreams;
  header.content_ns = xmpp::ns::kClient;
  header.prefix = "stream";
  header.from = request.from;
  header.to = request.to;
  header.version = request.version.empty() ? "1.0" : request.version;
  header.lang = request.lang;
  stream_->on_header(header);
}

void BoshChannel::on_drained() {
  waiting_.set(0);
  stream_->on_drained();
}

void BoshChannel::on_gone(std::string_view why) {
  session_ = nullptr;
  stream_->on_gone(why);
  owner_.on_channel_closed(handle_);
}

}  // namespace rosterd::c2s
