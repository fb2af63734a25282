// SPDX-License-Identifier: MIT
#include "app/auth_jwt.h"

#include <algorithm>
#include <iterator>

#include "net/loop.h"
#include "support/jwt.h"
#include "support/jwt_vectors.h"
#include "unit/app/stage.h"

namespace rosterd::app {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr Duration kNow{0};

// Who asks.
struct Desk final : im::AuthEvents {
  Desk(Stage& on, const JwtOptions& options)
      : stage(on),
        auth(std::in_place, "h", on.web_app, on.clock, on.timers, pool, options, "rosterd/1.0") {}

  void on_keys(std::uint64_t ticket, const Result<xmpp::ScramKeys>& keys) override {
    tell(ticket, keys ? "keys" : to_string(keys.error().code));
  }
  void on_login(std::uint64_t ticket, const Result<xmpp::Login>& login) override {
    expires.reset();
    if (login) expires = login->expires;
    why = login ? "" : login.error().text;
    tell(ticket, login ? std::string(login->user.text()) : to_string(login.error().code));
  }
  void tell(std::uint64_t ticket, const std::string& what) {
    told += (told.empty() ? "" : " ") + std::to_string(ticket) + ':' + what;
  }
  std::string take() {
    stage.pass(kNow);
    return std::exchange(told, {});
  }
  std::string check(std::string_view user, std::string token) {
    auth->check_password(*xmpp::Jid::parse(user), std::move(token), 1, this);
    assert_text_equal(told, "");
    return take();
  }
  std::string identify(std::string authzid, std::string token) {
    xmpp::Evidence evidence;
    evidence.host = "h";
    evidence.authzid = std::move(authzid);
    evidence.token = std::move(token);
    auth->identify(std::move(evidence), 1, this);
    assert_text_equal(told, "");
    return take();
  }

  Stage& stage;
  std::string told, why;
  std::optional<WallTime> expires;
  net::Loop loop;
  net::WorkQueue pool{loop, 2};
  std::optional<AuthJwt> auth;  // after what it answers into
};

JwtOptions with_secret() {
  JwtOptions options;
  options.secret_file = "secret";
  options.keys = kTestSecret;
  return options;
}
JwtOptions with_url() {
  JwtOptions options;
  options.jwks_url = "http://app.example.org/jwks";
  return options;
}

std::string token_of(std::string_view jid) {
  return sign_claims(R"({"exp":2000,"jid":")" + std::string(jid) + "\"}");
}

// Keys and tokens of RFC 8037 are of no use here, as their claims are no JSON: these are made by
// another implementation, and the key is given by its coordinates.
const std::string& ed_token() {
  static const std::string token = [] {
    for (const JwtVector& one : kJwtVectors) {
      if (std::string_view(one.algorithm) == "EdDSA") return std::string(one.token);
    }
    std::abort();
  }();
  return token;
}
std::string ed_jwks(const std::string& kid = "") {
  for (const JwtVector& one : kJwtVectors) {
    if (std::string_view(one.algorithm) != "EdDSA") continue;
    std::string pem = one.pem;
    pem.erase(0, pem.find('\n') + 1);
    pem.erase(pem.find('\n'));
    // The last 32 bytes of the SubjectPublicKeyInfo are the key.
    const std::string der = *text::base64_decode(pem);
    return R"({"keys":[{"kty":"OKP","crv":"Ed25519","x":")" +
           base64url_encode(der.substr(der.size() - 32)) +
           (kid.empty() ? "\"" : R"(","kid":")" + kid + '"') + "}]}";
  }
  std::abort();
}
// Signed by no key that is known, but it names one.
std::string token_naming(const std::string& kid) {
  return sign_token(R"({"alg":"EdDSA","kid":")" + kid + "\"}", R"({"jid":"romeo@h","exp":2000})");
}

void token_is_the_password_of_its_user_alone(void** state) {
  Desk desk(stage_of(state), with_secret());
  assert_text_equal(desk.check("romeo@h", token_of("romeo@h")), "1:romeo@h");
  assert_text_equal(desk.check("romeo@h", token_of("Romeo@H/phone")), "1:romeo@h");
  assert_text_equal(desk.check("juliet@h", token_of("romeo@h")), "1:denied");
  assert_text_equal(desk.why, "the token is somebody else's");
  assert_text_equal(desk.check("romeo@h", "secret"), "1:denied");
  assert_text_equal(desk.check("romeo@h", ""), "1:denied");
  assert_false(desk.expires.has_value());
}

