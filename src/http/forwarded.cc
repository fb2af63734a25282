// SPDX-License-Identifier: MIT
#include "http/forwarded.h"

#include <algorithm>

#include "base/text.h"

namespace rosterd::http {

namespace {

bool is_digits(std::string_view text) {
  return !text.empty() && text.size() <= 5 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool looks_like_v4(std::string_view text) {
  return !text.empty() && text.find('.') != text.npos &&
         text.find_first_not_of("0123456789.") == text.npos;
}

bool looks_like_v6(std::string_view text) {
  return std::count(text.begin(), text.end(), ':') > 1 &&
         text.find_first_not_of("0123456789abcdefABCDEF:.") == text.npos;
}

// The address of "192.0.2.1", "192.0.2.1:80", "[2001:db8::1]", "[2001:db8::1]:80" or "2001:db8::1";
// "" for anything else. Whether it is one, net::Address decides.
std::string strip_node(std::string_view node) {
  std::string_view rest;
  if (node.starts_with('[')) {
    const std::size_t end = node.find(']');
    if (end == node.npos) return {};
    rest = node.substr(end + 1);
    node = node.substr(1, end - 1);
    if (!looks_like_v6(node)) return {};
  } else if (!looks_like_v6(node)) {
    const std::size_t colon = std::min(node.find(':'), node.size());
    rest = node.substr(colon);
    node = node.substr(0, colon);
    if (!looks_like_v4(node)) return {};
  }
  const bool good_port = rest.empty() || (rest.front() == ':' && is_digits(rest.substr(1)));
  return good_port ? std::string(node) : std::string();
}

bool is_token_char(char c) {
  if (c <= ' ' || c >= 0x7F) return false;
  return std::string_view("\"(),/:;<=>?@[\\]{}").find(c) == std::string_view::npos;
}

// Several fields of one name are one list (RFC 9110 section 5.3).
std::string join(const Fields& fields, std::string_view name) {
  std::string all;
  for (const auto& [field, value] : fields.all()) {
    if (!text::ascii_iequals(field, name)) continue;
    if (!all.empty()) all += ',';
    all += value;
  }
  return all;
}

// forwarded-element = [ pair ] *( ";" [ pair ] ), pair = token "=" ( token / quoted-string ). Left
// to right and to the end: a quote that a client left open would swallow what a proxy appended.
class ForwardedReader {
 public:
  explicit ForwardedReader(std::string_view text) : rest_(text) {}

  ForwardedFor read() {
    std::vector<std::string> nodes;
    do {
      std::string node;
      if (!read_element(node)) return std::nullopt;
      nodes.push_back(std::move(node));
    } while (take(','));
    if (!rest_.empty()) return std::nullopt;
    return nodes;
  }

 private:
  bool read_element(std::string& node) {
    bool has_for = false;
    do {
      skip_space();
      if (rest_.empty() || rest_.front() == ',' || rest_.front() == ';') continue;
      std::string name, value;
      if (!read_token(name) || !take('=') || !read_value(value)) return false;
      if (!text::ascii_iequals(name, "for")) continue;
      if (has_for) return false;
      has_for = true;
      node = strip_node(value);
    } while (take(';'));
    return true;
  }

  bool read_token(std::string& token) {
    while (!rest_.empty() && is_token_char(rest_.front())) {
      token += rest_.front();
      rest_.remove_prefix(1);
    }
    return !token.empty();
  }

  // Beyond the grammar, an address with its colons may stand without quotes, as some proxies write.
  bool read_value(std::string& value) {
    if (take('"')) return read_quoted(value);
    while (!rest_.empty() && (is_token_char(rest_.front()) || rest_.front() == ':' ||
                              rest_.front() == '[' || rest_.front() == ']')) {
      value += rest_.front();
      rest_.remove_prefix(1);
    }
    skip_space();
    return !value.empty();
  }

  bool read_quoted(std::string& value) {
    while (!rest_.empty()) {
      const char c = rest_.front();
      rest_.remove_prefix(1);
      if (c == '"') {
        skip_space();
        return true;
      }
      if (c == '\\') {
        if (rest_.empty()) return false;
        value += rest_.front();
        rest_.remove_prefix(1);
      } else {
        value += c;
      }
    }
    return false;
  }

  void skip_space() {
    while (!rest_.empty() && (rest_.front() == ' ' || rest_.front() == '\t')) {
      rest_.remove_prefix(1);
    }
  }

  bool take(char c) {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }

  std::string_view rest_;
};

}  // namespace

ForwardedFor parse_forwarded(const Fields& fields) {
  if (!fields.has("Forwarded")) return std::vector<std::string>();
  const std::string all = join(fields, "Forwarded");
  return ForwardedReader(all).read();
}

ForwardedFor parse_x_forwarded_for(const Fields& fields) {
  std::vector<std::string> nodes;
  if (!fields.has("X-Forwarded-For")) return nodes;
  const std::string all = join(fields, "X-Forwarded-For");
  std::string_view rest = all;
  while (true) {
    const std::size_t comma = std::min(rest.find(','), rest.size());
    nodes.push_back(strip_node(text::trim(rest.substr(0, comma))));
    if (comma == rest.size()) return nodes;
    rest.remove_prefix(comma + 1);
  }
}

}  // namespace rosterd::http
