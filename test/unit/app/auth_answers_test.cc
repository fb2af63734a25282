// SPDX-License-Identifier: MIT
// For each back end: the request as it leaves, and what each answer means.
#include <optional>

#include "app/auth_http_json.h"
#include "app/auth_http_mongoose.h"
#include "app/jsxc.h"
#include "app/named_user.h"
#include "unit/app/auth_stage.h"

namespace rosterd::app {
namespace {

struct Row {
  const char* body;
  const char* outcome;
  std::size_t lines = 0;  // in the log
};

AuthOptions make_options(AuthKind kind) {
  AuthOptions options;
  options.kind = kind;
  options.url = "http://app.example.org/auth";
  options.cookie_url = "http://app.example.org/whose";
  options.userinfo_url = "http://app.example.org/userinfo";
  options.jsxc_secret = "key";
  return options;
}

void ask(AuthStage& stage, AuthKind kind, std::string authzid = {}) {
  if (kind == AuthKind::kCookie) {
    stage.routes.identify({"h", std::move(authzid), "", "sid=1"}, 1, &stage.logins);
  } else if (kind == AuthKind::kUserinfo) {
    stage.routes.identify({"h", std::move(authzid), "t0k3n", ""}, 1, &stage.logins);
  } else {
    stage.check("john@h", "s3cr3t");
  }
}

void assert_outcomes(AuthKind kind, std::initializer_list<Row> rows) {
  for (const Row& row : rows) {
    AuthStage stage(make_options(kind));
    ask(stage, kind);
    stage.web_app.answer(stage.web_app.open(), row.body);
    assert_text_equal(stage.logins.take(), row.outcome);
    if (stage.journal.lines.size() != row.lines) print_error("log of: %s\n", row.body);
    assert_int_equal(stage.journal.lines.size(), row.lines);
    for (const char* secret : {"s3cr3t", "t0k3n", "sid=1"}) {
      assert_int_equal(stage.journal.count(secret), 0);
    }
  }
}

// --- http-json -----------------------------------------------------------------------------------

void json_goes_out_as_json_or_as_if_it_were_a_form(void**) {
  for (const bool form : {false, true}) {
    AuthOptions options = make_options(AuthKind::kHttpJson);
    options.form = form;
    options.credentials = {*parse_credential("bearer:T")};
    AuthStage stage(options);
    stage.check("john@h", "se\"cr\\1t");
    assert_text_equal(stage.web_app.open(), "POST /auth");
    assert_text_equal(stage.web_app.body("POST /auth"),
                      R"({"username":"john","password":"se\"cr\\1t"})");
    assert_text_equal(stage.web_app.field("POST /auth", "Content-Type"),
                      form ? "application/x-www-form-urlencoded" : "application/json");
    assert_text_equal(stage.web_app.field("POST /auth", "Authorization"), "Bearer T");
  }
}

void json_answer_is_true_or_false_or_an_object_that_says_which(void**) {
  assert_outcomes(AuthKind::kHttpJson, {{"true", "1:john@h"},
                                        {" true\r\n", "1:john@h"},
                                        {R"({"ok":true})", "1:john@h"},
                                        {R"({"name":"John D.","ok":true,"x":[1]})", "1:john@h"},
                                        {R"({"ok":true,"expires":null})", "1:john@h"},
                                        {"false", "1:denied"},
                                        {R"({"ok":false,"expires":"x"})", "1:invalid", 1},
                                        {R"({"ok":false})", "1:denied"},
                                        {"", "1:invalid", 1},
                                        {"True", "1:invalid", 1},
                                        {"\"true\"", "1:invalid", 1},
                                        {"true true", "1:invalid", 1},
                                        {"1", "1:invalid", 1},
                                        {"null", "1:invalid", 1},
                                        {"[]", "1:invalid", 1},
                                        {"{}", "1:invalid", 1},
                                        {R"({"ok":"true"})", "1:invalid", 1},
                                        {R"({"ok":1})", "1:invalid", 1},
                                        {R"({"ok":true,"expires":-1})", "1:invalid", 1},
                                        {R"({"ok":true,"expires":1.5})", "1:invalid", 1},
                                        {R"({"ok":true,"expires":1e99})", "1:invalid", 1},
                                        {R"({"ok":true)", "1:invalid", 1},
                                        {"<html>true</html>", "1:invalid", 1}});
}

void json_answer_may_say_when_the_session_ends(void**) {
  AuthStage stage(make_options(AuthKind::kHttpJson));
  stage.check("john@h", "secr");
  stage.web_app.answer("POST /auth", R"({"ok":true,"expires":1763990000})");
  assert_true(stage.logins.expires == WallTime(std::chrono::seconds(1763990000)));
}

void json_answer_may_bring_the_roster(void**) {
  AuthStage stage(make_options(AuthKind::kHttpJson));
  stage.check("john@h", "secr");
  stage.web_app.answer("POST /auth", R"({"ok":true,"roster":{"a@h":{}},"etag":"\"v1\""})");
  auto brought = stage.rosters.take(make_jid("john@h"));
  assert_true(brought.has_value());
  assert_text_equal(brought->etag, "\"v1\"");
  assert_int_equal(brought->sequence, stage.last_sequence);
  for (const char* body : {"true", R"({"ok":true})", R"({"ok":true,"roster":null})",
                           R"({"ok":false,"roster":{"a@h":{}}})"}) {
    stage.check("john@h", "secr");
    stage.web_app.answer("POST /auth", body);
    assert_false(stage.rosters.take(make_jid("john@h")).has_value());
  }
}

