// SPDX-License-Identifier: MIT
#include "app/roster_json.h"

#include <string>

#include "support/cmocka.h"
#include "unit/im/make_roster.h"

using rosterd::Errc;
using rosterd::app::parse_patch;
using rosterd::app::parse_roster;
using rosterd::app::ParsedPatch;
using rosterd::app::ParsedRoster;
using rosterd::app::RosterLimits;
using rosterd::app::Unnamed;
using rosterd::xmpp::Jid;

namespace {

rosterd::Interner names;

Jid john() { return *Jid::parse("john@example.com"); }

ParsedRoster parse_good(std::string_view body, const RosterLimits& limits = {}) {
  auto parsed = parse_roster(body, john(), limits, names);
  if (!parsed) print_message("%s\n", parsed.error().text.c_str());
  assert_true(parsed.has_value());
  return std::move(*parsed);
}

Errc parse_bad(std::string_view body, const RosterLimits& limits = {}) {
  const auto parsed = parse_roster(body, john(), limits, names);
  assert_false(parsed.has_value());
  assert_false(parsed.error().text.empty());
  return parsed.error().code;
}

// "jid 'name' subscription [group,group]" per entry, then "-skipped ~dropped" where not 0.
std::string show(const ParsedRoster& roster) {
  std::string out;
  for (const auto& entry : list_entries(roster.roster)) {
    (out += out.empty() ? "" : "; ") += entry.contact;
    if (!entry.name.empty()) out += " '" + entry.name + "'";
    (out += ' ') += to_string(entry.subscription);
    for (const std::string& group : entry.groups) out += " [" + group + "]";
  }
  if (roster.skipped > 0) out += " -" + std::to_string(roster.skipped);
  if (roster.dropped > 0) out += " ~" + std::to_string(roster.dropped);
  return out;
}

#define assert_roster(body, expected) assert_text_equal(show(parse_good(body)), expected)

void contact_has_name_groups_and_subscription(void**) {
  assert_roster(R"({"marie@example.com": {"name": "Marie", "groups": ["Friends", "Work"],
                    "subscription": "to"}})",
                "marie@example.com 'Marie' to [Friends] [Work]");
}

void subscription_is_both_unless_said_otherwise(void**) {
  assert_roster(R"({"a@x": {}, "b@x": {"subscription": "both"}, "c@x": {"subscription": "from"},
                    "d@x": {"subscription": "none"}})",
                "a@x both; b@x both; c@x from; d@x none");
}

void unknown_subscription_skips_the_contact(void**) {
  assert_roster(R"({"a@x": {"subscription": "remove"}, "b@x": {"subscription": "Both"},
                    "c@x": {"subscription": ""}, "d@x": {"subscription": null},
                    "e@x": {"subscription": 1}, "f@x": {"subscription": ["both"]},
                    "g@x": {"subscription": true}, "h@x": {}})",
                "h@x both -7");
}

void contact_may_be_null_true_or_its_name(void**) {
  assert_roster(R"({"a@x": null, "b@x": true, "c@x": "Carl", "d@x": ""})",
                "a@x both; b@x both; c@x 'Carl' both; d@x both");
}

void contact_of_another_kind_is_skipped(void**) {
  assert_roster(R"({"a@x": 1, "b@x": false, "c@x": [], "d@x": [{"name": "D"}, []], "e@x": {}})",
                "e@x both -4");
}

void groups_come_in_three_forms(void**) {
  assert_roster(R"({"a@x": {"groups": ["F", "W"]}, "b@x": {"groups": {"F": true, "W": false}},
                    "c@x": {"groups": "F"}, "d@x": {"groups": []}, "e@x": {"groups": {}},
                    "f@x": {"groups": null}, "g@x": {"groups": ""}})",
                "a@x both [F] [W]; b@x both [F] [W]; c@x both [F]; d@x both; e@x both; f@x both; "
                "g@x both");
}

void double_and_empty_groups_are_left_out_silently(void**) {
  assert_roster(R"({"a@x": {"groups": ["W", "", "F", "W"]}, "b@x": {"groups": {"": 1, "F": 1}}})",
                "a@x both [F] [W]; b@x both [F]");
}

