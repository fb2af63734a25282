// SPDX-License-Identifier: MIT
#include "app/edges_request.h"

#include "support/cmocka.h"
#include "unit/app/show_delta.h"

namespace rosterd::app {
namespace {

const std::vector<std::string> kHosts = {"h", "other"};

Result<RefreshRequest> read(std::string_view body, const std::vector<std::string>& hosts = kHosts) {
  RosterSourceOptions rosters;
  rosters.limits.text_bytes = 10;
  return parse_edges_body(body, hosts, {3, rosters});
}

// "jid[elements]+{edits}" per user, or the error's text.
std::string parse(std::string_view body, const std::vector<std::string>& hosts = kHosts) {
  const auto request = read(body, hosts);
  if (!request) return request.error().text;
  std::string out;
  for (const RefreshUser& user : request->users) {
    out += (out.empty() ? "" : " ") + std::string(user.user.text()) + "[";
    for (const std::uint32_t element : user.elements) out += std::to_string(element);
    out += "]";
    for (const RosterDelta& delta : user.deltas) out += show(delta);
  }
  if (request->faults.dropped > 0) {
    out += " ~" + request->faulty_user + ": " + request->faults.first_fault;
  }
  return out;
}

bool is_fault(std::string_view body, std::string_view part, Errc code = Errc::kInvalid) {
  const auto request = read(body);
  assert_false(request.has_value());
  assert_int_equal(static_cast<int>(request.error().code), static_cast<int>(code));
  if (request.error().text.find(part) != std::string::npos) return true;
  print_message("%s\n", request.error().text.c_str());
  return false;
}

void edge_changes_both_rosters(void**) {
  assert_text_equal(
      parse(R"([{"a": "john", "b": "aaron", "subscription": "both", "a_name": "Johnny",
                 "b_name": "Aaron", "groups": ["Friends"]}])"),
      "john@h[0]+{aaron@h 'Aaron' both [Friends]} aaron@h[0]+{john@h 'Johnny' both [Friends]}");
}

void subscription_is_as_a_sees_it(void**) {
  assert_text_equal(parse(R"([{"a": "x", "b": "y", "subscription": "to"}])"),
                    "x@h[0]+{y@h ? to ?} y@h[0]+{x@h ? from ?}");
  assert_text_equal(parse(R"([{"a": "x", "b": "y", "subscription": "from"}])"),
                    "x@h[0]+{y@h ? from ?} y@h[0]+{x@h ? to ?}");
  assert_text_equal(parse(R"([{"a": "x", "b": "y", "subscription": "none"}])"),
                    "x@h[0]+{y@h ? none ?} y@h[0]+{x@h ? none ?}");
  assert_text_equal(parse(R"([{"a": "x", "b": "y", "subscription": "remove", "a_name": "X"}])"),
                    "x@h[0]+{y@h removed} y@h[0]+{x@h removed}");
  assert_text_equal(parse(R"([{"a": "x", "b": "y"}])"),
                    "x@h[0]+{y@h ? both ?} y@h[0]+{x@h ? both ?}");
}

void groups_may_differ_between_the_sides(void**) {
  assert_text_equal(parse(R"([{"a": "x", "b": "y", "groups": "G", "a_groups": []}])"),
                    "x@h[0]+{y@h ? both [G]} y@h[0]+{x@h ? both}");
  assert_text_equal(parse(R"([{"a": "x", "b": "y", "b_groups": {"F": 1}}])"),
                    "x@h[0]+{y@h ? both [F]} y@h[0]+{x@h ? both ?}");
}

void contact_elsewhere_has_no_roster_here(void**) {
  assert_text_equal(parse(R"([{"a": "x", "b": "Shop@Example.net/r", "b_name": "Shop"}])"),
                    "x@h[0]+{shop@example.net 'Shop' both ?}");
}

