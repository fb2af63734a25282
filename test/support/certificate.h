// SPDX-License-Identifier: MIT
// Self-signed certificates made at test time, in a folder that goes away with them.
#pragma once

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

#include <filesystem>
#include <memory>
#include <string>

namespace rosterd::test {

enum class KeyKind { kEcdsa, kRsa, kEd25519 };

struct CertificateOptions {
  std::string names = "DNS:localhost";  // as in subjectAltName of openssl-x509v3_config(5)
  KeyKind key = KeyKind::kEcdsa;
  const EVP_MD* hash = EVP_sha256();
  long valid_from = -3600;  // seconds from now
  long valid_until = 3600;
  std::string passphrase{};  // of the key file; "" = none
};

class CertificateFolder {
 public:
  CertificateFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "rosterd-test-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
  }
  ~CertificateFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  CertificateFolder(const CertificateFolder&) = delete;
  CertificateFolder& operator=(const CertificateFolder&) = delete;

  std::string certificate_file(const std::string& name) const {
    return folder_ + '/' + name + ".crt";
  }
  std::string key_file(const std::string& name) const { return folder_ + '/' + name + ".key"; }

  // Writes the two files of `name`; its subject is CN=name.
  void make(const std::string& name, const CertificateOptions& options = {}) const {
    const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(make_key(options.key),
                                                                  EVP_PKEY_free);
    const std::unique_ptr<X509, decltype(&X509_free)> certificate(X509_new(), X509_free);
    X509_set_version(certificate.get(), 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), ++serial_);
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), options.valid_from);
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), options.valid_until);
    X509_set_pubkey(certificate.get(), key.get());
    X509_NAME* const subject = X509_get_subject_name(certificate.get());
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
    X509_set_issuer_name(certificate.get(), subject);
    X509_EXTENSION* const names =
        X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, options.names.c_str());
    X509_add_ext(certificate.get(), names, -1);
    X509_EXTENSION_free(names);
    X509_sign(certificate.get(), key.get(),
              options.key == KeyKind::kEd25519 ? nullptr : options.hash);
    write(certificate_file(name), [&](BIO* file) { PEM_write_bio_X509(file, certificate.get()); });
    write(key_file(name), [&](BIO* file) { write_key(file, key.get(), options.passphrase); });
  }

 private:
  static EVP_PKEY* make_key(KeyKind kind) {
    if (kind == KeyKind::kRsa) return EVP_RSA_gen(2048);
    if (kind == KeyKind::kEd25519) return EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519");
    return EVP_EC_gen("P-256");
  }

  static void write_key(BIO* file, EVP_PKEY* key, const std::string& passphrase) {
    if (passphrase.empty()) {
      PEM_write_bio_PrivateKey(file, key, nullptr, nullptr, 0, nullptr, nullptr);
    } else {
      PEM_write_bio_PrivateKey(file, key, EVP_aes_128_cbc(),
                               reinterpret_cast<const unsigned char*>(passphrase.data()),
                               static_cast<int>(passphrase.size()), nullptr, nullptr);
    }
  }

  template <class Write>
  static void write(const std::string& file_name, Write write_to) {
    BIO* const file = BIO_new_file(file_name.c_str(), "w");
    write_to(file);
    BIO_free(file);
  }

  std::string folder_;
  mutable long serial_ = 0;
};

}  // namespace rosterd::test
