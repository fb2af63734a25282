// SPDX-License-Identifier: MIT
#include "http/writer.h"

#include <array>
#include <cstdio>

#include "base/text.h"

namespace rosterd::http {
namespace {

// The fields that describe this hop and this body belong to the writer: two of them would let a
// peer choose.
bool is_framing_field(std::string_view name) {
  for (std::string_view own : {"Content-Length", "Transfer-Encoding", "Connection", "Date"}) {
    if (text::ascii_iequals(name, own)) return true;
  }
  return false;
}

// A value may hold what a stranger sent; a line break in it would begin a field of his.
void write_field(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ");
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    const bool control = (byte < 0x20 && c != '\t') || byte == 0x7F;
    out.push_back(control ? ' ' : c);
  }
  out.append("\r\n");
}

bool may_have_body(int status) { return status >= 200 && status != 204 && status != 304; }

// The options in which this hop differs from the default. A field that is for this hop alone must
// be named among them, as Upgrade is (RFC 9110 section 7.8).
std::string connection_options(const Response& response, int version_minor) {
  // After a 101 the connection is no longer HTTP's to keep or close.
  const bool is_http = response.status != 101;
  std::string options;
  if (is_http && !response.keep_alive) options = "close";
  if (is_http && response.keep_alive && version_minor == 0) options = "keep-alive";
  if (response.fields.has("Upgrade")) options += options.empty() ? "Upgrade" : ", Upgrade";
  return options;
}

}  // namespace

std::string http_date(WallTime when) {
  static constexpr std::array<const char*, 7> kDays = {"Sun", "Mon", "Tue", "Wed",
                                                       "Thu", "Fri", "Sat"};
  static constexpr std::array<const char*, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto day = std::chrono::floor<std::chrono::days>(when);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss time(std::chrono::floor<std::chrono::seconds>(when - day));
  char text[64];
  std::snprintf(text, sizeof text, "%s, %02u %s %04d %02d:%02d:%02d GMT",
                kDays[std::chrono::weekday(day).c_encoding()], static_cast<unsigned>(date.day()),
                kMonths[static_cast<unsigned>(date.month()) - 1], static_cast<int>(date.year()),
                static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
                static_cast<int>(time.seconds().count()));
  return text;
}

void write_response(std::string& out, const Response& response, WallTime now, int version_minor,
                    bool head_only) {
  out.append("HTTP/1.1 ").append(std::to_string(response.status)).append(" ");
  out.append(reason_phrase(response.status)).append("\r\n");
  write_field(out, "Date", http_date(now));
  for (const auto& [name, value] : response.fields.all()) {
    if (!is_framing_field(name)) write_field(out, name, value);
  }
  const bool body = may_have_body(response.status);
  if (body) write_field(out, "Content-Length", std::to_string(response.body.size()));
  const std::string connection = connection_options(response, version_minor);
  if (!connection.empty()) write_field(out, "Connection", connection);
  out.append("\r\n");
  if (body && !head_only) out.append(response.body);
}

void write_request(std::string& out, const Request& request, std::string_view host) {
  out.append(request.method).append(" ").append(request.target).append(" HTTP/1.1\r\n");
  write_field(out, "Host", host);
  for (const auto& [name, value] : request.fields.all()) {
    if (!is_framing_field(name) && !text::ascii_iequals(name, "Host")) {
      write_field(out, name, value);
    }
  }
  if (!request.body.empty() || request.method == "POST") {
    write_field(out, "Content-Length", std::to_string(request.body.size()));
  }
  if (!request.keep_alive) write_field(out, "Connection", "close");
  out.append("\r\n").append(request.body);
}

}  // namespace rosterd::http
