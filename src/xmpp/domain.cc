// SPDX-License-Identifier: MIT
// Domains of JIDs (RFC 6122 section 2.2): nameprep (RFC 3491) label by label, stored in Unicode
// form, so that "xn--bcher-kva.example" and "bücher.example" are one domain.
#include <unicode/uidna.h>

#include <array>
#include <charconv>
#include <optional>
#include <string>

#include "base/text.h"
#include "xmpp/jid.h"
#include "xmpp/stringprep.h"

namespace rosterd::xmpp {

namespace {

constexpr std::size_t kLabelBytes = 63;  // of ASCII (RFC 1035 section 2.3.4)
constexpr std::string_view kAcePrefix = "xn--";

// Takes what stands before the next `separator`, and it, off `rest`; all of it when there is none.
std::string_view take_until(std::string_view& rest, char separator) {
  const std::size_t at = rest.find(separator);
  const std::string_view part = rest.substr(0, at);
  rest = at == std::string_view::npos ? std::string_view() : rest.substr(at + 1);
  return part;
}

// --- IPv6 literals -------------------------------------------------------------------------------

bool is_ipv4(std::string_view text) {
  for (int octets = 1; octets <= 4; ++octets) {
    const bool last = text.find('.') == std::string_view::npos;
    const std::string_view octet = take_until(text, '.');
    unsigned value = 256;
    const auto [end, error] = std::from_chars(octet.data(), octet.data() + octet.size(), value);
    if (error != std::errc() || end != octet.data() + octet.size() || value > 255) return false;
    if (last) return octets == 4;
  }
  return false;
}

// How many groups of 16 bits `text` writes out; an IPv4 address counts for two, but ends it all.
std::optional<int> count_groups(std::string_view text, bool at_end) {
  int groups = 0;
  bool more = !text.empty();
  while (more) {
    more = text.find(':') != std::string_view::npos;
    const std::string_view group = take_until(text, ':');
    unsigned value = 0;
    const auto [end, error] = std::from_chars(group.data(), group.data() + group.size(), value, 16);
    const bool hex = error == std::errc() && end == group.data() + group.size();
    if (hex && group.size() <= 4) {
      groups += 1;
    } else if (at_end && !more && is_ipv4(group)) {
      groups += 2;
    } else {
      return std::nullopt;
    }
  }
  return groups;
}

bool is_ipv6(std::string_view text) {
  const std::size_t gap = text.find("::");
  if (gap == std::string_view::npos) return count_groups(text, true) == 8;
  const auto left = count_groups(text.substr(0, gap), false);
  const auto right = count_groups(text.substr(gap + 2), true);
  return left && right && *left + *right <= 7;
}

bool is_ipv6_literal(std::string_view domain) {
  return domain.starts_with('[') && domain.ends_with(']') &&
         is_ipv6(domain.substr(1, domain.size() - 2));
}

// --- labels --------------------------------------------------------------------------------------

bool is_label_character(char c) {
  const auto u = static_cast<unsigned char>(c);
  return u >= 0x80 || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

// Of a prepared label. What lies above ASCII has passed nameprep; '_' occurs in real host names.
bool is_good_label(std::string_view label) {
  const bool ascii = is_ascii(label);
  if (label.empty() || (ascii && label.size() > kLabelBytes)) return false;
  if (!ascii && label.starts_with(kAcePrefix)) return false;  // RFC 3490 section 4.1, step 5
  for (const char c : label) {
    if (!is_label_character(c)) return false;
  }
  return true;
}

const Profile& nameprep() {
  static const Profile profile(USPREP_RFC3491_NAMEPREP);
  return profile;
}

UIDNA* idna() {
  static UIDNA* const instance = [] {
    UErrorCode error = U_ZERO_ERROR;
    return uidna_openUTS46(UIDNA_NONTRANSITIONAL_TO_UNICODE | UIDNA_NONTRANSITIONAL_TO_ASCII,
                           &error);
  }();
  return instance;
}

// ToUnicode of RFC 3490 section 4.2, which never fails: what does not decode, or decodes to what
// another label would be prepared to, stays as it is.
std::string to_unicode(std::string label) {
  std::array<char, 4 * kLabelBytes> out;
  UIDNAInfo info = UIDNA_INFO_INITIALIZER;
  UErrorCode error = U_ZERO_ERROR;
  const int32_t size =
      uidna_labelToUnicodeUTF8(idna(), label.data(), static_cast<int32_t>(label.size()), out.data(),
                               static_cast<int32_t>(out.size()), &info, &error);
  if (U_FAILURE(error) || info.errors != 0) return label;
  std::string decoded(out.data(), static_cast<std::size_t>(size));
  const auto prepared = nameprep().prepare(decoded, "domain");
  return prepared && *prepared == decoded ? decoded : label;
}

Result<std::string> prepare_label(std::string_view label) {
  std::string out = text::ascii_lower(label);
  if (!is_ascii(out)) {
    auto prepared = nameprep().prepare(label, "domain");
    if (!prepared) return prepared;
    out = std::move(*prepared);
  }
  if (!is_good_label(out)) return refused_part("domain", "is not a host name");
  return out.starts_with(kAcePrefix) ? to_unicode(std::move(out)) : out;
}

// The other dots that RFC 3490 section 3.1 wants recognised: ideographic full stop, its half-width
// and the full-width form.
std::string with_plain_dots(std::string_view text) {
  std::string out(text);
  for (const std::string_view dot : {"\u3002", "\uFF0E", "\uFF61"}) {
    for (std::size_t at = 0; (at = out.find(dot, at)) != std::string::npos; ++at) {
      out.replace(at, dot.size(), ".");
    }
  }
  return out;
}

}  // namespace

bool is_plain_domain(std::string_view text) {
  if (text.size() > kPartBytes || !is_ascii(text)) return false;
  bool more = true;
  while (more) {
    more = text.find('.') != std::string_view::npos;
    const std::string_view label = take_until(text, '.');
    if (!is_good_label(label) || label.starts_with(kAcePrefix)) return false;
  }
  return true;
}

Result<std::string> prepare_domain(std::string_view text) {
  if (text.size() > kPartBytes) return refused_part("domain", "is longer than 1023 bytes");
  const std::string dotted = is_ascii(text) ? std::string(text) : with_plain_dots(text);
  std::string_view rest = dotted;
  if (rest.ends_with('.')) rest.remove_suffix(1);  // the root's, RFC 6122 section 2.2
  if (rest.empty()) return refused_part("domain", "is empty");
  if (is_ipv6_literal(rest)) return text::ascii_lower(rest);
  std::string out;
  bool more = true;
  while (more) {
    more = rest.find('.') != std::string_view::npos;
    const auto label = prepare_label(take_until(rest, '.'));
    if (!label) return label;
    out += *label;
    if (more) out += '.';
  }
  if (out.size() > kPartBytes) return refused_part("domain", "is longer than 1023 bytes");
  return out;
}

std::string domain_to_ascii(std::string_view domain) {
  std::array<char, 2 * kPartBytes> out;
  UIDNAInfo info = UIDNA_INFO_INITIALIZER;
  UErrorCode error = U_ZERO_ERROR;
  const int32_t size =
      uidna_nameToASCII_UTF8(idna(), domain.data(), static_cast<int32_t>(domain.size()), out.data(),
                             static_cast<int32_t>(out.size()), &info, &error);
  if (U_FAILURE(error) || info.errors != 0) return std::string(domain);
  return std::string(out.data(), static_cast<std::size_t>(size));
}

}  // namespace rosterd::xmpp
