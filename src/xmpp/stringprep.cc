// SPDX-License-Identifier: MIT
// The stringprep profiles (RFC 6122, RFC 3491, RFC 4013) over ICU, with a table for ASCII: nearly
// all names are ASCII, and the table is thirty times cheaper.
#include <unicode/uidna.h>
#include <unicode/usprep.h>
#include <unicode/ustring.h>

#include <array>
#include <memory>
#include <vector>

#include "base/text.h"
#include "xmpp/jid.h"

namespace rosterd::xmpp {

namespace {

constexpr std::size_t kPartBytes = 1023;  // RFC 6122 section 2.1

bool is_ascii(std::string_view text) {
  for (const char c : text) {
    if (static_cast<unsigned char>(c) >= 0x80) return false;
  }
  return true;
}

// One of ICU's built-in profiles, opened once and kept.
class Profile {
 public:
  explicit Profile(UStringPrepProfileType type) {
    UErrorCode error = U_ZERO_ERROR;
    profile_ = usprep_openByType(type, &error);
  }
  ~Profile() { usprep_close(profile_); }
  Profile(const Profile&) = delete;
  Profile& operator=(const Profile&) = delete;

  // False when the profile forbids it.
  bool prepare(std::string_view text, std::string& out) const;

 private:
  UStringPrepProfile* profile_ = nullptr;
};

bool to_utf16(std::string_view text, std::vector<UChar>& out) {
  out.resize(text.size() + 1);
  int32_t length = 0;
  UErrorCode error = U_ZERO_ERROR;
  u_strFromUTF8(out.data(), static_cast<int32_t>(out.size()), &length, text.data(),
                static_cast<int32_t>(text.size()), &error);
  if (U_FAILURE(error)) return false;
  out.resize(static_cast<std::size_t>(length));
  return true;
}

bool to_utf8(const std::vector<UChar>& text, std::string& out) {
  out.resize(text.size() * 3);
  int32_t length = 0;
  UErrorCode error = U_ZERO_ERROR;
  u_strToUTF8(out.data(), static_cast<int32_t>(out.size()), &length, text.data(),
              static_cast<int32_t>(text.size()), &error);
  if (U_FAILURE(error)) return false;
  out.resize(static_cast<std::size_t>(length));
  return true;
}

bool Profile::prepare(std::string_view text, std::string& out) const {
  std::vector<UChar> in;
  if (!to_utf16(text, in)) return false;
  std::vector<UChar> prepared(in.size() * 4 + 16);
  UErrorCode error = U_ZERO_ERROR;
  // Unassigned code points pass, as in Prosody: both must give a user the same identity.
  const int32_t length = usprep_prepare(profile_, in.data(), static_cast<int32_t>(in.size()),
                                        prepared.data(), static_cast<int32_t>(prepared.size()),
                                        USPREP_ALLOW_UNASSIGNED, nullptr, &error);
  if (U_FAILURE(error)) return false;
  prepared.resize(static_cast<std::size_t>(length));
  return to_utf8(prepared, out);
}

// What ASCII becomes under nodeprep (RFC 3920 appendix A): itself, lower case, or 0 = forbidden.
constexpr std::array<char, 128> make_node_table() {
  std::array<char, 128> table{};
  for (int c = 0x21; c < 0x7F; ++c) {
    const char ch = static_cast<char>(c);
    const bool forbidden = ch == '"' || ch == '&' || ch == '\'' || ch == '/' || ch == ':' ||
                           ch == '<' || ch == '>' || ch == '@';
    table[static_cast<std::size_t>(c)] =
        forbidden ? '\0' : (ch >= 'A' && ch <= 'Z' ? static_cast<char>(ch + 32) : ch);
  }
  return table;
}
constexpr auto kNodeTable = make_node_table();

tl::unexpected<Error> refused(const char* part, const char* why) {
  return make_error(Errc::kInvalid, std::string(part) + " " + why);
}

Result<std::string> check_size(std::string text, const char* part) {
  if (text.empty()) return refused(part, "is empty");
  if (text.size() > kPartBytes) return refused(part, "is longer than 1023 bytes");
  return text;
}

Result<std::string> prepare_with(const Profile& profile, std::string_view text, const char* part) {
  if (text.size() > kPartBytes) return refused(part, "is longer than 1023 bytes");
  if (!text::is_utf8(text)) return refused(part, "is not valid UTF-8");
  std::string out;
  if (!profile.prepare(text, out)) return refused(part, "holds a forbidden character");
  return check_size(std::move(out), part);
}

}  // namespace

Result<std::string> prepare_node(std::string_view text) {
  if (!is_ascii(text)) {
    static const Profile profile(USPREP_RFC3920_NODEPREP);
    return prepare_with(profile, text, "node");
  }
  std::string out(text);
  for (char& c : out) {
    c = kNodeTable[static_cast<unsigned char>(c)];
    if (c == '\0') return refused("node", "holds a forbidden character");
  }
  return check_size(std::move(out), "node");
}

Result<std::string> prepare_resource(std::string_view text) {
  if (!is_ascii(text)) {
    static const Profile profile(USPREP_RFC3920_RESOURCEPREP);
    return prepare_with(profile, text, "resource");
  }
  for (const char c : text) {
    if (c < 0x20 || c == 0x7F) return refused("resource", "holds a forbidden character");
  }
  return check_size(std::string(text), "resource");
}

Result<std::string> saslprep(std::string_view text) {
  if (!is_ascii(text)) {
    static const Profile profile(USPREP_RFC4013_SASLPREP);
    return prepare_with(profile, text, "string");
  }
  for (const char c : text) {
    if (c < 0x20 || c == 0x7F) return refused("string", "holds a control character");
  }
  return check_size(std::string(text), "string");
}

namespace {

constexpr std::size_t kLabelBytes = 63;

bool is_ipv6_literal(std::string_view domain) {
  if (domain.size() < 4 || domain.front() != '[' || domain.back() != ']') return false;
  for (const char c : domain.substr(1, domain.size() - 2)) {
    const bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    if (!hex && c != ':' && c != '.') return false;
  }
  return true;
}

bool is_domain_character(char c) {
  const auto u = static_cast<unsigned char>(c);
  return u >= 0x80 || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

// Of a domain in lower case. A label of only non-ASCII characters was bounded by IDNA.
bool has_good_labels(std::string_view domain) {
  while (true) {
    const std::size_t dot = domain.find('.');
    const std::string_view label = domain.substr(0, dot);
    if (label.empty() || (is_ascii(label) && label.size() > kLabelBytes)) return false;
    for (const char c : label) {
      if (!is_domain_character(c)) return false;
    }
    if (dot == std::string_view::npos) return true;
    domain.remove_prefix(dot + 1);
  }
}

// Names compare in their Unicode form, as in Prosody: "xn--…" and what it stands for are one
// domain.
bool idna_to_unicode(std::string_view domain, std::string& out) {
  static UIDNA* const idna = [] {
    UErrorCode error = U_ZERO_ERROR;
    return uidna_openUTS46(UIDNA_NONTRANSITIONAL_TO_UNICODE, &error);
  }();
  UIDNAInfo info = UIDNA_INFO_INITIALIZER;
  UErrorCode error = U_ZERO_ERROR;
  out.resize(4 * domain.size() + 16);
  const int32_t length =
      uidna_nameToUnicodeUTF8(idna, domain.data(), static_cast<int32_t>(domain.size()), out.data(),
                              static_cast<int32_t>(out.size()), &info, &error);
  if (U_FAILURE(error) || info.errors != 0) return false;
  out.resize(static_cast<std::size_t>(length));
  return true;
}

}  // namespace

Result<std::string> prepare_domain(std::string_view text) {
  if (text.ends_with('.')) text.remove_suffix(1);  // RFC 6122 section 2.2
  if (text.size() > kPartBytes) return refused("domain", "is longer than 1023 bytes");
  std::string out = text::ascii_lower(text);
  if (is_ipv6_literal(out)) return out;
  if (!is_ascii(out) || out.find("xn--") != std::string::npos) {
    if (!text::is_utf8(text)) return refused("domain", "is not valid UTF-8");
    std::string unicode;
    if (!idna_to_unicode(out, unicode)) return refused("domain", "is not a valid IDN");
    out = std::move(unicode);
  }
  if (out.empty()) return refused("domain", "is empty");
  if (!has_good_labels(out)) return refused("domain", "is not a host name");
  return check_size(std::move(out), "domain");
}

}  // namespace rosterd::xmpp