// --- http-mongoose -------------------------------------------------------------------------------

constexpr const char* kCheck = "/auth/check_password?user=john&server=h&pass=s3%26r";
constexpr const char* kGet = "/auth/get_password?user=john&server=h&pass=";
constexpr const char* kGetNobody = "/auth/get_password?user=nobody&server=h&pass=";

void mongoose_is_asked_below_the_url(void**) {
  for (const char* url : {"http://app.example.org/auth", "http://app.example.org/auth/"}) {
    AuthOptions options = make_options(AuthKind::kHttpMongoose);
    options.url = url;
    AuthStage stage(options);
    stage.check("john@h", "s3&r");
    assert_text_equal(stage.web_app.open(), kCheck);
  }
}

void mongoose_answers_true_or_false(void**) {
  assert_outcomes(AuthKind::kHttpMongoose, {{"true", "1:john@h"},
                                            {"true\n", "1:john@h"},
                                            {"false", "1:denied"},
                                            {"", "1:invalid", 1},
                                            {"TRUE", "1:invalid", 1},
                                            {"{\"ok\":true}", "1:invalid", 1},
                                            {"<html></html>", "1:invalid", 1}});
}

struct KeysStage : AuthStage {
  KeysStage() : AuthStage(make_scram()) {}
  static AuthOptions make_scram() {
    AuthOptions options = make_options(AuthKind::kHttpMongoose);
    options.scram = {crypto::Hash::kSha1, crypto::Hash::kSha256, crypto::Hash::kSha512};
    return options;
  }
  void fetch(const char* user, crypto::Hash hash = crypto::Hash::kSha256) {
    routes.fetch_keys(make_jid(user), hash, 1, &logins);
  }
  xmpp::ScramKeys nobody_s_keys() {
    fetch("nobody@h");
    web_app.answer(kGetNobody, 404);
    loop.run();
    assert_text_equal(logins.take(), "1:keys");
    return logins.keys;
  }
};

std::string write_keys(const xmpp::ScramKeys& keys) {
  return "==MULTI_SCRAM==," + std::to_string(keys.iterations) +
         ",==SHA256==" + text::base64_encode(keys.salt) + '|' +
         text::base64_encode(keys.stored_key) + '|' + text::base64_encode(keys.server_key);
}

