// SPDX-License-Identifier: MIT
// Text: checks and encodings that more than one room needs. All functions are total: they never
// throw on bad input.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace rosterd::text {

// Bytes of the character that `bytes` begins with (1 to 4), or 0 when that is no strict UTF-8 or
// `bytes` is empty.
std::size_t utf8_size(std::string_view bytes);

// Strict UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing above U+10FFFF.
bool is_utf8(std::string_view bytes);

// Strict UTF-8 in which every character is an XML 1.0 Char (section 2.2), so that it may stand in a
// stanza: no NUL, no C0 controls but tab, LF, CR, no U+FFFE, U+FFFF.
bool is_xml_text(std::string_view bytes);

// RFC 3986 percent-encoding: every byte but A-Z a-z 0-9 - . _ ~ becomes %XX.
std::string percent_encode(std::string_view bytes);
// nullopt on a truncated or non-hexadecimal escape. '+' stays '+'.
std::optional<std::string> percent_decode(std::string_view bytes);

// RFC 4648 base64 with padding. decode is strict: no white space, right padding, zero pad bits.
std::string base64_encode(std::string_view bytes);
std::optional<std::string> base64_decode(std::string_view encoded);
// RFC 4648 section 5 without padding, as JOSE has it (RFC 7515 section 2). As strict: what is
// accepted has one way to be written.
std::optional<std::string> base64url_decode(std::string_view encoded);

// Lower-case hexadecimal.
std::string hex_encode(std::string_view bytes);

// ASCII only; bytes above 0x7F stay as they are.
std::string ascii_lower(std::string_view bytes);
bool ascii_iequals(std::string_view a, std::string_view b);

// Without leading and trailing space, tab, CR, LF.
std::string_view trim(std::string_view bytes);

// The longest prefix of `bytes` of at most `limit` bytes that ends between characters, made safe
// for a log line: control characters and invalid UTF-8 become '?'.
std::string for_log(std::string_view bytes, std::size_t limit = 200);

// The candidate nearest to `word` by edit distance, or "" when none is near: "did you mean".
std::string_view nearest(std::string_view word, const std::string_view* candidates,
                         std::size_t count);

}  // namespace rosterd::text
