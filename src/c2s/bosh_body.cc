// SPDX-License-Identifier: MIT
#include "c2s/bosh_body.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "xml/writer.h"
#include "xmpp/namespaces.h"

namespace rosterd::c2s {

namespace ns = xmpp::ns;

namespace {

constexpr std::uint64_t kOurMajor = 1;
constexpr std::uint64_t kOurMinor = 11;

// In the order of the enum.
struct ConditionRow {
  std::string_view name;
  int legacy_status;
};
constexpr std::array<ConditionRow, 8> kConditions = {{
    {"", 200},
    {"bad-request", 400},
    {"host-unknown", 200},
    {"item-not-found", 404},
    {"policy-violation", 403},
    {"remote-connection-failed", 200},
    {"remote-stream-error", 200},
    {"system-shutdown", 200},
}};
static_assert(kConditions.size() == static_cast<std::size_t>(BoshCondition::kSystemShutdown) + 1);

const ConditionRow& row(BoshCondition condition) {
  return kConditions[static_cast<std::size_t>(condition)];
}

// Digits alone; what is beyond the highest rid counts as that plus one.
std::optional<std::uint64_t> parse_number(std::string_view digits) {
  if (digits.empty()) return std::nullopt;
  std::uint64_t number = 0;
  for (const char c : digits) {
    if (c < '0' || c > '9') return std::nullopt;
    number = std::min(number * 10 + static_cast<std::uint64_t>(c - '0'), kHighestRid + 1);
  }
  return number;
}

// A number, an absent one or (false) something else.
bool read_number(xml::Element body, std::string_view name, std::optional<std::uint64_t>& number) {
  const auto value = body.find_attr(name);
  if (!value) return true;
  number = parse_number(*value);
  return number.has_value();
}

std::string_view find_xbosh(xml::Element body, std::string_view name) {
  for (std::uint32_t i = 0; i < body.attribute_count(); ++i) {
    const xml::Attribute one = body.attribute(i);
    if (one.ns == ns::kXbosh && one.name == name) return one.value;
  }
  return {};
}

bool is_true(std::string_view boolean) { return boolean == "true" || boolean == "1"; }

// Exactly one element, with white space around it at most.
Result<std::string_view> frame_body(std::string_view bytes, const xml::FramerLimits& limits) {
  bytes = text::trim(bytes);
  xml::Framer framer(limits);
  framer.reset_to_stanzas();
  const xml::Frame frame = framer.next(bytes);
  if (frame.kind == xml::Frame::Kind::kError) {
    const bool too_big = framer.error() == xml::FrameError::kStanzaTooBig;
    return make_error(too_big ? Errc::kTooLarge : Errc::kInvalid, framer.detail());
  }
  if (frame.kind != xml::Frame::Kind::kStanza || frame.size != bytes.size()) {
    return make_error(Errc::kInvalid, "not one whole element");
  }
  return bytes;
}

void read_texts(xml::Element body, BoshRequest& request) {
  request.sid = body.attr("sid");
  request.to = body.attr("to");
  request.from = body.attr("from");
  request.lang = body.lang();
  request.ver = body.attr("ver");
  request.version = find_xbosh(body, "version");
  request.content = body.attr("content");
  request.key = body.attr("key");
  request.newkey = body.attr("newkey");
  request.terminate = body.attr("type") == "terminate";
  request.restart = is_true(find_xbosh(body, "restart"));
}

bool read_numbers(xml::Element body, BoshRequest& request) {
  return read_number(body, "wait", request.wait) && read_number(body, "hold", request.hold) &&
         read_number(body, "pause", request.pause) && read_number(body, "ack", request.ack);
}

// XEP-0206 section 2: many clients put stanzas into BOSH's namespace, by declaring none. Written as
// if that were in scope, they declare none here either, and so are in the stream's.
std::string write_payload(xml::Element element) {
  std::string out;
  xml::Writer(out, element.ns() == ns::kHttpBind ? ns::kHttpBind : ns::kClient).element(element);
  return out;
}

}  // namespace

Result<BoshRequest> parse_bosh_body(xml::Parser& parser, std::string_view bytes,
                                    const xml::FramerLimits& limits) {
  const auto framed = frame_body(bytes, limits);
  if (!framed) return tl::unexpected<Error>(framed.error());
  const auto body = parser.parse_stanza(*framed);
  if (!body) return tl::unexpected<Error>(body.error());
  if (!body->is("body", ns::kHttpBind)) return make_error(Errc::kInvalid, "not a body of BOSH");
  if (!text::trim(body->text()).empty()) return make_error(Errc::kInvalid, "text in the body");
  BoshRequest request;
  read_texts(*body, request);
  const auto rid = parse_number(body->attr("rid"));
  if (!rid || *rid == 0 || *rid > kHighestRid) return make_error(Errc::kInvalid, "not a rid");
  request.rid = *rid;
  if (!read_numbers(*body, request)) return make_error(Errc::kInvalid, "not a number");
  for (xml::Element one = body->first_child(); one; one = one.next_sibling()) {
    request.payloads.push_back(write_payload(one));
  }
  return request;
}

std::string_view to_string(BoshCondition condition) { return row(condition).name; }

int legacy_status(BoshCondition condition) { return row(condition).legacy_status; }

std::string make_bosh_body(std::string_view attributes, std::string_view payload) {
  std::string out = "<body xmlns='";
  out.append(ns::kHttpBind).append("'").append(attributes);
  // XEP-0206 section 2: declared here, even if the element that needs it does so, too.
  if (payload.find("<stream:") != std::string_view::npos) {
    out.append(" xmlns:stream='").append(ns::kStreams).append("'");
  }
  if (payload.empty()) return out + "/>";
  return out.append(">").append(payload).append("</body>");
}

std::string make_bosh_terminate(BoshCondition condition, std::string_view payload) {
  std::string attributes = " type='terminate'";
  if (condition != BoshCondition::kNone) {
    attributes.append(" condition='").append(to_string(condition)).append("'");
  }
  return make_bosh_body(attributes, payload);
}

std::string choose_bosh_version(std::string_view client) {
  const std::size_t dot = std::min(client.find('.'), client.size());
  const auto major = parse_number(client.substr(0, dot));
  const auto minor = parse_number(client.substr(std::min(dot + 1, client.size())));
  if (!major || !minor) return "";
  const auto [lower_major, lower_minor] =
      std::min(std::pair(kOurMajor, kOurMinor), std::pair(*major, *minor));
  return std::to_string(lower_major) + "." + std::to_string(lower_minor);
}

}  // namespace rosterd::c2s
