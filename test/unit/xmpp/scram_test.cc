// SPDX-License-Identifier: MIT
#include "xmpp/scram.h"

#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "support/cmocka.h"
#include "support/scram_client.h"

using namespace rosterd;
using namespace rosterd::xmpp;
using test::ScramClient;

namespace {

constexpr int kIterations = 4;  // fast; the RFC's own are used with its examples
constexpr std::string_view kSalt = "salt";
constexpr std::string_view kServerNonce = "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";

const ChannelBindings kWithoutUnique{"exporter-data", "end-point-data", ""};
const ChannelBindings kAllBindings{"exporter-data", "end-point-data", "unique-data"};

struct Server {
  explicit Server(Mechanism mechanism, const ChannelBindings& bindings = {},
                  bool plus_offered = false, std::string_view nonce = kServerNonce)
      : exchange(
            start_scram(mechanism, {"example.net", bindings, plus_offered}, std::string(nonce))) {}

  // The server-first message; the exchange must ask for the keys of `user`.
  std::string challenge(const std::string& client_first, const ScramKeys& keys,
                        std::string_view user = "user") {
    const SaslStep step = exchange->on_message(client_first);
    const auto* question = std::get_if<SaslNeedKeys>(&step);
    assert_non_null(question);
    assert_text_equal(question->username, user);
    assert_true(question->hash == keys.hash);
    const SaslStep next = exchange->on_keys(keys);
    assert_true(std::holds_alternative<SaslChallenge>(next));
    return std::get<SaslChallenge>(next).message;
  }

