// SPDX-License-Identifier: MIT
// JSON from the network: what the reader delivers must be strict UTF-8, balanced and bounded, and
// must read back to the same text once written.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/text.h"

namespace json = rosterd::json;

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

// Writes the same text again, but numbers as strings: the Writer has integers only.
class Copier : public json::Events {
 public:
  bool on_null() override { return (writer_.null(), true); }
  bool on_bool(bool value) override { return (writer_.boolean(value), true); }
  bool on_number(std::string_view literal) override { return on_string(literal); }
  bool on_string(std::string_view value) override {
    require(rosterd::text::is_utf8(value));
    return (writer_.string(value), true);
  }
  bool on_object_start() override { return (writer_.object(), enter()); }
  bool on_key(std::string_view key) override {
    require(rosterd::text::is_utf8(key));
    return (writer_.key(key), true);
  }
  bool on_object_end() override { return leave(); }
  bool on_array_start() override { return (writer_.array(), enter()); }
  bool on_array_end() override { return leave(); }
  std::string refusal() const override { return "never"; }

  std::string take() {
    require(depth_ == 0);
    return writer_.take();
  }

 private:
  bool enter() {
    require(++depth_ <= json::kMaxDepth);
    return true;
  }
  bool leave() {
    require(--depth_ >= 0);
    return (writer_.end(), true);
  }
  json::Writer writer_;
  int depth_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  Copier first;
  const auto read = json::read(body, first);
  if (!read) {
    require(!read.error().text.empty());
    return 0;
  }
  const std::string copy = first.take();
  Copier second;
  require(json::read(copy, second).has_value());
  require(second.take() == copy);
  return 0;
}
