// SPDX-License-Identifier: MIT
#include "net/tls_context.h"

#include <openssl/err.h>
#include <openssl/x509.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "base/log.h"

namespace rosterd::net {

namespace {

// What clients of the last ten years can do with forward secrecy and an AEAD; TLS 1.3 has its own.
constexpr const char* kTls12Ciphers = "ECDHE+AESGCM:ECDHE+CHACHA20";

tl::unexpected<Error> file_error(const char* what, const std::string& file) {
  const Errc code = access(file.c_str(), F_OK) == 0 ? Errc::kInvalid : Errc::kNotFound;
  return make_error(code, std::string(what) + ' ' + file + ": " + take_ssl_error("unusable"));
}

// A key with a passphrase must not ask for it on the terminal of a daemon.
int refuse_passphrase(char*, int, int, void*) { return -1; }

SslCtx make_ssl_ctx(const SSL_METHOD* method) {
  SslCtx context(SSL_CTX_new(method));
  if (!context) return context;
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_cipher_list(context.get(), kTls12Ciphers);
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_mode(context.get(), SSL_MODE_ENABLE_PARTIAL_WRITE |
                                      SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                      SSL_MODE_RELEASE_BUFFERS);
  // Tickets resume sessions; a cache would only hold memory.
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  SSL_CTX_set_default_passwd_cb(context.get(), refuse_passphrase);
  return context;
}

void warn_of_dates(const SSL_CTX* context, const Certificate& certificate) {
  const X509* leaf = SSL_CTX_get0_certificate(context);
  if (!leaf) return;
  const char* event = nullptr;
  if (X509_cmp_current_time(X509_get0_notAfter(leaf)) < 0) event = "certificate has expired";
  if (X509_cmp_current_time(X509_get0_notBefore(leaf)) > 0) event = "certificate is not valid yet";
  if (!event) return;
  log::warn("tls", event, {{"host", certificate.host}, {"file", certificate.certificate_file}});
}

Status load_certificate(SSL_CTX* context, const Certificate& certificate) {
  ERR_clear_error();
  const std::string& file = certificate.certificate_file;
  if (SSL_CTX_use_certificate_chain_file(context, file.c_str()) != 1) {
    return file_error("certificate", file);
  }
  // Checks that it is the certificate's key, too.
  if (SSL_CTX_use_PrivateKey_file(context, certificate.key_file.c_str(), SSL_FILETYPE_PEM) != 1) {
    return file_error("key", certificate.key_file);
  }
  if (SSL_CTX_check_private_key(context) != 1) {
    return file_error("the key does not belong to certificate", file);
  }
  warn_of_dates(context, certificate);
  return {};
}

// Asks clients for a certificate, without which they get in as well.
Status accept_clients_of(SSL_CTX* context, const std::string& ca_file) {
  if (ca_file.empty()) return {};
  ERR_clear_error();
  STACK_OF(X509_NAME)* names = SSL_load_client_CA_file(ca_file.c_str());
  if (!names) return file_error("CA certificates", ca_file);
  SSL_CTX_set_client_CA_list(context, names);  // takes them
  if (SSL_CTX_load_verify_file(context, ca_file.c_str()) != 1) {
    return file_error("CA certificates", ca_file);
  }
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
  return {};
}

Result<std::string> to_wire(const std::vector<std::string>& protocols) {
  std::string wire;
  for (const std::string& name : protocols) {
    if (name.empty() || name.size() > 255) {
      return make_error(Errc::kInvalid, "not an ALPN protocol name: " + name);
    }
    wire += static_cast<char>(name.size());
    wire += name;
  }
  return wire;
}

std::string to_lower(std::string_view name) {
  std::string lower(name);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return lower;
}

const unsigned char* bytes_of(const std::string& text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

// Has c_rehash(1) been there, as on Debian and what comes of it?
bool has_hashed_certificates() {
  if (std::getenv(X509_get_default_cert_file_env())) return false;
  const char* const named = std::getenv(X509_get_default_cert_dir_env());
  std::error_code error;
  std::filesystem::directory_iterator entry(named ? named : X509_get_default_cert_dir(), error);
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    if (entry->path().extension() == ".0") return true;
  }
  return false;
}

// Of a folder of hashed certificates the one that is needed is read when a peer's is checked. The
// file of all is read at once: for three contexts, a tenth of a second of the start.
bool trust_system(SSL_CTX* context) {
  if (has_hashed_certificates()) return SSL_CTX_set_default_verify_dir(context) == 1;
  return SSL_CTX_set_default_verify_paths(context) == 1;
}

}  // namespace

std::string take_ssl_error(const char* fallback) {
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  const char* const reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  return reason ? reason : fallback;
}

struct TlsContextCallbacks {
  static int on_server_name(SSL* ssl, int*, void* context) {
    const auto& impl = *static_cast<const TlsContext::Impl*>(context);
    const char* const name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    if (!name) return SSL_TLSEXT_ERR_NOACK;
    const auto found = impl.by_host.find(to_lower(name));
    if (found == impl.by_host.end()) return SSL_TLSEXT_ERR_NOACK;
    SSL_set_SSL_CTX(ssl, found->second);
    return SSL_TLSEXT_ERR_OK;
  }

