// SPDX-License-Identifier: MIT
// Routes: which handler serves a path, and with which methods.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace rosterd::web {

class RequestHandler;

struct Route {
  std::string path;
  std::string methods;  // "GET,POST"
  RequestHandler* handler = nullptr;

  bool matches(std::string_view request_path) const;
  // HEAD is allowed where GET is (RFC 9110 section 9.1).
  bool allows(std::string_view method) const;
  bool lists(std::string_view method) const;
  // The value of Allow: "GET, POST".
  std::string allow_field() const;
};

class Routes {
 public:
  void add(Route route) { routes_.push_back(std::move(route)); }
  void remove(std::string_view path);
  // The longest match, or null. Valid until the next add() or remove().
  const Route* find(std::string_view path) const;

 private:
  std::vector<Route> routes_;
};

}  // namespace rosterd::web
