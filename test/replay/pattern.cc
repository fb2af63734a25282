// SPDX-License-Identifier: MIT
#include "pattern.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "xml/framer.h"
#include "xml/writer.h"
#include "xmpp/namespaces.h"

namespace rosterd::replay {
namespace {

constexpr std::string_view kMore = "...";

std::string written(xml::Element element) {
  std::string out;
  xml::Writer(out).element(element);
  return out;
}

// A run of [A-Za-z0-9_] in braces at the start of `text`, else "".
std::string_view capture_name(std::string_view text) {
  if (!text.starts_with('{')) return {};
  const std::size_t end = text.find('}');
  if (end == std::string_view::npos) return {};
  const std::string_view name = text.substr(1, end - 1);
  const bool plain = std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
  return plain ? name : std::string_view();
}

// One comparison; works on its own copy of the captures.
struct Comparison {
  Captures captures;
  std::string why;

  bool refuse(std::string text) {
    if (why.empty()) why = std::move(text);
    return false;
  }

  bool text(std::string_view wanted, std::string_view actual) {
    if (wanted == "?" || (wanted == "*" && !actual.empty())) return true;
    const std::string_view name = capture_name(wanted);
    if (!name.empty() && name.size() + 2 == wanted.size()) {
      return captures.emplace(name, actual).first->second == actual;
    }
    return expand(wanted) == actual;
  }

  // Known captures inside a longer text.
  std::string expand(std::string_view wanted) const {
    std::string out;
    while (!wanted.empty()) {
      const std::string_view name = capture_name(wanted);
      const auto known = captures.find(std::string(name));
      if (!name.empty() && known != captures.end()) {
        out += known->second;
        wanted.remove_prefix(name.size() + 2);
      } else {
        out += wanted.front();
        wanted.remove_prefix(1);
      }
    }
    return out;
  }

  static bool find(xml::Element element, const xml::Attribute& like, std::string_view& value) {
    for (std::uint32_t i = 0; i < element.attribute_count(); ++i) {
      const xml::Attribute one = element.attribute(i);
      if (one.name != like.name || one.ns != like.ns) continue;
      value = one.value;
      return true;
    }
    return false;
  }

  bool attributes(xml::Element wanted, xml::Element actual, bool is_stanza) {
    std::string_view value;
    for (std::uint32_t i = 0; i < wanted.attribute_count(); ++i) {
      const xml::Attribute one = wanted.attribute(i);
      const bool there = find(actual, one, value);
      if (!there && one.value == "?") continue;
      if (!there || !text(one.value, value)) {
        return refuse("attribute " + std::string(one.name) + " of <" + std::string(actual.name()) +
                      ">");
      }
    }
    for (std::uint32_t i = 0; i < actual.attribute_count(); ++i) {
      const xml::Attribute one = actual.attribute(i);
      if (one.ns == xml::kXmlNamespace && one.name == "lang") continue;
      if (is_stanza && one.ns.empty() && (one.name == "to" || one.name == "id")) continue;
      if (!find(wanted, one, value)) {
        return refuse("unexpected attribute " + std::string(one.name) + " of <" +
                      std::string(actual.name()) + ">");
      }
    }
    return true;
  }

  bool element(xml::Element wanted, xml::Element actual, bool is_stanza) {
    if (!actual.is(wanted.name(), wanted.ns())) {
      return refuse("<" + std::string(actual.name()) + " xmlns='" + std::string(actual.ns()) +
                    "'> is there");
    }
    if (!attributes(wanted, actual, is_stanza)) return false;
    std::string inside = wanted.text();
    const std::size_t more = inside.find(kMore);
    if (more != std::string::npos) inside.erase(more, kMore.size());
    const std::string actual_text = actual.text();
    if (more == std::string::npos || !text::trim(inside).empty()) {
      if (!text(text::trim(inside), text::trim(actual_text))) {
        return refuse("text of <" + std::string(actual.name()) + ">: " + actual_text);
      }
    }
    return children(wanted, actual, more != std::string::npos);
  }

  bool children(xml::Element wanted, xml::Element actual, bool more) {
    std::vector<xml::Element> open;
    for (xml::Element at = actual.first_child(); at; at = at.next_sibling()) open.push_back(at);
    for (xml::Element at = wanted.first_child(); at; at = at.next_sibling()) {
      if (!take_match(at, open)) return refuse("no " + written(at));
    }
    return more || open.empty() || refuse("unexpected " + written(open.front()));
  }

