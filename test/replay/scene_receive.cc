// SPDX-License-Identifier: MIT
// What clients receive.
#include <algorithm>
#include <utility>

#include "scene.h"

namespace rosterd::replay {

Result<std::string> Scene::take_stanza(const std::string& who) {
  const auto client = find(who);
  if (!client) return tl::unexpected<Error>(client.error());
  auto& received = (*client)->received;
  if (received.empty()) return make_error(Errc::kInvalid, "nothing has come");
  if (received.front().kind != Received::Kind::kStanza) {
    return make_error(Errc::kInvalid, "came: " + received.front().bytes);
  }
  std::string stanza = std::move(received.front().bytes);
  received.pop_front();
  return stanza;
}

Status Scene::receive(const Arguments& a) {
  const auto patterns = split_stanzas(a[1]);
  if (!patterns) return tl::unexpected<Error>(patterns.error());
  for (const std::string& pattern : *patterns) {
    const auto stanza = take_stanza(a[0]);
    if (!stanza) return make_error(Errc::kInvalid, stanza.error().text + "\n  for " + pattern);
    if (!matcher_.matches(pattern, *stanza)) {
      return make_error(Errc::kInvalid,
                        matcher_.why() + "\n  expected " + pattern + "\n  came " + *stanza);
    }
  }
  return {};
}

Status Scene::receive_in_any_order(const Arguments& a) {
  auto patterns = split_stanzas(a[1]);
  if (!patterns) return tl::unexpected<Error>(patterns.error());
  while (!patterns->empty()) {
    const auto stanza = take_stanza(a[0]);
    if (!stanza) {
      return make_error(Errc::kInvalid, stanza.error().text + "\n  for " + patterns->front());
    }
    const auto match = std::find_if(
        patterns->begin(), patterns->end(),
        [&](const std::string& pattern) { return matcher_.matches(pattern, *stanza); });
    if (match == patterns->end()) return make_error(Errc::kInvalid, "came " + *stanza);
    patterns->erase(match);
  }
  return {};
}

Status Scene::receive_error(const Arguments& a) {
  const auto stanza = take_stanza(a[0]);
  if (!stanza) return tl::unexpected<Error>(stanza.error());
  if (matcher_.matches_error(a[2], a[1], *stanza)) return {};
  return make_error(Errc::kInvalid, matcher_.why() + "\n  came " + *stanza);
}

Status Scene::receive_nothing(const Arguments& a) {
  const auto client = find(a[0]);
  if (!client) return tl::unexpected<Error>(client.error());
  if ((*client)->received.empty()) return {};
  return make_error(Errc::kInvalid, "came " + (*client)->received.front().bytes);
}

Status Scene::receive_header(const Arguments& a) {
  const auto client = find(a[0]);
  if (!client) return tl::unexpected<Error>(client.error());
  auto& received = (*client)->received;
  if (received.empty()) return make_error(Errc::kInvalid, "nothing has come");
  const Received first = std::move(received.front());
  received.pop_front();
  xml::Parser parser;
  const auto header = parser.parse_header(first.bytes);
  if (first.kind != Received::Kind::kHeader || !header) {
    return make_error(Errc::kInvalid, "came " + first.bytes);
  }
  if (matcher_.matches_header(a[1], *header)) return {};
  return make_error(Errc::kInvalid, matcher_.why() + "\n  came " + first.bytes);
}

Status Scene::expect_end(const std::string& who) {
  const auto client = find(who);
  if (!client) return tl::unexpected<Error>(client.error());
  auto& received = (*client)->received;
  if (received.empty()) return make_error(Errc::kInvalid, "the stream goes on");
  if (received.front().kind != Received::Kind::kEnd) {
    return make_error(Errc::kInvalid, "came " + received.front().bytes);
  }
  if (!(*client)->closed()) return make_error(Errc::kInvalid, "the connection was left open");
  received.clear();
  world().disconnect(who);
  return settled();
}

Status Scene::stream_ends(const Arguments& a) { return expect_end(a[0]); }

Status Scene::stream_ends_with(const Arguments& a) {
  const auto stanza = take_stanza(a[0]);
  if (!stanza) return tl::unexpected<Error>(stanza.error());
  if (!matcher_.matches_stream_error(a[1], *stanza)) {
    return make_error(Errc::kInvalid, matcher_.why() + "\n  came " + *stanza);
  }
  return expect_end(a[0]);
}

Status Scene::all_is_read(const Arguments&) {
  for (const auto& [name, client] : world().clients()) {
    if (client->closed()) return make_error(Errc::kInvalid, "the stream of " + name + " has ended");
    client->received.clear();
  }
  return {};
}

}  // namespace rosterd::replay
