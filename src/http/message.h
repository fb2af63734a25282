// SPDX-License-Identifier: MIT
// HTTP/1.1 messages as values (RFC 9110, RFC 9112).
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rosterd::http {

// Field names keep the spelling they came with; look-ups ignore case.
class Fields {
 public:
  void add(std::string name, std::string value) {
    fields_.emplace_back(std::move(name), std::move(value));
  }
  // The first value, or "" when absent.
  std::string_view get(std::string_view name) const;
  bool has(std::string_view name) const;
  std::size_t count(std::string_view name) const;
  // True when a comma-separated field holds this token, ignoring case.
  bool has_token(std::string_view name, std::string_view token) const;
  const std::vector<std::pair<std::string, std::string>>& all() const { return fields_; }
  void clear() { fields_.clear(); }
  // Overwrites the values, as one of them is a secret.
  void wipe();

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

struct Request {
  std::string method;     // "GET", "HEAD", "POST", "OPTIONS"
  std::string target;     // origin-form as received: path and query, still percent-encoded
  int version_minor = 1;  // of HTTP/1.x
  Fields fields;
  std::string body;
  bool keep_alive = true;

  std::string_view path() const { return std::string_view(target).substr(0, target.find('?')); }
};

struct Response {
  int status = 200;
  Fields fields;  // Content-Length, Date and Connection are the writer's business
  std::string body;
  bool keep_alive = true;
};

// The standard reason phrase, "" when there is none.
std::string_view reason_phrase(int status);

}  // namespace rosterd::http
