// SPDX-License-Identifier: MIT
#include "bosh_side.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "c2s/bosh_body.h"
#include "xml/writer.h"
#include "xmpp/namespaces.h"
#include "xmpp/stream_header.h"

namespace rosterd::replay {
namespace {

namespace ns = xmpp::ns;

constexpr std::uint64_t kFirstRid = 1'573'741'820;
// As the endpoint adds it to the limit of a stanza.
constexpr std::size_t kWrapperBytes = 4096;

void append_if(std::string& out, std::string_view name, std::string_view value) {
  if (!value.empty()) xml::append_attribute(out, name, value);
}

std::string make_body(const std::string& attributes, const std::string& payload) {
  std::string out = "<body";
  xml::append_attribute(out, "xmlns", ns::kHttpBind);
  xml::append_attribute(out, "xmlns:xmpp", ns::kXbosh);
  xml::append_attribute(out, "xmlns:stream", ns::kStreams);
  return out.append(attributes).append(">").append(payload).append("</body>");
}

}  // namespace

BoshSide::BoshSide(const c2s::StreamContext& context, std::uint64_t number, bool secure,
                   std::string cookie, Read read)
    : context_(context),
      number_(number),
      secure_(secure),
      cookie_(std::move(cookie)),
      read_(std::move(read)),
      rid_(kFirstRid) {}

BoshSide::~BoshSide() = default;

// --- the client asks -----------------------------------------------------------------------------

void BoshSide::open(const xml::StreamHeader& header) {
  send();
  std::string attributes;
  append_if(attributes, "to", header.to);
  append_if(attributes, "from", header.from);
  append_if(attributes, "xml:lang", header.lang);
  append_if(attributes, "xmpp:version", header.version);
  if (rid_ == kFirstRid && waiting_.empty()) {
    attributes += " ver='1.11' wait='60' hold='1'";
  } else {
    attributes += " xmpp:restart='true'";
  }
  queue(std::move(attributes));
}

void BoshSide::terminate() {
  queue(" type='terminate'");
  terminating_ = true;
}

void BoshSide::send() {
  if (!payload_.empty()) queue("");
}

void BoshSide::queue(std::string attributes) {
  waiting_.push_back({std::move(attributes), std::exchange(payload_, {})});
  ask();
}

void BoshSide::ask() {
  while (!ended_ && !waiting_.empty() && asked_.size() < may_ask_) {
    const Request request = std::move(waiting_.front());
    waiting_.pop_front();
    ask(request);
  }
}

void BoshSide::ask(const Request& request) {
  std::string attributes;
  xml::append_attribute(attributes, "rid", std::to_string(rid_++));
  append_if(attributes, "sid", sid_);
  attributes += request.attributes;
  asked_.push_back({++last_ticket_, make_body(attributes, request.payload)});
  submit(Asked(asked_.back()));
}

void BoshSide::stop_reading() {
  reading_ = false;
  if (!session_) return;
  for (const Asked& asked : asked_) session_->abandon(asked.ticket);
}

void BoshSide::read_again() {
  reading_ = true;
  for (Asked& asked : asked_) {
    asked.ticket = ++last_ticket_;
    submit(Asked(asked));
  }
}

// --- the client is answered ----------------------------------------------------------------------

bool BoshSide::take_answers() {
  const bool any = !answers_.empty();
  for (const Answer& answer : std::exchange(answers_, {})) {
    const auto asked = std::find_if(asked_.begin(), asked_.end(),
                                    [&](const Asked& one) { return one.ticket == answer.ticket; });
    if (asked == asked_.end() || ended_) continue;
    asked_.erase(asked);
    take(answer.body);
  }
  ask();
  const bool idle = !ended_ && !terminating_ && !sid_.empty() && asked_.empty();
  if (idle) ask(Request{});
  return any || idle;
}

void BoshSide::take(const std::string& bytes) {
  const auto body = parser_.parse_stanza(bytes);
  if (!body || !body->is("body", ns::kHttpBind)) return read_(bytes);
  if (body->find_attr("sid")) take_session(*body);
  bool has_error = false;
  std::vector<std::string> children;
  for (xml::Element one = body->first_child(); one; one = one.next_sibling()) {
    has_error = has_error || one.is("error", ns::kStreams);
    xml::Writer(children.emplace_back(), ns::kClient).element(one);
  }
  for (const std::string& child : children) take_child(child);
  if (body->attr("type") != "terminate") return;
  const std::string_view condition = has_error ? "" : body->attr("condition");
  if (!condition.empty()) {
    std::string error;
    xml::Writer(error, ns::kClient)
        .open("error", ns::kStreams)
        .open(condition, ns::kStreamErrors)
        .end()
        .end();
    take_child(error);
  }
  take_header();
  ended_ = true;
  read_("</stream:stream>");
}

void BoshSide::take_session(xml::Element body) {
  sid_ = body.attr("sid");
  from_ = body.attr("from");
  lang_ = body.lang();
  for (std::uint32_t i = 0; i < body.attribute_count(); ++i) {
    const xml::Attribute one = body.attribute(i);
    if (one.ns == ns::kXbosh && one.name == "version") version_ = one.value;
  }
  const std::string_view requests = body.attr("requests");
  std::from_chars(requests.data(), requests.data() + requests.size(), may_ask_);
}

void BoshSide::take_child(std::string_view element) {
  take_header();
  // RFC 6120 section 6.4.6.
  header_due_ = element.starts_with("<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'");
  read_(element);
}

// Where TCP has a header, BOSH has the attributes of the first answer.
void BoshSide::take_header() {
  if (!std::exchange(header_due_, false)) return;
  std::string header = "<stream:stream";
  xml::append_attribute(header, "xmlns", ns::kClient);
  xml::append_attribute(header, "xmlns:stream", ns::kStreams);
  append_if(header, "from", from_);
  append_if(header, "id", sid_);
  append_if(header, "version", version_);
  append_if(header, "xml:lang", lang_);
  read_(header + ">");
}

// --- the server ----------------------------------------------------------------------------------

void BoshSide::submit(const Asked& asked) {
  xml::FramerLimits limits = context_.options.after_login;
  limits.stanza_bytes =
      std::max(limits.stanza_bytes, context_.options.bytes_before_login) + kWrapperBytes;
  ++limits.depth;
  auto request = c2s::parse_bosh_body(context_.parser, asked.body, limits);
  if (!request) {
    const bool too_large = request.error().code == Errc::kTooLarge;
    return refuse(asked.ticket, too_large ? c2s::BoshCondition::kPolicyViolation
                                          : c2s::BoshCondition::kBadRequest);
  }
  if (!session_ && !open_session(*request, asked.ticket)) return;
  session_->receive(std::move(*request), asked.ticket);
  if (!reading_) session_->abandon(asked.ticket);
}

bool BoshSide::open_session(const c2s::BoshRequest& request, std::uint64_t ticket) {
  const auto& hosts = context_.options.negotiation.hosts;
  const std::string* const host =
      request.to.empty() ? &hosts.front() : xmpp::find_host(hosts, request.to);
  if (!host) {
    refuse(ticket, c2s::BoshCondition::kHostUnknown);
    return false;
  }
  session_ = std::make_unique<c2s::BoshSession>(request, *host, c2s::BoshOptions{}, context_.clock,
                                                context_.timers, *this);
  channel_ = std::make_unique<c2s::BoshChannel>(
      *session_, *this, backlog_,
      c2s::BoshClient{number_, *net::Address::parse("192.0.2.1", 5000), secure_, cookie_});
  stream_ = std::make_unique<c2s::ClientStream>(context_, *channel_);
  channel_->attach(*stream_, Handle<c2s::ClientStream>::from_u64(number_));
  return true;
}

void BoshSide::refuse(std::uint64_t ticket, c2s::BoshCondition condition) {
  answers_.push_back({ticket, c2s::make_bosh_terminate(condition)});
}

void BoshSide::announce_shutdown() {
  if (session_) session_->announce_shutdown();
}

void BoshSide::answer(const c2s::BoshSession&, std::uint64_t ticket, int, std::string body) {
  answers_.push_back({ticket, std::move(body)});
}

void BoshSide::on_unsettled(c2s::BoshSession&) { unsettled_ = true; }

bool BoshSide::settle() {
  if (!session_ || !std::exchange(unsettled_, false)) return false;
  session_->settle();
  return true;
}

}  // namespace rosterd::replay
