// SPDX-License-Identifier: MIT
#include "fast.h"

#include <fmt/format.h>

#include "process.h"
#include "scram.h"

namespace bench {

namespace {

constexpr std::string_view kMechanism = "HT-SHA-256-NONE";

std::string value_of(std::string_view heard, std::string_view before, char end) {
  const std::size_t at = heard.find(before);
  if (at == std::string_view::npos) give_up(fmt::format("no {} in: {}", before, heard));
  const std::size_t begin = at + before.size();
  return std::string(heard.substr(begin, heard.find(end, begin) - begin));
}

}  // namespace

std::string FastUser::make_head(std::string_view mechanism, std::string_view initial,
                                std::string_view fast) const {
  return fmt::format(
      "<?xml version='1.0'?><stream:stream to='{}' version='1.0' xmlns='jabber:client' "
      "xmlns:stream='http://etherx.jabber.org/streams'>"
      "<authenticate xmlns='urn:xmpp:sasl:2' mechanism='{}'><initial-response>{}</initial-response>"
      "<user-agent id='d4565fa7-4d72-4749-b3d3-{:012}'/><bind xmlns='urn:xmpp:bind:0'/>{}"
      "</authenticate>",
      kHost, mechanism, base64(initial), number_, fast);
}

FastUser::FastUser(std::uint16_t port, int number) : number_(number) {
  Client client(port, Carrier::kTls);
  client.send(make_head(
      "PLAIN", '\0' + user_name(number_) + '\0' + std::string(kPassword),
      fmt::format("<request-token xmlns='urn:xmpp:fast:0' mechanism='{}'/>", kMechanism)));
  client.read_until("</stream:features>");
  token_ = value_of(client.read_until("</stream:features>"), " token='", '\'');
  client.barrier();  // the ticket of the session is behind us
  session_.reset(client.take_tls_session());
}

void FastUser::log_in(std::uint16_t port) {
  Client client(port, Carrier::kTls, session_.get());
  const std::string initial = user_name(number_) + '\0' + hmac(token_, "Initiator");
  client.send(make_head(kMechanism, initial, "<fast xmlns='urn:xmpp:fast:0'/>") +
              "<iq type='get' id='roster'><query xmlns='jabber:iq:roster'/></iq><presence/>");
  client.read_until("</stream:features>");
  const std::string heard = client.read_until("</stream:features>");
  const std::string owed = base64(hmac(token_, "Responder"));
  if (value_of(heard, "<additional-data>", '<') != owed) give_up("another server: " + heard);
  client.read_until("id='roster'");
  session_.reset(client.take_tls_session());
}

}  // namespace bench
