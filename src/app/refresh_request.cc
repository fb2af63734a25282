// SPDX-License-Identifier: MIT
#include "app/refresh_request.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "base/json.h"
#include "base/text.h"

namespace rosterd::app {

namespace {

class NameReader final : public json::Events {
 public:
  NameReader(const std::vector<std::string>& hosts, std::size_t limit)
      : hosts_(hosts), limit_(limit) {}

  bool on_null() override { return refuse_element("null is not a username"); }
  bool on_bool(bool) override { return refuse_element("a boolean is not a username"); }
  bool on_number(std::string_view) override { return refuse_element("a number is not a username"); }
  bool on_string(std::string_view value) override;
  bool on_object_start() override { return refuse_element("objects are not supported"); }
  bool on_key(std::string_view) override { return true; }
  bool on_object_end() override { return true; }
  bool on_array_start() override;
  bool on_array_end() override { return true; }
  std::string refusal() const override { return refusal_; }

  // What the refusal is.
  Errc code() const { return code_; }
  std::vector<RefreshUser> take() { return std::move(users_); }

 private:
  bool refuse_element(std::string why);

  const std::vector<std::string>& hosts_;
  const std::size_t limit_;
  bool in_array_ = false;
  Errc code_ = Errc::kInvalid;
  std::size_t elements_ = 0;  // read so far
  std::vector<RefreshUser> users_;
  std::unordered_map<std::string, std::size_t> index_;  // bare JID -> place in users_
  std::string refusal_;
};

bool NameReader::on_array_start() {
  if (in_array_) return refuse_element("an array is not a username");
  in_array_ = true;
  return true;
}

bool NameReader::on_string(std::string_view value) {
  if (!in_array_) return refuse_element("");
  if (elements_ == limit_) {
    code_ = Errc::kTooLarge;
    refusal_ = "more than " + std::to_string(limit_) + " elements";
    return false;
  }
  auto user = parse_refresh_name(value, hosts_);
  if (!user) {
    code_ = user.error().code;
    return refuse_element(std::move(user.error().text));
  }
  ++elements_;
  const auto [found, is_new] = index_.try_emplace(std::string(user->text()), users_.size());
  if (is_new) users_.push_back({std::move(*user), 0});
  ++users_[found->second].elements;
  return true;
}

bool NameReader::refuse_element(std::string why) {
  refusal_ = in_array_ ? "element [" + std::to_string(elements_) + "]: " + std::move(why)
                       : "expected an array of usernames";
  return false;
}

}  // namespace

Result<xmpp::Jid> parse_refresh_name(std::string_view name, const std::vector<std::string>& hosts) {
  if (hosts.empty()) return make_error(Errc::kInternal, "no host is served");
  if (name.empty()) return make_error(Errc::kInvalid, "an empty username");
  const std::string shown = '"' + text::for_log(name, 80) + '"';
  if (name.find('@') == name.npos) {
    auto user = xmpp::Jid::make(name, hosts.front());
    if (user) return user;
    return make_error(Errc::kInvalid, shown + " is not a username: " + user.error().text);
  }
  auto jid = xmpp::Jid::parse(name);
  if (!jid) return make_error(Errc::kInvalid, shown + " is not a JID: " + jid.error().text);
  if (jid->node().empty()) return make_error(Errc::kInvalid, shown + " names no user");
  if (std::find(hosts.begin(), hosts.end(), jid->domain()) == hosts.end()) {
    return make_error(Errc::kDenied, shown + " is not on a host served here");
  }
  return jid->bare();
}

Result<std::vector<RefreshUser>> parse_refresh_body(std::string_view body,
                                                    const std::vector<std::string>& hosts,
                                                    std::size_t limit) {
  NameReader reader(hosts, limit);
  if (auto read = json::read(body, reader); !read) {
    return make_error(reader.code(), read.error().text);
  }
  return reader.take();
}

}  // namespace rosterd::app
