// SPDX-License-Identifier: MIT
#include "client.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "process.h"
#include "scram.h"

namespace bench {

namespace {

SSL_CTX* tls_context() {
  static SSL_CTX* const context = [] {
    SSL_CTX* const made = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_read_ahead(made, 1);  // a record by one system call, not two
    return made;
  }();
  return context;
}

// Of which the first bytes came whole only with what stands behind `known`.
int count_answers(std::string_view input, std::size_t known) {
  constexpr std::string_view kStart = "HTTP/1.1 ";
  int count = 0;
  std::size_t at = known - std::min(known, kStart.size() - 1);
  for (; (at = input.find(kStart, at)) != std::string_view::npos; at += kStart.size()) ++count;
  return count;
}

}  // namespace

std::string user_name(int number) { return fmt::format("user{:05}", number); }

std::string user_jid(int number) {
  return fmt::format("{}@{}/{}", user_name(number), kHost, kResource);
}

int connect_to(std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    give_up(fmt::format("cannot connect to port {}: {}", port, std::strerror(errno)));
  }
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return fd;
}

Carrier carrier_named(std::string_view name) {
  if (name == "plain") return Carrier::kPlain;
  if (name == "tls") return Carrier::kTls;
  if (name == "websocket") return Carrier::kWebSocket;
  if (name == "bosh") return Carrier::kBosh;
  give_up(fmt::format("{}: neither plain nor tls nor websocket nor bosh", name));
}

namespace {

// The mask is four zero bytes: the server's work is the same, ours is less.
void append_frame_head(std::string& out, std::size_t size) {
  if (size > 0xFFFF) give_up("an element too long for this load generator");
  out += '\x81';
  if (size < 126) {
    out += static_cast<char>(0x80 | size);
  } else {
    out += '\xFE';
    out += static_cast<char>(size >> 8);
    out += static_cast<char>(size & 0xFF);
  }
  out.append(4, '\0');
}

}  // namespace

// Each frame is a document of its own (RFC 7395, 3.3.3), so that a stanza says its namespace.
void append_element(std::string& out, Carrier carrier, std::string_view element) {
  if (carrier != Carrier::kWebSocket) {
    out += element;
    return;
  }
  const std::size_t name_end = element.find_first_of(" />", 1);
  const std::string_view name = element.substr(0, name_end);
  const bool is_stanza = name == "<message" || name == "<presence" || name == "<iq";
  const std::string_view space = is_stanza ? " xmlns='jabber:client'" : "";
  append_frame_head(out, element.size() + space.size());
  out += name;
  out += space;
  out += element.substr(name_end);
}

Client::Client(std::uint16_t port, Carrier carrier, SSL_SESSION* resumed)
    : carrier_(carrier), fd_(connect_to(port)) {
  if (carrier == Carrier::kWebSocket) open_websocket();
  if (carrier != Carrier::kTls) return;
  ssl_ = SSL_new(tls_context());
  SSL_set_fd(ssl_, fd_);
  if (resumed) SSL_set_session(ssl_, resumed);
  if (SSL_connect(ssl_) != 1) give_up("TLS handshake failed");
  if (resumed && SSL_session_reused(ssl_) != 1) give_up("TLS was not resumed");
}

Client::~Client() {
  // OpenSSL forgets the session of a connection that was not shut down.
  if (ssl_) SSL_set_shutdown(ssl_, SSL_SENT_SHUTDOWN);
  SSL_free(ssl_);
  if (fd_ >= 0) ::close(fd_);
}

Client::Client(Client&& other) noexcept
    : carrier_(other.carrier_),
      fd_(std::exchange(other.fd_, -1)),
      ssl_(std::exchange(other.ssl_, nullptr)),
      input_(std::move(other.input_)),
      barriers_(other.barriers_),
      sid_(std::move(other.sid_)),
      rid_(other.rid_),
      unanswered_(other.unanswered_) {}

