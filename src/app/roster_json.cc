// SPDX-License-Identifier: MIT
#include "app/roster_json.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/json.h"
#include "base/text.h"

namespace rosterd::app {

namespace {

enum class Kind { kNull, kFalse, kTrue, kNumber, kString, kObject, kArray };

std::optional<im::Subscription> find_subscription(std::string_view word) {
  if (word == "both") return im::Subscription::kBoth;
  if (word == "to") return im::Subscription::kTo;
  if (word == "from") return im::Subscription::kFrom;
  if (word == "none") return im::Subscription::kNone;
  return std::nullopt;
}

// JSON events to contacts: a state machine over the place in which the next value stands.
class RosterReader final : public json::Events {
 public:
  RosterReader(const xmpp::Jid& owner, const RosterLimits& limits)
      : owner_(owner), limits_(limits) {}

  bool on_null() override { return on_value(Kind::kNull, {}); }
  bool on_bool(bool value) override { return on_value(value ? Kind::kTrue : Kind::kFalse, {}); }
  bool on_number(std::string_view literal) override { return on_value(Kind::kNumber, literal); }
  bool on_string(std::string_view value) override { return on_value(Kind::kString, value); }
  bool on_object_start() override { return on_value(Kind::kObject, {}); }
  bool on_array_start() override { return on_value(Kind::kArray, {}); }
  bool on_object_end() override { return on_end(); }
  bool on_array_end() override { return on_end(); }
  bool on_key(std::string_view key) override;
  std::string refusal() const override { return refusal_; }

  bool too_many() const { return keys_ > limits_.contacts; }
  // After a whole text; once.
  ParsedRoster take();

 private:
  enum class Place { kTop, kEmptyArray, kContacts, kMembers, kGroupList, kGroupKeys };
  enum class Member { kName, kGroups, kSubscription, kOther };

  // Unusable contacts are kept to the end: they override what came before them under the same JID.
  struct Contact {
    im::RosterEntry entry;
    bool usable = true;
  };

  bool on_value(Kind kind, std::string_view text);
  bool on_end();
  bool on_top(Kind kind);
  void on_contact(Kind kind, std::string_view text);
  void on_member(Kind kind, std::string_view text);
  void on_groups(Kind kind, std::string_view text);
  bool begin_contact(std::string_view key);
  void end_contact();
  void set_name(Kind kind, std::string_view text);
  void set_subscription(Kind kind, std::string_view text);
  void add_group(Kind kind, std::string_view text);
  void pass_over(Kind kind);
  bool may_stand(Kind kind, std::string_view text, std::string_view what);
  void note(std::string_view why);
  bool refuse(std::string why);