  std::unique_ptr<SaslExchange> exchange;
};

ScramKeys keys_of(std::string_view password, crypto::Hash hash = crypto::Hash::kSha256) {
  return derive_scram_keys(hash, password, kSalt, kIterations);
}

std::string outcome(const SaslStep& step) {
  if (const auto* failure = std::get_if<SaslFail>(&step)) {
    assert_false(failure->log_text.empty());
    return std::string(to_string(failure->failure));
  }
  if (const auto* success = std::get_if<SaslSuccess>(&step)) return "success " + success->username;
  return std::holds_alternative<SaslNeedKeys>(step) ? "keys" : "other";
}

// What becomes of a first message alone.
std::string first(const std::string& message, Mechanism mechanism = Mechanism::kScramSha256,
                  const ChannelBindings& bindings = {}, bool plus_offered = false) {
  return outcome(Server(mechanism, bindings, plus_offered).exchange->on_message(message));
}

// What becomes of a final message made by `edit` from the right one without its proof.
template <class Edit>
std::string final_outcome(Edit edit) {
  const ScramClient client;
  Server server(Mechanism::kScramSha256);
  const std::string challenge = server.challenge(client.first(), keys_of(client.password));
  return outcome(server.exchange->on_message(edit(client, challenge)));
}

// A login of `client` against the keys of "pencil".
std::string log_in(const ScramClient& client, Mechanism mechanism, const ChannelBindings& bindings,
                   bool plus_offered) {
  Server server(mechanism, bindings, plus_offered);
  const std::string challenge =
      server.challenge(client.first(), keys_of("pencil", client.hash), client.username);
  return outcome(server.exchange->on_message(client.final_message(challenge)));
}

// The server-first message where this was offered.
std::string challenge_for(std::string_view offer, crypto::Hash hash, Mechanism mechanism) {
  const auto exchange = start_scram(mechanism, {"example.net", {}, false, offer}, "server");
  exchange->on_message("n,,n=user,r=client");
  return std::get<SaslChallenge>(exchange->on_keys(keys_of("pencil", hash))).message;
}

// --- the examples of the RFCs --------------------------------------------------------------------

void example_of_rfc_5802_logs_in(void**) {
  Server server(Mechanism::kScramSha1, {}, false, "3rfcNHYJY1ZVvWVs7j");
  const auto salt = text::base64_decode("QSXCR+Q6sek8bf92");
  const ScramKeys keys = derive_scram_keys(crypto::Hash::kSha1, "pencil", *salt, 4096);
  assert_text_equal(server.challenge("n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL", keys),
                    "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096");
  const SaslStep step = server.exchange->on_message(
      "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=");
  assert_text_equal(outcome(step), "success user");
  assert_text_equal(std::get<SaslSuccess>(step).message, "v=rmF9pqV8S7suAoZWja4dJRkFsKQ=");
}

void example_of_rfc_7677_logs_in(void**) {
  Server server(Mechanism::kScramSha256);
  const auto salt = text::base64_decode("W22ZaJ0SNY7soEsUEjb6gQ==");
  const ScramKeys keys = derive_scram_keys(crypto::Hash::kSha256, "pencil", *salt, 4096);
  assert_text_equal(server.challenge("n,,n=user,r=rOprNGfwEbeRWgbNEkqO", keys),
                    "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
                    "s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096");
  const SaslStep step = server.exchange->on_message(
      "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
      "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=");
  assert_text_equal(outcome(step), "success user");
  assert_text_equal(std::get<SaslSuccess>(step).message,
                    "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
}

void server_nonce_is_new_for_each_exchange(void**) {
  std::string nonces[2];
  for (std::string& nonce : nonces) {
    const auto exchange = SaslExchange::start(Mechanism::kScramSha256, {"a", {}});
    assert_text_equal(outcome(exchange->on_message("n,,n=user,r=abc")), "keys");
    const SaslStep step = exchange->on_keys(keys_of("pencil"));
    nonce = ScramClient::value(std::get<SaslChallenge>(step).message, 'r');
    assert_true(nonce.starts_with("abc"));
    assert_true(nonce.size() >= 3 + 144 / 6);
    assert_true(nonce.find(',') == std::string::npos);
  }
  assert_true(nonces[0] != nonces[1]);
}

// --- proofs --------------------------------------------------------------------------------------

void wrong_password_is_not_authorized(void**) {
  ScramClient client;
  client.password = "pencils";
  assert_text_equal(log_in(client, Mechanism::kScramSha256, {}, false), "not-authorized");
  client.hash = crypto::Hash::kSha1;
  assert_text_equal(log_in(client, Mechanism::kScramSha1, {}, false), "not-authorized");
}

void keys_of_nobody_match_no_proof(void**) {
  const std::string stored(32, 'x');
  for (const std::string& key : {stored, std::string()}) {
    const ScramKeys decoy{crypto::Hash::kSha256, kIterations, std::string(kSalt), key, key};
    const ScramClient client;
    Server server(Mechanism::kScramSha256);
    const std::string challenge = server.challenge(client.first(), decoy);
    assert_text_equal(outcome(server.exchange->on_message(client.final_message(challenge))),
                      "not-authorized");
  }
}

void proof_of_another_length_is_not_authorized(void**) {
  for (const char* proof : {"", "AAAA", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}) {
    assert_text_equal(final_outcome([&](const ScramClient& client, const std::string& challenge) {
                        return client.without_proof(challenge) + ",p=" + proof;
                      }),
                      "not-authorized");
  }
}

void changed_nonce_is_not_authorized(void**) {
  assert_text_equal(final_outcome([](const ScramClient& client, const std::string& challenge) {
                      return client.proven(client.without_proof(challenge) + "x", challenge);
                    }),
                    "not-authorized");
  assert_text_equal(final_outcome([](const ScramClient& client, const std::string& challenge) {
                      return client.proven("c=biws,r=" + client.nonce, challenge);
                    }),
                    "not-authorized");
}

void changed_gs2_header_is_not_authorized(void**) {
  for (const char* header : {"y,,", "n,a=user,", "p=tls-unique,,", "n,,x", "n,", ""}) {
    assert_text_equal(final_outcome([&](const ScramClient& client, const std::string& challenge) {
                        return client.proven("c=" + text::base64_encode(header) +
                                                 ",r=" + ScramClient::value(challenge, 'r'),
                                             challenge);
                      }),
                      "not-authorized");
  }
}

void extensions_of_the_final_message_are_ignored_but_proven(void**) {
  assert_text_equal(final_outcome([](const ScramClient& client, const std::string& challenge) {
                      return client.proven(client.without_proof(challenge) + ",x=1,Y=z", challenge);
                    }),
                    "success user");
  assert_text_equal(final_outcome([](const ScramClient& client, const std::string& challenge) {
                      std::string message = client.final_message(challenge);
                      return message.insert(message.find(",p="), ",x=1");
                    }),
                    "not-authorized");
}

void final_message_out_of_shape_is_malformed(void**) {
  const auto replaced = [](const char* shape) {
    return final_outcome([shape](const ScramClient&, const std::string& challenge) {
      std::string message = shape;
      const std::size_t at = message.find('R');
      if (at != std::string::npos) message.replace(at, 1, ScramClient::value(challenge, 'r'));
      return message;
    });
  };
  for (const char* shape :
       {"", ",", "c=biws", "c=biws,r=R", "r=R,c=biws,p=AAAA", "c=biws,p=AAAA", "c=biws,r=R,p=A!",
        "c=biws,r=R,p=AAAA,", "c=bi ws,r=R,p=AAAA", "c=,p=", "c=biws,r=R,,p=AAAA",
        "c=biws,r=R,x,p=AAAA", "c=biws,r=R,x=,p=AAAA", "c=biws,r=R,m=1,p=AAAA",
        "c=biws,r=R,1=1,p=AAAA", "x=1,c=biws,r=R,p=AAAA"}) {
    assert_text_equal(replaced(shape), "malformed-request");
  }
}

// --- the first message ---------------------------------------------------------------------------

void first_message_out_of_shape_is_malformed(void**) {
  for (const char* message : {"",
                              ",",
                              ",,",
                              "n",
                              "n,",
                              "n,,",
                              "n,,n=user",
                              "n,,r=abc,n=user",
                              "n,,n=user,r=",
                              "n,,n=,r=abc",
                              "n,,m=1,n=user,r=abc",
                              "n,,n=user,r=abc,m=1",
                              "n,,n=user,r=abc,",
                              "n,,n=user,r=abc,,x=1",
                              "n,,n=user,r=abc,x",
                              "n,,n=user,r=abc,1=x",
                              "n,,n=user,r=a b",
                              "n,,n=user,r=\u00E9",
                              "N,,n=user,r=abc",
                              "x,,n=user,r=abc",
                              "n=,,n=user,r=abc",
                              "y=x,,n=user,r=abc",
                              "F,n,,n=user,r=abc",
                              "p,,n=user,r=abc",
                              "n,user,n=user,r=abc",
                              "n,a=,n=user,r=abc",
                              "n,b=user,n=user,r=abc",
                              "n,,n=user,x=1,r=abc",
                              "n,,,n=user,r=abc",
                              "n,,n=user,r=abc,x=\xFF"}) {
    assert_text_equal(first(message), "malformed-request");
  }
  assert_text_equal(first(std::string("n,,n=us\0er,r=abc", 16)), "malformed-request");
  assert_text_equal(first("n,,n=user,r=abc,x=1,Z=y=z"), "keys");
}

void escapes_of_a_name_are_two(void**) {
  Server server(Mechanism::kScramSha256);
  const SaslStep step = server.exchange->on_message("n,,n=a=2Cb=3Dc=3D2C,r=abc");
  assert_text_equal(std::get<SaslNeedKeys>(step).username, "a,b=c=2C");
  for (const char* name : {"=", "a=", "a=2", "a=2c", "a=3d", "a=20b", "==2C", "a=2=2C"}) {
    assert_text_equal(first("n,,n=" + std::string(name) + ",r=abc"), "malformed-request");
    assert_text_equal(first("n,a=" + std::string(name) + ",n=user,r=abc"), "malformed-request");
  }
}

void name_goes_through_saslprep(void**) {
  Server server(Mechanism::kScramSha256);
  const SaslStep step = server.exchange->on_message("n,,n=I\u00ADX\u2168,r=abc");
  assert_text_equal(std::get<SaslNeedKeys>(step).username, "IXIX");
  assert_text_equal(first("n,,n=a\x07,r=abc"), "malformed-request");
  assert_text_equal(first("n,,n=\u00AD,r=abc"), "malformed-request");
  assert_text_equal(first("n,,n=\xC3,r=abc"), "malformed-request");
  assert_text_equal(first("n,,n=" + std::string(1024, 'x') + ",r=abc"), "malformed-request");
}

void user_may_act_as_nobody_else(void**) {
  for (const char* own : {"user", "User", "user@example.net", "USER@EXAMPLE.NET"}) {
    assert_text_equal(first("n,a=" + std::string(own) + ",n=user,r=abc"), "keys");
  }
  assert_text_equal(first("n,a=user,n=User,r=abc"), "keys");
  for (const char* other : {"admin", "admin@example.net", "user@example.com", "example.net",
                            "user@example.net/r", "user@", "user@example.net=2C"}) {
    assert_text_equal(first("n,a=" + std::string(other) + ",n=user,r=abc"), "invalid-authzid");
  }
}

void messages_out_of_order_are_malformed(void**) {
  Server server(Mechanism::kScramSha256);
  const ScramClient client;
  assert_text_equal(outcome(server.exchange->on_keys(keys_of("pencil"))), "malformed-request");
  assert_text_equal(outcome(server.exchange->on_login("romeo")), "malformed-request");
  const std::string challenge = server.challenge(client.first(), keys_of("pencil"));
  const std::string final_message = client.final_message(challenge);
  assert_text_equal(outcome(server.exchange->on_message(final_message)), "success user");
  assert_text_equal(outcome(server.exchange->on_message(final_message)), "malformed-request");
  assert_text_equal(outcome(server.exchange->on_message(client.first())), "malformed-request");
}

void failed_exchange_stays_failed(void**) {
  Server server(Mechanism::kScramSha256);
  assert_text_equal(outcome(server.exchange->on_message("?")), "malformed-request");
  assert_text_equal(outcome(server.exchange->on_message("n,,n=user,r=abc")), "malformed-request");
  assert_text_equal(outcome(server.exchange->on_keys(keys_of("pencil"))), "malformed-request");
}

// --- channel binding -----------------------------------------------------------------------------

ScramClient binding_client(const std::string& type, const std::string& data) {
  ScramClient client;
  client.gs2_header = "p=" + type + ",,";
  client.binding_data = data;
  return client;
}

void each_binding_that_the_stream_has_can_be_used(void**) {
  const auto plus = Mechanism::kScramSha256Plus;
  const auto with = [&](const char* type, const char* data, const ChannelBindings& bindings) {
    return log_in(binding_client(type, data), plus, bindings, true);
  };
  assert_text_equal(with("tls-exporter", "exporter-data", kWithoutUnique), "success user");
  assert_text_equal(with("tls-server-end-point", "end-point-data", kWithoutUnique), "success user");
  assert_text_equal(with("tls-unique", "unique-data", kAllBindings), "success user");
  ScramClient sha1 = binding_client("tls-exporter", "exporter-data");
  sha1.hash = crypto::Hash::kSha1;
  assert_text_equal(log_in(sha1, Mechanism::kScramSha1Plus, kWithoutUnique, true), "success user");
}

void binding_to_another_channel_is_not_authorized(void**) {
  const auto plus = Mechanism::kScramSha256Plus;
  for (const char* data : {"", "exporter-datA", "end-point-data", "exporter-data "}) {
    assert_text_equal(log_in(binding_client("tls-exporter", data), plus, kAllBindings, true),
                      "not-authorized");
  }
}

void binding_that_the_stream_has_not_is_refused(void**) {
  const auto plus = Mechanism::kScramSha256Plus;
  for (const char* flag :
       {"p=tls-unique", "p=", "p=tls-exporter2", "p=TLS-EXPORTER", "p=unknown"}) {
    assert_text_equal(first(std::string(flag) + ",,n=user,r=abc", plus, kWithoutUnique, true),
                      "malformed-request");
  }
}

void plus_and_the_binding_flag_go_together(void**) {
  const auto plus = Mechanism::kScramSha256Plus;
  assert_text_equal(first("n,,n=user,r=abc", plus, kWithoutUnique, true), "malformed-request");
  assert_text_equal(first("y,,n=user,r=abc", plus, kWithoutUnique, true), "malformed-request");
  assert_text_equal(
      first("p=tls-exporter,,n=user,r=abc", Mechanism::kScramSha256, kWithoutUnique, true),
      "malformed-request");
}

// RFC 5802 section 6.
void stripped_plus_is_noticed(void**) {
  for (const ChannelBindings& bindings : {kAllBindings, kWithoutUnique}) {
    assert_text_equal(first("y,,n=user,r=abc", Mechanism::kScramSha256, bindings, true),
                      "not-authorized");
    assert_text_equal(first("y,,n=user,r=abc", Mechanism::kScramSha1, bindings, false), "keys");
    assert_text_equal(first("n,,n=user,r=abc", Mechanism::kScramSha256, bindings, true), "keys");
  }
}

// slixmpp 1.8.3: the best mechanism it sees, with the only binding it knows.
void client_that_knows_only_tls_unique_logs_in_by_plus(void**) {
  assert_text_equal(log_in(binding_client("tls-unique", "unique-data"), Mechanism::kScramSha256Plus,
                           kAllBindings, true),
                    "success user");
  // Where no -PLUS was offered it says "y", and that is true.
  ScramClient client;
  client.gs2_header = "y,,";
  assert_text_equal(log_in(client, Mechanism::kScramSha256, kAllBindings, false), "success user");
}

// --- names ---------------------------------------------------------------------------------------

void names_of_mechanisms_are_those_of_iana(void**) {
  for (const char* name :
       {"SCRAM-SHA-512-PLUS", "SCRAM-SHA-256-PLUS", "SCRAM-SHA-1-PLUS", "SCRAM-SHA-512",
        "SCRAM-SHA-256", "SCRAM-SHA-1", "PLAIN", "OAUTHBEARER", "X-OAUTH2", "EXTERNAL",
        "HT-SHA-256-EXPR", "HT-SHA-256-ENDP", "HT-SHA-256-UNIQ", "HT-SHA-256-NONE"}) {
    const auto mechanism = parse_mechanism(name);
    assert_true(mechanism.has_value());
    assert_text_equal(to_string(*mechanism), name);
    assert_int_equal(is_plus(*mechanism), std::string_view(name).ends_with("-PLUS"));
    assert_int_equal(is_fast(*mechanism), std::string_view(name).starts_with("HT-"));
  }
  for (const char* name :
       {"", "plain", "SCRAM-SHA-384", "PLAIN ", "DIGEST-MD5", "HT-SHA-512-NONE"}) {
    assert_false(parse_mechanism(name).has_value());
  }
}

void what_was_offered_is_signed(void**) {
  // XEP-0474 section 5.3.
  assert_text_equal(
      challenge_for("SCRAM-SHA-1\x1eSCRAM-SHA-1-PLUS\x1ftls-exporter\x1etls-server-end-point",
                    crypto::Hash::kSha1, Mechanism::kScramSha1),
      "r=clientserver,s=c2FsdA==,i=4,h=G6k/rBLDqgOhRRaCuuatSDFkJ08=");
  const auto exchange =
      start_scram(Mechanism::kScramSha256, {"example.net", {}, false, "PLAIN"}, "server");
  const ScramClient client;
  exchange->on_message(client.first());
  const SaslStep challenge = exchange->on_keys(keys_of("pencil"));
  // The proof of a client that was shown another list, and its hash, is another.
  std::string shown = std::get<SaslChallenge>(challenge).message;
  shown.replace(shown.find(",h=") + 3, 1, "#");
  assert_text_equal(outcome(exchange->on_message(client.final_message(shown))), "not-authorized");
}

void sha_512_is_a_hash_like_others(void**) {
  ScramClient client;
  client.hash = crypto::Hash::kSha512;
  assert_text_equal(log_in(client, Mechanism::kScramSha512, {}, false), "success user");
  client.gs2_header = "p=tls-exporter,,";
  client.binding_data = "exporter-data";
  assert_text_equal(log_in(client, Mechanism::kScramSha512Plus, kAllBindings, true),
                    "success user");
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(example_of_rfc_5802_logs_in),
      cmocka_unit_test(example_of_rfc_7677_logs_in),
      cmocka_unit_test(server_nonce_is_new_for_each_exchange),
      cmocka_unit_test(wrong_password_is_not_authorized),
      cmocka_unit_test(keys_of_nobody_match_no_proof),
      cmocka_unit_test(proof_of_another_length_is_not_authorized),
      cmocka_unit_test(changed_nonce_is_not_authorized),
      cmocka_unit_test(changed_gs2_header_is_not_authorized),
      cmocka_unit_test(extensions_of_the_final_message_are_ignored_but_proven),
      cmocka_unit_test(final_message_out_of_shape_is_malformed),
      cmocka_unit_test(first_message_out_of_shape_is_malformed),
      cmocka_unit_test(escapes_of_a_name_are_two),
      cmocka_unit_test(name_goes_through_saslprep),
      cmocka_unit_test(user_may_act_as_nobody_else),
      cmocka_unit_test(messages_out_of_order_are_malformed),
      cmocka_unit_test(failed_exchange_stays_failed),
      cmocka_unit_test(each_binding_that_the_stream_has_can_be_used),
      cmocka_unit_test(binding_to_another_channel_is_not_authorized),
      cmocka_unit_test(binding_that_the_stream_has_not_is_refused),
      cmocka_unit_test(plus_and_the_binding_flag_go_together),
      cmocka_unit_test(stripped_plus_is_noticed),
      cmocka_unit_test(client_that_knows_only_tls_unique_logs_in_by_plus),
      cmocka_unit_test(what_was_offered_is_signed),
      cmocka_unit_test(sha_512_is_a_hash_like_others),
      cmocka_unit_test(names_of_mechanisms_are_those_of_iana),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
