// SPDX-License-Identifier: MIT
#include "app/json_members.h"

#include <utility>

#include "base/json.h"

namespace rosterd::app {

namespace {

// Cuts the object into its members.
class MemberReader final : public json::Events {
 public:
  explicit MemberReader(std::string_view what) : what_(what) {}

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
  std::string refusal() const override { return std::string(what_) + " must be an object"; }

  JsonMembers take() { return std::move(members_); }

 private:
  template <class Event>
  bool tell(Event event) {
    if (depth_ == 0) return false;
    event(*member_);
    return true;
  }

  const std::string_view what_;
  int depth_ = 0;
  json::Tape* member_ = nullptr;  // the one being read
  JsonMembers members_;
};

bool MemberReader::on_key(std::string_view key) {
  if (depth_ > 1) return tell([&](json::Tape& to) { to.on_key(key); });
  member_ = &members_[std::string(key)];
  *member_ = json::Tape();
  return true;
}

bool MemberReader::on_object_start() {
  if (depth_++ == 0) return true;
  member_->on_object_start();
  return true;
}

bool MemberReader::on_object_end() {
  if (--depth_ > 0) member_->on_object_end();
  return true;
}

}  // namespace

Result<JsonMembers> read_members(std::string_view body, std::string_view what) {
  MemberReader reader(what);
  if (auto read = json::read(body, reader); !read) return tl::unexpected<Error>(read.error());
  return reader.take();
}

Result<JsonMembers> read_members(const json::Tape& value, std::string_view what) {
  MemberReader reader(what);
  if (auto read = value.replay(reader); !read) return tl::unexpected<Error>(read.error());
  return reader.take();
}

const json::Tape* find_member(const JsonMembers& members, const std::string& name) {
  const auto found = members.find(name);
  return found == members.end() ? nullptr : &found->second;
}

}  // namespace rosterd::app
