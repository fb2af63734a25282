// SPDX-License-Identifier: MIT
#include "app/door.h"

#include <functional>

#include "base/text.h"
#include "support/cmocka.h"

using namespace rosterd;
using namespace rosterd::app;
using std::chrono::seconds;

namespace {

constexpr const char* kPath = "/roster_admin/refresh";

// Says what it let in, and as whom.
struct Room final : web::RequestHandler {
  void on_request(web::Responder& responder, web::ExchangeId exchange, const web::Client& client,
                  const http::Request&) override {
    ++entered;
    repeatable = client.repeatable;
    responder.respond(exchange, web::make_json(200, client.address.ip() + '|' + client.host));
  }
  void on_request_abandoned(web::ExchangeId) override { ++abandoned; }
  bool repeatable = false;  // of the last
  int entered = 0;
  int abandoned = 0;
};

struct Time final : Clock {
  Instant now() const override { return Instant(passed); }
  WallTime wall_now() const override {
    return WallTime(std::chrono::duration_cast<std::chrono::milliseconds>(passed));
  }
  Duration passed = seconds(1'763'900'000);
};

struct Scene final : web::Responder {
  explicit Scene(std::initializer_list<const char*> admin_auth = {}) {
    for (const char* text : admin_auth) options.auth.keys.push_back({*parse_credential(text)});
    request.method = "POST";
    request.target = kPath;
    request.body = R"(["john"])";
    client.address = *net::Address::parse("192.0.2.1", 4711);
    door.set_options(options);
  }
  void apply() { door.set_options(options); }
  void respond(web::ExchangeId, http::Response response) override { last = std::move(response); }

  // As the server does it: the head, and unless that was refused the whole. "status body".
  std::string knock() {
    refused_by_head = false;
    http::Request head = request;
    head.body.clear();
    if (auto refusal = entrance->on_head(client, head)) {
      refused_by_head = true;
      last = std::move(*refusal);
    } else {
      entrance->on_request(*this, {}, client, request);
    }
    return std::to_string(last.status) + ' ' + last.body;
  }
  int status() {
    knock();
    return last.status;
  }
  int status_with(std::string name, std::string value) {
    const http::Fields before = request.fields;
    request.fields.add(std::move(name), std::move(value));
    const int result = status();
    request.fields = before;
    return result;
  }
  int status_of(std::string_view user_and_password) {
    return status_with("Authorization", "Basic " + text::base64_encode(user_and_password));
  }
  std::string sign(std::string_view key_id, std::string_view secret) const {
    return make_signature(key_id, secret, time.wall_now(),
                          {request.method, request.target, request.body});
  }
  std::string challenges() const {
    std::string all;
    for (const auto& [name, value] : last.fields.all()) {
      if (name == "WWW-Authenticate") all += value + '|';
    }
    return all;
  }

