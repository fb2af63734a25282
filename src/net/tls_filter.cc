// SPDX-License-Identifier: MIT
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "net/address.h"
#include "net/tls.h"
#include "net/tls_context.h"

namespace rosterd::net {

// A BIO whose reads come from the bytes just received and whose writes go to the connection's
// queue: it has no memory of its own, which memory BIOs keep for ever (40 KB per connection).
struct TlsBio {
  static TlsFilter& filter_of(BIO* bio) { return *static_cast<TlsFilter*>(BIO_get_data(bio)); }

  static int read(BIO* bio, char* into, std::size_t size, std::size_t* taken) {
    std::string_view& input = filter_of(bio).input_;
    BIO_clear_retry_flags(bio);
    *taken = std::min(size, input.size());
    if (*taken == 0) {
      BIO_set_retry_read(bio);
      return 0;
    }
    std::memcpy(into, input.data(), *taken);
    input.remove_prefix(*taken);
    return 1;
  }

  static int write(BIO* bio, const char* from, std::size_t size, std::size_t* taken) {
    BIO_clear_retry_flags(bio);
    ByteQueue* const output = filter_of(bio).output_;
    if (!output) return 0;
    output->append(std::string_view(from, size));
    *taken = size;
    return 1;
  }

  static long control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

  static int create(BIO* bio) {
    BIO_set_init(bio, 1);
    return 1;
  }

  static BIO_METHOD* make_method() {
    BIO_METHOD* const method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "rosterd");
    BIO_meth_set_read_ex(method, read);
    BIO_meth_set_write_ex(method, write);
    BIO_meth_set_ctrl(method, control);
    BIO_meth_set_create(method, create);
    return method;
  }

  struct FreeMethod {
    void operator()(BIO_METHOD* method) const { BIO_meth_free(method); }
  };

  static void attach(SSL* ssl, TlsFilter& filter) {
    static const std::unique_ptr<BIO_METHOD, FreeMethod> method(make_method());
    BIO* const bio = BIO_new(method.get());
    if (!bio) return;  // then the first call on the SSL fails
    BIO_set_data(bio, &filter);
    SSL_set_bio(ssl, bio, bio);
  }
};

namespace {

constexpr std::size_t kExporterSize = 32;  // RFC 9266 section 2
constexpr std::string_view kExporterLabel = "EXPORTER-Channel-Binding";
constexpr std::size_t kRecordSize = 16 * 1024;

struct FreeX509 {
  void operator()(X509* certificate) const { X509_free(certificate); }
};

struct FreeBio {
  void operator()(BIO* bio) const { BIO_free(bio); }
};

// RFC 5929 section 4.1: the hash of the certificate's signature, but never a weak one; undefined
// where the signature has no hash of its own (Ed25519).
const EVP_MD* end_point_hash(X509* certificate) {
  int hash = NID_undef;
  if (X509_get_signature_info(certificate, &hash, nullptr, nullptr, nullptr) != 1) return nullptr;
  if (hash == NID_undef) return nullptr;
  if (hash == NID_md5 || hash == NID_sha1) return EVP_sha256();
  return EVP_get_digestbynid(hash);
}

std::string end_point_digest(X509* certificate) {
  const EVP_MD* const hash = certificate ? end_point_hash(certificate) : nullptr;
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  if (!hash || X509_digest(certificate, hash, digest, &size) != 1) return {};
  return std::string(reinterpret_cast<const char*>(digest), size);
}

// RFC 6125: the certificate must name the host that was asked for, not what its address says.
bool expect_host(SSL* ssl, const std::string& host) {
  if (Address::parse(host, 0)) {
    return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host.c_str()) == 1;
  }
  SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  if (SSL_set1_host(ssl, host.c_str()) != 1) return false;
  // RFC 6066 section 3: SNI is for names only. (The macro of ssl.h has an old-style cast.)
  return SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
                  const_cast<char*>(host.c_str())) == 1;
}

}  // namespace

TlsFilter::TlsFilter(std::shared_ptr<const TlsContext> context) : context_(std::move(context)) {
  ERR_clear_error();
  ssl_ = SSL_new(context_->impl_->contexts.front().get());
  if (ssl_) {
    TlsBio::attach(ssl_, *this);
  } else {
    fail(SSL_ERROR_SSL);
  }
}

TlsFilter::~TlsFilter() { SSL_free(ssl_); }

std::unique_ptr<TlsFilter> TlsFilter::make_server(std::shared_ptr<const TlsContext> context) {
  std::unique_ptr<TlsFilter> filter(new TlsFilter(std::move(context)));
  if (filter->ssl_) SSL_set_accept_state(filter->ssl_);
  return filter;
}

std::unique_ptr<TlsFilter> TlsFilter::make_client(std::shared_ptr<const TlsContext> context,
                                                  const std::string& host) {
  std::unique_ptr<TlsFilter> filter(new TlsFilter(std::move(context)));
  if (!filter->ssl_) return filter;
  SSL_set_connect_state(filter->ssl_);
  if (!expect_host(filter->ssl_, host)) filter->fail(SSL_ERROR_SSL);
  return filter;
}

TlsFilter::State TlsFilter::receive(std::string_view records, std::string& plain, ByteQueue& wire) {
  input_ = records;
  output_ = &wire;
  if (state_ == State::kHandshaking) handshake();
  if (state_ == State::kOpen) read_all(plain);
  input_ = {};
  output_ = nullptr;
  return state_;
}

void TlsFilter::handshake() {
  ERR_clear_error();
  const int result = SSL_do_handshake(ssl_);
  if (result == 1) {
    state_ = State::kOpen;
    return;
  }
  const int error = SSL_get_error(ssl_, result);
  if (error != SSL_ERROR_WANT_READ) fail(error);
}