void groups_that_are_no_strings_are_dropped(void**) {
  assert_roster(R"({"a@x": {"groups": ["F", 1, null, {"G": {}}, ["H"], true]},
                    "b@x": {"groups": 7}, "c@x": {"groups": false}})",
                "a@x both [F]; b@x both; c@x both ~7");
}

void values_of_group_keys_are_not_read(void**) {
  assert_roster(R"({"a@x": {"groups": {"F": {"name": "x", "groups": ["y"]}, "W": [["z"]]},
                            "name": "A"}})",
                "a@x 'A' both [F] [W]");
}

void name_that_is_no_string_is_dropped(void**) {
  assert_roster(R"({"a@x": {"name": 7}, "b@x": {"name": {"first": "B"}}, "c@x": {"name": ["C"]},
                    "d@x": {"name": null}, "e@x": {"name": true, "groups": ["F"]}})",
                "a@x both; b@x both; c@x both; d@x both; e@x both [F] ~4");
}

void text_that_xml_forbids_is_dropped(void**) {
  assert_roster(
      "{\"a@x\": {\"name\": \"A\\u0000\", \"groups\": [\"\\u0001\", \"\\uffff\", \"F\"]},"
      " \"b@x\": \"B\\u001f\", \"c@x\": {\"groups\": {\"\\b\": 1}}}",
      "a@x both [F]; b@x both; c@x both ~5");
}

void markup_and_astral_characters_are_kept(void**) {
  assert_roster(R"({"a@x": {"name": "<A & \"B\">\n", "groups": ["\ud83d\ude00"]}})",
                "a@x '<A & \"B\">\n' both [\xF0\x9F\x98\x80]");
}

void half_of_a_surrogate_pair_is_never_changed_into_something_else(void**) {
  assert_roster(R"({"a@x": {"name": "A\ud83d", "groups": ["\ude00", "F"]}, "b@x": "\ud83d\ud83d"})",
                "a@x both [F]; b@x both ~3");
  assert_roster(R"({"\ud83d@x": {}, "a@\ud83d": {}, "b@x/\ud83d": {}, "c@x": {}})", "c@x both -3");
  assert_roster(R"({"a@x": {"subscription": "both\ud83d"}})", " -1");
  assert_text_equal(parse_good(R"({"a@x": "\ud83d"})").first_fault,
                    "a@x: name has a character that XML forbids");
}

void roster_of_which_a_part_is_missing_is_refused(void**) {
  for (const char* none : {"null", "false", "\"\""}) {
    const std::string body = R"({"a@x": {}, "$meta": {"next": )" + std::string(none) + "}}";
    assert_roster(body, "a@x both");
  }
  for (const char* next : {"7", "true", "[]", R"({"href": "/2"})"}) {
    const std::string body = R"({"a@x": {}, "$meta": {"next": )" + std::string(next) + "}}";
    const auto parsed = parse_roster(body, john(), RosterLimits{}, names);
    assert_false(parsed.has_value());
    assert_int_not_equal(parsed.error().text.find("the next page is no URL"), std::string::npos);
  }
  rosterd::json::Tape tape;
  assert_true(rosterd::json::read(R"({"a@x": {}, "$meta": {"next": "/2"}})", tape).has_value());
  const auto parsed = parse_roster(tape, john(), RosterLimits{}, names);
  assert_false(parsed.has_value());
  assert_text_equal(parsed.error().text, "a next page cannot be asked for here");
}

void tag_that_no_field_may_hold_is_dropped(void**) {
  assert_text_equal(parse_good(R"({"$meta": {"etag": "\"v1\""}})").meta.etag, "\"v1\"");
  for (const char* tag : {R"("\ud83d")", R"("a\nb")", R"("")", "1", R"("é")"}) {
    const auto roster = parse_good(R"({"$meta": {"etag": )" + std::string(tag) + "}}");
    assert_text_equal(roster.meta.etag, "");
    assert_text_equal(roster.first_fault, "$meta: etag is not an entity tag");
  }
}

