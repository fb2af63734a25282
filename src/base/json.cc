// SPDX-License-Identifier: MIT
#include "base/json.h"

#include <yajl/yajl_parse.h>

#include <memory>

#include "base/text.h"

namespace rosterd::json {

namespace {

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