void TlsFilter::read_all(std::string& plain) {
  char record[kRecordSize];
  // The last SSL_read, which would only say that there is no more, is saved where that is known.
  while (!input_.empty() || SSL_has_pending(ssl_) == 1) {
    ERR_clear_error();
    std::size_t size = 0;
    const int result = SSL_read_ex(ssl_, record, sizeof record, &size);
    if (result == 1) {
      plain.append(record, size);
      continue;
    }
    const int error = SSL_get_error(ssl_, result);
    if (error == SSL_ERROR_WANT_READ) return;
    if (error != SSL_ERROR_ZERO_RETURN) return fail(error);
    state_ = State::kPeerClosed;
    return;
  }
}

void TlsFilter::fail(int ssl_error) {
  const long verified = ssl_ ? SSL_get_verify_result(ssl_) : X509_V_OK;
  std::string text = take_ssl_error("handshake failed");
  if (ssl_error == SSL_ERROR_SSL && verified != X509_V_OK && context_->impl_->verify) {
    (text += ": ") += X509_verify_cert_error_string(verified);
  }
  state_ = State::kFailed;
  error_ = Error{Errc::kInvalid, std::move(text)};
}

Status TlsFilter::send(std::string_view plain, ByteQueue& wire) {
  if (state_ != State::kOpen && state_ != State::kPeerClosed) {
    return make_error(Errc::kInvalid, "no TLS session");
  }
  output_ = &wire;
  while (!plain.empty()) {
    ERR_clear_error();
    std::size_t size = 0;
    const int result = SSL_write_ex(ssl_, plain.data(), plain.size(), &size);
    if (result != 1) {
      fail(SSL_get_error(ssl_, result));
      output_ = nullptr;
      return tl::unexpected<Error>(error_);
    }
    plain.remove_prefix(size);
  }
  output_ = nullptr;
  return {};
}

void TlsFilter::close(ByteQueue& wire) {
  if (state_ != State::kOpen && state_ != State::kPeerClosed) return;
  ERR_clear_error();
  output_ = &wire;
  SSL_shutdown(ssl_);  // does not wait for the peer's
  output_ = nullptr;
  ERR_clear_error();
}

TlsInfo TlsFilter::info() const {
  TlsInfo info;
  info.version = SSL_get_version(ssl_);
  info.cipher = SSL_get_cipher_name(ssl_);
  const unsigned char* alpn = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(ssl_, &alpn, &size);
  if (alpn) info.alpn.assign(reinterpret_cast<const char*>(alpn), size);
  if (const char* name = SSL_get_servername(ssl_, TLSEXT_NAMETYPE_host_name)) {
    info.server_name = name;
  }
  info.resumed = SSL_session_reused(ssl_) == 1;
  return info;
}

std::string TlsFilter::peer_subject() const {
  if (state_ != State::kOpen && state_ != State::kPeerClosed) return {};
  const std::unique_ptr<X509, FreeX509> peer(SSL_get1_peer_certificate(ssl_));
  if (!peer || SSL_get_verify_result(ssl_) != X509_V_OK) return {};
  const std::unique_ptr<BIO, FreeBio> text(BIO_new(BIO_s_mem()));
  if (!text ||
      X509_NAME_print_ex(text.get(), X509_get_subject_name(peer.get()), 0, XN_FLAG_RFC2253) < 0) {
    return {};
  }
  char line[512];
  const int size = BIO_read(text.get(), line, sizeof line);
  // An empty subject has been verified, too.
  return size > 0 ? std::string(line, static_cast<std::size_t>(size)) : "(no subject)";
}

bool TlsFilter::binds_securely() const {
  if (state_ != State::kOpen && state_ != State::kPeerClosed) return false;
  return SSL_version(ssl_) >= TLS1_3_VERSION || SSL_get_extms_support(ssl_) == 1;
}

std::string TlsFilter::tls_exporter() const {
  if (!binds_securely()) return {};
  std::string binding(kExporterSize, '\0');
  const int done = SSL_export_keying_material(
      ssl_, reinterpret_cast<unsigned char*>(binding.data()), binding.size(), kExporterLabel.data(),
      kExporterLabel.size(), nullptr, 0, 1);
  return done == 1 ? binding : std::string();
}

std::string TlsFilter::tls_server_end_point() const {
  if (state_ != State::kOpen && state_ != State::kPeerClosed) return {};
  if (SSL_is_server(ssl_)) return end_point_digest(SSL_get_certificate(ssl_));
  const std::unique_ptr<X509, FreeX509> peer(SSL_get1_peer_certificate(ssl_));
  return end_point_digest(peer.get());
}

// RFC 5929 section 3.1: the first Finished message of the handshake. The client sends it in a full
// handshake, the server in an abbreviated one. TLS 1.3 has no tls-unique, but clients that take
// whatever their OpenSSL gives them (slixmpp, by Python's get_channel_binding) compute the same
// function of its Finished messages, which bind the connection just as well.
std::string TlsFilter::tls_unique() const {
  if (!binds_securely()) return {};
  const bool server_was_first = SSL_session_reused(ssl_) == 1;
  const bool is_ours = (SSL_is_server(ssl_) == 1) == server_was_first;
  char finished[EVP_MAX_MD_SIZE];
  const std::size_t size = is_ours ? SSL_get_finished(ssl_, finished, sizeof finished)
                                   : SSL_get_peer_finished(ssl_, finished, sizeof finished);
  return std::string(finished, std::min(size, sizeof finished));
}

}  // namespace rosterd::net
