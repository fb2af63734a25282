// SPDX-License-Identifier: MIT
#include <string>
#include <string_view>

#include "support/cmocka.h"
#include "support/scram_client.h"
#include "unit/xmpp/stream.h"

using namespace rosterd;
using namespace rosterd::xmpp;
using namespace rosterd::xmpp::test;

namespace {

using namespace std::string_literals;

const std::string kPlain = "\0romeo\0secret"s;
const std::string kBindFeatures =
    "<stream:features><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><required/></bind>"
    "<session xmlns='urn:ietf:params:xml:ns:xmpp-session'><optional/></session>"
    "<ver xmlns='urn:xmpp:features:rosterver'/></stream:features>";
const std::string kSessionFeatures =
    "<stream:features><ver xmlns='urn:xmpp:features:rosterver'/></stream:features>";
const std::string kAgent =
    "<user-agent id='D4565FA7-4d72-4749-b3d3-740edbf87770'><software>Quill</software>"
    "<device>Desk</device></user-agent>";
const std::string kBind = "<bind xmlns='urn:xmpp:bind:0'/>";

std::string failure(const std::string& condition, const std::string& text = "") {
  return "<failure xmlns='urn:xmpp:sasl:2'><" + condition +
         " xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>" +
         (text.empty() ? "" : "<text>" + text + "</text>") + "</failure>";
}

std::string success(const std::string& inside) {
  return "<success xmlns='urn:xmpp:sasl:2'>" + inside + "</success>";
}

std::string identifier(const std::string& jid) {
  return "<authorization-identifier>" + jid + "</authorization-identifier>";
}

// The resource that is asked for in "[bind RESOURCE]" at the end.
std::string asked_resource(const std::string& log) {
  const std::size_t at = log.rfind("[bind ");
  assert_true(at != std::string::npos);
  return log.substr(at + 6, log.size() - at - 7);
}

void client_is_told_who_it_is_and_no_stream_begins_anew(void**) {
  Stream stream;
  stream.header();
  assert_text_equal(stream.authenticate("PLAIN", kPlain), "[password romeo@example.net secret]");
  assert_text_equal(stream.password(true), "[authenticated romeo@example.net by PLAIN]" +
                                               success(identifier("romeo@example.net")) +
                                               kBindFeatures);
  assert_true(stream.negotiation->authenticated());
  assert_true(stream.negotiation->header_sent());
  assert_text_equal(stream.send("<iq type='set' id='1'><bind "
                                "xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>"),
                    "[bind ]");
}

void scram_ends_with_the_servers_proof_as_additional_data(void**) {
  Stream stream;
  stream.header();
  rosterd::test::ScramClient client;
  client.username = "romeo";
  assert_text_equal(stream.authenticate("SCRAM-SHA-256", client.first()),
                    "[keys romeo@example.net]");
  const std::string challenge =
      stream.keys(derive_scram_keys(crypto::Hash::kSha256, "pencil", "salt", 4));
  const std::string opening = "<challenge xmlns='urn:xmpp:sasl:2'>";
  assert_true(challenge.starts_with(opening));
  const std::string server_first = *text::base64_decode(
      challenge.substr(opening.size(), challenge.find('<', 1) - opening.size()));
  const std::string data = text::base64_encode(client.expected_answer(server_first));
  assert_text_equal(
      stream.send("<response xmlns='urn:xmpp:sasl:2'>" +
                  text::base64_encode(client.final_message(server_first)) + "</response>"),
      "[authenticated romeo@example.net by SCRAM-SHA-256]" +
          success("<additional-data>" + data + "</additional-data>" +
                  identifier("romeo@example.net")) +
          kBindFeatures);
}

void login_and_resource_come_in_one(void**) {
  Stream stream;
  stream.header();
  stream.authenticate("PLAIN", kPlain,
                      kAgent +
                          "<bind xmlns='urn:xmpp:bind:0'><tag>Quill</tag>"
                          "<enable xmlns='urn:xmpp:carbons:2'/></bind>");
  const std::string log = stream.password(true);
  assert_true(log.starts_with("[authenticated romeo@example.net by PLAIN of Quill][bind Quill/"));
  assert_true(stream.negotiation->waiting());
  const Jid full = *Jid::parse("romeo@example.net/" + asked_resource(log));
  assert_text_equal(
      stream.bound(full),
      success(identifier(std::string(full.text())) + "<bound xmlns='urn:xmpp:bind:0'/>") +
          kSessionFeatures + "[established " + std::string(full.text()) + "]");
  assert_true(stream.negotiation->established());
}

std::string resource_of(const std::string& agent, const std::string& bind,
                        const std::string& name = "romeo") {
  Stream stream;
  stream.header();
  stream.authenticate("PLAIN", "\0"s + name + "\0secret"s, agent + bind);
  return asked_resource(stream.login(Login{*Jid::make(name, "example.net")}));
}

void resource_is_the_same_at_every_login_of_an_agent(void**) {
  const std::string resource = resource_of(kAgent, kBind);
  assert_text_equal(resource_of(kAgent, kBind), resource);
  assert_int_equal(resource.size(), 18);
  assert_text_equal(resource_of("<user-agent id='d4565fa7-4d72-4749-b3d3-740edbf87770'/>", kBind),
                    resource);
  assert_text_equal(resource_of(kAgent, "<bind xmlns='urn:xmpp:bind:0'><tag>x</tag></bind>"),
                    "x/" + resource);
  // Neither another agent's nor another user's.
  assert_string_not_equal(
      resource_of("<user-agent id='d4565fa7-4d72-4749-b3d3-740edbf87771'/>", kBind).c_str(),
      resource.c_str());
  assert_string_not_equal(resource_of(kAgent, kBind, "juliet").c_str(), resource.c_str());
}

void resource_of_an_agent_without_an_id_is_random(void**) {
  const std::string agent = "<user-agent><software>Quill</software></user-agent>";
  assert_string_not_equal(resource_of(agent, kBind).c_str(), resource_of(agent, kBind).c_str());
  assert_string_not_equal(resource_of("", kBind).c_str(), resource_of("", kBind).c_str());
}

void resource_that_may_not_be_replaced_gives_way_to_another(void**) {
  Stream stream;
  stream.header();
  stream.authenticate("PLAIN", kPlain, kAgent + kBind);
  const std::string first = asked_resource(stream.password(true));
  const std::string second = asked_resource(stream.bound(make_error(Errc::kConflict, "in use")));
  assert_string_not_equal(second.c_str(), first.c_str());
  assert_true(holds(stream.bound(*Jid::parse("romeo@example.net/" + second)), "[established "));
}

void session_that_cannot_be_had_ends_the_stream(void**) {
  for (const Errc why : {Errc::kTooLarge, Errc::kConflict}) {
    Stream stream;
    stream.header();
    stream.authenticate("PLAIN", kPlain, kBind);
    stream.password(true);
    assert_text_equal(stream.bound(make_error(why, "no")), "[close resource-constraint]");
  }
}

void failure_leaves_the_stream_as_it_was(void**) {
  Stream stream;
  stream.header();
  stream.authenticate("PLAIN", kPlain, kAgent + kBind);
  assert_text_equal(stream.password(false), failure("not-authorized") + "[failed romeo]");
  assert_false(stream.negotiation->authenticated());
  assert_text_equal(stream.authenticate("PLAIN", kPlain), "[password romeo@example.net secret]");
  assert_text_equal(stream.login(make_error(Errc::kUnavailable, "no answer")),
                    failure("temporary-auth-failure") + "[failed romeo]");
  stream.authenticate("PLAIN", kPlain);
  stream.password(false);
  // The older profile is there still.
  assert_text_equal(stream.plain(), "[password romeo@example.net secret]");
  assert_text_equal(stream.password(false),
                    "<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><not-authorized/></failure>"
                    "[failed romeo][close policy-violation]");
}

void missing_initial_response_is_asked_for(void**) {
  Stream stream;
  stream.header();
  assert_text_equal(stream.send("<authenticate xmlns='urn:xmpp:sasl:2' mechanism='PLAIN'/>"),
                    "<challenge xmlns='urn:xmpp:sasl:2'/>");
  assert_text_equal(
      stream.send("<response xmlns='urn:xmpp:sasl:2'>AHJvbWVvAHNlY3JldA==</response>"),
      "[password romeo@example.net secret]");
}

void empty_initial_response_is_an_empty_message(void**) {
  Stream stream;
  stream.header();
  assert_text_equal(stream.authenticate("PLAIN", ""), failure("malformed-request") + "[failed ]");
  const std::string equals =
      "<authenticate xmlns='urn:xmpp:sasl:2' mechanism='PLAIN'>"
      "<initial-response>=</initial-response></authenticate>";
  assert_text_equal(stream.send(equals), failure("incorrect-encoding") + "[failed ]");
}

void exchange_can_be_aborted(void**) {
  Stream stream;
  stream.header();
  stream.authenticate("SCRAM-SHA-1", "n,,n=romeo,r=abc");
  stream.keys(derive_scram_keys(crypto::Hash::kSha1, "pencil", "salt", 4));
  assert_text_equal(stream.send("<abort xmlns='urn:xmpp:sasl:2'><text>No.</text></abort>"),
                    failure("aborted") + "[failed romeo]");
  assert_text_equal(stream.send("<response xmlns='urn:xmpp:sasl:2'/>"),
                    failure("malformed-request") + "[failed ]");
}

void profiles_are_not_mixed_in_one_exchange(void**) {
  const std::string old_failure =
      "<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><malformed-request/></failure>[failed ]";
  for (const char* other : {"<response xmlns='urn:xmpp:sasl:2'>AHJvbWVvAHNlY3JldA==</response>",
                            "<abort xmlns='urn:xmpp:sasl:2'/>",
                            "<authenticate xmlns='urn:xmpp:sasl:2' mechanism='PLAIN'/>"}) {
    Stream stream;
    stream.header();
    stream.auth("PLAIN");
    assert_text_equal(stream.send(other), old_failure);
    assert_text_equal(stream.plain(), "[password romeo@example.net secret]");
  }
  Stream stream;
  stream.header();
  stream.send("<authenticate xmlns='urn:xmpp:sasl:2' mechanism='PLAIN'/>");
  assert_text_equal(stream.response("AHJvbWVvAHNlY3JldA=="),
                    failure("malformed-request") + "[failed ]");
}

void second_exchange_ends_the_first(void**) {
  Stream stream;
  stream.header();
  stream.send("<authenticate xmlns='urn:xmpp:sasl:2' mechanism='PLAIN'/>");
  assert_text_equal(stream.authenticate("PLAIN", kPlain),
                    failure("malformed-request") + "[failed ]");
}

void stanza_within_an_exchange_ends_the_stream(void**) {
  Stream stream;
  stream.header();
  stream.send("<authenticate xmlns='urn:xmpp:sasl:2' mechanism='PLAIN'/>");
  assert_text_equal(stream.send("<presence/>"), "[close not-authorized]");
}

void nobody_authenticates_twice(void**) {
  Stream stream;
  stream.header();
  stream.authenticate("PLAIN", kPlain);
  stream.password(true);
  assert_text_equal(stream.authenticate("PLAIN", kPlain), "[close unsupported-stanza-type]");
}

void mechanism_that_is_not_offered_is_invalid(void**) {
  for (const char* name : {"", "plain", "DIGEST-MD5", "SCRAM-SHA-256-PLUS"}) {
    Stream stream;
    stream.header();
    assert_text_equal(stream.authenticate(name, kPlain),
                      failure("invalid-mechanism") + "[failed ]");
  }
  Stream stream;
  stream.header();
  assert_text_equal(stream.send("<authenticate xmlns='urn:xmpp:sasl:2'/>"),
                    failure("invalid-mechanism") + "[failed ]");
}

void login_in_the_clear_needs_encryption_first(void**) {
  Stream stream(false);
  stream.header();
  assert_text_equal(stream.authenticate("PLAIN", kPlain),
                    failure("encryption-required") + "[failed ]");
}

void id_of_an_agent_must_be_a_uuid(void**) {
  for (const char* id :
       {"", "1", "d4565fa7-4d72-4749-b3d3-740edbf8777", "d4565fa7-4d72-4749-b3d3-740edbf877700",
        "d4565fa7-4d72-1749-b3d3-740edbf87770", "d4565fa7-4d72-4749-73d3-740edbf87770",
        "d4565fa7x4d72-4749-b3d3-740edbf87770", "g4565fa7-4d72-4749-b3d3-740edbf87770",
        "d4565fa7-4d72-4749-b3d3-740edbf8777\xC3\xA9"}) {
    Stream stream;
    stream.header();
    assert_text_equal(
        stream.authenticate("PLAIN", kPlain, "<user-agent id='" + std::string(id) + "'/>"),
        failure("malformed-request", "the user-agent's id is no UUID of version 4") + "[failed ]");
  }
}

void what_may_be_there_once_is_not_there_twice(void**) {
  for (const std::string& twice : {kBind + kBind, kAgent + kAgent,
                                   "<initial-response>AHJvbWVvAHNlY3JldA==</initial-response>"s}) {
    Stream stream;
    stream.header();
    assert_text_equal(
        stream.authenticate("PLAIN", kPlain, twice),
        failure("malformed-request", "an element that may be there once is twice") + "[failed ]");
  }
}

void tag_that_cannot_stand_in_a_resource_is_malformed(void**) {
  for (const std::string& tag : {"a\xEF\xBF\xBD"s, std::string(1005, 'x')}) {
    Stream stream;
    stream.header();
    assert_text_equal(
        stream.authenticate("PLAIN", kPlain,
                            "<bind xmlns='urn:xmpp:bind:0'><tag>" + tag + "</tag></bind>"),
        failure("malformed-request", "the tag cannot stand in a resource") + "[failed ]");
  }
  assert_int_equal(resource_of(kAgent, "<bind xmlns='urn:xmpp:bind:0'><tag>" +
                                           std::string(1004, 'x') + "</tag></bind>")
                       .size(),
                   1023);
}

void nobody_logs_in_as_somebody_else_than_the_stream_says(void**) {
  for (const char* own : {"romeo@example.net", "ROMEO@example.net/x", "example.net", "localhost"}) {
    Stream stream;
    stream.header("to='example.net' version='1.0' from='" + std::string(own) + "'");
    assert_text_equal(stream.authenticate("PLAIN", kPlain), "[password romeo@example.net secret]");
  }
  for (const char* other : {"juliet@example.net", "romeo@example.com"}) {
    Stream stream;
    stream.header("to='example.net' version='1.0' from='" + std::string(other) + "'");
    assert_text_equal(stream.authenticate("PLAIN", kPlain),
                      failure("invalid-authzid") + "[failed romeo]");
  }
}

void authzid_of_somebody_else_is_invalid(void**) {
  Stream stream;
  stream.header();
  assert_text_equal(stream.authenticate("PLAIN", "juliet" + kPlain),
                    failure("invalid-authzid") + "[failed ]");
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(client_is_told_who_it_is_and_no_stream_begins_anew),
      cmocka_unit_test(scram_ends_with_the_servers_proof_as_additional_data),
      cmocka_unit_test(login_and_resource_come_in_one),
      cmocka_unit_test(resource_is_the_same_at_every_login_of_an_agent),
      cmocka_unit_test(resource_of_an_agent_without_an_id_is_random),
      cmocka_unit_test(resource_that_may_not_be_replaced_gives_way_to_another),
      cmocka_unit_test(session_that_cannot_be_had_ends_the_stream),
      cmocka_unit_test(failure_leaves_the_stream_as_it_was),
      cmocka_unit_test(missing_initial_response_is_asked_for),
      cmocka_unit_test(empty_initial_response_is_an_empty_message),
      cmocka_unit_test(exchange_can_be_aborted),
      cmocka_unit_test(profiles_are_not_mixed_in_one_exchange),
      cmocka_unit_test(second_exchange_ends_the_first),
      cmocka_unit_test(stanza_within_an_exchange_ends_the_stream),
      cmocka_unit_test(nobody_authenticates_twice),
      cmocka_unit_test(mechanism_that_is_not_offered_is_invalid),
      cmocka_unit_test(login_in_the_clear_needs_encryption_first),
      cmocka_unit_test(id_of_an_agent_must_be_a_uuid),
      cmocka_unit_test(what_may_be_there_once_is_not_there_twice),
      cmocka_unit_test(tag_that_cannot_stand_in_a_resource_is_malformed),
      cmocka_unit_test(nobody_logs_in_as_somebody_else_than_the_stream_says),
      cmocka_unit_test(authzid_of_somebody_else_is_invalid),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
