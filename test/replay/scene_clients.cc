// SPDX-License-Identifier: MIT
// What clients do.
#include <charconv>
#include <utility>

#include "base/crypto.h"
#include "base/text.h"
#include "scene.h"

namespace rosterd::replay {
namespace {

constexpr std::size_t kWhole = ~std::size_t{0};

std::string make_header(std::string_view host) {
  return "<?xml version='1.0'?><stream:stream to='" + std::string(host) +
         "' version='1.0' xmlns='jabber:client' "
         "xmlns:stream='http://etherx.jabber.org/streams'>";
}

// \xNN, \n, \t and \\ in a line of a conversation.
Result<std::string> unescape(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const char c = text.front();
    text.remove_prefix(1);
    if (c != '\\') {
      out += c;
      continue;
    }
    if (text.empty()) return make_error(Errc::kInvalid, "a backslash at the end");
    const char kind = text.front();
    text.remove_prefix(1);
    if (kind == 'x') {
      unsigned value = 0;
      if (text.size() < 2) return make_error(Errc::kInvalid, "\\x needs two digits");
      const auto [end, error] = std::from_chars(text.data(), text.data() + 2, value, 16);
      if (error != std::errc() || end != text.data() + 2) {
        return make_error(Errc::kInvalid, "\\x needs two digits");
      }
      text.remove_prefix(2);
      out += static_cast<char>(value);
    } else {
      out += kind == 'n' ? '\n' : kind == 't' ? '\t' : kind;
    }
  }
  return out;
}

}  // namespace

Result<Client*> Scene::find(const std::string& who) {
  Client* client = world().find_client(who);
  if (!client) return make_error(Errc::kInvalid, who + " is not connected");
  return client;
}

Status Scene::connect(const Arguments& a) {
  if (world().find_client(a[0])) return make_error(Errc::kInvalid, "is connected already");
  world().connect(a[0], true);
  return settled();
}

Status Scene::connect_in_clear(const Arguments& a) {
  if (world().find_client(a[0])) return make_error(Errc::kInvalid, "is connected already");
  world().connect(a[0], false);
  return settled();
}

Status Scene::connect_with_cookie(const Arguments& a) {
  if (world().find_client(a[0])) return make_error(Errc::kInvalid, "is connected already");
  world().connect(a[0], true, a[1]);
  return settled();
}

// The initial response of HT-SHA-256-NONE.
Status Scene::prove_token(const Arguments& a) {
  const auto token = matcher_.substitute(a[2]);
  if (!token) return tl::unexpected<Error>(token.error());
  const std::string hashed = crypto::hmac(crypto::Hash::kSha256, *token, "Initiator");
  matcher_.captures[a[0]] = text::base64_encode(a[1] + '\0' + hashed);
  return {};
}

Status Scene::disconnect(const Arguments& a) {
  const auto client = find(a[0]);
  if (!client) return tl::unexpected<Error>(client.error());
  if (!(*client)->received.empty()) {
    return make_error(Errc::kInvalid, "has not read " + (*client)->received.front().bytes);
  }
  world().disconnect(a[0]);
  return settled();
}

Status Scene::stop_reading(const Arguments& a) {
  const auto client = find(a[0]);
  if (!client) return tl::unexpected<Error>(client.error());
  (*client)->stop_reading();
  return {};
}

Status Scene::read_again(const Arguments& a) {
  const auto client = find(a[0]);
  if (!client) return tl::unexpected<Error>(client.error());
  (*client)->read_again();
  return settled();
}

Status Scene::send_text(const std::string& who, std::string_view bytes, std::size_t piece) {
  const auto client = find(who);
  if (!client) return tl::unexpected<Error>(client.error());
  if ((*client)->closed()) return make_error(Errc::kInvalid, "the stream has ended");
  (*client)->send_to_server(bytes, piece);
  return settled();
}

Status Scene::send(const Arguments& a) {
  const auto text = matcher_.substitute(a[1]);
  if (!text) return tl::unexpected<Error>(text.error());
  return send_text(a[0], *text, kWhole);
}

Status Scene::send_bytes(const Arguments& a) {
  const auto bytes = unescape(a[1]);
  if (!bytes) return tl::unexpected<Error>(bytes.error());
  return send_text(a[0], *bytes, kWhole);
}

Status Scene::send_by_bytes(const Arguments& a) { return send_text(a[0], a[1], 1); }

Status Scene::send_repeatedly(const Arguments& a) {
  std::size_t count = 0;
  std::from_chars(a[1].data(), a[1].data() + a[1].size(), count);
  std::string bytes;
  for (std::size_t i = 0; i < count; ++i) bytes += a[2];
  return send_text(a[0], bytes, kWhole);
}

// --- logging in ----------------------------------------------------------------------------------

Status Scene::exchange(const std::string& who, const std::string& sent,
                       std::initializer_list<std::string_view> expected) {
  if (auto status = send_text(who, sent, kWhole); !status) return status;
  for (const std::string_view pattern : expected) {
    const bool header = pattern.empty();
    auto status = header ? receive_header({who, "<stream from='*' id='*' version='1.0'/>"})
                         : receive({who, std::string(pattern)});
    if (!status) return status;
  }
  return {};
}

// The whole way, as any client goes it: header, SASL PLAIN, header, bind.
Status Scene::negotiate(const std::string& who, const xmpp::Jid& jid) {
  const std::string host(jid.domain());
  const auto known = accounts_.passwords.find(jid.bare_text());
  std::string plain(1, '\0');
  plain.append(jid.node()).append(1, '\0');
  plain += known == accounts_.passwords.end() ? "" : known->second;
  if (auto status =
          exchange(who, make_header(host), {"", "<stream:features>...</stream:features>"});
      !status) {
    return status;
  }
  const std::string auth = "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>" +
                           text::base64_encode(plain) + "</auth>";
  if (auto status = exchange(who, auth, {"<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>"});
      !status) {
    return status;
  }
  if (auto status =
          exchange(who, make_header(host), {"", "<stream:features>...</stream:features>"});
      !status) {
    return status;
  }
  std::string bind = "<iq type='set' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>";
  if (jid.is_full()) bind += "<resource>" + std::string(jid.resource()) + "</resource>";
  bind += "</bind></iq>";
  matcher_.captures.erase(who);
  const std::string bound =
      "<iq type='result' id='bind' from='?'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>"
      "<jid>{" +
      who + "}</jid></bind></iq>";
  return exchange(who, bind, {bound});
}

Status Scene::log_in(const Arguments& a) {
  const auto jid = xmpp::Jid::parse(a[1]);
  if (!jid) return make_error(Errc::kInvalid, "not a JID");
  if (auto status = connect({a[0]}); !status) return status;
  return negotiate(a[0], *jid);
}

// Logged in, roster fetched, available; what he gets on the way is taken as read.
Status Scene::come_online(const Arguments& a) {
  if (auto status = log_in(a); !status) return status;
  if (auto status = send_text(
          a[0], "<iq type='get' id='roster'><query xmlns='jabber:iq:roster'/></iq><presence/>",
          kWhole);
      !status) {
    return status;
  }
  (*find(a[0]))->received.clear();
  return {};
}

}  // namespace rosterd::replay
