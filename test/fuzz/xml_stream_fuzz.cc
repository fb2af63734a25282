// SPDX-License-Identifier: MIT
// A whole XML stream through framer and parser. What is accepted must be written as something that
// parses to the same tree, and the framer must not care how its input is cut.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/text.h"
#include "xml/framer.h"
#include "xml/parser.h"
#include "xml/writer.h"

using namespace rosterd::xml;

namespace {

constexpr FramerLimits kLimits{.stanza_bytes = 4096, .depth = 16, .attributes = 16};

void require(bool condition) {
  if (!condition) std::abort();
}

std::string written(Element element) {
  std::string out;
  Writer(out).element(element);
  return out;
}

void check_stanza(Parser& parser, std::string_view bytes) {
  const auto first = parser.parse_stanza(bytes);
  if (!first) return;
  const std::string once = written(*first);
  require(rosterd::text::is_xml_text(once));
  Framer framer(FramerLimits{.stanza_bytes = once.size(), .depth = 16, .attributes = 32});
  framer.reset_to_stanzas();
  const Frame frame = framer.next(once);
  require(frame.kind == Frame::Kind::kStanza && frame.size == once.size());
  const auto second = parser.parse_stanza(once);
  require(second.has_value());
  require(written(*second) == once);
}

// The same bytes, handed in one more at a time, must give the same frame.
void check_cut(Framer framer, std::string_view bytes, const Frame& expected) {
  for (std::size_t i = 1; i <= bytes.size(); ++i) {
    const Frame frame = framer.next(bytes.substr(0, i));
    if (frame.kind == Frame::Kind::kNeedMore || frame.kind == Frame::Kind::kWhitespace) continue;
    require(frame.kind == expected.kind && frame.size == expected.size);
    return;
  }
  require(expected.kind == Frame::Kind::kNeedMore);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // One for the process, as in the daemon: no input may leave it in a state that harms the next.
  static Parser parser;
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  Framer framer(kLimits);
  for (;;) {
    const Framer before = framer;
    const Frame frame = framer.next(rest);
    if (frame.kind != Frame::Kind::kWhitespace) check_cut(before, rest, frame);
    require(frame.size <= rest.size());
    const std::string_view bytes = rest.substr(0, frame.size);
    switch (frame.kind) {
      case Frame::Kind::kNeedMore:
      case Frame::Kind::kError:
      case Frame::Kind::kStreamEnd:
        return 0;
      case Frame::Kind::kWhitespace:
        break;
      case Frame::Kind::kHeader:
        (void)parser.parse_header(bytes);
        break;
      case Frame::Kind::kStanza:
        check_stanza(parser, bytes);
        break;
    }
    rest.remove_prefix(frame.size);
  }
}
