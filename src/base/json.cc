// SPDX-License-Identifier: MIT
#include "base/json.h"

#include <yajl/yajl_parse.h>

#include <algorithm>
#include <charconv>
#include <memory>
#include <optional>
#include <utility>

#include "base/text.h"

namespace rosterd::json {

namespace {

// An escape that stands for no character.
constexpr std::string_view kEscape = "\\uffff";

// yajl's callbacks return 0 to stop. noexcept: nothing may unwind through C.
struct Reader {
  Events& events;
  int depth = 0;
  bool heard = false;      // of an event since somebody looked
  std::string fault = {};  // ours; empty when the events refused

  int refuse(const char* why) noexcept {
    fault = why;
    return 0;
  }
  int enter() noexcept { return ++depth <= kMaxDepth ? 1 : refuse("nested too deeply"); }

  static Reader& from(void* context) noexcept {
    Reader& reader = *static_cast<Reader*>(context);
    reader.heard = true;
    return reader;
  }
  static std::string_view view(const unsigned char* bytes, std::size_t size) noexcept {
    return {reinterpret_cast<const char*>(bytes), size};
  }
};

int on_null(void* context) noexcept { return Reader::from(context).events.on_null(); }

int on_boolean(void* context, int value) noexcept {
  return Reader::from(context).events.on_bool(value != 0);
}

int on_number(void* context, const char* literal, std::size_t size) noexcept {
  return Reader::from(context).events.on_number({literal, size});
}

// yajl's own check lets overlong forms and surrogates pass.
int on_string(void* context, const unsigned char* bytes, std::size_t size) noexcept {
  Reader& reader = Reader::from(context);
  const std::string_view value = Reader::view(bytes, size);
  return text::is_utf8(value) ? reader.events.on_string(value) : reader.refuse("invalid UTF-8");
}

int on_key(void* context, const unsigned char* bytes, std::size_t size) noexcept {
  Reader& reader = Reader::from(context);
  const std::string_view key = Reader::view(bytes, size);
  return text::is_utf8(key) ? reader.events.on_key(key) : reader.refuse("invalid UTF-8");
}

int on_object_start(void* context) noexcept {
  Reader& reader = Reader::from(context);
  return reader.enter() && reader.events.on_object_start();
}

int on_object_end(void* context) noexcept {
  Reader& reader = Reader::from(context);
  --reader.depth;
  return reader.events.on_object_end();
}

int on_array_start(void* context) noexcept {
  Reader& reader = Reader::from(context);
  return reader.enter() && reader.events.on_array_start();
}

int on_array_end(void* context) noexcept {
  Reader& reader = Reader::from(context);
  --reader.depth;
  return reader.events.on_array_end();
}

constexpr yajl_callbacks kCallbacks = {
    .yajl_null = on_null,
    .yajl_boolean = on_boolean,
    .yajl_integer = nullptr,  // numbers come as text: a huge one is no syntax error
    .yajl_double = nullptr,
    .yajl_number = on_number,
    .yajl_string = on_string,
    .yajl_start_map = on_object_start,
    .yajl_map_key = on_key,
    .yajl_end_map = on_object_end,
    .yajl_start_array = on_array_start,
    .yajl_end_array = on_array_end,
};

struct FreeParser {
  void operator()(yajl_handle_t* parser) const { yajl_free(parser); }
};

// The UTF-16 unit that "\uXXXX" at the start of `text` stands for; nullopt when there is none.
std::optional<std::uint32_t> parse_unit(std::string_view text) {
  if (!text.starts_with("\\u") || text.size() < kEscape.size()) return std::nullopt;
  std::uint32_t unit = 0;
  const char* const last = text.data() + kEscape.size();
  const auto [end, error] = std::from_chars(text.data() + 2, last, unit, 16);
  if (error != std::errc() || end != last) return std::nullopt;
  return unit;
}

bool is_high(std::uint32_t unit) { return unit >= 0xD800 && unit < 0xDC00; }
bool is_low(std::uint32_t unit) { return unit >= 0xDC00 && unit < 0xE000; }

// Whether the escape at the start of `text` is all there, and so is the other half of a pair.
bool is_whole_escape(std::string_view text) {
  if (text.size() < 2 || (text[1] == 'u' && text.size() < kEscape.size())) return false;
  const auto unit = parse_unit(text);
  return !unit || !is_high(*unit) || text.size() >= 2 * kEscape.size();
}

// In a part of a text.
struct HalfPair {
  std::size_t at;   // npos: there is none
  std::size_t end;  // of what can be judged without the next part
};

// The first half of a surrogate pair without its other half, at `at` or after it. Where it looks
// outside of strings, the text is no JSON.
HalfPair find_half_pair(std::string_view part, std::size_t at, bool last) {
  while ((at = part.find('\\', at)) != part.npos) {
    const std::string_view rest = part.substr(at);
    if (!last && !is_whole_escape(rest)) return {part.npos, at};
    const auto unit = parse_unit(rest);
    if (!unit) {
      at += 2;
      continue;
    }
    const auto next = parse_unit(rest.substr(kEscape.size()));
    const bool pair = is_high(*unit) && next && is_low(*next);
    if (!pair && (is_high(*unit) || is_low(*unit))) return {at, at};
    at += pair ? 2 * kEscape.size() : kEscape.size();
  }
  return {part.npos, part.size()};
}

// yajl makes '?' of such a half and swallows what follows. What can be judged of `part`: itself, or
// a copy in `storage` with the same places.
std::string_view replace_half_pairs(std::string_view part, bool last, std::string& storage) {
  HalfPair half = find_half_pair(part, 0, last);
  if (half.at == part.npos) return part.substr(0, half.end);
  storage = part;
  while (half.at != storage.npos) {
    storage.replace(half.at, kEscape.size(), kEscape);
    half = find_half_pair(storage, half.at + kEscape.size(), last);
  }
  return std::string_view(storage).substr(0, half.end);
}

bool is_space(char c) { return text::trim({&c, 1}).empty(); }

std::string cause(yajl_handle parser, yajl_status status, const Reader& reader) {
  if (status == yajl_status_client_canceled) {
    return reader.fault.empty() ? reader.events.refusal() : reader.fault;
  }
  unsigned char* message = yajl_get_error(parser, 0, nullptr, 0);
  const std::string out(text::trim(reinterpret_cast<const char*>(message)));
  yajl_free_error(parser, message);
  return out;
}

}  // namespace

struct Parser::Impl {
  explicit Impl(Events& events)
      : reader{events}, parser(yajl_alloc(&kCallbacks, nullptr, &reader)) {
    if (!parser) fail(Errc::kInternal, "JSON: out of memory");
  }

