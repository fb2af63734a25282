// SPDX-License-Identifier: MIT
#include "app/roster_reader.h"

#include <optional>
#include <utility>

#include "app/response_fields.h"
#include "base/text.h"

namespace rosterd::app {

namespace {

constexpr std::string_view kMetaKey = "$meta";  // no legal JID

std::optional<im::Subscription> find_subscription(std::string_view word) {
  if (word == "both") return im::Subscription::kBoth;
  if (word == "to") return im::Subscription::kTo;
  if (word == "from") return im::Subscription::kFrom;
  if (word == "none") return im::Subscription::kNone;
  return std::nullopt;
}

}  // namespace

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
  is_contact_ = false;
  is_meta_ = key == kMetaKey;
  if (is_meta_) return true;
  if (++page_.contacts; too_many()) {
    return refuse("more than " + std::to_string(limits_.contacts) + " contacts");
  }
  const auto begun = contacts_.begin(key);
  if (begun) {
    is_contact_ = *begun;
  } else {
    ++page_.skipped;
    note(begun.error().text);
  }
  // Its texts keep their room.
  contact_.name.clear();
  contact_.groups.clear();
  contact_.subscription = im::Subscription::kBoth;
  contact_.usable = true;
  contact_.null = contact_.has_name = contact_.has_groups = false;
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
    contact_.null = true;
  } else if (kind != Kind::kTrue) {
    contact_.usable = false;
    note("neither an object nor a name");
    pass_over(kind);
  }
  end_contact();
}

void RosterReader::end_contact() {
  im::sort_groups(contact_.groups);
  contacts_.end(contact_);
}

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
  contact_.name.clear();
  if (kind != Kind::kNull && may_stand(kind, text, "name")) contact_.name = text;
}

void RosterReader::set_subscription(Kind kind, std::string_view text) {
  const auto subscription = kind == Kind::kString ? find_subscription(text) : std::nullopt;
  contact_.usable = subscription.has_value();
  if (subscription) {
    contact_.subscription = *subscription;
  } else {
    note("unknown subscription");
  }
}

void RosterReader::on_groups(Kind kind, std::string_view text) {
  contact_.has_groups = true;
  contact_.groups.clear();
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
  if (!may_stand(kind, text, "group")) return;
  if (!contact_.groups.empty()) contact_.groups += im::kGroupSeparator;
  contact_.groups += text;
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
  ++page_.dropped;
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
  page_.meta.next.clear();
  if (kind == Kind::kNull || kind == Kind::kFalse) return true;
  if (kind != Kind::kString) return refuse("the next page is no URL");
  if (!may_go_on_ && !text.empty()) return refuse("a next page cannot be asked for here");
  page_.meta.next = text;
  return true;
}

void RosterReader::set_etag(Kind kind, std::string_view text) {
  page_.meta.etag.clear();
  if (kind == Kind::kNull) return;
  if (kind == Kind::kString && may_be_etag(text)) {
    page_.meta.etag = text;
  } else {
    ++page_.dropped;
    note("etag is not an entity tag");
  }
}

// The events inside a container reach nobody until its end.
void RosterReader::pass_over(Kind kind) {
  if (kind == Kind::kObject || kind == Kind::kArray) ++unread_depth_;
}

void RosterReader::note(std::string_view why) {
  if (!page_.first_fault.empty()) return;
  page_.first_fault = text::for_log(key_, 80) + ": " + std::string(why);
}

bool RosterReader::refuse(std::string why) {
  refusal_ = std::move(why);
  return false;
}

Result<ParsedPage> RosterReader::finish(Status read) {
  if (read) return std::move(page_);
  if (too_many()) read.error().code = Errc::kTooLarge;
  return tl::unexpected<Error>(std::move(read.error()));
}

}  // namespace rosterd::app