void token_says_by_itself_whose_it_is(void** state) {
  Desk desk(stage_of(state), with_secret());
  for (const char* authzid : {"", "romeo@h", "Romeo@H", "romeo"}) {
    assert_text_equal(desk.identify(authzid, token_of("romeo@h")), "1:romeo@h");
  }
  for (const char* authzid : {"juliet@h", "romeo@other", "juliet", "romeo@h/r", "h", "@"}) {
    assert_text_equal(desk.identify(authzid, token_of("romeo@h")), "1:denied");
  }
}

void token_must_name_a_user_of_this_host(void** state) {
  Desk desk(stage_of(state), with_secret());
  for (const char* jid : {"romeo@other", "h", "", "@h", "romeo", "h/r", "ro meo@h"}) {
    assert_text_equal(desk.identify("", token_of(jid)), "1:denied");
    assert_text_equal(desk.why, "the token names no user of this host");
  }
}

void name_may_be_the_local_part(void** state) {
  JwtOptions options = with_secret();
  options.username_field = "sub";
  Desk desk(stage_of(state), options);
  assert_text_equal(desk.identify("", sign_claims(R"({"exp":2000,"sub":"Romeo"})")), "1:romeo@h");
  assert_text_equal(desk.identify("", sign_claims(R"({"exp":2000,"sub":"romeo@h"})")), "1:denied");
}

void there_are_no_keys_of_scram(void** state) {
  Desk desk(stage_of(state), with_secret());
  desk.auth->fetch_keys(*xmpp::Jid::parse("romeo@h"), crypto::Hash::kSha1, 7, &desk);
  assert_text_equal(desk.told, "");
  assert_text_equal(desk.take(), "7:unsupported");
}

void session_ends_with_its_token_if_wanted(void** state) {
  JwtOptions options = with_secret();
  options.session_expiry = true;
  Desk desk(stage_of(state), options);
  assert_text_equal(desk.check("romeo@h", token_of("romeo@h")), "1:romeo@h");
  assert_true(desk.expires == WallTime(seconds(2030)));
}

void keys_come_from_the_url_before_anybody_asks(void** state) {
  Stage& stage = stage_of(state);
  Desk desk(stage, with_url());
  assert_text_equal(stage.web_app.open(), "");
  stage.pass(kNow);
  assert_text_equal(stage.web_app.open(), "/jwks");
  assert_text_equal(stage.web_app.field("/jwks", "User-Agent"), "rosterd/1.0");
  assert_text_equal(desk.check("romeo@h", ed_token()), "");  // waits
  assert_text_equal(desk.identify("", ed_token()), "");
  stage.web_app.answer("/jwks", ed_jwks());
  assert_text_equal(desk.take(), "1:romeo@h 1:romeo@h");
  assert_text_equal(desk.check("romeo@h", ed_token()), "1:romeo@h");
  assert_int_equal(stage.web_app.asked, 1);
}

void keys_are_fetched_every_hour(void** state) {
  Stage& stage = stage_of(state);
  Desk desk(stage, with_url());
  stage.pass(kNow);
  stage.web_app.answer("/jwks", ed_jwks());
  stage.pass(hours(1) - seconds(1));
  assert_text_equal(stage.web_app.open(), "");
  stage.pass(seconds(1));
  assert_text_equal(stage.web_app.open(), "/jwks");
  assert_text_equal(desk.check("romeo@h", ed_token()), "1:romeo@h");  // by the old ones meanwhile
}

void unknown_key_has_them_fetched_once_a_minute(void** state) {
  Stage& stage = stage_of(state);
  Desk desk(stage, with_url());
  stage.pass(kNow);
  stage.web_app.answer("/jwks", ed_jwks("old"));
  assert_text_equal(desk.check("romeo@h", token_naming("new")), "");
  assert_text_equal(desk.check("romeo@h", token_naming("newer")), "");
  assert_text_equal(stage.web_app.open(), "/jwks");  // one for both
  stage.web_app.answer("/jwks", ed_jwks("new"));
  assert_text_equal(desk.take(), "1:denied 1:denied");
  assert_text_equal(desk.why, "the token's key is not known");  // of the last one
  assert_text_equal(desk.check("romeo@h", token_naming("new")), "1:denied");
  assert_text_equal(desk.why, "the token's signature is wrong");
  stage.pass(seconds(59));
  assert_text_equal(desk.check("romeo@h", token_naming("newer")), "1:denied");
  assert_text_equal(stage.web_app.open(), "");
  stage.pass(seconds(1));
  assert_text_equal(desk.check("romeo@h", token_naming("newer")), "");
  assert_text_equal(stage.web_app.open(), "/jwks");
}

