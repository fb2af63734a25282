// SPDX-License-Identifier: MIT
// The web application, refreshes, time.
#include <algorithm>
#include <charconv>
#include <map>
#include <utility>

#include "base/json.h"
#include "scene.h"

namespace rosterd::replay {
namespace {

http::Fields make_field(std::string name, std::string value) {
  http::Fields fields;
  fields.add(std::move(name), std::move(value));
  return fields;
}

// A flat JSON object as a map; numbers as they are written.
class FlatObject final : public json::Events {
 public:
  std::map<std::string, std::string> members;

  bool on_null() override { return add("null"); }
  bool on_bool(bool value) override { return add(value ? "true" : "false"); }
  bool on_number(std::string_view literal) override { return add(literal); }
  bool on_string(std::string_view value) override { return add(value); }
  bool on_object_start() override { return ++objects_ == 1; }
  bool on_key(std::string_view key) override {
    key_ = key;
    return true;
  }
  bool on_object_end() override { return true; }
  bool on_array_start() override { return false; }
  bool on_array_end() override { return false; }
  std::string refusal() const override { return "not a flat object"; }

 private:
  bool add(std::string_view value) {
    members[key_] = value;
    return true;
  }
  std::string key_;
  int objects_ = 0;
};

Result<int> parse_status(std::string_view text) {
  int status = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), status);
  if (error != std::errc() || end != text.data() + text.size()) {
    return make_error(Errc::kInvalid, "not a number: " + std::string(text));
  }
  return status;
}

}  // namespace

// --- the web application -------------------------------------------------------------------------

Status Scene::set_answer(const std::string& user, const std::string& status, std::string body) {
  const auto number = parse_status(status);
  if (!number) return tl::unexpected<Error>(number.error());
  web_app_.silent.erase(user);
  web_app_.answers[user] = {*number, std::move(body)};
  return {};
}

Status Scene::web_app_has(const Arguments& a) { return set_answer(a[0], "200", a[1]); }

Status Scene::web_app_answers(const Arguments& a) { return set_answer(a[0], a[1], {}); }

Status Scene::web_app_answers_with(const Arguments& a) { return set_answer(a[0], a[1], a[2]); }

Status Scene::web_app_asks_for_patience(const Arguments& a) {
  auto status = set_answer(a[0], a[1], {});
  if (status) web_app_.answers[a[0]].retry_after = a[2];
  return status;
}

Status Scene::web_app_answers_for_a_while(const Arguments& a) {
  web_app_.answers[a[0]].max_age = a[1];
  return {};
}

Status Scene::web_app_redirects(const Arguments& a) {
  web_app_.answers[a[0]] = {302, {}, a[1]};
  return {};
}

Status Scene::web_app_goes_on(const Arguments& a) {
  web_app_.answers[a[0]].next = a[1];
  return {};
}

Status Scene::web_app_holds(const Arguments& a) {
  web_app_.held.insert(a[0]);
  return {};
}

Status Scene::web_app_stops_holding(const Arguments& a) {
  if (web_app_.held.erase(a[0]) == 0) return make_error(Errc::kInvalid, "nothing is held");
  return settled();
}

Status Scene::answer_held(const std::string& user, const std::string& status, std::string body) {
  const auto number = parse_status(status);
  if (!number) return tl::unexpected<Error>(number.error());
  if (!web_app_.answer_held(user, {*number, std::move(body)})) {
    return make_error(Errc::kInvalid, "no request is held");
  }
  return settled();
}

Status Scene::web_app_answers_held(const Arguments& a) { return answer_held(a[0], a[1], {}); }

Status Scene::web_app_answers_held_with(const Arguments& a) {
  return answer_held(a[0], a[1], a[2]);
}

Status Scene::web_app_queues(const Arguments& a) {
  web_app_.queued.insert(a[0]);
  return {};
}

Status Scene::web_app_takes(const Arguments& a) {
  if (web_app_.queued.erase(a[0]) == 0) return make_error(Errc::kInvalid, "nothing waits");
  return settled();
}

Status Scene::web_app_is_silent(const Arguments& a) {
  web_app_.silent.insert(a[0]);
  return {};
}

Status Scene::web_app_goes_down(const Arguments&) {
  web_app_.down = true;
  return {};
}

Status Scene::web_app_comes_up(const Arguments&) {
  web_app_.down = false;
  return {};
}

