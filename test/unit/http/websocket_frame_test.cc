// SPDX-License-Identifier: MIT
#include "http/websocket_frame.h"

#include <string>
#include <string_view>

#include "base/text.h"
#include "chunkings.h"
#include "support/cmocka.h"
#include "support/websocket.h"

using namespace rosterd;
using namespace rosterd::http;
using test::client_frame;
using test::client_head;

namespace {

constexpr WebSocketLimits kSmall{.message_bytes = 300, .fragments = 3};
constexpr int kContinuation = 0x0, kText = 0x1, kBinary = 0x2, kClose = 0x8, kPing = 0x9,
              kPong = 0xA, kFin = 0x80;

std::string in_words(const WebSocketStep& step) {
  const std::string text(step.text);
  switch (step.event) {
    case WebSocketEvent::kNeedMore:
      return "";
    case WebSocketEvent::kMessage:
      return "message '" + text + "'\n";
    case WebSocketEvent::kPing:
      return "ping '" + text + "'\n";
    case WebSocketEvent::kPong:
      return "pong '" + text + "'\n";
    case WebSocketEvent::kClose:
      return "close " + std::to_string(step.code) + " '" + text + "'\n";
    case WebSocketEvent::kError:
      return "error " + std::to_string(step.code) + " " + text + "\n";
  }
  return "";
}

void assert_has_ended(WebSocketReader& reader, const WebSocketStep& step, std::string& scratch) {
  const WebSocketEvent event = step.event;
  const std::uint16_t code = step.code;
  const WebSocketStep later = reader.feed(client_frame(kFin | kText, "late"), scratch);
  assert_int_equal(later.event, event);
  assert_int_equal(later.code, code);
  assert_int_equal(later.consumed, 10);
  assert_true(reader.idle());
}

// All events of the pieces, one per line; "more" at the end when something is incomplete.
std::string outcome(const Pieces& pieces, const WebSocketLimits& limits) {
  WebSocketReader reader(limits);
  std::string scratch, words;
  for (std::string_view piece : pieces) {
    while (!piece.empty()) {
      const WebSocketStep step = reader.feed(piece, scratch);
      piece.remove_prefix(step.consumed);
      words += in_words(step);
      if (step.event == WebSocketEvent::kNeedMore) assert_true(piece.empty());
      if (step.event == WebSocketEvent::kClose || step.event == WebSocketEvent::kError) {
        assert_has_ended(reader, step, scratch);
        return words;
      }
    }
  }
  return words + (reader.idle() ? "" : "more");
}

void assert_outcome(std::string_view bytes, std::string_view expected,
                    const WebSocketLimits& limits = WebSocketLimits{}) {
  for (const Pieces& pieces : every_chunking(bytes)) {
    assert_text_equal(outcome(pieces, limits), expected);
  }
}

std::string close_frame(int code, std::string_view reason = "") {
  std::string payload = {static_cast<char>(code >> 8), static_cast<char>(code & 0xFF)};
  return client_frame(kFin | kClose, payload.append(reason));
}

void examples_of_the_rfc_are_read(void**) {
  assert_outcome("\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58", "message 'Hello'\n");
  assert_outcome("\x8a\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58", "pong 'Hello'\n");
  assert_outcome("\x81\x05Hello", "error 1002 frame not masked\n");
}

void examples_of_the_rfc_are_written(void**) {
  std::string out;
  append_websocket_frame(out, WebSocketOpcode::kText, "Hello");
  append_websocket_frame(out, WebSocketOpcode::kPing, "Hello");
  assert_text_equal(out, "\x81\x05Hello\x89\x05Hello");
}

void frames_follow_each_other(void**) {
  const std::string long_text(200, 'x');
  assert_outcome(client_frame(kFin | kText, "<a/>") + client_frame(kFin | kPing, "") +
                     client_frame(kFin | kText, long_text) + client_frame(kFin | kText, ""),
                 "message '<a/>'\nping ''\nmessage '" + long_text + "'\nmessage ''\n");
}

void fragments_are_joined(void**) {
  assert_outcome(client_frame(kText, "Hel") + client_frame(kContinuation, "") +
                     client_frame(kFin | kContinuation, "lo") + client_frame(kFin | kText, "x"),
                 "message 'Hello'\nmessage 'x'\n");
}

void control_frames_may_stand_between_fragments(void**) {
  assert_outcome(client_frame(kText, "Hel") + client_frame(kFin | kPing, "p") +
                     client_frame(kFin | kContinuation, "lo") + client_frame(kFin | kPong, "q"),
                 "ping 'p'\nmessage 'Hello'\npong 'q'\n");
  assert_outcome(client_frame(kText, "Hel") + close_frame(1000), "close 1000 ''\n");
}

void character_may_be_split_over_fragments(void**) {
  assert_outcome(client_frame(kText, "\xE2\x82") + client_frame(kFin | kContinuation, "\xAC"),
                 "message '\xE2\x82\xAC'\n");
}

void incomplete_frame_waits(void**) {
  assert_outcome(client_frame(kFin | kText, "abc").substr(0, 8), "more");
  assert_outcome(client_frame(kText, "abc"), "more");
  assert_outcome("\x81", "more");
}

void lengths_of_every_form_are_read(void**) {
  for (std::size_t size : {0, 125, 126, 127, 0xFFFF, 0x10000}) {
    const std::string text(size, 'y');
    const std::string bytes = client_frame(kFin | kText, text);
    const std::string expected = "message '" + text + "'\n";
    const std::string_view view = bytes;
    assert_text_equal(outcome({view}, WebSocketLimits{}), expected);
    for (std::size_t cut : {1, 2, 3, 5, 6}) {
      const Pieces pieces = {view.substr(0, cut), view.substr(cut)};
      assert_text_equal(outcome(pieces, WebSocketLimits{}), expected);
    }
  }
}

void reserved_bits_are_refused(void**) {
  for (int bit : {0x40, 0x20, 0x10}) {
    assert_outcome(client_frame(kFin | kText | bit, "x"), "error 1002 reserved bit set\n");
  }
}

void reserved_opcodes_are_refused(void**) {
  for (int opcode : {0x3, 0x7, 0xB, 0xF}) {
    assert_outcome(client_frame(kFin | opcode, "x"), "error 1002 reserved opcode\n");
  }
}

void binary_messages_are_refused(void**) {
  assert_outcome(client_frame(kFin | kBinary, "x"), "error 1003 binary message\n");
  assert_outcome(client_frame(kBinary, "x"), "error 1003 binary message\n");
}

void control_frames_are_whole_and_short(void**) {
  const std::string longest(125, 'p');
  assert_outcome(client_frame(kFin | kPing, longest), "ping '" + longest + "'\n");
  assert_outcome(client_frame(kFin | kPing, longest + "p"), "error 1002 control frame too long\n");
  assert_outcome(client_frame(kFin | kClose, longest + "p"), "error 1002 control frame too long\n");
  assert_outcome(client_frame(kPing, "p"), "error 1002 control frame in fragments\n");
  assert_outcome(client_frame(kFin | kPing, "ok") + client_frame(kClose, ""),
                 "ping 'ok'\nerror 1002 control frame in fragments\n");
}

void fragments_out_of_order_are_refused(void**) {
  assert_outcome(client_frame(kFin | kContinuation, "x"), "error 1002 nothing to continue\n");
  assert_outcome(client_frame(kFin | kText, "x") + client_frame(kContinuation, "x"),
                 "message 'x'\nerror 1002 nothing to continue\n");
  assert_outcome(client_frame(kText, "x") + client_frame(kFin | kText, "x"),
                 "error 1002 message inside a message\n");
  assert_outcome(client_frame(kText, "x") + client_frame(kFin | kBinary, "x"),
                 "error 1002 message inside a message\n");
}

void lengths_must_be_in_their_shortest_form(void**) {
  const std::string why = "error 1002 length not in its shortest form\n";
  assert_outcome(client_head(kFin | kText, 125, 2), why);
  assert_outcome(client_head(kFin | kText, 0xFFFF, 8), why);
  assert_outcome(client_head(kFin | kText, 1ULL << 63, 8),
                 "error 1002 length has its highest bit set\n");
}

void text_must_be_utf8(void**) {
  const std::string why = "error 1007 message is not UTF-8\n";
  for (std::string_view bad : {"\xC3", "a\xFF", "\xC0\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80"}) {
    assert_outcome(client_frame(kFin | kText, bad), why);
  }
  assert_outcome(client_frame(kText, "\xC3") + client_frame(kFin | kContinuation, "x"), why);
}

void message_over_the_limit_is_refused_by_its_head(void**) {
  const std::string why = "error 1009 message too big\n";
  const std::string largest(300, 'z');
  assert_outcome(client_frame(kFin | kText, largest), "message '" + largest + "'\n", kSmall);
  assert_outcome(client_head(kFin | kText, 301, 2), why, kSmall);
  assert_outcome(client_head(kFin | kText, (1ULL << 63) - 1, 8), why, kSmall);
  assert_outcome(client_frame(kText, largest) + client_head(kFin | kContinuation, 1, 0), why,
                 kSmall);
}

void message_of_too_many_fragments_is_refused(void**) {
  const std::string why = "error 1008 too many fragments\n";
  const std::string three = client_frame(kText, "") + client_frame(kContinuation, "") +
                            client_frame(kFin | kContinuation, "");
  assert_outcome(three + three, "message ''\nmessage ''\n", kSmall);
  assert_outcome(client_frame(kText, "") + client_frame(kContinuation, "") +
                     client_frame(kContinuation, "") + client_frame(kFin | kContinuation, ""),
                 why, kSmall);
}

void limits_change_between_messages(void**) {
  WebSocketReader reader(WebSocketLimits{.message_bytes = 1, .fragments = 1});
  std::string scratch;
  const std::string frame = client_frame(kFin | kText, "large");
  reader.set_limits(kSmall);
  assert_int_equal(reader.feed(frame, scratch).event, WebSocketEvent::kMessage);
  reader.set_limits(WebSocketLimits{.message_bytes = 4, .fragments = 1});
  assert_int_equal(reader.feed(frame, scratch).code, websocket_close::kMessageTooBig);
}

void close_has_a_code_and_a_reason(void**) {
  assert_outcome(client_frame(kFin | kClose, ""), "close 1005 ''\n");
  assert_outcome(close_frame(1001, "bye \xC3\xA9"), "close 1001 'bye \xC3\xA9'\n");
  for (int code : {1000, 1003, 1007, 1011, 1014, 3000, 4999}) {
    assert_outcome(close_frame(code), "close " + std::to_string(code) + " ''\n");
  }
}

void bad_close_payloads_are_refused(void**) {
  assert_outcome(client_frame(kFin | kClose, "\x03"), "error 1002 half a close code\n");
  for (int code : {0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535}) {
    assert_outcome(close_frame(code), "error 1002 not a close code\n");
  }
  assert_outcome(close_frame(1000, "\xFF"), "error 1007 close reason is not UTF-8\n");
}

void reader_keeps_nothing_between_messages(void**) {
  WebSocketReader reader(WebSocketLimits{});
  std::string scratch;
  const std::string frame = client_frame(kText, "a") + client_frame(kFin | kContinuation, "b");
  assert_true(reader.idle());
  reader.feed(std::string_view(frame).substr(0, 9), scratch);
  assert_false(reader.idle());
  const WebSocketStep step = reader.feed(std::string_view(frame).substr(9), scratch);
  assert_text_equal(step.text, "ab");
  assert_true(reader.idle());
}

void every_payload_size_is_unmasked(void**) {
  std::string text;
  for (char c = 'a'; c <= 'z'; ++c) {
    text += c;
    assert_outcome(client_frame(kFin | kText, text), "message '" + text + "'\n");
  }
}

void written_lengths_are_the_shortest(void**) {
  const auto head = [](std::size_t size) {
    std::string out;
    append_websocket_frame(out, WebSocketOpcode::kText, std::string(size, 'x'));
    return text::hex_encode(out.substr(0, out.size() - size));
  };
  assert_text_equal(head(0), "8100");
  assert_text_equal(head(125), "817d");
  assert_text_equal(head(126), "817e007e");
  assert_text_equal(head(0xFFFF), "817effff");
  assert_text_equal(head(0x10000), "817f0000000000010000");
}

void written_close_has_code_and_reason(void**) {
  std::string out;
  append_websocket_close(out, websocket_close::kNormal, "bye");
  assert_text_equal(out,
                    "\x88\x05\x03\xE8"
                    "bye");
  out.clear();
  append_websocket_close(out, websocket_close::kNoStatus, "unsaid");
  assert_text_equal(out, std::string("\x88\0", 2));
}

void written_reason_is_cut_between_characters(void**) {
  std::string out;
  const std::string fits(121, 'x');
  append_websocket_close(out, websocket_close::kNormal, fits + "\xC3\xA9yz");
  assert_int_equal(out.size(), 2 + 2 + 123);
  assert_true(out.ends_with("x\xC3\xA9"));
  out.clear();
  append_websocket_close(out, websocket_close::kNormal, fits + "\xE2\x82\xAC");
  assert_int_equal(out.size(), 2 + 2 + 121);
  assert_int_equal(out[1], 123);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(examples_of_the_rfc_are_read),
      cmocka_unit_test(examples_of_the_rfc_are_written),
      cmocka_unit_test(frames_follow_each_other),
      cmocka_unit_test(fragments_are_joined),
      cmocka_unit_test(control_frames_may_stand_between_fragments),
      cmocka_unit_test(character_may_be_split_over_fragments),
      cmocka_unit_test(incomplete_frame_waits),
      cmocka_unit_test(lengths_of_every_form_are_read),
      cmocka_unit_test(reserved_bits_are_refused),
      cmocka_unit_test(reserved_opcodes_are_refused),
      cmocka_unit_test(binary_messages_are_refused),
      cmocka_unit_test(control_frames_are_whole_and_short),
      cmocka_unit_test(fragments_out_of_order_are_refused),
      cmocka_unit_test(lengths_must_be_in_their_shortest_form),
      cmocka_unit_test(text_must_be_utf8),
      cmocka_unit_test(message_over_the_limit_is_refused_by_its_head),
      cmocka_unit_test(message_of_too_many_fragments_is_refused),
      cmocka_unit_test(limits_change_between_messages),
      cmocka_unit_test(close_has_a_code_and_a_reason),
      cmocka_unit_test(bad_close_payloads_are_refused),
      cmocka_unit_test(reader_keeps_nothing_between_messages),
      cmocka_unit_test(every_payload_size_is_unmasked),
      cmocka_unit_test(written_lengths_are_the_shortest),
      cmocka_unit_test(written_close_has_code_and_reason),
      cmocka_unit_test(written_reason_is_cut_between_characters),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