void users_of_two_hosts_may_know_each_other(void**) {
  assert_text_equal(parse(R"([{"a": "x@other", "b": "x"}])"),
                    "x@other[0]+{x@h ? both ?} x@h[0]+{x@other ? both ?}");
  // Who may touch one host alone touches one side alone.
  assert_text_equal(parse(R"([{"a": "x", "b": "x@h"}])", {"other"}), "x@other[0]+{x@h ? both ?}");
}

void edges_of_one_user_add_up_in_their_order(void**) {
  assert_text_equal(parse(R"([{"a": "x", "b": "y"}, {"a": "z", "b": "x", "subscription": "remove"},
                              {"b": "y@h", "a": "X", "subscription": "none"}])"),
                    "x@h[012]+{y@h ? both ?; z@h removed; y@h ? none ?} "
                    "y@h[02]+{x@h ? both ?; x@h ? none ?} z@h[1]+{x@h removed}");
}

void names_and_groups_are_read_as_in_a_roster(void**) {
  assert_text_equal(parse(R"([{"a": "x", "b": "y", "a_name": null, "b_name": "far too long"}])"),
                    "x@h[0]+{y@h '' both ?} y@h[0]+{x@h '' both ?} "
                    "~x@h: y@h: name is too long");
}

void no_edges_are_no_users(void**) { assert_text_equal(parse("[]"), ""); }

void wrong_edges_are_refused_with_their_index(void**) {
  assert_true(is_fault("{}", "expected an array of edges"));
  assert_true(is_fault(R"(["x"])", "element [0]: a string is not an edge"));
  assert_true(is_fault("[1]", "element [0]: a number is not an edge"));
  assert_true(is_fault(R"([{"a": "x", "b": "y"}, {"a": "x"}])", "element [1]: \"b\" is missing"));
  assert_true(is_fault(R"([{"b": "x"}])", "element [0]: \"a\" is missing"));
  assert_true(is_fault(R"([{"a": 1, "b": "x"}])", "element [0]: \"a\" must be a string"));
  assert_true(is_fault(R"([{"a": "x", "b": "a b"}])", "element [0]: \"a b\" is not a username"));
  assert_true(is_fault(R"([{"a": "x", "b": "@net"}])", "element [0]: "));
  assert_true(
      is_fault(R"([{"a": "x", "b": "x@h/r"}])", "element [0]: \"a\" and \"b\" are the same"));
  for (const char* bad : {R"("all")", R"("")", "null", "1", R"(["both"])"}) {
    const std::string body = R"([{"a": "x", "b": "y", "subscription": )" + std::string(bad) + "}]";
    assert_true(is_fault(body, "\"subscription\""));
  }
  assert_true(is_fault(R"([{"a": "x@net", "b": "y"}])", "is not on a host", Errc::kDenied));
}

void too_many_edges_are_refused(void**) {
  const std::string edge = R"({"a": "x", "b": "y"})";
  const std::string three = edge + "," + edge + "," + edge;
  assert_true(read("[" + three + "]").has_value());
  assert_true(is_fault("[" + three + "," + edge + "]", "more than 3 elements", Errc::kTooLarge));
}

}  // namespace
}  // namespace rosterd::app

int main() {
  using namespace rosterd::app;
  const CMUnitTest tests[] = {
      cmocka_unit_test(edge_changes_both_rosters),
      cmocka_unit_test(subscription_is_as_a_sees_it),
      cmocka_unit_test(groups_may_differ_between_the_sides),
      cmocka_unit_test(contact_elsewhere_has_no_roster_here),
      cmocka_unit_test(users_of_two_hosts_may_know_each_other),
      cmocka_unit_test(edges_of_one_user_add_up_in_their_order),
      cmocka_unit_test(names_and_groups_are_read_as_in_a_roster),
      cmocka_unit_test(no_edges_are_no_users),
      cmocka_unit_test(wrong_edges_are_refused_with_their_index),
      cmocka_unit_test(too_many_edges_are_refused),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