void keys_come_from_the_web_app_and_are_used_as_they_are(void**) {
  KeysStage stage;
  const auto keys =
      xmpp::derive_scram_keys(crypto::Hash::kSha256, "s3cr3t", std::string(12, 's'), 5000);
  stage.fetch("john@h");
  assert_text_equal(stage.logins.take(), "");
  stage.web_app.answer(kGet, write_keys(keys));
  assert_text_equal(stage.logins.take(), "1:keys");
  assert_text_equal(stage.logins.keys.stored_key, keys.stored_key);
  assert_int_equal(stage.logins.keys.iterations, 5000);
}

void unknown_user_has_keys_that_look_like_everybody_s_each_time(void**) {
  KeysStage stage;
  const auto keys =
      xmpp::derive_scram_keys(crypto::Hash::kSha256, "s3cr3t", std::string(12, 's'), 5000);
  stage.fetch("john@h");
  stage.web_app.answer(kGet, write_keys(keys));
  stage.logins.take();
  const auto first = stage.nobody_s_keys();
  const auto second = stage.nobody_s_keys();
  assert_int_equal(first.iterations, 5000);
  assert_int_equal(first.salt.size(), 12);
  assert_text_equal(first.salt, second.salt);
  assert_text_equal(first.stored_key, second.stored_key);
  assert_int_equal(stage.journal.lines.size(), 0);
}

void decoys_stay_the_same_after_a_restart_where_a_credential_is_set(void**) {
  std::optional<xmpp::ScramKeys> before;
  for (int i = 0; i < 2; ++i) {
    KeysStage stage;
    AuthOptions options = KeysStage::make_scram();
    options.credentials = {*parse_credential("basic:me:secret")};
    stage.set_options(options);
    const auto keys = stage.nobody_s_keys();
    if (before) assert_text_equal(keys.salt, before->salt);
    before = keys;
  }
}

void keys_are_made_of_a_password_in_the_clear_and_look_alike_for_nobody(void**) {
  KeysStage stage;
  for (const auto hash : {crypto::Hash::kSha1, crypto::Hash::kSha256, crypto::Hash::kSha512}) {
    stage.fetch("john@h", hash);
    stage.web_app.answer(kGet, "s3cr3t\n");
    assert_text_equal(stage.logins.take(), "");
    stage.loop.run();
    assert_text_equal(stage.logins.take(), "1:keys");
    const xmpp::ScramKeys keys = stage.logins.keys;
    const auto expected = xmpp::derive_scram_keys(hash, "s3cr3t", keys.salt, keys.iterations);
    assert_text_equal(keys.stored_key, expected.stored_key);
    assert_text_equal(keys.server_key, expected.server_key);
  }
  const auto decoy = stage.nobody_s_keys();
  assert_int_equal(decoy.iterations, stage.logins.keys.iterations);
  assert_int_equal(decoy.salt.size(), stage.logins.keys.salt.size());
}

void keys_that_are_not_to_be_had_are_no_wrong_password(void**) {
  struct KeysRow {
    int status;
    const char* body;
    const char* outcome;
    std::size_t lines;
  };
  for (const KeysRow& row : {KeysRow{401, "", "1:denied", 1},
                             {500, "", "1:unavailable", 0},
                             {302, "", "1:invalid", 1},
                             {200, "", "1:invalid", 1},
                             {200, "==MULTI_SCRAM==,1", "1:invalid", 1},
                             {200, "two\nlines", "1:invalid", 1}}) {
    KeysStage stage;
    stage.fetch("john@h");
    stage.web_app.answer(kGet, row.status, row.body);
    assert_text_equal(stage.logins.take(), row.outcome);
    assert_int_equal(stage.journal.lines.size(), row.lines);
  }
}

void who_has_no_keys_of_the_hash_is_like_nobody_but_for_the_log(void**) {
  const auto others =
      write_keys(xmpp::derive_scram_keys(crypto::Hash::kSha256, "s3cr3t", std::string(16, 's'), 1));
  for (const std::string& body : {others, std::string("\xC2\xA0\xE2\x80\x8B\xEE\x80\x80")}) {
    KeysStage stage;
    stage.fetch("john@h", crypto::Hash::kSha1);
    stage.web_app.answer(kGet, 404);
    assert_text_equal(stage.logins.take(), "1:keys");
    const xmpp::ScramKeys nobody = stage.logins.keys;
    assert_int_equal(stage.journal.lines.size(), 0);
    stage.fetch("john@h", crypto::Hash::kSha1);
    stage.web_app.answer(kGet, body);
    assert_text_equal(stage.logins.take(), "1:keys");
    assert_text_equal(stage.logins.keys.salt, nobody.salt);
    assert_int_equal(stage.logins.keys.iterations, nobody.iterations);
    assert_int_equal(stage.journal.count("get_password: no"), 1);
  }
}

