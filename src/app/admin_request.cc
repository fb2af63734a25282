// SPDX-License-Identifier: MIT
#include "app/admin_request.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <unordered_set>
#include <utility>

#include "app/refresh_request.h"
#include "base/json.h"
#include "base/text.h"

namespace rosterd::app {

namespace {

std::optional<std::uint64_t> parse_number(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// Names, collected one by one.
class Names {
 public:
  Names(const std::vector<std::string>& hosts, std::size_t limit) : hosts_(hosts), limit_(limit) {}

  bool add(std::string_view name);
  std::string at_element(std::string why) const {
    return "element [" + std::to_string(elements_) + "]: " + std::move(why);
  }
  const std::string& refusal() const { return refusal_; }
  // What the refusal is.
  Errc code() const { return code_; }
  std::vector<NamedUser> take() { return std::move(users_); }

 private:
  const std::vector<std::string>& hosts_;
  const std::size_t limit_;
  std::size_t elements_ = 0;  // read so far
  std::vector<NamedUser> users_;
  std::unordered_set<std::string> known_;
  std::string refusal_;
  Errc code_ = Errc::kInvalid;
};

bool Names::add(std::string_view name) {
  if (elements_ == limit_) {
    code_ = Errc::kTooLarge;
    refusal_ = "more than " + std::to_string(limit_) + " users";
    return false;
  }
  auto user = parse_refresh_name(name, hosts_);
  if (!user) {
    code_ = user.error().code;
    refusal_ = at_element(std::move(user.error().text));
    return false;
  }
  ++elements_;
  if (known_.emplace(name).second) users_.push_back({std::string(name), std::move(*user)});
  return true;
}

// What both bodies have in common: most values are wrong nearly everywhere.
class BodyReader : public json::Events {
 public:
  BodyReader(const std::vector<std::string>& hosts, std::size_t limit) : names(hosts, limit) {}

  bool on_null() override { return on_other("null"); }
  bool on_bool(bool) override { return on_other("a boolean"); }
  bool on_number(std::string_view) override { return on_other("a number"); }
  bool on_object_start() override { return on_other("an object"); }
  bool on_key(std::string_view) override { return true; }
  bool on_object_end() override { return true; }
  bool on_array_start() override { return on_other("an array"); }
  std::string refusal() const override { return names.refusal() + refusal_; }

  Names names;

 protected:
  // A value of a kind that has no place here.
  virtual bool on_other(std::string_view what) = 0;
  bool refuse(std::string why) {
    refusal_ = std::move(why);
    return false;
  }

 private:
  std::string refusal_;
};

class NamesReader final : public BodyReader {
 public:
  using BodyReader::BodyReader;

  bool on_string(std::string_view value) override {
    return in_array_ ? names.add(value) : on_other("a string");
  }
  bool on_array_start() override { return std::exchange(in_array_, true) ? on_other("") : true; }
  bool on_array_end() override { return true; }

 private:
  bool on_other(std::string_view) override {
    return refuse(in_array_ ? names.at_element("not a username")
                            : "expected an array of usernames");
  }
  bool in_array_ = false;
};

class KickReader final : public BodyReader {
 public:
  using BodyReader::BodyReader;

  bool on_null() override;
  bool on_bool(bool) override;
  bool on_string(std::string_view value) override;
  bool on_object_start() override;
  bool on_key(std::string_view key) override;
  bool on_array_start() override;
  bool on_array_end() override;

  bool has_users = false;
  std::optional<std::string> resource;
  std::string reason;

 private:
  bool on_other(std::string_view what) override;

  bool in_object_ = false;
  bool in_users_ = false;
  std::string key_;
};

bool KickReader::on_other(std::string_view what) {
  if (!in_object_) return refuse("expected an object");
  if (in_users_) return refuse("users: " + names.at_element("not a username"));
  return refuse(key_ + " must not be " + std::string(what));
}

bool KickReader::on_null() {
  return in_object_ && !in_users_ && key_ != "users" ? true : on_other("null");
}

bool KickReader::on_bool(bool) {
  return in_object_ && !in_users_ && key_ == "revoke" ? true : on_other("a boolean");
}

bool KickReader::on_string(std::string_view value) {
  if (in_users_) return names.add(value);
  if (key_ == "resource") {
    resource.emplace(value);
  } else if (key_ == "reason") {
    reason = value;
  } else {
    return on_other("a string");
  }
  return true;
}

bool KickReader::on_object_start() {
  return std::exchange(in_object_, true) ? on_other("an object") : true;
}

bool KickReader::on_key(std::string_view key) {
  key_ = key;
  for (const std::string_view known : {"users", "resource", "reason", "revoke"}) {
    if (key == known) return true;
  }
  return refuse("unknown member \"" + text::for_log(key, 80) + '"');
}

bool KickReader::on_array_start() {
  if (!in_object_ || in_users_ || key_ != "users") return on_other("an array");
  in_users_ = has_users = true;
  return true;
}

bool KickReader::on_array_end() {
  in_users_ = false;
  return true;
}

// {"user":…} and nothing else but, where it may be, "resource".
class UserReader final : public BodyReader {
 public:
  UserReader(const std::vector<std::string>& hosts, bool may_have_resource)
      : BodyReader(hosts, 1), may_have_resource_(may_have_resource) {}

  std::string resource;

  bool on_null() override { return in_object_ && in_resource_ ? true : on_other("null"); }

  bool on_object_start() override {
    return std::exchange(in_object_, true) ? on_other("an object") : true;
  }
  bool on_key(std::string_view key) override {
    in_resource_ = key == "resource" && may_have_resource_;
    if (key == "user" || in_resource_) return true;
    return refuse("unknown member \"" + text::for_log(key, 80) + '"');
  }
  bool on_string(std::string_view value) override {
    if (!in_object_) return on_other("a string");
    if (!in_resource_) return names.add(value);
    resource = value;
    return true;
  }
  bool on_array_end() override { return true; }

 private:
  bool on_other(std::string_view what) override {
    if (!in_object_) return refuse("expected an object");
    return refuse((in_resource_ ? "resource must not be " : "user must not be ") +
                  std::string(what));
  }
  const bool may_have_resource_;
  bool in_object_ = false;
  bool in_resource_ = false;
};

Error make_refusal(const BodyReader& reader, const Error& error) {
  return {reader.names.code(), error.text};
}

Result<PrebindRequest> read_user(std::string_view body, UserReader reader) {
  if (auto read = json::read(body, reader); !read) {
    return tl::unexpected<Error>(make_refusal(reader, read.error()));
  }
  std::vector<NamedUser> named = reader.names.take();
  if (named.empty()) return make_error(Errc::kInvalid, "user is missing");
  return PrebindRequest{std::move(named.front().user), std::move(reader.resource)};
}

// One member of the query into `page`, or why not.
Status read_member(std::string_view member, PageRequest& page) {
  const std::size_t equals = std::min(member.find('='), member.size());
  const std::string_view name = member.substr(0, equals);
  const std::string_view value = member.substr(std::min(equals + 1, member.size()));
  const auto number = parse_number(value);
  if (name == "limit") {
    if (!number || *number == 0) return make_error(Errc::kInvalid, "limit is a number from 1 on");
    page.limit = std::min<std::uint64_t>(*number, kOnlinePage);
  } else if (name == "after") {
    if (!number || *number > UINT32_MAX) {
      return make_error(Errc::kInvalid, "after is what an earlier answer had as next");
    }
    page.after = static_cast<Atom>(*number);
  } else {
    return make_error(Errc::kInvalid, "unknown parameter \"" + text::for_log(name, 80) + '"');
  }
  return {};
}

}  // namespace

Result<PageRequest> parse_page_request(std::string_view target) {
  PageRequest page;
  const std::size_t mark = target.find('?');
  std::string_view query = mark == target.npos ? "" : target.substr(mark + 1);
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    if (auto read = read_member(query.substr(0, end), page); !read) {
      return tl::unexpected<Error>(read.error());
    }
    query.remove_prefix(std::min(end + 1, query.size()));
  }
  return page;
}

std::string to_cursor(Atom place) { return std::to_string(place); }

Result<std::vector<NamedUser>> parse_names(std::string_view body,
                                           const std::vector<std::string>& hosts,
                                           std::size_t limit) {
  NamesReader reader(hosts, limit);
  if (auto read = json::read(body, reader); !read) {
    return tl::unexpected<Error>(make_refusal(reader, read.error()));
  }
  return reader.names.take();
}

Result<KickRequest> parse_kick(std::string_view body, const std::vector<std::string>& hosts,
                               std::size_t limit) {
  KickReader reader(hosts, limit);
  if (auto read = json::read(body, reader); !read) {
    return tl::unexpected<Error>(make_refusal(reader, read.error()));
  }
  if (!reader.has_users) return make_error(Errc::kInvalid, "users is missing");
  if (reader.reason.size() > kKickReason || !text::is_xml_text(reader.reason)) {
    return make_error(Errc::kInvalid, "reason is too long, or has characters that XML forbids");
  }
  KickRequest request;
  request.reason = std::move(reader.reason);
  for (NamedUser& named : reader.names.take()) request.users.push_back(std::move(named.user));
  if (!reader.resource || request.users.empty()) return request;
  const auto full = request.users.front().with_resource(*reader.resource);
  if (!full) return make_error(Errc::kInvalid, "resource: " + full.error().text);
  request.resource = full->resource();
  return request;
}

Result<xmpp::Jid> parse_token_request(std::string_view body,
                                      const std::vector<std::string>& hosts) {
  auto request = read_user(body, UserReader(hosts, false));
  if (!request) return tl::unexpected<Error>(request.error());
  return std::move(request->user);
}

Result<PrebindRequest> parse_prebind(std::string_view body, const std::vector<std::string>& hosts) {
  return read_user(body, UserReader(hosts, true));
}

}  // namespace rosterd::app