  // Removes the first element that `wanted` matches.
  bool take_match(xml::Element wanted, std::vector<xml::Element>& open) {
    for (auto it = open.begin(); it != open.end(); ++it) {
      Comparison trial{captures, {}};
      if (!trial.element(wanted, *it, false)) continue;
      captures = std::move(trial.captures);
      open.erase(it);
      return true;
    }
    return false;
  }
};

}  // namespace

bool Matcher::refuse(std::string why) {
  why_ = std::move(why);
  return false;
}

bool Matcher::parse_both(std::string_view pattern, std::string_view stanza, xml::Element& wanted,
                         xml::Element& actual) {
  const auto parsed_pattern = pattern_parser_.parse_stanza(pattern);
  if (!parsed_pattern) return refuse("the pattern: " + parsed_pattern.error().text);
  const auto parsed = stanza_parser_.parse_stanza(stanza);
  if (!parsed) return refuse("not well-formed: " + parsed.error().text);
  wanted = *parsed_pattern;
  actual = *parsed;
  return true;
}

bool Matcher::matches(std::string_view pattern, std::string_view stanza) {
  xml::Element wanted, actual;
  if (!parse_both(pattern, stanza, wanted, actual)) return false;
  Comparison comparison{captures, {}};
  if (!comparison.element(wanted, actual, true)) return refuse(comparison.why);
  captures = std::move(comparison.captures);
  return true;
}

bool Matcher::matches_error(std::string_view pattern, std::string_view error,
                            std::string_view stanza) {
  const std::size_t slash = error.find('/');
  if (slash == std::string_view::npos) return refuse("an error is named type/condition");
  const auto parsed = pattern_parser_.parse_stanza(pattern);
  if (!parsed) return refuse("the pattern: " + parsed.error().text);
  std::string whole;
  xml::Writer writer(whole);
  writer.open(parsed->name());
  xml::append_attributes(whole, *parsed);
  writer.attr("type", "error").open("error").attr("type", error.substr(0, slash));
  writer.open(error.substr(slash + 1), xmpp::ns::kStanzaErrors).end().text(kMore).end();
  writer.text(kMore).end();
  return matches(whole, stanza);
}

bool Matcher::matches_stream_error(std::string_view condition, std::string_view stanza) {
  const std::string pattern = "<stream:error><" + std::string(condition) + " xmlns='" +
                              std::string(xmpp::ns::kStreamErrors) + "'/>...</stream:error>";
  return matches(pattern, stanza);
}

bool Matcher::matches_header(std::string_view pattern, const xml::StreamHeader& header) {
  const auto parsed = pattern_parser_.parse_stanza(pattern);
  if (!parsed) return refuse("the pattern: " + parsed.error().text);
  const std::pair<std::string_view, std::string_view> known[] = {
      {"from", header.from}, {"to", header.to}, {"version", header.version}, {"id", header.id}};
  Comparison comparison{captures, {}};
  for (const auto& [name, value] : known) {
    const auto wanted = parsed->find_attr(name);
    if (wanted && !comparison.text(*wanted, value)) {
      return refuse(std::string(name) + "='" + std::string(value) + "'");
    }
  }
  if (!parsed->lang().empty() && !comparison.text(parsed->lang(), header.lang)) {
    return refuse("xml:lang='" + header.lang + "'");
  }
  captures = std::move(comparison.captures);
  return true;
}

Result<std::string> Matcher::substitute(std::string_view text) const {
  std::string out;
  while (!text.empty()) {
    const std::string_view name = capture_name(text);
    if (name.empty()) {
      out += text.front();
      text.remove_prefix(1);
      continue;
    }
    const auto known = captures.find(std::string(name));
    if (known == captures.end()) {
      return make_error(Errc::kInvalid, "nothing is known as {" + std::string(name) + "}");
    }
    out += known->second;
    text.remove_prefix(name.size() + 2);
  }
  return out;
}

Result<std::vector<std::string>> split_stanzas(std::string_view text) {
  std::vector<std::string> stanzas;
  xml::Framer framer(xml::FramerLimits{.stanza_bytes = 1 << 24, .depth = 1000, .attributes = 1000});
  framer.reset_to_stanzas();
  while (!text.empty()) {
    const xml::Frame frame = framer.next(text);
    if (frame.kind == xml::Frame::Kind::kStanza) {
      stanzas.emplace_back(text.substr(0, frame.size));
    } else if (frame.kind != xml::Frame::Kind::kWhitespace) {
      return make_error(Errc::kInvalid, "not a whole stanza: " + std::string(text));
    }
    text.remove_prefix(frame.size);
  }
  if (stanzas.empty()) return make_error(Errc::kInvalid, "no stanza");
  return stanzas;
}

}  // namespace rosterd::replay
