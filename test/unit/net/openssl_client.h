// SPDX-License-Identifier: MIT
// A TLS client that is OpenSSL alone, over memory BIOs: it can be made to do what TlsFilter's own
// client never does.
#pragma once

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <string>
#include <string_view>

namespace rosterd::net::test {

class OpensslClient {
 public:
  explicit OpensslClient(int version = 0)
      : context_(SSL_CTX_new(TLS_client_method())), ssl_(nullptr) {
    SSL_CTX_set_security_level(context_, 0);
    SSL_CTX_set_cipher_list(context_, "ALL:@SECLEVEL=0");
    if (version != 0) {
      SSL_CTX_set_min_proto_version(context_, version);
      SSL_CTX_set_max_proto_version(context_, version);
    }
    ssl_ = SSL_new(context_);
    in_ = BIO_new(BIO_s_mem());
    out_ = BIO_new(BIO_s_mem());
    SSL_set_bio(ssl_, in_, out_);
    SSL_set_connect_state(ssl_);
  }
  ~OpensslClient() {
    SSL_free(ssl_);
    SSL_CTX_free(context_);
    ERR_clear_error();
  }
  OpensslClient(const OpensslClient&) = delete;
  OpensslClient& operator=(const OpensslClient&) = delete;

  void set_server_name(const char* name) {
    SSL_ctrl(ssl_, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
             const_cast<char*>(name));
  }
  // In wire form: "\x0bxmpp-client".
  void set_alpn(std::string_view wire) {
    SSL_set_alpn_protos(ssl_, reinterpret_cast<const unsigned char*>(wire.data()),
                        static_cast<unsigned>(wire.size()));
  }

  // Takes records, goes on with the handshake or reads; returns the records to send.
  std::string receive(std::string_view records) {
    BIO_write(in_, records.data(), static_cast<int>(records.size()));
    ERR_clear_error();
    if (!SSL_is_init_finished(ssl_)) SSL_do_handshake(ssl_);
    char buffer[4096];
    while (SSL_is_init_finished(ssl_)) {
      const int size = SSL_read(ssl_, buffer, sizeof buffer);
      if (size <= 0) break;
      plain.append(buffer, static_cast<std::size_t>(size));
    }
    if (const unsigned long code = ERR_peek_error()) error = ERR_reason_error_string(code);
    return take_output();
  }
  std::string send(std::string_view text) {
    SSL_write(ssl_, text.data(), static_cast<int>(text.size()));
    return take_output();
  }
  std::string close() {
    SSL_shutdown(ssl_);
    return take_output();
  }

  bool open() const { return SSL_is_init_finished(ssl_) == 1; }
  bool peer_closed() const { return (SSL_get_shutdown(ssl_) & SSL_RECEIVED_SHUTDOWN) != 0; }
  SSL* ssl() { return ssl_; }

  std::string subject() const {
    X509* const certificate = SSL_get1_peer_certificate(ssl_);
    char name[256] = "";
    if (certificate) {
      X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, name,
                                sizeof name);
    }
    X509_free(certificate);
    return name;
  }
  std::string exporter() const {
    unsigned char binding[32];
    constexpr std::string_view kLabel = "EXPORTER-Channel-Binding";
    SSL_export_keying_material(ssl_, binding, sizeof binding, kLabel.data(), kLabel.size(), nullptr,
                               0, 1);
    return std::string(reinterpret_cast<char*>(binding), sizeof binding);
  }
  // The first Finished of the handshake, as this side saw it.
  std::string first_finished() const {
    char finished[64];
    const std::size_t size = SSL_session_reused(ssl_) == 1
                                 ? SSL_get_peer_finished(ssl_, finished, sizeof finished)
                                 : SSL_get_finished(ssl_, finished, sizeof finished);
    return std::string(finished, size);
  }

  std::string plain;
  std::string error;  // the last one, as text

 private:
  std::string take_output() {
    std::string bytes(BIO_ctrl_pending(out_), '\0');
    if (!bytes.empty()) BIO_read(out_, bytes.data(), static_cast<int>(bytes.size()));
    return bytes;
  }

  SSL_CTX* context_;
  SSL* ssl_;
  BIO* in_;
  BIO* out_;
};

}  // namespace rosterd::net::test