void keys_of_a_hash_that_is_not_named_are_not_asked_for(void**) {
  KeysStage stage;
  AuthOptions options = KeysStage::make_scram();
  options.scram = {crypto::Hash::kSha256};
  stage.set_options(options);
  const xmpp::LoginMethods methods = make_login_methods(options);
  assert_true(methods.scram_sha256 && methods.passwords);
  assert_false(methods.scram_sha1 || methods.scram_sha512);
  stage.fetch("john@h", crypto::Hash::kSha512);
  assert_text_equal(stage.logins.take(), "");
  assert_text_equal(stage.web_app.open(), "");
  stage.settle();
  assert_text_equal(stage.logins.take(), "1:unsupported");
}

// --- jsxc ----------------------------------------------------------------------------------------

void jsxc_is_a_signed_form(void**) {
  AuthStage stage(make_options(AuthKind::kJsxc));
  stage.check("john@h", "s3&r");
  const std::string body = "operation=auth&username=john&domain=h&password=s3%26r";
  assert_text_equal(stage.web_app.body("POST /auth"), body);
  assert_text_equal(stage.web_app.field("POST /auth", "X-JSXC-SIGNATURE"),
                    "sha1=" + text::hex_encode(crypto::hmac(crypto::Hash::kSha1, "key", body)));
}

void jsxc_answers_success_or_noauth_or_error(void**) {
  assert_outcomes(AuthKind::kJsxc, {{R"({"result":"success","data":{"uid":"john"}})", "1:john@h"},
                                    {R"({"result":"success"})", "1:john@h"},
                                    {R"({"result":"noauth"})", "1:denied"},
                                    {R"({"result":"error","data":{"msg":"x"}})", "1:unavailable"},
                                    {R"({"result":"Success"})", "1:invalid", 1},
                                    {R"({"result":true})", "1:invalid", 1},
                                    {R"({"result":"success","data":[]})", "1:invalid", 1},
                                    {"{}", "1:invalid", 1},
                                    {"true", "1:invalid", 1},
                                    {"", "1:invalid", 1},
                                    {"<html></html>", "1:invalid", 1}});
}

// --- cookie --------------------------------------------------------------------------------------

void cookie_goes_to_the_web_app_which_says_whose_it_is(void**) {
  AuthStage stage(make_options(AuthKind::kCookie));
  ask(stage, AuthKind::kCookie);
  assert_text_equal(stage.web_app.open(), "/whose");
  assert_text_equal(stage.web_app.field("/whose", "Cookie"), "sid=1");
  assert_outcomes(AuthKind::kCookie, {{"john", "1:john@h"},
                                      {" John\r\n", "1:john@h"},
                                      {"john@h", "1:john@h"},
                                      {"john@other", "1:denied", 1},
                                      {"john@h/phone", "1:denied", 1},
                                      {"", "1:denied", 1},
                                      {"h", "1:h@h"},
                                      {"@h", "1:denied", 1},
                                      {"jo hn", "1:denied", 1},
                                      {"<html></html>", "1:denied", 1},
                                      {"\xFF", "1:denied", 1}});
}

void cookie_of_somebody_else_than_is_wanted_is_refused(void**) {
  for (const auto& [authzid, outcome] : {std::pair{"john", "1:john@h"},
                                         {"john@h", "1:john@h"},
                                         {"JOHN", "1:john@h"},
                                         {"mary", "1:denied"},
                                         {"john@other", "1:denied"}}) {
    AuthStage stage(make_options(AuthKind::kCookie));
    ask(stage, AuthKind::kCookie, authzid);
    stage.web_app.answer("/whose", "john");
    assert_text_equal(stage.logins.take(), outcome);
  }
}

