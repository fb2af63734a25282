// SPDX-License-Identifier: MIT
// RosterReader: JSON events to contacts: a state machine over the place in which the next value
// stands. See parse_roster() for what it reads.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "app/roster_json.h"
#include "base/json.h"
#include "im/roster.h"

namespace rosterd::app {

// A contact that has been read, beside who it is.
struct ReadContact {
  std::string name;
  std::string groups;  // joined as in im::RosterItem
  im::Subscription subscription = im::Subscription::kBoth;
  bool usable = true;
  bool null = false;
  bool has_name = false;
  bool has_groups = false;
};

class RosterReader final : public json::Events {
 public:
  // Who gets the contacts.
  class Contacts {
   public:
    virtual ~Contacts() = default;
    // Of whom a contact is to be read; kInvalid when that is nobody. False: of the owner himself.
    virtual Result<bool> begin(std::string_view address) = 0;
    // The last one begun.
    virtual void end(const ReadContact& contact) = 0;
  };

  // All outlive it. `may_go_on`: there may be another page.
  RosterReader(Contacts& contacts, const RosterLimits& limits, bool may_go_on)
      : contacts_(contacts), limits_(limits), may_go_on_(may_go_on) {}

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

  // The whole of it has been read, with this outcome.
  Result<ParsedPage> finish(Status read);

 private:
  enum class Kind { kNull, kFalse, kTrue, kNumber, kString, kObject, kArray };
  enum class Place { kTop, kEmptyArray, kContacts, kMembers, kGroupList, kGroupKeys, kMeta };
  enum class Member { kName, kGroups, kSubscription, kNext, kEtag, kOther };

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
  bool too_many() const { return page_.contacts > limits_.contacts; }

  Contacts& contacts_;
  const RosterLimits& limits_;
  const bool may_go_on_;
  Place place_ = Place::kTop;
  int unread_depth_ = 0;     // > 0: inside a value that nobody reads
  std::string key_;          // of the contact being read
  bool is_contact_ = false;  // not $meta, the owner or no JID at all
  bool is_meta_ = false;
  ReadContact contact_;
  Member member_ = Member::kOther;
  ParsedPage page_;
  std::string refusal_;
};

}  // namespace rosterd::app
