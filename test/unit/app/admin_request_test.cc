// SPDX-License-Identifier: MIT
#include "app/admin_request.h"

#include "support/cmocka.h"

namespace rosterd::app {
namespace {

const std::vector<std::string> kHosts = {"h", "other"};

// "limit 10 after 3", or why not.
std::string page(std::string_view target) {
  const auto request = parse_page_request(target);
  if (!request) return request.error().text;
  return "limit " + std::to_string(request->limit) + " after " + std::to_string(request->after);
}

void a_page_is_described_by_the_query(void**) {
  assert_text_equal(page("/x"), "limit 1000 after 0");
  assert_text_equal(page("/x?"), "limit 1000 after 0");
  assert_text_equal(page("/x?limit=10"), "limit 10 after 0");
  assert_text_equal(page("/x?after=3&limit=10"), "limit 10 after 3");
  assert_text_equal(page("/x?limit=1000000&"), "limit 1000 after 0");
  assert_text_equal(page("/x?after=" + to_cursor(4'294'967'295u)), "limit 1000 after 4294967295");
}

void a_bad_query_is_refused(void**) {
  for (const char* target : {"/x?limit=0", "/x?limit=", "/x?limit", "/x?limit=-1", "/x?limit=1x",
                             "/x?limit=99999999999999999999", "/x?limit=%31"}) {
    assert_text_equal(page(target), "limit is a number from 1 on");
  }
  for (const char* target : {"/x?after=", "/x?after=abc", "/x?after=4294967296", "/x?after=1.5"}) {
    assert_text_equal(page(target), "after is what an earlier answer had as next");
  }
  assert_text_equal(page("/x?limits=1"), "unknown parameter \"limits\"");
  assert_text_equal(page("/x?&limit=1"), "unknown parameter \"\"");
}

// "romeo=romeo@h J=j@other", or why not.
std::string names(std::string_view body, std::size_t limit = 4) {
  const auto named = parse_names(body, kHosts, limit);
  if (!named) {
    return (named.error().code == Errc::kTooLarge ? "too large: " : "") + named.error().text;
  }
  std::string line;
  for (const NamedUser& one : *named) {
    (line += line.empty() ? "" : " ") += one.name + "=" + std::string(one.user.text());
  }
  return line;
}

void names_are_kept_as_they_were_sent(void**) {
  assert_text_equal(names(R"(["Romeo", "juliet@other/x"])"),
                    "Romeo=romeo@h juliet@other/x=juliet@other");
  assert_text_equal(names(R"(["a", "A", "a"])"), "a=a@h A=a@h");
  assert_text_equal(names("[]"), "");
}

void what_is_no_array_of_names_is_refused(void**) {
  for (const char* body : {"{}", "1", "\"a\"", "null", "true"}) {
    assert_true(names(body).find("expected an array of usernames") != std::string::npos);
  }
  for (const char* body :
       {"[\"a\",1]", "[\"a\",null]", "[\"a\",{}]", "[\"a\",[]]", "[\"a\",true]"}) {
    assert_true(names(body).find("element [1]: not a username") != std::string::npos);
  }
  assert_true(names(R"(["a@elsewhere"])").find("is not on a host served here") !=
              std::string::npos);
  assert_true(names("").find("JSON") != std::string::npos);
  assert_true(names("[\"a\"").find("JSON") != std::string::npos);
  const std::string many = names(R"(["a","b","c"])", 2);
  assert_true(many.starts_with("too large: "));
  assert_true(many.find("more than 2 users") != std::string::npos);
}

// "romeo@h juliet@h resource=r reason=out", or why not.
std::string kick(std::string_view body) {
  const auto request = parse_kick(body, kHosts, 2);
  if (!request) {
    return (request.error().code == Errc::kTooLarge ? "too large: " : "") + request.error().text;
  }
  std::string line;
  for (const xmpp::Jid& user : request->users) line += std::string(user.text()) + " ";
  if (request->resource) line += "resource=" + *request->resource + " ";
  return line + "reason=" + request->reason;
}

void a_kick_names_users_and_perhaps_more(void**) {
  assert_text_equal(kick(R"({"users":["romeo"]})"), "romeo@h reason=");
  assert_text_equal(
      kick(R"({"users":["Romeo","j@other"],"resource":null,"reason":"out","revoke":true})"),
      "romeo@h j@other reason=out");
  assert_text_equal(kick(R"({"reason":null,"revoke":false,"resource":"R","users":["romeo"]})"),
                    "romeo@h resource=R reason=");
  assert_text_equal(kick(R"({"users":[],"resource":"r"})"), "reason=");
}

std::string user(std::string_view body) {
  const auto user = parse_token_request(body, kHosts);
  return user ? std::string(user->text()) : user.error().text;
}

void a_token_is_for_one_user(void**) {
  assert_text_equal(user(R"({"user":"Romeo"})"), "romeo@h");
  assert_text_equal(user(R"({"user":"j@other"})"), "j@other");
  assert_text_equal(user("{}"), "user is missing");
  const auto assert_refused = [](std::string_view body, std::string_view why) {
    assert_true(user(body).find(why) != std::string::npos);
  };
  assert_refused("[]", "expected an object");
  assert_refused("\"a\"", "expected an object");
  assert_refused(R"({"user":null})", "user must not be null");
  assert_refused(R"({"user":["a"]})", "user must not be an array");
  assert_refused(R"({"user":"a","users":[]})", "unknown member \"users\"");
  assert_refused(R"({"user":"a","user":"b"})", "more than 1 users");
  assert_refused(R"({"user":""})", "element [0]");
  assert_refused(R"({"user":"a@elsewhere"})", "is not on a host served here");
  assert_refused("{", "JSON");
}

std::string prebind(std::string_view body) {
  const auto request = parse_prebind(body, kHosts);
  return request ? std::string(request->user.text()) + " as " + request->resource
                 : request.error().text;
}

void a_prebound_session_may_have_a_resource(void**) {
  assert_text_equal(prebind(R"({"user":"romeo"})"), "romeo@h as ");
  assert_text_equal(prebind(R"({"resource":null,"user":"romeo"})"), "romeo@h as ");
  assert_text_equal(prebind(R"({"user":"romeo","resource":"web"})"), "romeo@h as web");
  assert_text_equal(prebind(R"({"resource":"web"})"), "user is missing");
  assert_true(prebind(R"({"user":"romeo","resource":7})").find("resource must not be a number") !=
              std::string::npos);
}

bool refuses(std::string_view body, std::string_view why) {
  const std::string got = kick(body);
  if (got.find(why) != std::string::npos) return true;
  print_message("%s\n", got.c_str());
  return false;
}

void a_kick_that_is_not_understood_is_refused(void**) {
  assert_true(refuses("[]", "expected an object"));
  assert_true(refuses("7", "expected an object"));
  assert_true(refuses("\"romeo\"", "expected an object"));
  assert_true(refuses("{}", "users is missing"));
  assert_true(refuses(R"({"users":null})", "users must not be null"));
  assert_true(refuses(R"({"users":"romeo"})", "users must not be a string"));
  assert_true(refuses(R"({"users":{"a":1}})", "users must not be an object"));
  assert_true(refuses(R"({"users":["a",null]})", "users: element [1]: not a username"));
  assert_true(refuses(R"({"users":["a",[]]})", "users: element [1]: not a username"));
  assert_true(refuses(R"({"users":["a@far"]})", "is not on a host served here"));
  assert_true(refuses(R"({"users":["a"],"resource":1})", "resource must not be a number"));
  assert_true(refuses(R"({"users":["a"],"resource":""})", "resource: "));
  assert_true(refuses(R"({"users":["a"],"reason":["x"]})", "reason must not be an array"));
  assert_true(refuses(R"({"users":["a"],"revoke":"yes"})", "revoke must not be a string"));
  assert_true(refuses(R"({"users":["a","b","c"]})", "too large: "));
}

void a_misspelt_member_kicks_nobody(void**) {
  assert_true(refuses(R"({"users":["a"],"resourse":"r"})", "unknown member \"resourse\""));
}

void a_reason_must_fit_into_a_stream_error(void**) {
  assert_true(refuses(R"({"users":["a"],"reason":"\u0001"})", "reason"));
  const std::string longest(kKickReason, 'x');
  assert_text_equal(kick(R"({"users":[],"reason":")" + longest + "\"}"), "reason=" + longest);
  assert_true(refuses(R"({"users":[],"reason":")" + longest + "x\"}", "reason is too long"));
}

}  // namespace
}  // namespace rosterd::app

int main() {
  using namespace rosterd::app;
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_page_is_described_by_the_query),
      cmocka_unit_test(a_bad_query_is_refused),
      cmocka_unit_test(names_are_kept_as_they_were_sent),
      cmocka_unit_test(what_is_no_array_of_names_is_refused),
      cmocka_unit_test(a_kick_names_users_and_perhaps_more),
      cmocka_unit_test(a_kick_that_is_not_understood_is_refused),
      cmocka_unit_test(a_token_is_for_one_user),
      cmocka_unit_test(a_prebound_session_may_have_a_resource),
      cmocka_unit_test(a_misspelt_member_kicks_nobody),
      cmocka_unit_test(a_reason_must_fit_into_a_stream_error),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