void failing_url_is_no_wrong_password(void** state) {
  Stage& stage = stage_of(state);
  Desk desk(stage, with_url());
  stage.pass(kNow);
  assert_text_equal(desk.check("romeo@h", ed_token()), "");
  stage.web_app.fail("/jwks", Errc::kTimeout);
  assert_text_equal(desk.take(), "");  // it has them fetched again, once
  stage.web_app.fail("/jwks", Errc::kUnavailable);
  assert_text_equal(desk.take(), "1:unavailable");
  assert_text_equal(desk.check("romeo@h", ed_token()), "1:unavailable");
  assert_text_equal(desk.check("romeo@h", "no token"), "1:denied");
  stage.pass(seconds(6));  // tried again in the background
  stage.web_app.answer("/jwks", 500);
  stage.pass(seconds(12));
  stage.web_app.answer("/jwks", "<html>");
  stage.pass(seconds(24));
  stage.web_app.answer("/jwks", ed_jwks());
  assert_text_equal(desk.check("romeo@h", ed_token()), "1:romeo@h");
  assert_int_equal(stage.journal.count("cannot be fetched"), 1);
  assert_int_equal(stage.journal.count("keys for tokens fetched"), 1);
}

void failed_fetch_leaves_the_keys_there_are(void** state) {
  Stage& stage = stage_of(state);
  Desk desk(stage, with_url());
  stage.pass(kNow);
  stage.web_app.answer("/jwks", ed_jwks("old"));
  stage.pass(hours(1));
  stage.web_app.answer("/jwks", R"({"keys":[]})");
  assert_text_equal(desk.check("romeo@h", ed_token()), "1:romeo@h");
  assert_text_equal(desk.check("romeo@h", token_naming("new")), "");
  stage.web_app.fail("/jwks", Errc::kUnavailable);
  assert_text_equal(desk.take(), "1:unavailable");
}

void oversized_answer_is_refused(void** state) {
  Stage& stage = stage_of(state);
  Desk desk(stage, with_url());
  stage.pass(kNow);
  stage.web_app.answer("/jwks", ed_jwks() + std::string(RemoteKeys::kSizeMax, ' '));
  assert_text_equal(desk.check("romeo@h", ed_token()), "");
  stage.web_app.answer("/jwks", 302);
  stage.pass(kNow);
  desk.take();
  assert_text_equal(desk.check("romeo@h", ed_token()), "1:unavailable");
}

void crowd_that_waits_for_keys_is_limited(void** state) {
  Stage& stage = stage_of(state);
  Desk desk(stage, with_url());
  stage.pass(kNow);
  for (std::size_t i = 0; i < AuthJwt::kWaitingMax; ++i) {
    assert_text_equal(desk.check("romeo@h", ed_token()), "");
  }
  assert_text_equal(desk.check("romeo@h", ed_token()), "1:unavailable");
}

void end_answers_those_who_wait(void** state) {
  Stage& stage = stage_of(state);
  auto desk = std::make_unique<Desk>(stage, with_url());
  stage.pass(kNow);
  assert_text_equal(desk->check("romeo@h", ed_token()), "");
  desk->auth.reset();
  assert_int_equal(stage.web_app.withdrawn, 1);
  assert_text_equal(desk->take(), "1:unavailable");
}

JwtOptions with_key_of(const JwtVector& vector) {
  JwtOptions options;
  options.key_file = "key.pem";
  options.keys = vector.pem;
  return options;
}
bool is_slow_one(const JwtVector& vector) {
  return is_slow(*crypto::parse_signature_algorithm(vector.algorithm));
}
const JwtVector& slow_vector() {
  return *std::find_if(std::begin(kJwtVectors), std::end(kJwtVectors),
                       [](const JwtVector& one) { return is_slow_one(one); });
}

