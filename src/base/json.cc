// SPDX-License-Identifier: MIT
#include "base/json.h"

#include <yajl/yajl_parse.h>

#include <charconv>
#include <memory>
#include <optional>

#include "base/text.h"

namespace rosterd::json {

namespace {

// An escape that stands for no character.
constexpr std::string_view kEscape = "\\uffff";

// yajl's callbacks return 0 to stop. noexcept: nothing may unwind through C.
struct Reader {
  Events& events;
  int depth = 0;
  std::string fault = {};  // ours; empty when the events refused

  int refuse(const char* why) noexcept {
    fault = why;
    return 0;
  }
  int enter() noexcept { return ++depth <= kMaxDepth ? 1 : refuse("nested too deeply"); }

  static Reader& from(void* context) noexcept { return *static_cast<Reader*>(context); }
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

// The first half of a surrogate pair without its other half, at `at` or after it. Where it looks
// outside of strings, the text is no JSON.
std::size_t find_half_pair(std::string_view body, std::size_t at) {
  while ((at = body.find('\\', at)) != body.npos) {
    const auto unit = parse_unit(body.substr(at));
    if (!unit) {
      at += 2;
      continue;
    }
    const auto next = parse_unit(body.substr(at + kEscape.size()));
    const bool pair = is_high(*unit) && next && is_low(*next);
    if (!pair && (is_high(*unit) || is_low(*unit))) return at;
    at += pair ? 2 * kEscape.size() : kEscape.size();
  }
  return body.npos;
}

// yajl makes '?' of such a half and swallows what follows. `body` itself, or a copy in `storage`
// with the same places.
std::string_view replace_half_pairs(std::string_view body, std::string& storage) {
  std::size_t at = find_half_pair(body, 0);
  if (at == body.npos) return body;
  storage = body;
  for (; at != body.npos; at = find_half_pair(storage, at + kEscape.size())) {
    storage.replace(at, kEscape.size(), kEscape);
  }
  return storage;
}

// What web servers and their callers send in the place of JSON; yajl would find fault with a byte.
const char* describe_other_form(std::string_view body) {
  const std::string_view start = body.substr(0, 2);
  if (start == "\xFF\xFE" || start == "\xFE\xFF" || start.find('\0') != start.npos) {
    return "it must be in UTF-8";
  }
  if (start == "\x1F\x8B") return "it is compressed";
  const std::string_view text = text::trim(body);
  if (text.starts_with('<')) return "it is HTML or XML";
  return text.empty() ? "there is nothing" : nullptr;
}

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

Status read(std::string_view body, Events& events) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  const std::size_t skipped = body.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0;
  body.remove_prefix(skipped);
  if (const char* other = describe_other_form(body)) {
    return make_error(Errc::kInvalid, std::string("no JSON: ") + other);
  }

  std::string storage;
  body = replace_half_pairs(body, storage);
  Reader reader{events};
  const std::unique_ptr<yajl_handle_t, FreeParser> parser(
      yajl_alloc(&kCallbacks, nullptr, &reader));
  if (!parser) return make_error(Errc::kInternal, "JSON: out of memory");
  const auto* bytes = reinterpret_cast<const unsigned char*>(body.data());
  yajl_status status = yajl_parse(parser.get(), bytes, body.size());
  const std::size_t position = skipped + yajl_get_bytes_consumed(parser.get());
  if (status == yajl_status_ok) status = yajl_complete_parse(parser.get());
  if (status == yajl_status_ok) return {};
  return make_error(Errc::kInvalid, "JSON, byte " + std::to_string(position) + ": " +
                                        cause(parser.get(), status, reader));
}

}  // namespace rosterd::json
