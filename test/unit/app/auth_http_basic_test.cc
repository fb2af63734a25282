// SPDX-License-Identifier: MIT
#include "app/auth_http_basic.h"

#include "unit/app/auth_stage.h"

namespace rosterd::app {
namespace {

AuthOptions make_options(std::string url = "http://app.example.org/auth") {
  AuthOptions options;
  options.kind = AuthKind::kHttpBasic;
  options.url = std::move(url);
  return options;
}

void password_goes_out_as_http_basic_and_any_2xx_is_a_yes(void**) {
  for (const int status : {200, 201, 204}) {
    AuthStage stage(make_options());
    stage.check("john@h", "secr", 7);
    assert_text_equal(stage.web_app.open(), "/auth");
    assert_text_equal(stage.web_app.field("/auth", "Authorization"), "Basic am9objpzZWNy");
    assert_text_equal(stage.web_app.field("/auth", "Rosterd-Host"), "h");
    assert_text_equal(stage.logins.take(), "");
    stage.web_app.answer("/auth", status);
    assert_text_equal(stage.logins.take(), "7:john@h");
    assert_int_equal(stage.journal.lines.size(), 0);
  }
}

void name_host_and_password_are_filled_into_the_url_escaped_once(void**) {
  AuthStage stage(make_options("http://app.example.org/$host/$user?p=$password&x=$other"));
  stage.check("a?b#$host@h", "p&$user/%");
  assert_text_equal(stage.web_app.open(), "/h/a%3Fb%23%24host?p=p%26%24user%2F%25&x=$other");
}

void name_that_would_change_the_path_is_denied_without_asking(void**) {
  AuthStage stage(make_options("http://app.example.org/$user/check"));
  stage.check("..@h", "secr");
  assert_text_equal(stage.logins.take(), "");
  stage.settle();
  assert_text_equal(stage.logins.take(), "1:denied");
  assert_int_equal(stage.web_app.asked, 0);
}

void signature_stands_beside_the_password(void**) {
  AuthOptions options = make_options();
  options.credentials = {*parse_credential("bearer:T"), *parse_credential("hmac:k:s")};
  AuthStage stage(options);
  stage.check("john@h", "secr");
  assert_text_equal(stage.web_app.field("/auth", "Authorization"), "Basic am9objpzZWNy");
  assert_true(stage.web_app.field("/auth", "Rosterd-Signature").starts_with("t="));
}

void keys_and_tokens_are_not_asked_for(void**) {
  AuthStage stage(make_options());
  stage.routes.fetch_keys(make_jid("john@h"), crypto::Hash::kSha256, 1, &stage.logins);
  stage.routes.identify({.host = "h", .authzid = "", .token = "t", .cookie = ""}, 2, &stage.logins);
  assert_text_equal(stage.logins.take(), "");
  stage.settle();
  assert_text_equal(stage.logins.take(), "1:unsupported 2:unsupported");
  assert_int_equal(stage.web_app.asked, 0);
}

}  // namespace
}  // namespace rosterd::app

int main() {
  using namespace rosterd::app;
  const CMUnitTest tests[] = {
      cmocka_unit_test(password_goes_out_as_http_basic_and_any_2xx_is_a_yes),
      cmocka_unit_test(name_host_and_password_are_filled_into_the_url_escaped_once),
      cmocka_unit_test(name_that_would_change_the_path_is_denied_without_asking),
      cmocka_unit_test(signature_stands_beside_the_password),
      cmocka_unit_test(keys_and_tokens_are_not_asked_for),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