void user_in_the_url_is_the_one_who_is_wanted(void**) {
  AuthOptions options = make_options(AuthKind::kCookie);
  options.cookie_url = "http://app.example.org/is/$user";
  AuthStage stage(options);
  ask(stage, AuthKind::kCookie, "John@h");
  stage.web_app.answer("/is/john", 204);
  assert_text_equal(stage.logins.take(), "1:john@h");
  ask(stage, AuthKind::kCookie, "john");
  stage.web_app.answer("/is/john", 403);
  assert_text_equal(stage.logins.take(), "1:denied");
  for (const char* nobody : {"", "john@other", "..", "@"}) {
    ask(stage, AuthKind::kCookie, nobody);
    stage.settle();
    assert_text_equal(stage.logins.take(), "1:denied");
  }
  assert_int_equal(stage.web_app.asked, 2);
}

void without_a_cookie_nobody_is_asked(void**) {
  AuthStage stage(make_options(AuthKind::kCookie));
  stage.routes.identify({"h", "john", "", ""}, 1, &stage.logins);
  stage.check("john@h", "secr", 2);
  stage.settle();
  assert_text_equal(stage.logins.take(), "1:denied 2:unsupported");
  assert_int_equal(stage.web_app.asked, 0);
}

// --- userinfo ------------------------------------------------------------------------------------

void token_goes_to_the_userinfo_endpoint(void**) {
  AuthStage stage(make_options(AuthKind::kUserinfo));
  ask(stage, AuthKind::kUserinfo);
  assert_text_equal(stage.web_app.open(), "/userinfo");
  assert_text_equal(stage.web_app.field("/userinfo", "Authorization"), "Bearer t0k3n");
  assert_outcomes(AuthKind::kUserinfo,
                  {{R"({"sub":"1","preferred_username":"john","x":{"y":[]}})", "1:john@h"},
                   {R"({"preferred_username":"john@h"})", "1:john@h"},
                   {R"({"preferred_username":"john@corp.example"})", "1:denied", 1},
                   {R"({"preferred_username":""})", "1:denied", 1},
                   {R"({"preferred_username":"a b"})", "1:denied", 1},
                   {R"({"preferred_username":null})", "1:invalid", 1},
                   {R"({"preferred_username":["john"]})", "1:invalid", 1},
                   {R"({"username":"john"})", "1:invalid", 1},
                   {R"({"x":{"preferred_username":"john"}})", "1:invalid", 1},
                   {"john", "1:invalid", 1},
                   {"[]", "1:invalid", 1},
                   {"", "1:invalid", 1}});
}

void name_may_stand_in_another_member(void**) {
  AuthOptions options = make_options(AuthKind::kUserinfo);
  options.userinfo_field = "login";
  AuthStage stage(options);
  ask(stage, AuthKind::kUserinfo, "john@h");
  stage.web_app.answer("/userinfo", R"({"preferred_username":"x","login":"john"})");
  assert_text_equal(stage.logins.take(), "1:john@h");
}

void token_that_cannot_stand_in_a_field_is_denied_without_asking(void**) {
  AuthStage stage(make_options(AuthKind::kUserinfo));
  for (const char* token : {"", "a b", "a\r\nX: y", "\xC3\xB6"}) {
    stage.routes.identify({"h", "", token, ""}, 1, &stage.logins);
    stage.settle();
    assert_text_equal(stage.logins.take(), "1:denied");
  }
  assert_int_equal(stage.web_app.asked, 0);
}

// --- all -----------------------------------------------------------------------------------------

