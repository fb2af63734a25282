// SPDX-License-Identifier: MIT
#include "xmpp/stringprep.h"

#include <unicode/ustring.h>

#include <algorithm>
#include <array>
#include <string>

#include "base/text.h"
#include "xmpp/jid.h"

namespace rosterd::xmpp {

namespace {

// A part of 1023 bytes has no more UTF-16 units than that, before or after.
using Utf16 = std::array<UChar, kPartBytes + 1>;

template <class Buffer>
int32_t capacity(const Buffer& buffer) {
  return static_cast<int32_t>(buffer.size());
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

Result<std::string> check_size(std::string text, const char* part) {
  if (text.empty()) return refused_part(part, "is empty");
  if (text.size() > kPartBytes) return refused_part(part, "is longer than 1023 bytes");
  return text;
}

}  // namespace

tl::unexpected<Error> refused_part(const char* part, const char* why) {
  return make_error(Errc::kInvalid, std::string(part) + " " + why);
}

bool is_ascii(std::string_view text) {
  for (const char c : text) {
    if (static_cast<unsigned char>(c) >= 0x80) return false;
  }
  return true;
}

Profile::Profile(UStringPrepProfileType type) {
  UErrorCode error = U_ZERO_ERROR;
  profile_ = usprep_openByType(type, &error);
}

Profile::~Profile() { usprep_close(profile_); }

Result<std::string> Profile::prepare(std::string_view text, const char* part) const {
  if (text.size() > kPartBytes) return refused_part(part, "is longer than 1023 bytes");
  if (!text::is_utf8(text)) return refused_part(part, "is not valid UTF-8");
  Utf16 in;
  Utf16 prepared;
  int32_t size = 0;
  UErrorCode error = U_ZERO_ERROR;
  u_strFromUTF8(in.data(), capacity(in), &size, text.data(), static_cast<int32_t>(text.size()),
                &error);
  // Unassigned code points pass, as in Prosody: both must give a user the same identity.
  size = usprep_prepare(profile_, in.data(), size, prepared.data(), capacity(prepared),
                        USPREP_ALLOW_UNASSIGNED, nullptr, &error);
  if (error == U_BUFFER_OVERFLOW_ERROR) return refused_part(part, "is longer than 1023 bytes");
  if (U_FAILURE(error)) return refused_part(part, "holds a forbidden character");
  std::string out(3 * static_cast<std::size_t>(size), '\0');
  int32_t out_size = 0;
  u_strToUTF8(out.data(), capacity(out), &out_size, prepared.data(), size, &error);
  if (U_FAILURE(error)) return refused_part(part, "holds a forbidden character");
  out.resize(static_cast<std::size_t>(out_size));
  return check_size(std::move(out), part);
}

bool is_plain_node(std::string_view text) {
  const auto stays = [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < kNodeTable.size() && kNodeTable[byte] == c && c != '\0';
  };
  return !text.empty() && text.size() <= kPartBytes && std::all_of(text.begin(), text.end(), stays);
}

Result<std::string> prepare_node(std::string_view text) {
  if (!is_ascii(text)) {
    static const Profile profile(USPREP_RFC3920_NODEPREP);
    return profile.prepare(text, "node");
  }
  std::string out(text);
  for (char& c : out) {
    c = kNodeTable[static_cast<unsigned char>(c)];
    if (c == '\0') return refused_part("node", "holds a forbidden character");
  }
  return check_size(std::move(out), "node");
}

Result<std::string> prepare_resource(std::string_view text) {
  if (!is_ascii(text)) {
    static const Profile profile(USPREP_RFC3920_RESOURCEPREP);
    return profile.prepare(text, "resource");
  }
  for (const char c : text) {
    if (c < 0x20 || c == 0x7F) return refused_part("resource", "holds a forbidden character");
  }
  return check_size(std::string(text), "resource");
}

Result<std::string> saslprep(std::string_view text) {
  if (!is_ascii(text)) {
    static const Profile profile(USPREP_RFC4013_SASLPREP);
    return profile.prepare(text, "string");
  }
  for (const char c : text) {
    if (c < 0x20 || c == 0x7F) return refused_part("string", "holds a control character");
  }
  return check_size(std::string(text), "string");
}

}  // namespace rosterd::xmpp
