// SPDX-License-Identifier: MIT
#include "app/roster_json.h"

#include <algorithm>
#include <utility>

#include "app/roster_reader.h"

namespace rosterd::app {

namespace {

// Into a draft.
class DraftContacts final : public RosterReader::Contacts {
 public:
  DraftContacts(im::RosterDraft& draft, const xmpp::Jid& owner,
                RosterKeys keys = RosterKeys::kAddresses)
      : draft_(draft), owner_(owner), keys_(keys) {}
  ~DraftContacts() override { draft_.names().release(contact_); }

  Result<bool> begin(std::string_view address) override;
  void end(const ReadContact& contact) override;

 private:
  im::RosterDraft& draft_;
  const xmpp::Jid& owner_;
  const RosterKeys keys_;
  std::string address_;     // of a user whose name alone is known
  Atom contact_ = kNoAtom;  // begun; with a reference
};

Result<bool> DraftContacts::begin(std::string_view address) {
  draft_.names().release(std::exchange(contact_, kNoAtom));
  if (keys_ == RosterKeys::kUserIds) {
    const std::size_t at = address.find('@');
    // What stands behind a slash is a resource, an "@" there too.
    if (address.find('/') < at) return make_error(Errc::kInvalid, "no name of a user");
    if (at == address.npos) address = address_.assign(address).append("@").append(owner_.domain());
  }
  const auto contact = draft_.acquire_contact(address);
  if (!contact) return tl::unexpected<Error>(contact.error());
  contact_ = *contact;
  return draft_.names().text(contact_) != owner_.bare_text();
}

void DraftContacts::end(const ReadContact& contact) {
  const Atom atom = std::exchange(contact_, kNoAtom);
  if (contact.usable) {
    draft_.add(atom, contact.name, contact.groups, contact.subscription);
  } else {
    draft_.add_unusable(atom);
  }
}

// To edits of a roster.
class PatchContacts final : public RosterReader::Contacts {
 public:
  PatchContacts(const xmpp::Jid& owner, Unnamed unnamed) : owner_(owner), unnamed_(unnamed) {}

  Result<bool> begin(std::string_view address) override;
  void end(const ReadContact& contact) override;
  // Once. Unusable contacts count where they are the last of their JID.
  std::vector<im::RosterEdit> take(std::size_t& unusable);

 private:
  struct Edit : im::RosterEdit {
    bool usable = true;
  };

  const xmpp::Jid& owner_;
  const Unnamed unnamed_;
  xmpp::Jid contact_;
  std::vector<Edit> edits_;
};

Result<bool> PatchContacts::begin(std::string_view address) {
  const auto jid = xmpp::Jid::parse(address);
  if (!jid) return tl::unexpected<Error>(jid.error());
  contact_ = jid->bare();
  return contact_.text() != owner_.bare_text();
}

void PatchContacts::end(const ReadContact& contact) {
  Edit& edit = edits_.emplace_back();
  edit.contact = std::move(contact_);
  edit.usable = contact.usable;
  edit.remove = contact.null || !contact.usable;
  edit.subscription = contact.subscription;
  const bool keep = unnamed_ == Unnamed::kKept;
  if (contact.has_name || !keep) edit.name = contact.name;
  if (!contact.has_groups && keep) return;
  const auto groups = im::split_groups(contact.groups);
  edit.groups.emplace(groups.begin(), groups.end());
}

std::vector<im::RosterEdit> PatchContacts::take(std::size_t& unusable) {
  std::stable_sort(edits_.begin(), edits_.end(), [](const Edit& a, const Edit& b) {
    return a.contact.text() < b.contact.text();
  });
  std::vector<im::RosterEdit> last;
  for (std::size_t i = 0; i < edits_.size(); ++i) {
    if (i + 1 < edits_.size() && edits_[i].contact == edits_[i + 1].contact) continue;
    if (!edits_[i].usable) ++unusable;
    last.push_back(std::move(edits_[i]));
  }
  return last;
}

ParsedRoster make_roster(im::RosterDraft& draft, ParsedPage page) {
  im::RosterDraft::Outcome outcome = draft.take();
  ParsedRoster parsed;
  static_cast<RosterFaults&>(parsed) = std::move(page);
  parsed.skipped += outcome.unusable;
  parsed.roster = std::move(outcome.roster);
  parsed.meta = std::move(page.meta);
  return parsed;
}

}  // namespace

struct RosterPageParser::Impl {
  Impl(im::RosterDraft& draft, const xmpp::Jid& owner, const RosterLimits& limits)
      : contacts(draft, owner), reader(contacts, limits, true), parser(reader) {}

  DraftContacts contacts;
  RosterReader reader;
  json::Parser parser;
};

RosterPageParser::RosterPageParser(im::RosterDraft& draft, const xmpp::Jid& owner,
                                   const RosterLimits& limits)
    : impl_(std::make_unique<Impl>(draft, owner, limits)) {}
RosterPageParser::~RosterPageParser() = default;

void RosterPageParser::feed(std::string_view part) { impl_->parser.feed(part); }

Result<ParsedPage> RosterPageParser::finish() {
  return impl_->reader.finish(impl_->parser.finish());
}

Result<ParsedRoster> parse_roster(std::string_view body, const xmpp::Jid& owner,
                                  const RosterLimits& limits, Interner& names) {
  im::RosterDraft draft(names, nullptr);
  RosterPageParser parser(draft, owner, limits);
  parser.feed(body);
  auto page = parser.finish();
  if (!page) return tl::unexpected<Error>(std::move(page.error()));
  return make_roster(draft, std::move(*page));
}

Result<ParsedPage> parse_page(const json::Tape& value, im::RosterDraft& draft,
                              const xmpp::Jid& owner, const RosterLimits& limits, RosterKeys keys,
                              NextPage next) {
  DraftContacts contacts(draft, owner, keys);
  RosterReader reader(contacts, limits, next == NextPage::kTold);
  return reader.finish(value.replay(reader));
}

Result<ParsedRoster> parse_roster(const json::Tape& value, const xmpp::Jid& owner,
                                  const RosterLimits& limits, Interner& names,
                                  im::SharedRoster base, NextPage next) {
  im::RosterDraft draft(names, std::move(base));
  auto page = parse_page(value, draft, owner, limits, RosterKeys::kAddresses, next);
  if (!page) return tl::unexpected<Error>(std::move(page.error()));
  return make_roster(draft, std::move(*page));
}

Result<ParsedPatch> parse_patch(const json::Tape& value, const xmpp::Jid& owner,
                                const RosterLimits& limits, Unnamed unnamed) {
  PatchContacts contacts(owner, unnamed);
  RosterReader reader(contacts, limits, false);
  auto page = reader.finish(value.replay(reader));
  if (!page) return tl::unexpected<Error>(std::move(page.error()));
  ParsedPatch parsed;
  static_cast<RosterFaults&>(parsed) = std::move(*page);
  parsed.edits = contacts.take(parsed.skipped);
  return parsed;
}

}  // namespace rosterd::app
