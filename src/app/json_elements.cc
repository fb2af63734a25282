// SPDX-License-Identifier: MIT
#include "app/json_elements.h"

#include <algorithm>

namespace rosterd::app {

namespace {

class ElementReader final : public json::Events {
 public:
  ElementReader(const ElementKind& kind, ElementEvents& events)
      : kind_(kind), events_(events), members_(kind.members) {}

  bool on_null() override {
    return on_value("null", [](json::Tape& tape) { tape.on_null(); });
  }
  bool on_bool(bool value) override {
    return on_value("a boolean", [=](json::Tape& tape) { tape.on_bool(value); });
  }
  bool on_number(std::string_view literal) override {
    return on_value("a number", [=](json::Tape& tape) { tape.on_number(literal); });
  }
  bool on_string(std::string_view value) override;
  bool on_object_start() override;
  bool on_key(std::string_view key) override;
  bool on_object_end() override;
  bool on_array_start() override;
  bool on_array_end() override;
  std::string refusal() const override { return error_.text; }

  Errc code() const { return error_.code; }
  std::size_t elements() const { return elements_; }

 private:
  enum Depth { kOutside, kInArray, kInObject };  // deeper: inside the value of a member

  // A value that is no element in itself: of a member, or what an array must not hold.
  template <class Record>
  bool on_value(std::string_view what, Record record) {
    if (depth_ < kInObject) return refuse_kind(what);
    if (member_) record(*member_);
    return true;
  }
  bool begin_element();
  bool end_element(Status taken);
  bool refuse_kind(std::string_view what);
  bool refuse(Error error);

  const ElementKind& kind_;
  ElementEvents& events_;
  int depth_ = kOutside;
  std::size_t elements_ = 0;  // whole ones
  Members members_;
  json::Tape* member_ = nullptr;  // whose value is being read; null: nobody wants it
  Error error_{Errc::kInvalid, {}};
};

bool ElementReader::on_string(std::string_view value) {
  if (depth_ == kInArray) return begin_element() && end_element(events_.on_name(elements_, value));
  return on_value("a string", [=](json::Tape& tape) { tape.on_string(value); });
}

bool ElementReader::on_object_start() {
  if (depth_ == kOutside) return refuse_kind("an object");
  if (depth_++ > kInArray) {
    if (member_) member_->on_object_start();
    return true;
  }
  members_.clear();
  return begin_element();
}

bool ElementReader::on_key(std::string_view key) {
  if (depth_ == kInObject) {
    member_ = members_.start(key);
  } else if (member_) {
    member_->on_key(key);
  }
  return true;
}

bool ElementReader::on_object_end() {
  if (--depth_ == kInArray) return end_element(events_.on_object(elements_, members_));
  if (member_) member_->on_object_end();
  return true;
}

bool ElementReader::on_array_start() {
  if (depth_ == kInArray) return refuse_kind("an array");
  if (depth_++ > kInArray && member_) member_->on_array_start();
  return true;
}

bool ElementReader::on_array_end() {
  if (--depth_ > kOutside && member_) member_->on_array_end();
  return true;
}

bool ElementReader::begin_element() {
  if (elements_ < kind_.limit) return true;
  return refuse({Errc::kTooLarge, "more than " + std::to_string(kind_.limit) + " elements"});
}

bool ElementReader::end_element(Status taken) {
  if (taken) {
    ++elements_;
    return true;
  }
  return refuse({taken.error().code,
                 "element [" + std::to_string(elements_) + "]: " + std::move(taken.error().text)});
}

bool ElementReader::refuse_kind(std::string_view what) {
  const Errc code = Errc::kInvalid;
  if (depth_ == kOutside) {
    return refuse({code, "expected an array of " + std::string(kind_.several)});
  }
  return refuse({code, "element [" + std::to_string(elements_) + "]: " + std::string(what) +
                           " is not " + std::string(kind_.one)});
}

bool ElementReader::refuse(Error error) {
  error_ = std::move(error);
  return false;
}

}  // namespace

Members::Members(const std::vector<std::string_view>& wanted) {
  for (const std::string_view name : wanted) tapes_.emplace_back(name, json::Tape());
}

const json::Tape* Members::find(std::string_view name) const {
  for (const auto& [wanted, tape] : tapes_) {
    if (wanted == name) return tape.empty() ? nullptr : &tape;
  }
  return nullptr;
}

Result<std::optional<std::string>> Members::find_text(std::string_view name) const {
  const json::Tape* tape = find(name);
  if (!tape) return std::optional<std::string>();
  const auto text = tape->string();
  if (!text) return make_error(Errc::kInvalid, '"' + std::string(name) + "\" must be a string");
  return std::optional<std::string>(*text);
}

void Members::clear() {
  for (auto& [name, tape] : tapes_) tape = json::Tape();
}

json::Tape* Members::start(std::string_view name) {
  for (auto& [wanted, tape] : tapes_) {
    if (wanted != name) continue;
    tape = json::Tape();
    return &tape;
  }
  return nullptr;
}

Result<std::size_t> read_elements(std::string_view body, const ElementKind& kind,
                                  ElementEvents& events) {
  ElementReader reader(kind, events);
  if (auto read = json::read(body, reader); !read) {
    return make_error(reader.code(), std::move(read.error().text));
  }
  return reader.elements();
}

}  // namespace rosterd::app
