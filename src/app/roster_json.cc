// SPDX-License-Identifier: MIT
#include "app/roster_json.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>

#include "app/response_fields.h"
#include "base/json.h"
#include "base/text.h"

namespace rosterd::app {

namespace {

constexpr std::string_view kMetaKey = "$meta";  // no legal JID

// As a number that is less where the text is, in the order of bytes.
std::uint64_t first_bytes(std::string_view text) {
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < sizeof number; ++i) {
    number = number << 8 | (i < text.size() ? static_cast<unsigned char>(text[i]) : 0u);
  }
  return number;
}

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
  enum class Form { kPage, kRoster, kPatch };

  RosterReader(Form form, const xmpp::Jid& owner, const RosterLimits& limits)
      : form_(form), owner_(owner), limits_(limits) {}

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
  // After a whole text; one of them, once.
  ParsedRoster take_roster();
  ParsedPatch take_patch(Unnamed unnamed);

 private:
  enum class Place { kTop, kEmptyArray, kContacts, kMembers, kGroupList, kGroupKeys, kMeta };
  enum class Member { kName, kGroups, kSubscription, kNext, kEtag, kOther };

  // Unusable contacts are kept to the end: they override what came before them under the same JID.
  struct Contact {
    im::RosterEntry entry;
    bool usable = true;
    bool removed = false;  // of a patch
    bool has_name = false;
    bool has_groups = false;
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
  bool set_meta(Kind kind, std::string_view text);
  bool set_next(Kind kind, std::string_view text);
  void set_etag(Kind kind, std::string_view text);
  void pass_over(Kind kind);
  bool may_stand(Kind kind, std::string_view text, std::string_view what);
  void note(std::string_view why);
  bool refuse(std::string why);
  // A contact to be sorted without looking at it, as long as the first bytes of the JIDs differ.
  struct Key {
    std::uint64_t first_bytes;
    std::size_t place;  // in contacts_
  };

  std::string_view jid_at(const Key& key) const {
    return contacts_[key.place].entry.contact.text();
  }
  std::vector<Key> sorted_keys() const;
  template <class Visit>
  void take_contacts(Visit visit);
  static im::RosterEdit make_edit(Contact& contact, Unnamed unnamed);

  const Form form_;
  const xmpp::Jid& owner_;
  const RosterLimits& limits_;
  Place place_ = Place::kTop;
  int unread_depth_ = 0;     // > 0: inside a value that nobody reads
  std::string key_;          // of the contact being read
  bool is_contact_ = false;  // not $meta, the owner or no JID at all
  bool is_meta_ = false;
  Contact contact_;
  Member member_ = Member::kOther;
  std::size_t keys_ = 0;
  std::vector<Contact> contacts_;
  RosterMeta meta_;
  RosterFaults faults_;
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
    case Place::kMeta:
      pass_over(kind);
      return set_meta(kind, text);
  }
  return true;
}