Status Scene::web_app_was_asked(const Arguments& a) {
  const auto count = std::count(web_app_.asked.begin(), web_app_.asked.end(), a[0]);
  if (std::to_string(count) == a[1]) return {};
  return make_error(Errc::kInvalid, "it was asked " + std::to_string(count) + " times");
}

Status Scene::web_app_was_asked_at(const Arguments& a) {
  if (web_app_.last_target == a[0]) return {};
  return make_error(Errc::kInvalid, "it was " + web_app_.last_target);
}

Status Scene::web_app_was_asked_with(const Arguments& a) {
  const std::string_view value = web_app_.last_fields.get(a[0]);
  if (value == a[1]) return {};
  return make_error(Errc::kInvalid, "it was '" + std::string(value) + "'");
}

Status Scene::accounts_go_down(const Arguments&) {
  accounts_.available = false;
  return {};
}

Status Scene::accounts_come_up(const Arguments&) {
  accounts_.available = true;
  return {};
}

// --- refreshes -----------------------------------------------------------------------------------

Status Scene::request(std::string method, std::string target, std::string body,
                      http::Fields fields) {
  http::Request request;
  request.method = std::move(method);
  request.target = std::move(target);
  request.body = std::move(body);
  request.fields = std::move(fields);
  request.fields.add("Host", "anything.example.net");
  world().request(request);
  return settled();
}

Status Scene::post(const Arguments& a) {
  return request("POST", a[0], a[1], make_field("Content-Type", "application/json"));
}

Status Scene::post_nothing(const Arguments& a) { return request("POST", a[0], {}, {}); }

Status Scene::post_as(const Arguments& a) {
  return request("POST", a[1], a[2], make_field("Content-Type", a[0]));
}

Status Scene::post_with(const Arguments& a) {
  return request("POST", a[2], a[3], make_field(a[0], a[1]));
}

Status Scene::get(const Arguments& a) { return request("GET", a[0], {}, {}); }

// Each member that is named must be there and equal.
Status Scene::take_answer(const std::string& status, std::string_view members) {
  auto& answers = world().requester().answers;
  if (answers.empty()) return make_error(Errc::kInvalid, "there is no answer");
  const http::Response answer = std::move(answers.front());
  answers.pop_front();
  const std::string whole = std::to_string(answer.status) + " " + answer.body;
  if (std::to_string(answer.status) != status) return make_error(Errc::kInvalid, "it is " + whole);
  FlatObject actual;
  if (!json::read(answer.body, actual)) return make_error(Errc::kInvalid, "not JSON: " + whole);
  if (members.empty()) return {};
  FlatObject wanted;
  if (!json::read(members, wanted))
    return make_error(Errc::kInvalid, "what is expected is no JSON");
  for (const auto& [key, value] : wanted.members) {
    const auto found = actual.members.find(key);
    const bool right = found != actual.members.end() && (value == "*" || value == found->second);
    if (!right) return make_error(Errc::kInvalid, "it is " + whole);
  }
  return {};
}

Status Scene::answer_is(const Arguments& a) { return take_answer(a[0], {}); }

Status Scene::answer_is_with(const Arguments& a) { return take_answer(a[0], a[1]); }

Status Scene::whole_answer_is(const Arguments& a) {
  auto& answers = world().requester().answers;
  if (answers.empty()) return make_error(Errc::kInvalid, "there is no answer");
  const std::string answer = std::to_string(answers.front().status) + " " + answers.front().body;
  answers.pop_front();
  if (answer == a[0] + " " + a[1]) return {};
  return make_error(Errc::kInvalid, "it is " + answer);
}

Status Scene::no_answer(const Arguments&) {
  const auto& answers = world().requester().answers;
  if (answers.empty()) return {};
  return make_error(Errc::kInvalid, "there is one: " + answers.front().body);
}

// --- time ----------------------------------------------------------------------------------------

Status Scene::pass_time(const Arguments& a) {
  const auto duration = parse_duration(a[0]);
  if (!duration) return tl::unexpected<Error>(duration.error());
  if (world().pass(*duration)) return {};
  return make_error(Errc::kInternal, "the world does not come to rest");
}

Status Scene::hang_up(const Arguments&) {
  world().hang_up();
  return settled();
}

Status Scene::shut_down(const Arguments&) {
  world().shut_down();
  return settled();
}

}  // namespace rosterd::replay