  // The server's preference counts.
  static int on_alpn(SSL*, const unsigned char** chosen, unsigned char* size,
                     const unsigned char* offered, unsigned offered_size, void* context) {
    const auto& impl = *static_cast<const TlsContext::Impl*>(context);
    unsigned char* selected = nullptr;
    const int found =
        SSL_select_next_proto(&selected, size, bytes_of(impl.alpn),
                              static_cast<unsigned>(impl.alpn.size()), offered, offered_size);
    if (found != OPENSSL_NPN_NEGOTIATED) return SSL_TLSEXT_ERR_ALERT_FATAL;
    *chosen = selected;
    return SSL_TLSEXT_ERR_OK;
  }

  static void install(SSL_CTX* context, TlsContext::Impl& impl) {
    SSL_CTX_set_num_tickets(context, 1);  // the second of OpenSSL's two costs 30 us and 557 bytes
    // What the macros of ssl.h do with old-style casts.
    SSL_CTX_callback_ctrl(context, SSL_CTRL_SET_TLSEXT_SERVERNAME_CB,
                          reinterpret_cast<void (*)()>(on_server_name));
    SSL_CTX_ctrl(context, SSL_CTRL_SET_TLSEXT_SERVERNAME_ARG, 0, &impl);
    if (!impl.alpn.empty()) SSL_CTX_set_alpn_select_cb(context, on_alpn, &impl);
  }
};

TlsContext::TlsContext() : impl_(std::make_unique<Impl>()) {}
TlsContext::~TlsContext() = default;

Result<std::shared_ptr<const TlsContext>> TlsContext::make_server(const TlsServerOptions& options) {
  if (options.certificates.empty()) return make_error(Errc::kInvalid, "no certificate is given");
  auto alpn = to_wire(options.alpn);
  if (!alpn) return tl::unexpected<Error>(alpn.error());
  std::shared_ptr<TlsContext> made(new TlsContext);
  Impl& impl = *made->impl_;
  impl.alpn = std::move(*alpn);
  impl.verify = !options.client_ca_file.empty();
  for (const Certificate& certificate : options.certificates) {
    SslCtx context = make_ssl_ctx(TLS_server_method());
    if (!context) return make_error(Errc::kInternal, take_ssl_error("no TLS context"));
    if (auto loaded = load_certificate(context.get(), certificate); !loaded) {
      return tl::unexpected<Error>(loaded.error());
    }
    if (auto loaded = accept_clients_of(context.get(), options.client_ca_file); !loaded) {
      return tl::unexpected<Error>(loaded.error());
    }
    TlsContextCallbacks::install(context.get(), impl);
    if (!options.client_ca_file.empty()) SSL_CTX_set_num_tickets(context.get(), 0);
    impl.by_host.emplace(to_lower(certificate.host), context.get());
    impl.contexts.push_back(std::move(context));
  }
  return std::shared_ptr<const TlsContext>(std::move(made));
}

Result<std::shared_ptr<const TlsContext>> TlsContext::make_client(const TlsClientOptions& options) {
  auto alpn = to_wire(options.alpn);
  if (!alpn) return tl::unexpected<Error>(alpn.error());
  std::shared_ptr<TlsContext> made(new TlsContext);
  Impl& impl = *made->impl_;
  impl.verify = options.verify;
  impl.alpn = std::move(*alpn);
  SslCtx context = make_ssl_ctx(TLS_client_method());
  if (!context) return make_error(Errc::kInternal, take_ssl_error("no TLS context"));
  ERR_clear_error();
  if (options.ca_file.empty()) {
    if (!trust_system(context.get())) {
      return make_error(Errc::kInvalid, "trust store: " + take_ssl_error("unusable"));
    }
  } else if (SSL_CTX_load_verify_file(context.get(), options.ca_file.c_str()) != 1) {
    return file_error("trust store", options.ca_file);
  }
  if (!impl.alpn.empty()) {
    SSL_CTX_set_alpn_protos(context.get(), bytes_of(impl.alpn),
                            static_cast<unsigned>(impl.alpn.size()));
  }
  SSL_CTX_set_verify(context.get(), options.verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
  impl.contexts.push_back(std::move(context));
  return std::shared_ptr<const TlsContext>(std::move(made));
}

}  // namespace rosterd::net