void unknown_user_causes_the_same_requests_as_a_known_one(void**) {
  struct Kind {
    AuthKind kind;
    const char *yes, *no;
    int no_status = 200;
  };
  for (const Kind& one : {Kind{AuthKind::kHttpBasic, "", "", 401},
                          {AuthKind::kHttpJson, "true", "false"},
                          {AuthKind::kHttpMongoose, "true", "false"},
                          {AuthKind::kJsxc, R"({"result":"success"})", R"({"result":"noauth"})"}}) {
    std::vector<std::string> asked;
    for (const std::string user : {"john", "nobody"}) {
      const bool known = user == "john";
      AuthStage stage(make_options(one.kind));
      stage.check(user + "@h", "s3cr3t");
      const std::string path = stage.web_app.open();
      std::string request = path + ' ' + stage.web_app.body(path);
      if (const auto at = request.find(user); at != request.npos) request.erase(at, user.size());
      asked.push_back(request);
      stage.web_app.answer(path, known ? 200 : one.no_status, known ? one.yes : one.no);
      stage.settle();
      assert_text_equal(stage.logins.take(), known ? "1:john@h" : "1:denied");
      assert_int_equal(stage.web_app.asked, 1);
      assert_int_equal(stage.journal.lines.size(), 0);
    }
    assert_text_equal(asked.at(0), asked.at(1));
  }
}

void unknown_user_has_his_keys_made_in_as_many_rounds(void**) {
  KeysStage stage;
  stage.fetch("john@h");
  stage.web_app.answer(kGet, "s3cr3t");
  stage.loop.run();
  assert_text_equal(stage.logins.take(), "1:keys");
  const int rounds = stage.logins.keys.iterations;
  assert_int_equal(stage.web_app.asked, 1);
  stage.fetch("nobody@h");
  stage.web_app.answer(kGetNobody, 404);
  assert_text_equal(stage.logins.take(), "");  // they are in the making, too
  stage.loop.run();
  assert_text_equal(stage.logins.take(), "1:keys");
  assert_int_equal(stage.logins.keys.iterations, rounds);
  assert_int_equal(stage.web_app.asked, 2);
}

}  // namespace
}  // namespace rosterd::app

int main() {
  using namespace rosterd::app;
  const CMUnitTest tests[] = {
      cmocka_unit_test(json_goes_out_as_json_or_as_if_it_were_a_form),
      cmocka_unit_test(json_answer_is_true_or_false_or_an_object_that_says_which),
      cmocka_unit_test(json_answer_may_say_when_the_session_ends),
      cmocka_unit_test(json_answer_may_bring_the_roster),
      cmocka_unit_test(mongoose_is_asked_below_the_url),
      cmocka_unit_test(mongoose_answers_true_or_false),
      cmocka_unit_test(keys_come_from_the_web_app_and_are_used_as_they_are),
      cmocka_unit_test(unknown_user_has_keys_that_look_like_everybody_s_each_time),
      cmocka_unit_test(decoys_stay_the_same_after_a_restart_where_a_credential_is_set),
      cmocka_unit_test(keys_are_made_of_a_password_in_the_clear_and_look_alike_for_nobody),
      cmocka_unit_test(keys_that_are_not_to_be_had_are_no_wrong_password),
      cmocka_unit_test(keys_of_a_hash_that_is_not_named_are_not_asked_for),
      cmocka_unit_test(who_has_no_keys_of_the_hash_is_like_nobody_but_for_the_log),
      cmocka_unit_test(jsxc_is_a_signed_form),
      cmocka_unit_test(jsxc_answers_success_or_noauth_or_error),
      cmocka_unit_test(cookie_goes_to_the_web_app_which_says_whose_it_is),
      cmocka_unit_test(cookie_of_somebody_else_than_is_wanted_is_refused),
      cmocka_unit_test(user_in_the_url_is_the_one_who_is_wanted),
      cmocka_unit_test(without_a_cookie_nobody_is_asked),
      cmocka_unit_test(token_goes_to_the_userinfo_endpoint),
      cmocka_unit_test(name_may_stand_in_another_member),
      cmocka_unit_test(token_that_cannot_stand_in_a_field_is_denied_without_asking),
      cmocka_unit_test(unknown_user_causes_the_same_requests_as_a_known_one),
      cmocka_unit_test(unknown_user_has_his_keys_made_in_as_many_rounds),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
