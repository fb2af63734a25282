// SPDX-License-Identifier: MIT
#include "app/bulk_json.h"

#include <utility>

#include "base/json.h"

namespace rosterd::app {

namespace {

// Cuts the object into its members.
class BulkReader final : public json::Events {
 public:
  bool on_null() override {
    return tell([](json::Tape& to) { to.on_null(); });
  }
  bool on_bool(bool value) override {
    return tell([&](json::Tape& to) { to.on_bool(value); });
  }
  bool on_number(std::string_view literal) override {
    return tell([&](json::Tape& to) { to.on_number(literal); });
  }
  bool on_string(std::string_view value) override {
    return tell([&](json::Tape& to) { to.on_string(value); });
  }
  bool on_key(std::string_view key) override;
  bool on_object_start() override;
  bool on_object_end() override;
  bool on_array_start() override {
    const bool told = tell([](json::Tape& to) { to.on_array_start(); });
    ++depth_;
    return told;
  }
  bool on_array_end() override {
    --depth_;
    return tell([](json::Tape& to) { to.on_array_end(); });
  }
  std::string refusal() const override { return "a bulk answer must be an object"; }

  std::unordered_map<std::string, json::Tape> take() { return std::move(members_); }

 private:
  template <class Event>
  bool tell(Event event) {
    if (depth_ == 0) return false;
    event(*member_);
    return true;
  }

  int depth_ = 0;
  json::Tape* member_ = nullptr;  // the one being read
  std::unordered_map<std::string, json::Tape> members_;
};

bool BulkReader::on_key(std::string_view key) {
  if (depth_ > 1) return tell([&](json::Tape& to) { to.on_key(key); });
  member_ = &members_[std::string(key)];
  *member_ = json::Tape();
  return true;
}

bool BulkReader::on_object_start() {
  if (depth_++ == 0) return true;
  member_->on_object_start();
  return true;
}

bool BulkReader::on_object_end() {
  if (--depth_ > 0) member_->on_object_end();
  return true;
}

}  // namespace

std::string write_bulk_question(const std::vector<std::string_view>& usernames) {
  json::Writer out;
  out.array();
  for (const std::string_view name : usernames) out.string(name);
  return out.end().take();
}

Result<std::unordered_map<std::string, json::Tape>> parse_bulk_answer(std::string_view body) {
  BulkReader reader;
  if (auto read = json::read(body, reader); !read) return tl::unexpected<Error>(read.error());
  return reader.take();
}

}  // namespace rosterd::app