  const xmpp::Jid& owner_;
  const RosterLimits& limits_;
  Place place_ = Place::kTop;
  int unread_depth_ = 0;     // > 0: inside a value that nobody reads
  std::string key_;          // of the contact being read
  bool is_contact_ = false;  // not $meta, the owner or no JID at all
  Contact contact_;
  Member member_ = Member::kOther;
  std::size_t keys_ = 0;
  std::vector<Contact> contacts_;
  ParsedRoster parsed_;
  std::string refusal_;
};

bool RosterReader::on_value(Kind kind, std::string_view text) {
  if (unread_depth_ > 0) {
    pass_over(kind);
    return true;
  }
  switch (place_) {
    case Place::kTop:
      return on_top(kind);
    case Place::kEmptyArray:
      return refuse("an array with something in it is not a roster");
    case Place::kContacts:
      on_contact(kind, text);
      return true;
    case Place::kMembers:
      on_member(kind, text);
      return true;
    case Place::kGroupList:
      add_group(kind, text);
      pass_over(kind);
      return true;
    case Place::kGroupKeys:
      pass_over(kind);
      return true;
  }
  return true;
}

bool RosterReader::on_end() {
  if (unread_depth_ > 0) {
    --unread_depth_;
  } else if (place_ == Place::kGroupList || place_ == Place::kGroupKeys) {
    place_ = Place::kMembers;
  } else if (place_ == Place::kMembers) {
    place_ = Place::kContacts;
    end_contact();
  }
  return true;
}

bool RosterReader::on_key(std::string_view key) {
  if (unread_depth_ > 0) return true;
  if (place_ == Place::kContacts) return begin_contact(key);
  if (place_ == Place::kGroupKeys) {
    add_group(Kind::kString, key);
  } else if (key == "name") {
    member_ = Member::kName;
  } else if (key == "groups") {
    member_ = Member::kGroups;
  } else {
    member_ = key == "subscription" ? Member::kSubscription : Member::kOther;
  }
  return true;
}

bool RosterReader::on_top(Kind kind) {
  if (kind != Kind::kObject && kind != Kind::kArray) return refuse("a roster must be an object");
  place_ = kind == Kind::kObject ? Place::kContacts : Place::kEmptyArray;
  return true;
}

bool RosterReader::begin_contact(std::string_view key) {
  key_ = key;
  contact_ = Contact{};
  is_contact_ = false;
  if (key == "$meta") return true;
  if (++keys_; too_many()) {
    return refuse("more than " + std::to_string(limits_.contacts) + " contacts");
  }
  auto jid = xmpp::Jid::parse(key);
  if (!jid) {
    ++parsed_.skipped;
    note(jid.error().text);
    return true;
  }
  contact_.entry.contact = jid->bare();
  is_contact_ = jid->bare_text() != owner_.bare_text();
  return true;
}

void RosterReader::on_contact(Kind kind, std::string_view text) {
  if (!is_contact_) return pass_over(kind);
  if (kind == Kind::kObject) {
    place_ = Place::kMembers;
    return;
  }
  if (kind == Kind::kString) {
    set_name(kind, text);
  } else if (kind != Kind::kNull && kind != Kind::kTrue) {
    contact_.usable = false;
    note("neither an object nor a name");
    pass_over(kind);
  }
  end_contact();
}

void RosterReader::end_contact() { contacts_.push_back(std::move(contact_)); }

void RosterReader::on_member(Kind kind, std::string_view text) {
  switch (member_) {
    case Member::kName:
      set_name(kind, text);
      return pass_over(kind);
    case Member::kSubscription:
      set_subscription(kind, text);
      return pass_over(kind);
    case Member::kGroups:
      return on_groups(kind, text);
    case Member::kOther:
      return pass_over(kind);
  }
}

void RosterReader::set_name(Kind kind, std::string_view text) {
  contact_.entry.name.clear();
  if (kind != Kind::kNull && may_stand(kind, text, "name")) contact_.entry.name = text;
}

void RosterReader::set_subscription(Kind kind, std::string_view text) {
  const auto subscription = kind == Kind::kString ? find_subscription(text) : std::nullopt;
  contact_.usable = subscription.has_value();
  if (subscription) {
    contact_.entry.subscription = *subscription;
  } else {
    note("unknown subscription");
  }
}

void RosterReader::on_groups(Kind kind, std::string_view text) {
  contact_.entry.groups.clear();
  if (kind == Kind::kArray) {
    place_ = Place::kGroupList;
  } else if (kind == Kind::kObject) {
    place_ = Place::kGroupKeys;
  } else if (kind != Kind::kNull) {
    add_group(kind, text);
  }
}

void RosterReader::add_group(Kind kind, std::string_view text) {
  if (kind == Kind::kString && text.empty()) return;
  if (may_stand(kind, text, "group")) contact_.entry.groups.emplace_back(text);
}

// A text that XML forbids would end the stream of everybody whom it is sent to.
bool RosterReader::may_stand(Kind kind, std::string_view text, std::string_view what) {
  const char* fault = nullptr;
  if (kind != Kind::kString) {
    fault = " is not a string";
  } else if (text.size() > limits_.text_bytes) {
    fault = " is too long";
  } else if (!text::is_xml_text(text)) {
    fault = " has a character that XML forbids";
  }
  if (!fault) return true;
  ++parsed_.dropped;
  note(std::string(what) + fault);
  return false;
}

// The events inside a container reach nobody until its end.
void RosterReader::pass_over(Kind kind) {
  if (kind == Kind::kObject || kind == Kind::kArray) ++unread_depth_;
}

void RosterReader::note(std::string_view why) {
  if (!parsed_.first_fault.empty()) return;
  parsed_.first_fault = text::for_log(key_, 80) + ": " + std::string(why);
}

bool RosterReader::refuse(std::string why) {
  refusal_ = std::move(why);
  return false;
}

ParsedRoster RosterReader::take() {
  const auto jid = [](const Contact& contact) { return contact.entry.contact.text(); };
  std::stable_sort(contacts_.begin(), contacts_.end(),
                   [&](const Contact& a, const Contact& b) { return jid(a) < jid(b); });
  for (std::size_t i = 0; i < contacts_.size(); ++i) {
    const bool overridden = i + 1 < contacts_.size() && jid(contacts_[i]) == jid(contacts_[i + 1]);
    if (overridden) continue;
    if (!contacts_[i].usable) {
      ++parsed_.skipped;
      continue;
    }
    std::vector<std::string>& groups = contacts_[i].entry.groups;
    std::sort(groups.begin(), groups.end());
    groups.erase(std::unique(groups.begin(), groups.end()), groups.end());
    parsed_.entries.push_back(std::move(contacts_[i].entry));
  }
  return std::move(parsed_);
}

}  // namespace

Result<ParsedRoster> parse_roster(std::string_view body, const xmpp::Jid& owner,
                                  const RosterLimits& limits) {
  RosterReader reader(owner, limits);
  if (auto read = json::read(body, reader); !read) {
    return make_error(reader.too_many() ? Errc::kTooLarge : Errc::kInvalid, read.error().text);
  }
  return reader.take();
}

}  // namespace rosterd::app