  void feed(std::string_view part, bool last);
  bool begin(std::string_view& text, bool last);
  bool look_for_other_form(std::string_view text);
  void parse(std::string_view text, bool last);
  bool fail(Errc code, std::string text);

  Reader reader;
  const std::unique_ptr<yajl_handle_t, FreeParser> parser;
  std::string kept;            // the end of the part before, which cannot be judged yet
  std::size_t enough = 0;      // bytes to go on with
  std::size_t position = 0;    // in the text, of what comes next
  bool begun = false;          // past a byte order mark, and it is in UTF-8
  bool form_is_known = false;  // a byte that is no white space has been seen
  Status outcome;
};

bool Parser::Impl::fail(Errc code, std::string text) {
  outcome = make_error(code, std::move(text));
  kept.clear();
  return false;
}

void Parser::Impl::feed(std::string_view part, bool last) {
  if (!outcome) return;
  std::string joined;
  if (!kept.empty()) {
    kept += part;
    if (!last && kept.size() < enough) return;
    joined = std::exchange(kept, {});
    part = joined;
  } else if (!last && part.size() < enough) {
    kept = part;
    return;
  }
  if (!begun && !begin(part, last)) return;
  if (!form_is_known && !look_for_other_form(part)) return;
  std::string storage;
  const std::string_view judged = replace_half_pairs(part, last, storage);
  parse(judged, last);
  if (outcome) kept = part.substr(judged.size());
}

// What web servers and their callers send in the place of JSON; yajl would find fault with a byte.
bool Parser::Impl::begin(std::string_view& text, bool last) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (!last && text.size() < kByteOrderMark.size() + 2) {
    kept = text;
    return false;
  }
  begun = true;
  if (text.starts_with(kByteOrderMark)) {
    position = kByteOrderMark.size();
    text.remove_prefix(position);
  }
  const std::string_view start = text.substr(0, 2);
  if (start == "\xFF\xFE" || start == "\xFE\xFF" || start.find('\0') != start.npos) {
    return fail(Errc::kInvalid, "no JSON: it must be in UTF-8");
  }
  return start != "\x1F\x8B" || fail(Errc::kInvalid, "no JSON: it is compressed");
}

bool Parser::Impl::look_for_other_form(std::string_view text) {
  const auto first = std::find_if_not(text.begin(), text.end(), is_space);
  form_is_known = first != text.end();
  return !form_is_known || *first != '<' || fail(Errc::kInvalid, "no JSON: it is HTML or XML");
}

// A token that goes over several parts is read anew with each: there must not be many of them.
void Parser::Impl::parse(std::string_view text, bool last) {
  reader.heard = false;
  yajl_status status = yajl_status_ok;
  if (!text.empty()) {
    const auto* const bytes = reinterpret_cast<const unsigned char*>(text.data());
    status = yajl_parse(parser.get(), bytes, text.size());
    position += yajl_get_bytes_consumed(parser.get());
  }
  if (status == yajl_status_ok && last) {
    if (!form_is_known) return void(fail(Errc::kInvalid, "no JSON: there is nothing"));
    status = yajl_complete_parse(parser.get());
  }
  if (status != yajl_status_ok) {
    fail(Errc::kInvalid,
         "JSON, byte " + std::to_string(position) + ": " + cause(parser.get(), status, reader));
  }
  enough = reader.heard ? 0 : std::max(2 * text.size(), 2 * enough);
}

Parser::Parser(Events& events) : impl_(std::make_unique<Impl>(events)) {}
Parser::~Parser() = default;

void Parser::feed(std::string_view part) { impl_->feed(part, false); }

Status Parser::finish() {
  impl_->feed({}, true);
  return std::move(impl_->outcome);
}

Status read(std::string_view body, Events& events) {
  Parser parser(events);
  parser.feed(body);
  return parser.finish();
}

}  // namespace rosterd::json