void Client::open_websocket() {
  write(
      "GET /xmpp-websocket HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\n"
      "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: xmpp\r\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
  read_until("\r\n\r\n");
}

void Client::open_session() {
  ask(fmt::format(" to='{}' ver='1.11' wait='3600' hold='1' xmpp:version='1.0'", kHost), "");
  const std::string heard = read_until("</stream:features>");
  constexpr std::string_view kSid = " sid='";
  const std::size_t begin = heard.find(kSid);
  if (begin == std::string::npos) give_up("no BOSH session: " + heard);
  const std::size_t end = heard.find('\'', begin + kSid.size());
  sid_ = fmt::format(" sid='{}'", heard.substr(begin + kSid.size(), end - begin - kSid.size()));
}

void Client::ask(std::string_view attributes, std::string_view payload) {
  const std::string body = fmt::format(
      "<body xmlns='http://jabber.org/protocol/httpbind' xmlns:xmpp='urn:xmpp:xbosh' rid='{}'{}{}>"
      "{}</body>",
      rid_++, sid_, attributes, payload);
  write(
      fmt::format("POST /http-bind HTTP/1.1\r\nHost: localhost\r\n"
                  "Content-Type: text/xml; charset=utf-8\r\nContent-Length: {}\r\n\r\n{}",
                  body.size(), body));
  ++unanswered_;
}

// For the server to hold.
void Client::leave_request() {
  if (carrier_ == Carrier::kBosh && unanswered_ == 0) ask("", "");
}

void Client::open_stream() {
  if (carrier_ == Carrier::kBosh) {
    if (sid_.empty()) return open_session();
    ask(fmt::format(" to='{}' xmpp:restart='true'", kHost), "");
    read_until("</stream:features>");
    return;
  }
  if (carrier_ == Carrier::kWebSocket) {
    send(fmt::format("<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' to='{}' version='1.0'/>",
                     kHost));
  } else {
    send(fmt::format(
        "<?xml version='1.0'?><stream:stream to='{}' version='1.0' xmlns='jabber:client' "
        "xmlns:stream='http://etherx.jabber.org/streams'>",
        kHost));
  }
  read_until("</stream:features>");
}

void Client::prove_by_plain(int user, std::string_view password) {
  const std::string secret = '\0' + user_name(user) + '\0' + std::string(password);
  send(fmt::format("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>{}</auth>",
                   base64(secret)));
  read_until("<success");
}

void Client::prove_by_scram(int user) {
  const auto payload = [this](std::string_view element) {
    read_until(fmt::format("<{} xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>", element));
    const std::string text = read_until("<");
    return base64_decode(text.substr(0, text.size() - 1));
  };
  Scram scram(user_name(user), kPassword);
  send(fmt::format(
      "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='SCRAM-SHA-256'>{}</auth>",
      base64(scram.first())));
  const std::string answer = scram.answer(payload("challenge"));
  send(fmt::format("<response xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>{}</response>",
                   base64(answer)));
  scram.check(payload("success"));
}

std::string Client::log_in(int user, Proof proof) {
  open_stream();
  proof == Proof::kScram ? prove_by_scram(user) : prove_by_plain(user, kPassword);
  return begin_session(user);
}

std::string Client::log_in(int user, std::string_view password) {
  open_stream();
  prove_by_plain(user, password);
  return begin_session(user);
}

std::string Client::begin_session(int user) {
  open_stream();
  send(
      fmt::format("<iq type='set' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>"
                  "<resource>{}</resource></bind></iq>",
                  kResource));
  read_until(fmt::format("<jid>{}</jid>", user_jid(user)));
  send("<iq type='get' id='roster'><query xmlns='jabber:iq:roster'/></iq>");
  send("<presence/>");
  // The answer waits for the roster, but the barrier behind it need not.
  std::string heard = read_until("id='roster'");
  heard += barrier();
  leave_request();
  return heard;
}

void Client::send(std::string_view element) {
  if (carrier_ == Carrier::kBosh) return ask("", element);
  if (carrier_ != Carrier::kWebSocket) return write(element);
  std::string frame;
  append_element(frame, carrier_, element);
  write(frame);
}

void Client::write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t size = ssl_ ? SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size()))
                              : ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (size <= 0) give_up("the server closed the connection on a write");
    bytes.remove_prefix(static_cast<std::size_t>(size));
  }
}

std::size_t Client::read_some(char* into, std::size_t size) {
  const ssize_t got =
      ssl_ ? SSL_read(ssl_, into, static_cast<int>(size)) : ::recv(fd_, into, size, 0);
  if (got <= 0) give_up("the server closed the connection after: " + input_);
  return static_cast<std::size_t>(got);
}

void Client::stop_blocking() { ::fcntl(fd_, F_SETFL, O_NONBLOCK); }

void Client::read_ready(std::string& into) {
  into.append(input_);  // that came with what was read before
  input_.clear();
  char buffer[64 * 1024];
  if (!ssl_) {
    into.append(buffer, read_some(buffer, sizeof buffer));
    return;
  }
  do {
    const int size = SSL_read(ssl_, buffer, sizeof buffer);
    if (size > 0) {
      into.append(buffer, static_cast<std::size_t>(size));
    } else if (SSL_get_error(ssl_, size) == SSL_ERROR_WANT_READ) {
      return;
    } else {
      give_up("the server closed a connection");
    }
  } while (SSL_has_pending(ssl_) == 1);
}

void Client::write_at_once(std::string_view carried) {
  const auto size = static_cast<int>(carried.size());
  const ssize_t sent = ssl_ ? SSL_write(ssl_, carried.data(), size)
                            : ::send(fd_, carried.data(), carried.size(), MSG_NOSIGNAL);
  if (sent != size) give_up("a socket of the load generator is full");
}

std::string Client::read_until(std::string_view marker) {
  for (;;) {
    const std::size_t found = input_.find(marker);
    if (found != std::string::npos) {
      std::string read = input_.substr(0, found + marker.size());
      input_.erase(0, read.size());
      return read;
    }
    leave_request();
    const std::size_t known = input_.size();
    char buffer[16 * 1024];
    input_.append(buffer, read_some(buffer, sizeof buffer));
    if (carrier_ == Carrier::kBosh) unanswered_ -= count_answers(input_, known);
    for (const std::string_view fault : {"</stream:stream>", "<failure", "type='terminate'"}) {
      if (input_.find(fault) != std::string::npos) {
        give_up(fmt::format("waited for {}, got: {}", marker, input_));
      }
    }
  }
}

// The answer to an iq comes after all that was queued for the client before; its id is the last
// thing looked for, and the rest of the element is dropped with the next read.
std::string Client::barrier() {
  const std::string id = fmt::format("barrier{}", ++barriers_);
  send(fmt::format("<iq type='get' id='{}'><ping xmlns='urn:xmpp:ping'/></iq>", id));
  std::string heard = read_until(id);
  return heard += read_until(">");
}

}  // namespace bench