void text_over_the_limit_is_dropped(void**) {
  const std::string fits(10, 'x');
  const std::string body = R"({"a@x": {"name": ")" + fits + R"(", "groups": [")" + fits +
                           R"(y", "F"]}, "b@x": ")" + fits + R"(y"})";
  assert_text_equal(show(parse_good(body, {.text_bytes = 10})),
                    "a@x 'xxxxxxxxxx' both [F]; b@x both ~2");
}

void unknown_members_are_ignored(void**) {
  assert_roster(R"({"a@x": {"id": 7, "avatar": {"name": "no", "groups": ["no"]}, "x": [[{}]],
                    "name": "A", "Name": "no"}})",
                "a@x 'A' both");
}

void last_of_equal_contacts_wins(void**) {
  assert_roster(R"({"a@x": {"name": "1", "groups": ["G"]}, "b@x": {}, "A@X": {"name": "2"}})",
                "a@x '2' both; b@x both");
  assert_roster(R"({"a@x/home": {"name": "1"}, "a@x/work": {"name": "2"}})", "a@x '2' both");
}

void unusable_contact_overrides_the_one_before(void**) {
  assert_roster(R"({"a@x": {}, "a@x": {"subscription": "nobody"}, "b@x": {}, "b@x": 7})", " -2");
  assert_roster(R"({"a@x": {"subscription": "nobody"}, "a@x": {"subscription": "to"}})", "a@x to");
}

void last_of_equal_members_wins(void**) {
  assert_roster(R"({"a@x": {"name": "1", "name": "2", "groups": ["F"], "groups": "G",
                    "subscription": "both", "subscription": "to"}})",
                "a@x '2' to [G]");
  assert_roster(R"({"a@x": {"subscription": "nobody", "subscription": "to"}})", "a@x to");
  assert_roster(R"({"a@x": {"subscription": "to", "subscription": "nobody"}})", " -1");
}

void key_is_prepared_and_loses_its_resource(void**) {
  assert_roster(R"({"Marie@Example.COM/Balcony": {}})", "marie@example.com both");
}

void contact_may_be_a_domain(void**) {
  assert_roster(R"({"irc.example.com": {"name": "IRC"}})", "irc.example.com 'IRC' both");
}

void invalid_key_skips_the_contact(void**) {
  assert_roster(R"({"": {}, "@x": {}, "a b@x": {"name": "no"}, "a@": [1, {"b@x": {}}], "a@x/": 1,
                    "good@x": {}})",
                "good@x both -5");
}

void own_jid_is_ignored(void**) {
  assert_roster(R"({"john@example.com": {}, "John@example.com/x": {"subscription": "?"},
                    "john@example.org": {}})",
                "john@example.org both");
}

void meta_is_reserved(void**) {
  assert_roster(R"({"$meta": {"v": 42, "name": "John D.", "photo": ["x"]}, "a@x": {}})",
                "a@x both");
  assert_roster(R"({"$meta": false})", "");
}

void empty_object_and_empty_array_are_empty_rosters(void**) {
  assert_roster("{}", "");
  assert_roster(" [] \n", "");
  assert_roster("\xEF\xBB\xBF[]", "");
}

void anything_but_an_object_is_refused(void**) {
  for (const char* body : {"", " ", "null", "true", "1", "\"a@x\"", "[1]", "[[]]", "[{}]", "[null]",
                           "[{\"a@x\": {}}]", "<html></html>", "{}{}", "{} x", "[],", "{\"a@x\"}",
                           "{\"a@x\": {}", "{\"a@x\": {},}", "{a: 1}"}) {
    assert_int_equal(static_cast<int>(parse_bad(body)), static_cast<int>(Errc::kInvalid));
  }
}

void invalid_utf8_refuses_the_whole(void**) {
  parse_bad("{\"a@x\": {\"name\": \"\xC0\xAF\"}}");
  parse_bad("{\"a@x\": {\"name\": \"\xED\xA0\x80\"}}");
  parse_bad("{\"\xFF@x\": {}}");
}

