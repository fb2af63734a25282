// SPDX-License-Identifier: MIT
#include "app/roster_assembly.h"

#include <memory>
#include <utility>

#include "app/jsxc.h"
#include "app/response_fields.h"
#include "base/crypto.h"

namespace rosterd::app {

namespace {

// As many bytes as a std::string holds without allocating, and more than enough that two bodies of
// one web app never share them.
constexpr std::size_t kDigestBytes = 15;

void add_faults(RosterFaults& all, RosterFaults more) {
  all.skipped += more.skipped;
  all.dropped += more.dropped;
  if (all.first_fault.empty()) all.first_fault = std::move(more.first_fault);
}

}  // namespace

RosterAssembly::Page& RosterAssembly::open_page() {
  if (page_) return *page_;
  RosterLimits left = limits_;
  left.contacts -= contacts_;
  page_ = std::make_unique<Page>(draft_, user_, left);
  return *page_;
}

void RosterAssembly::add_part(std::string_view part) {
  Page& page = open_page();
  page.digest.add(part);
  page.parser.feed(part);
}

// A roster which has grown by a page may have the same first one as before.
bool RosterAssembly::is_unchanged(const std::string& body_digest, std::string_view linked) const {
  return base_.roster && linked.empty() && body_digest == base_.tag.body_digest;
}

Result<std::string> RosterAssembly::add_page(const http::Response& response, Instant now) {
  const std::string linked = read_next_link(response.fields).value_or("");
  fetched_.tag = {};  // what the first page says of itself is not true of all
  if (++pages_ == 1) {
    Page& first = open_page();
    first.digest.add(response.body);
    fetched_.tag.body_digest = first.digest.finish().substr(0, kDigestBytes);
    if (is_unchanged(fetched_.tag.body_digest, linked)) {
      keep_old(response, now);
      return std::string();
    }
  }
  const std::unique_ptr<Page> page = (open_page(), std::move(page_));
  page->parser.feed(response.body);
  auto parsed = page->parser.finish();
  if (!parsed) return tl::unexpected<Error>(explain(std::move(parsed.error())));
  contacts_ += parsed->contacts;
  std::string next = std::move(parsed->meta.next);
  if (next.empty()) next = linked;
  if (pages_ == 1 && next.empty()) take_tag(response, parsed->meta, now);
  add_faults(fetched_.faults, std::move(*parsed));
  return next;
}

Status RosterAssembly::add_jsxc(const http::Response& response, Instant now) {
  fetched_.tag.body_digest =
      crypto::digest(crypto::Hash::kSha256, response.body).substr(0, kDigestBytes);
  if (is_unchanged(fetched_.tag.body_digest, {})) {
    keep_old(response, now);
    return {};
  }
  const auto shared = parse_jsxc_roster(response.body);
  if (!shared) return tl::unexpected<Error>(shared.error());
  auto parsed = parse_page(*shared, draft_, user_, limits_, RosterKeys::kUserIds);
  if (!parsed) return tl::unexpected<Error>(std::move(parsed.error()));
  take_tag(response, {}, now);
  add_faults(fetched_.faults, std::move(*parsed));
  return {};
}

void RosterAssembly::keep_old(const http::Response& response, Instant now) {
  take_tag(response, {}, now);
  fetched_.roster = base_.roster;
  fetched_.unchanged = true;
}

Error RosterAssembly::explain(Error error) const {
  if (pages_ > 1 && error.code == Errc::kTooLarge) {
    error.text = "more than " + std::to_string(limits_.contacts) + " contacts in all pages";
  }
  return error;
}

void RosterAssembly::take_tag(const http::Response& response, const RosterMeta& meta, Instant now) {
  fetched_.tag.etag = read_etag(response.fields);
  if (fetched_.tag.etag.empty()) fetched_.tag.etag = meta.etag;
  fetched_.tag.fresh_until = now + read_max_age(response.fields);
}

FetchedRoster RosterAssembly::take() {
  if (!fetched_.unchanged) {
    im::RosterDraft::Outcome outcome = draft_.take();
    fetched_.roster = std::move(outcome.roster);
    fetched_.faults.skipped += outcome.unusable;
  }
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