bool RosterReader::on_end() {
  if (unread_depth_ > 0) {
    --unread_depth_;
  } else if (place_ == Place::kGroupList || place_ == Place::kGroupKeys) {
    place_ = Place::kMembers;
  } else if (place_ == Place::kMeta) {
    place_ = Place::kContacts;
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
  } else if (place_ == Place::kMeta) {
    member_ = key == "next" ? Member::kNext : key == "etag" ? Member::kEtag : Member::kOther;
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
  is_meta_ = key == kMetaKey;
  if (is_meta_) return true;
  if (++keys_; too_many()) {
    return refuse("more than " + std::to_string(limits_.contacts) + " contacts");
  }
  auto jid = xmpp::Jid::parse(key);
  if (!jid) {
    ++faults_.skipped;
    note(jid.error().text);
    return true;
  }
  is_contact_ = jid->bare_text() != owner_.bare_text();
  contact_.entry.contact = jid->is_full() ? jid->bare() : std::move(*jid);
  return true;
}

void RosterReader::on_contact(Kind kind, std::string_view text) {
  if (is_meta_ && kind == Kind::kObject) {
    place_ = Place::kMeta;
    return;
  }
  if (!is_contact_) return pass_over(kind);
  if (kind == Kind::kObject) {
    place_ = Place::kMembers;
    return;
  }
  if (kind == Kind::kString) {
    set_name(kind, text);
  } else if (kind == Kind::kNull) {
    contact_.removed = form_ == Form::kPatch;
  } else if (kind != Kind::kTrue) {
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
    default:
      return pass_over(kind);
  }
}

void RosterReader::set_name(Kind kind, std::string_view text) {
  contact_.has_name = true;
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
  contact_.has_groups = true;
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
  ++faults_.dropped;
  note(std::string(what) + fault);
  return false;
}

bool RosterReader::set_meta(Kind kind, std::string_view text) {
  if (member_ == Member::kNext) return set_next(kind, text);
  if (member_ == Member::kEtag) set_etag(kind, text);
  return true;
}

// A roster of which a part is missing would take contacts from its owner.
bool RosterReader::set_next(Kind kind, std::string_view text) {
  meta_.next.clear();
  if (kind == Kind::kNull || kind == Kind::kFalse) return true;
  if (kind != Kind::kString) return refuse("the next page is no URL");
  if (form_ != Form::kPage && !text.empty()) return refuse("a next page cannot be asked for here");
  meta_.next = text;
  return true;
}

void RosterReader::set_etag(Kind kind, std::string_view text) {
  meta_.etag.clear();
  if (kind == Kind::kNull) return;
  if (kind == Kind::kString && may_be_etag(text)) {
    meta_.etag = text;
  } else {
    ++faults_.dropped;
    note("etag is not an entity tag");
  }
}

// The events inside a container reach nobody until its end.
void RosterReader::pass_over(Kind kind) {
  if (kind == Kind::kObject || kind == Kind::kArray) ++unread_depth_;
}

void RosterReader::note(std::string_view why) {
  if (!faults_.first_fault.empty()) return;
  faults_.first_fault = text::for_log(key_, 80) + ": " + std::string(why);
}

bool RosterReader::refuse(std::string why) {
  refusal_ = std::move(why);
  return false;
}

// The places of the contacts in the order of their JIDs; of equal ones in that of their coming.
std::vector<RosterReader::Key> RosterReader::sorted_keys() const {
  std::vector<Key> keys;
  keys.reserve(contacts_.size());
  for (std::size_t i = 0; i < contacts_.size(); ++i) {
    keys.push_back({first_bytes(contacts_[i].entry.contact.text()), i});
  }
  std::sort(keys.begin(), keys.end(), [this](const Key& a, const Key& b) {
    if (a.first_bytes != b.first_bytes) return a.first_bytes < b.first_bytes;
    const int order = jid_at(a).compare(jid_at(b));
    return order != 0 ? order < 0 : a.place < b.place;
  });
  return keys;
}

// visit(Contact&) for one per contact, the last of each, in order of their addresses.
template <class Visit>
void RosterReader::take_contacts(Visit visit) {
  const std::vector<Key> keys = sorted_keys();
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const bool overridden = i + 1 < keys.size() && jid_at(keys[i]) == jid_at(keys[i + 1]);
    if (overridden) continue;
    Contact& contact = contacts_[keys[i].place];
    if (!contact.usable) ++faults_.skipped;
    std::vector<std::string>& groups = contact.entry.groups;
    std::sort(groups.begin(), groups.end());
    groups.erase(std::unique(groups.begin(), groups.end()), groups.end());
    visit(contact);
  }
}

ParsedRoster RosterReader::take_roster() {
  ParsedRoster parsed;
  parsed.entries.reserve(contacts_.size());
  take_contacts([&](Contact& contact) {
    if (contact.usable) parsed.entries.push_back(std::move(contact.entry));
  });
  static_cast<RosterFaults&>(parsed) = std::move(faults_);
  parsed.meta = std::move(meta_);
  return parsed;
}

ParsedPatch RosterReader::take_patch(Unnamed unnamed) {
  ParsedPatch parsed;
  parsed.edits.reserve(contacts_.size());
  take_contacts([&](Contact& contact) { parsed.edits.push_back(make_edit(contact, unnamed)); });
  static_cast<RosterFaults&>(parsed) = std::move(faults_);
  return parsed;
}

im::RosterEdit RosterReader::make_edit(Contact& contact, Unnamed unnamed) {
  im::RosterEdit edit;
  edit.contact = std::move(contact.entry.contact);
  edit.remove = contact.removed || !contact.usable;
  edit.subscription = contact.entry.subscription;
  const bool keep = unnamed == Unnamed::kKept;
  if (contact.has_name || !keep) edit.name = std::move(contact.entry.name);
  if (contact.has_groups || !keep) edit.groups = std::move(contact.entry.groups);
  return edit;
}

Error refusal_of(const RosterReader& reader, Error error) {
  if (reader.too_many()) error.code = Errc::kTooLarge;
  return error;
}

}  // namespace

Result<ParsedRoster> parse_roster(std::string_view body, const xmpp::Jid& owner,
                                  const RosterLimits& limits) {
  RosterReader reader(RosterReader::Form::kPage, owner, limits);
  if (auto read = json::read(body, reader); !read) {
    return tl::unexpected<Error>(refusal_of(reader, std::move(read.error())));
  }
  return reader.take_roster();
}

Result<ParsedRoster> parse_roster(const json::Tape& value, const xmpp::Jid& owner,
                                  const RosterLimits& limits) {
  RosterReader reader(RosterReader::Form::kRoster, owner, limits);
  if (auto read = value.replay(reader); !read) {
    return tl::unexpected<Error>(refusal_of(reader, std::move(read.error())));
  }
  return reader.take_roster();
}

Result<ParsedPatch> parse_patch(const json::Tape& value, const xmpp::Jid& owner,
                                const RosterLimits& limits, Unnamed unnamed) {
  RosterReader reader(RosterReader::Form::kPatch, owner, limits);
  if (auto read = value.replay(reader); !read) {
    return tl::unexpected<Error>(refusal_of(reader, std::move(read.error())));
  }
  return reader.take_patch(unnamed);
}

}  // namespace rosterd::app
