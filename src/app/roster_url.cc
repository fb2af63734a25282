// SPDX-License-Identifier: MIT
#include "app/roster_url.h"

#include <algorithm>

#include "base/text.h"

namespace rosterd::app {

namespace {

constexpr std::string_view kFileScheme = "file://";

enum class Piece { kLiteral, kUser, kHost, kPercent, kUnknown };

struct Token {
  Piece piece;
  std::string_view text;
};

bool take(std::string_view& rest, std::string_view prefix) {
  if (!rest.starts_with(prefix)) return false;
  rest.remove_prefix(prefix.size());
  return true;
}

// Takes the next piece off a template that is not empty.
Token next_token(std::string_view& rest) {
  const std::string_view start = rest;
  if (take(rest, "%s") || take(rest, "{user}")) return {Piece::kUser, {}};
  if (take(rest, "{host}")) return {Piece::kHost, {}};
  if (take(rest, "%%")) return {Piece::kPercent, "%"};
  if (rest.front() == '%' || rest.front() == '{' || rest.front() == '}') {
    rest.remove_prefix(1);
    return {Piece::kUnknown, start.substr(0, 8)};
  }
  rest.remove_prefix(std::min(rest.find_first_of("%{}"), rest.size()));
  return {Piece::kLiteral, start.substr(0, start.size() - rest.size())};
}

// Where the authority ends and the path begins: the first '/', '?' or '#' after "://".
std::size_t authority_end(std::string_view url) {
  const std::size_t colon = url.find("://");
  return colon == url.npos ? url.size() : std::min(url.find_first_of("/?#", colon + 3), url.size());
}

bool names_user(std::string_view part) {
  while (!part.empty()) {
    if (next_token(part).piece == Piece::kUser) return true;
  }
  return false;
}

bool is_file_url(std::string_view url) { return url.starts_with(kFileScheme); }

Status check_pieces(std::string_view url, std::string_view known) {
  for (std::string_view rest = url; !rest.empty();) {
    const Token token = next_token(rest);
    if (token.piece != Piece::kUnknown) continue;
    return make_error(Errc::kInvalid, "unknown \"" + text::for_log(token.text) +
                                          "\" in the URL: " + std::string(known));
  }
  return {};
}

Result<RosterTarget> make_file_target(std::string_view path, std::string_view user) {
  if (user.starts_with('.')) {
    return make_error(Errc::kInvalid, "a username with a leading dot has no file");
  }
  if (http::has_dot_segment(path))
    return make_error(Errc::kInvalid, "the name is no path component");
  return RosterTarget(FilePath{std::string(path)});
}

}  // namespace

std::string expand_roster_url(std::string_view url, std::string_view user, std::string_view host) {
  std::string out;
  while (!url.empty()) {
    const Token token = next_token(url);
    if (token.piece == Piece::kUser) {
      out += text::percent_encode(user);
    } else if (token.piece == Piece::kHost) {
      out += text::percent_encode(host);
    } else {
      out += token.text;
    }
  }
  return out;
}

Result<RosterTarget> make_roster_target(std::string_view url, std::string_view user,
                                        std::string_view host) {
  const std::string expanded = expand_roster_url(url, user, host);
  if (is_file_url(url)) {
    return make_file_target(std::string_view(expanded).substr(kFileScheme.size()), user);
  }
  auto parsed = http::parse_url(expanded);
  if (!parsed) return tl::unexpected<Error>(parsed.error());
  const std::string_view target = parsed->target;
  if (http::has_dot_segment(target.substr(0, target.find('?')))) {
    return make_error(Errc::kInvalid, "the name is no path component");
  }
  return RosterTarget(std::move(*parsed));
}

Result<http::Url> make_bulk_target(std::string_view url, std::string_view host) {
  return http::parse_url(expand_roster_url(url, {}, host));
}

Status check_bulk_url(std::string_view url) {
  if (auto known = check_pieces(url, "{host} and %% are known"); !known) return known;
  if (names_user(url)) return make_error(Errc::kInvalid, "the URL is one for all users of a host");
  const auto sample = make_bulk_target(url, "host.example");
  if (!sample) return make_error(Errc::kInvalid, sample.error().text);
  return {};
}

Status check_roster_url(std::string_view url) {
  if (auto known = check_pieces(url, "%s or {user}, {host} and %% are known"); !known) return known;
  const std::size_t path = authority_end(url);
  if (names_user(url.substr(0, path))) {
    return make_error(Errc::kInvalid, "the username may stand in the path or the query only");
  }
  if (!names_user(url)) {
    return make_error(Errc::kInvalid, "the URL has no %s or {user} where the username goes");
  }
  if (is_file_url(url) && path != kFileScheme.size()) {
    return make_error(Errc::kInvalid, "a file URL has three slashes: file:///folder/%s.json");
  }
  const auto sample = make_roster_target(url, "user", "host.example");
  if (!sample) return make_error(Errc::kInvalid, sample.error().text);
  return {};
}

}  // namespace rosterd::app