void slow_signatures_are_checked_off_the_loop(void** state) {
  std::string slow;
  for (const JwtVector& one : kJwtVectors) {
    if (std::string_view(one.algorithm).starts_with("RS")) continue;  // its key does not say which
    Desk desk(stage_of(state), with_key_of(one));
    const bool later = is_slow_one(one);
    if (later) slow += std::string(slow.empty() ? "" : " ") + one.algorithm;
    assert_text_equal(desk.check("romeo@h", one.token), later ? "" : "1:romeo@h");
    desk.loop.run();
    assert_text_equal(desk.take(), later ? "1:romeo@h" : "");
    std::string forged = one.token;
    forged[forged.size() - 10] = forged[forged.size() - 10] == 'A' ? 'B' : 'A';
    assert_text_equal(desk.check("romeo@h", forged), later ? "" : "1:denied");
    desk.loop.run();
    assert_text_equal(desk.take(), later ? "1:denied" : "");
    assert_text_equal(desk.why, "the token's signature is wrong");
  }
  assert_text_equal(slow, "ES384 ES512");
}

void crowd_with_slow_signatures_is_limited(void** state) {
  Desk desk(stage_of(state), with_key_of(slow_vector()));
  // One is being checked while two wait.
  for (int i = 0; i < 3; ++i) assert_text_equal(desk.check("romeo@h", slow_vector().token), "");
  assert_text_equal(desk.check("romeo@h", slow_vector().token), "1:unavailable");
  desk.loop.run();
  assert_text_equal(desk.take(), "1:romeo@h 1:romeo@h 1:romeo@h");
}

void end_answers_those_whose_signatures_are_being_checked(void** state) {
  Desk desk(stage_of(state), with_key_of(slow_vector()));
  for (int i = 0; i < 2; ++i) assert_text_equal(desk.check("romeo@h", slow_vector().token), "");
  desk.auth.reset();
  assert_text_equal(desk.take(), "1:unavailable 1:unavailable");
  desk.loop.run();
  assert_text_equal(desk.take(), "");
}

void issuer_audience_and_leeway_are_those_of_the_options(void** state) {
  JwtOptions options = with_secret();
  options.issuer = "joe";
  options.audience = "chat";
  options.leeway = seconds(0);
  Desk desk(stage_of(state), options);
  const auto with = [&](const char* more) {
    return desk.check("romeo@h",
                      sign_claims(R"({"jid":"romeo@h","exp":)" + std::string(more) + "}"));
  };
  assert_text_equal(with(R"(1,"iss":"joe","aud":"chat")"), "1:romeo@h");
  assert_text_equal(with(R"(0,"iss":"joe","aud":"chat")"), "1:denied");
  assert_text_equal(with(R"(1,"iss":"ann","aud":"chat")"), "1:denied");
  assert_text_equal(with(R"(1,"iss":"joe")"), "1:denied");
}

}  // namespace
}  // namespace rosterd::app

int main() {
  using namespace rosterd::app;
  const CMUnitTest tests[] = {
      STAGE_TEST(token_is_the_password_of_its_user_alone),
      STAGE_TEST(token_says_by_itself_whose_it_is),
      STAGE_TEST(token_must_name_a_user_of_this_host),
      STAGE_TEST(name_may_be_the_local_part),
      STAGE_TEST(there_are_no_keys_of_scram),
      STAGE_TEST(session_ends_with_its_token_if_wanted),
      STAGE_TEST(keys_come_from_the_url_before_anybody_asks),
      STAGE_TEST(keys_are_fetched_every_hour),
      STAGE_TEST(unknown_key_has_them_fetched_once_a_minute),
      STAGE_TEST(failing_url_is_no_wrong_password),
      STAGE_TEST(failed_fetch_leaves_the_keys_there_are),
      STAGE_TEST(oversized_answer_is_refused),
      STAGE_TEST(crowd_that_waits_for_keys_is_limited),
      STAGE_TEST(end_answers_those_who_wait),
      STAGE_TEST(slow_signatures_are_checked_off_the_loop),
      STAGE_TEST(crowd_with_slow_signatures_is_limited),
      STAGE_TEST(end_answers_those_whose_signatures_are_being_checked),
      STAGE_TEST(issuer_audience_and_leeway_are_those_of_the_options),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