  Time time;
  DoorOptions options;
  Door door{options, time};
  Room room;
  web::RequestHandler* entrance = door.guard(&room);
  web::Client client;
  http::Request request;
  http::Response last;
  bool refused_by_head = false;
};

std::string error(int status, const std::string& message) {
  return std::to_string(status) + R"( {"status":"error","message":")" + message + "\"}\n";
}

std::vector<net::Network> networks(std::initializer_list<const char*> texts) {
  std::vector<net::Network> all;
  for (const char* text : texts) all.push_back(*net::Network::parse(text));
  return all;
}

void door_without_keys_is_open(void**) {
  Scene scene;
  assert_text_equal(scene.knock(), "200 192.0.2.1|");
  assert_int_equal(scene.status_of("any:thing"), 200);
}

void user_and_password_are_asked_for_and_asked_for_again(void**) {
  Scene scene({"basic:shop:pa:ss"});
  assert_text_equal(scene.knock(), error(401, "authentication is needed"));
  assert_true(scene.refused_by_head);
  assert_text_equal(scene.challenges(), "Basic realm=\"rosterd\"|");
  assert_int_equal(scene.status_of("shop:wrong"), 401);
  assert_text_equal(scene.challenges(), "Basic realm=\"rosterd\"|");
  assert_true(scene.refused_by_head);
  assert_int_equal(scene.room.entered, 0);
  assert_int_equal(scene.status_of("shop:pa:ss"), 200);
}

void near_misses_of_user_and_password_stay_outside(void**) {
  Scene scene({"basic:shop:secret", "basic:other:password"});
  for (const char* wrong : {"shop:", "shop", "", ":", "shop:secre", "shop:secrets", "SHOP:secret",
                            "other:secret", "shop:password", ":secret"}) {
    assert_int_equal(scene.status_of(wrong), 401);
  }
  for (const char* value : {"Basic", "Basic !", "Basic c2hvcDpzZWNyZXQ", "Basicc2hvcDpzZWNyZXQ=",
                            "c2hvcDpzZWNyZXQ=", "Digest c2hvcDpzZWNyZXQ="}) {
    assert_int_equal(scene.status_with("Authorization", value), 401);
  }
  assert_int_equal(scene.room.entered, 0);
}

void scheme_is_written_in_any_case(void**) {
  Scene scene({"basic:shop:secret", "bearer:token"});
  assert_int_equal(scene.status_with("authorization", "bASIC  c2hvcDpzZWNyZXQ="), 200);
  assert_int_equal(scene.status_with("Authorization", "bearer token"), 200);
}

void two_proofs_of_a_kind_are_none(void**) {
  Scene scene({"bearer:token"});
  scene.request.fields.add("Authorization", "Bearer token");
  assert_int_equal(scene.status_with("Authorization", "Bearer token"), 401);
}

void token_opens_and_is_asked_for(void**) {
  Scene scene({"bearer:token"});
  assert_int_equal(scene.status_with("Authorization", "Bearer tokeN"), 401);
  assert_text_equal(scene.challenges(), "Basic realm=\"rosterd\"|Bearer realm=\"rosterd\"|");
  assert_int_equal(scene.status_with("Authorization", "Basic token"), 401);
  assert_int_equal(scene.status_with("Authorization", "Bearer token"), 200);
}

void two_secrets_are_valid_while_they_change(void**) {
  Scene scene({"bearer:old", "bearer:new"});
  assert_int_equal(scene.status_with("Authorization", "Bearer old"), 200);
  assert_int_equal(scene.status_with("Authorization", "Bearer new"), 200);
  scene.options.auth.keys.erase(scene.options.auth.keys.begin());
  scene.apply();
  assert_int_equal(scene.status_with("Authorization", "Bearer old"), 401);
  assert_int_equal(scene.status_with("Authorization", "Bearer new"), 200);
}

void signature_opens_once(void**) {
  Scene scene({"hmac:k1:secret"});
  const std::string signature = scene.sign("k1", "secret");
  assert_int_equal(scene.status_with("Rosterd-Signature", signature), 200);
  scene.request.fields.add("Rosterd-Signature", signature);
  assert_text_equal(scene.knock(), error(401,
                                         "the signature was used before; sign anew, at another "
                                         "second or with another query"));
}

void signature_needs_no_key_id(void**) {
  Scene scene({"hmac:k1:other", "hmac:k2:secret"});
  assert_int_equal(scene.status_with("Rosterd-Signature", scene.sign("", "secret")), 200);
}

void signature_of_another_key_body_query_or_method_is_wrong(void**) {
  Scene scene({"hmac:k1:secret", "hmac:k2:second"});
  const std::string signature = scene.sign("k1", "secret");
  assert_int_equal(scene.status_with("Rosterd-Signature", scene.sign("k1", "second")), 401);
  assert_int_equal(scene.status_with("Rosterd-Signature", scene.sign("k3", "secret")), 401);
  assert_false(scene.refused_by_head);
  assert_int_equal(scene.status_with("Rosterd-Signature", "nonsense"), 401);
  assert_true(scene.refused_by_head);
  scene.request.body = "[]";
  assert_int_equal(scene.status_with("Rosterd-Signature", signature), 401);
  scene.request.body = R"(["john"])";
  scene.request.target += "?x";
  assert_int_equal(scene.status_with("Rosterd-Signature", signature), 401);
  scene.request.target = kPath;
  scene.request.method = "GET";
  assert_int_equal(scene.status_with("Rosterd-Signature", signature), 401);
  assert_int_equal(scene.room.entered, 0);
}

void old_signature_is_refused_before_the_body_and_is_no_guess(void**) {
  Scene scene({"hmac:k1:secret"});
  scene.request.fields.add("Rosterd-Signature", scene.sign("k1", "secret"));
  scene.time.passed += seconds(301);
  for (int i = 0; i < 100; ++i) {
    assert_text_equal(scene.knock(), error(401, "the signature's time is 301 s in the past"));
    assert_true(scene.refused_by_head);
  }
}

// HttpServer shows a HEAD to handlers as a GET; its client signed a HEAD.
void head_is_signed_as_head(void**) {
  Scene scene({"hmac:k1:secret"});
  scene.request.method = "HEAD";
  const std::string signature = scene.sign("k1", "secret");
  scene.request.method = "GET";
  scene.client.head = true;
  assert_int_equal(scene.status_with("Rosterd-Signature", signature), 200);
}

void hub_signature_opens_for_a_refresh_when_it_is_allowed(void**) {
  Scene scene({"hmac:k1:s3cret"});
  const std::string field =
      "sha256=7826e4a06f88208634b7918561e590573bd7ea26acce222aed8f3920fd1eb479";
  assert_int_equal(scene.status_with("X-Hub-Signature-256", field), 401);
  scene.options.auth.hub_signatures = true;
  scene.apply();
  assert_int_equal(scene.status_with("X-Hub-Signature-256", field), 200);
  assert_int_equal(scene.status_with("X-Hub-Signature-256", field), 200);
  assert_true(scene.room.repeatable);
  assert_int_equal(scene.status_with("Rosterd-Signature", scene.sign("k1", "s3cret")), 200);
  assert_false(scene.room.repeatable);
  scene.request.body = "[]";
  assert_int_equal(scene.status_with("X-Hub-Signature-256", field), 401);
  scene.request.body = R"(["john"])";
  scene.request.target = "/roster_admin/kick";
  assert_int_equal(scene.status_with("X-Hub-Signature-256", field), 401);
}

void addresses_beyond_the_list_are_refused_whatever_they_know(void**) {
  Scene scene({"bearer:token"});
  scene.options.allow = networks({"198.51.100.0/24", "2001:db8::/32"});
  scene.apply();
  scene.request.fields.add("Authorization", "Bearer token");
  assert_text_equal(scene.knock(), error(403, "not from this address"));
  assert_true(scene.refused_by_head);
  assert_false(scene.last.keep_alive);
  scene.client.address = *net::Address::parse("198.51.100.9", 1);
  assert_int_equal(scene.status(), 200);
  scene.client.address = *net::Address::parse("2001:db8::9", 1);
  assert_int_equal(scene.status(), 200);
}

void address_comes_from_a_proxy_that_is_trusted(void**) {
  Scene scene;
  scene.options.allow = networks({"198.51.100.0/24"});
  scene.apply();
  assert_int_equal(scene.status_with("X-Forwarded-For", "198.51.100.9"), 403);
  scene.options.proxies = networks({"192.0.2.1"});
  scene.apply();
  assert_int_equal(scene.status(), 403);
  assert_int_equal(scene.status_with("X-Forwarded-For", "198.51.100.9, 203.0.113.1"), 403);
  assert_int_equal(scene.status_with("X-Forwarded-For", "unknown"), 403);
  assert_int_equal(scene.status_with("X-Forwarded-For", "203.0.113.1, 198.51.100.9"), 200);
  assert_text_equal(scene.last.body, "198.51.100.9|");
}

void web_pages_are_refused_with_every_key(void**) {
  Scene scene({"bearer:token"});
  scene.request.fields.add("Authorization", "Bearer token");
  assert_int_equal(scene.status_with("Origin", "https://evil.example"), 403);
  assert_int_equal(scene.status_with("Origin", "null"), 403);
  assert_int_equal(scene.status_with("Sec-Fetch-Site", "cross-site"), 403);
  assert_int_equal(scene.status_with("Sec-Fetch-Site", "same-origin"), 403);
  assert_int_equal(scene.status_with("Sec-Fetch-Site", "none"), 200);
}

void web_pages_are_refused_by_an_open_door_too(void**) {
  Scene scene;
  assert_int_equal(scene.status_with("Origin", "http://localhost"), 403);
}

void address_that_guesses_has_to_wait_even_with_the_right_key(void**) {
  Scene scene({"bearer:token"});
  scene.options.failures_per_minute = 3;
  scene.apply();
  for (int i = 0; i < 3; ++i) {
    assert_int_equal(scene.status_with("Authorization", "Bearer guess"), 401);
  }
  assert_int_equal(scene.status_with("Authorization", "Bearer token"), 429);
  assert_true(scene.refused_by_head);
  assert_text_equal(std::string(scene.last.fields.get("Retry-After")), "20");
  scene.client.address = *net::Address::parse("192.0.2.2", 1);
  assert_int_equal(scene.status_with("Authorization", "Bearer token"), 200);
  scene.client.address = *net::Address::parse("192.0.2.1", 1);
  scene.time.passed += seconds(20);
  assert_int_equal(scene.status_with("Authorization", "Bearer token"), 200);
}

void asking_without_a_key_is_no_guess(void**) {
  Scene scene({"bearer:token"});
  for (int i = 0; i < 100; ++i) assert_int_equal(scene.status(), 401);
}

void client_certificate_is_as_good_as_a_key(void**) {
  Scene scene({"bearer:token"});
  scene.client.secure = true;
  scene.client.certificate = "CN=webapp";
  assert_int_equal(scene.status(), 401);
  scene.options.auth.client_certificates = true;
  scene.apply();
  assert_int_equal(scene.status(), 200);
  assert_int_equal(scene.status_with("Authorization", "Bearer wrong"), 401);
  scene.client.certificate = "";
  assert_int_equal(scene.status(), 401);
  assert_int_equal(scene.status_with("Authorization", "Bearer token"), 200);
}

void client_certificate_alone_is_required(void**) {
  Scene scene;
  scene.options.auth.client_certificates = true;
  scene.apply();
  assert_text_equal(scene.knock(), error(403, "a client certificate is needed, so use HTTPS"));
  scene.client.secure = true;
  assert_text_equal(scene.knock(), error(403, "a client certificate is needed"));
  scene.client.certificate = "CN=webapp";
  assert_int_equal(scene.status(), 200);
}

void client_certificate_may_be_required_beside_a_key(void**) {
  Scene scene({"bearer:token"});
  scene.options.auth.client_certificates = scene.options.auth.certificate_required = true;
  scene.apply();
  assert_int_equal(scene.status_with("Authorization", "Bearer token"), 403);
  scene.client.secure = true;
  scene.client.certificate = "CN=webapp";
  assert_int_equal(scene.status(), 401);
  assert_int_equal(scene.status_with("Authorization", "Bearer token"), 200);
}

void key_of_a_host_opens_for_that_host(void**) {
  Scene scene({"bearer:all"});
  scene.options.auth.keys.push_back({*parse_credential("bearer:one"), "shop.example"});
  scene.options.auth.keys.push_back({*parse_credential("hmac:k1:secret"), "forum.example"});
  scene.apply();
  scene.status_with("Authorization", "Bearer all");
  assert_text_equal(scene.last.body, "192.0.2.1|");
  scene.status_with("Authorization", "Bearer one");
  assert_text_equal(scene.last.body, "192.0.2.1|shop.example");
  scene.status_with("Rosterd-Signature", scene.sign("k1", "secret"));
  assert_text_equal(scene.last.body, "192.0.2.1|forum.example");
}

void monitoring_needs_its_address_alone(void**) {
  Scene scene({"bearer:token"});
  scene.entrance = scene.door.guard(&scene.room, Door::Guard::kAddressOnly);
  assert_int_equal(scene.status(), 200);
  scene.options.allow = networks({"198.51.100.0/24"});
  scene.apply();
  assert_int_equal(scene.status(), 403);
}

void success_proves_something_only_where_a_proof_is_asked_for(void**) {
  Scene scene({"bearer:token"});
  assert_false(scene.door.guard(&scene.room)->is_for_anybody());
  assert_true(scene.door.guard(&scene.room, Door::Guard::kAddressOnly)->is_for_anybody());
}

void client_that_goes_away_is_reported(void**) {
  Scene scene;
  scene.entrance->on_request_abandoned({});
  assert_int_equal(scene.room.abandoned, 1);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(door_without_keys_is_open),
      cmocka_unit_test(user_and_password_are_asked_for_and_asked_for_again),
      cmocka_unit_test(near_misses_of_user_and_password_stay_outside),
      cmocka_unit_test(scheme_is_written_in_any_case),
      cmocka_unit_test(two_proofs_of_a_kind_are_none),
      cmocka_unit_test(token_opens_and_is_asked_for),
      cmocka_unit_test(two_secrets_are_valid_while_they_change),
      cmocka_unit_test(signature_opens_once),
      cmocka_unit_test(signature_needs_no_key_id),
      cmocka_unit_test(signature_of_another_key_body_query_or_method_is_wrong),
      cmocka_unit_test(old_signature_is_refused_before_the_body_and_is_no_guess),
      cmocka_unit_test(head_is_signed_as_head),
      cmocka_unit_test(hub_signature_opens_for_a_refresh_when_it_is_allowed),
      cmocka_unit_test(addresses_beyond_the_list_are_refused_whatever_they_know),
      cmocka_unit_test(address_comes_from_a_proxy_that_is_trusted),
      cmocka_unit_test(web_pages_are_refused_with_every_key),
      cmocka_unit_test(web_pages_are_refused_by_an_open_door_too),
      cmocka_unit_test(address_that_guesses_has_to_wait_even_with_the_right_key),
      cmocka_unit_test(asking_without_a_key_is_no_guess),
      cmocka_unit_test(client_certificate_is_as_good_as_a_key),
      cmocka_unit_test(client_certificate_alone_is_required),
      cmocka_unit_test(client_certificate_may_be_required_beside_a_key),
      cmocka_unit_test(key_of_a_host_opens_for_that_host),
      cmocka_unit_test(monitoring_needs_its_address_alone),
      cmocka_unit_test(success_proves_something_only_where_a_proof_is_asked_for),
      cmocka_unit_test(client_that_goes_away_is_reported),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
