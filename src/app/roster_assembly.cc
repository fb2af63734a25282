// SPDX-License-Identifier: MIT
#include "app/roster_assembly.h"

#include <iterator>
#include <memory>
#include <utility>

#include "app/response_fields.h"
#include "base/crypto.h"

namespace rosterd::app {

namespace {

// As many bytes as a std::string holds without allocating, and more than enough that two bodies of
// one web app never share them.
constexpr std::size_t kDigestBytes = 15;

std::string digest_of(std::string_view body) {
  return crypto::digest(crypto::Hash::kSha256, body).substr(0, kDigestBytes);
}

void add_faults(RosterFaults& all, RosterFaults more) {
  all.skipped += more.skipped;
  all.dropped += more.dropped;
  if (all.first_fault.empty()) all.first_fault = std::move(more.first_fault);
}

}  // namespace

Result<std::string> RosterAssembly::add_page(const http::Response& response, Instant now) {
  const std::string linked = read_next_link(response.fields).value_or("");
  if (++pages_ == 1) {
    fetched_.tag = {{}, digest_of(response.body), {}};
    // That of a roster which has grown by a page may be the same as before.
    if (base_.roster && linked.empty() && fetched_.tag.body_digest == base_.tag.body_digest) {
      take_tag(response, {}, now);
      fetched_.roster = base_.roster;
      fetched_.unchanged = true;
      return std::string();
    }
  } else {
    fetched_.tag = {};  // what the first page says of itself is not true of all
  }
  RosterLimits limits = limits_;
  limits.contacts -= entries_.size();
  auto parsed = parse_roster(response.body, user_, limits);
  if (!parsed) {
    Error& error = parsed.error();
    if (pages_ > 1 && error.code == Errc::kTooLarge) {
      error.text = "more than " + std::to_string(limits_.contacts) + " contacts in all pages";
    }
    return tl::unexpected<Error>(std::move(error));
  }
  add_faults(fetched_.faults, std::move(*parsed));
  if (entries_.empty()) {
    entries_ = std::move(parsed->entries);
  } else {
    entries_.insert(entries_.end(), std::make_move_iterator(parsed->entries.begin()),
                    std::make_move_iterator(parsed->entries.end()));
  }
  std::string next = std::move(parsed->meta.next);
  if (next.empty()) next = linked;
  if (pages_ == 1 && next.empty()) take_tag(response, parsed->meta, now);
  return next;
}

void RosterAssembly::take_tag(const http::Response& response, const RosterMeta& meta, Instant now) {
  fetched_.tag.etag = read_etag(response.fields);
  if (fetched_.tag.etag.empty()) fetched_.tag.etag = meta.etag;
  fetched_.tag.fresh_until = now + read_max_age(response.fields);
}

FetchedRoster RosterAssembly::take() {
  if (!fetched_.roster) fetched_.roster = std::make_shared<const im::Roster>(names_, entries_);
  return std::move(fetched_);
}

FetchedRoster RosterAssembly::not_modified(const http::Response& response, Instant now) const {
  FetchedRoster same;
  same.roster = base_.roster;
  same.tag = base_.tag;
  const std::string etag = read_etag(response.fields);
  if (!etag.empty()) same.tag.etag = etag;
  same.tag.fresh_until = now + read_max_age(response.fields);
  same.unchanged = true;
  return same;
}

}  // namespace rosterd::app
