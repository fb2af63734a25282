// SPDX-License-Identifier: MIT
#include "admin.h"

#include <fmt/format.h>

#include "client.h"
#include "process.h"

namespace bench {

std::string make_refresh(int first, int count) {
  std::string body = "[";
  for (int user = first; user < first + count; ++user) {
    body += fmt::format("{}\"{}\"", user == first ? "" : ",", user_name(user));
  }
  body += ']';
  return fmt::format(
      "POST /roster_admin/refresh HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n{}",
      body.size(), body);
}

void post_refresh(std::uint16_t http_port, const std::string& request, int count) {
  Client http(http_port, Carrier::kPlain);
  http.send(request);
  http.read_until(" 200 OK\r\n");
  const std::string answer = http.read_until("}");
  for (const std::string& owed :
       {fmt::format("\"updated\":{}", count), std::string("\"errors\":0")}) {
    if (answer.find(owed) == std::string::npos) give_up("the refresh was answered with " + answer);
  }
}

}  // namespace bench