void depth_bomb_is_refused(void**) {
  parse_bad("{\"a@x\": {\"groups\": " + std::string(100'000, '[') + std::string(100'000, ']') +
            "}}");
}

void text_cut_anywhere_is_refused(void**) {
  const std::string body =
      R"({"a@x": {"name": "A", "groups": ["F", {"G": [1]}], "subscription": "to"}, "b@x": null})";
  parse_good(body);
  for (std::size_t size = 0; size < body.size(); ++size) parse_bad(body.substr(0, size));
}

std::string make_contacts(std::size_t count) {
  std::string body = "{";
  for (std::size_t i = 0; i < count; ++i) {
    body += (i == 0 ? "\"u" : ",\"u") + std::to_string(i) + "@example.com\":{\"groups\":[\"F\"]}";
  }
  return body + "}";
}

void ten_thousand_contacts_are_read_and_one_more_is_too_many(void**) {
  assert_int_equal(parse_good(make_contacts(10'000)).roster.contacts(), 10'000);
  assert_int_equal(static_cast<int>(parse_bad(make_contacts(10'001))),
                   static_cast<int>(Errc::kTooLarge));
}

void limit_counts_members_that_are_not_usable(void**) {
  assert_int_equal(static_cast<int>(parse_bad(R"({"@": 1, "a@x": 2, "a@x": {}})", {.contacts = 2})),
                   static_cast<int>(Errc::kTooLarge));
  parse_good(R"({"$meta": {}, "a@x": {}, "b@x": {}})", {.contacts = 2});
}

void first_fault_names_the_contact_in_a_safe_form(void**) {
  assert_text_equal(parse_good(R"({"a@x": {"name": 1, "groups": 2}})").first_fault,
                    "a@x: name is not a string");
  const auto roster = parse_good(R"({"\u001b[2J@x y": {}})");
  assert_int_equal(roster.skipped, 1);
  assert_true(roster.first_fault.starts_with("?[2J@x y: "));
}

// --- Out of a larger text -----------------------------------------------------------------------

rosterd::json::Tape record(std::string_view text) {
  rosterd::json::Tape tape;
  assert_true(rosterd::json::read(text, tape).has_value());
  return tape;
}

// As show(); "jid removed"; what is not given is "?".
std::string show(const ParsedPatch& patch) {
  std::string out;
  for (const auto& edit : patch.edits) {
    (out += out.empty() ? "" : "; ") += edit.contact.text();
    if (edit.remove) {
      out += " removed";
      continue;
    }
    out += edit.name ? " '" + *edit.name + "' " : " ? ";
    out += to_string(edit.subscription);
    if (!edit.groups) out += " ?";
    for (const std::string& group : edit.groups.value_or(std::vector<std::string>())) {
      out += " [" + group + "]";
    }
  }
  if (patch.skipped > 0) out += " -" + std::to_string(patch.skipped);
  if (patch.dropped > 0) out += " ~" + std::to_string(patch.dropped);
  return out;
}

std::string patch(std::string_view text, Unnamed unnamed = Unnamed::kCleared) {
  const auto parsed = parse_patch(record(text), john(), {}, unnamed);
  return parsed ? show(*parsed) : parsed.error().text;
}

void recorded_roster_is_read_like_a_body(void**) {
  for (const char* body :
       {R"({"b@x": {"name": "B"}, "a@x/r": null, "john@example.com": {}, "@": 1})", "{}", "[]"}) {
    assert_text_equal(show(*parse_roster(record(body), john(), {}, names)), show(parse_good(body)));
  }
  const auto wrong = parse_roster(record("[1]"), john(), {}, names);
  assert_text_equal(wrong.error().text, "an array with something in it is not a roster");
  const auto big = parse_roster(record(R"({"a@x": 1, "b@x": 1})"), john(), {.contacts = 1}, names);
  assert_int_equal(static_cast<int>(big.error().code), static_cast<int>(Errc::kTooLarge));
}

void null_in_a_patch_takes_the_contact_out(void**) {
  assert_text_equal(patch(R"({"a@x": null, "b@x": {"name": "B", "groups": ["G"]}, "c@x": "C",
                              "d@x": true, "e@x": {"subscription": "to", "name": null}})"),
                    "a@x removed; b@x 'B' both [G]; c@x 'C' both; d@x '' both; e@x '' to");
  assert_text_equal(patch("{}"), "");
  assert_text_equal(patch("[]"), "");
}

void unusable_contact_of_a_patch_is_taken_out_and_counted(void**) {
  assert_text_equal(patch(R"({"a@x": 1, "b@x": {"subscription": "all"}, "@": null, "c@x": {}})"),
                    "a@x removed; b@x removed; c@x '' both -3");
}

void of_doubles_in_a_patch_the_last_wins(void**) {
  assert_text_equal(patch(R"({"a@x": null, "A@x": "A", "b@x": "B", "b@x/r": null})"),
                    "a@x 'A' both; b@x removed");
}

void patch_may_leave_what_it_does_not_name(void**) {
  assert_text_equal(
      patch(R"({"a@x": {}, "b@x": {"name": "", "groups": []}, "c@x": null})", Unnamed::kKept),
      "a@x ? both ?; b@x '' both; c@x removed");
}

void patch_of_another_kind_or_over_the_limit_is_refused(void**) {
  assert_text_equal(patch("null"), "a roster must be an object");
  const auto big = parse_patch(record(R"({"a@x": null, "b@x": null})"), john(), {.contacts = 1});
  assert_int_equal(static_cast<int>(big.error().code), static_cast<int>(Errc::kTooLarge));
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(contact_has_name_groups_and_subscription),
      cmocka_unit_test(subscription_is_both_unless_said_otherwise),
      cmocka_unit_test(unknown_subscription_skips_the_contact),
      cmocka_unit_test(contact_may_be_null_true_or_its_name),
      cmocka_unit_test(contact_of_another_kind_is_skipped),
      cmocka_unit_test(groups_come_in_three_forms),
      cmocka_unit_test(double_and_empty_groups_are_left_out_silently),
      cmocka_unit_test(groups_that_are_no_strings_are_dropped),
      cmocka_unit_test(values_of_group_keys_are_not_read),
      cmocka_unit_test(name_that_is_no_string_is_dropped),
      cmocka_unit_test(text_that_xml_forbids_is_dropped),
      cmocka_unit_test(markup_and_astral_characters_are_kept),
      cmocka_unit_test(half_of_a_surrogate_pair_is_never_changed_into_something_else),
      cmocka_unit_test(roster_of_which_a_part_is_missing_is_refused),
      cmocka_unit_test(tag_that_no_field_may_hold_is_dropped),
      cmocka_unit_test(text_over_the_limit_is_dropped),
      cmocka_unit_test(unknown_members_are_ignored),
      cmocka_unit_test(last_of_equal_contacts_wins),
      cmocka_unit_test(unusable_contact_overrides_the_one_before),
      cmocka_unit_test(last_of_equal_members_wins),
      cmocka_unit_test(key_is_prepared_and_loses_its_resource),
      cmocka_unit_test(contact_may_be_a_domain),
      cmocka_unit_test(invalid_key_skips_the_contact),
      cmocka_unit_test(own_jid_is_ignored),
      cmocka_unit_test(meta_is_reserved),
      cmocka_unit_test(empty_object_and_empty_array_are_empty_rosters),
      cmocka_unit_test(anything_but_an_object_is_refused),
      cmocka_unit_test(invalid_utf8_refuses_the_whole),
      cmocka_unit_test(depth_bomb_is_refused),
      cmocka_unit_test(text_cut_anywhere_is_refused),
      cmocka_unit_test(ten_thousand_contacts_are_read_and_one_more_is_too_many),
      cmocka_unit_test(limit_counts_members_that_are_not_usable),
      cmocka_unit_test(first_fault_names_the_contact_in_a_safe_form),
      cmocka_unit_test(recorded_roster_is_read_like_a_body),
      cmocka_unit_test(null_in_a_patch_takes_the_contact_out),
      cmocka_unit_test(unusable_contact_of_a_patch_is_taken_out_and_counted),
      cmocka_unit_test(of_doubles_in_a_patch_the_last_wins),
      cmocka_unit_test(patch_may_leave_what_it_does_not_name),
      cmocka_unit_test(patch_of_another_kind_or_over_the_limit_is_refused),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
