// SPDX-License-Identifier: MIT
#include "scene.h"

#include <utility>

namespace rosterd::replay {

Scene::Scene(xmpp::StreamFraming framing) {
  options_.framing = framing;
  options_.im.hosts.clear();
  options_.roster.url = "http://app.example.org/contacts/%s";
}

const std::vector<Scene::Verb>& Scene::verbs() {
  static const std::vector<Verb> table = {
      {"host <name>", &Scene::add_host},
      {"account <jid>", &Scene::add_account},
      {"account <jid> <password>", &Scene::add_account_with_password},
      {"accounts know <jid> by the token <token>", &Scene::add_token},
      {"accounts know <jid> by the cookie <cookie>", &Scene::add_cookie},
      {"logins end after <duration>", &Scene::logins_end},
      {"option <name> <value...>", &Scene::set_option},

      {"web app has <user:> <json...>", &Scene::web_app_has},
      {"web app answers held <user> <status>", &Scene::web_app_answers_held},
      {"web app answers held <user> <status:> <body...>", &Scene::web_app_answers_held_with},
      {"web app answers <user> <status>", &Scene::web_app_answers},
      {"web app answers <user> <status:> <body...>", &Scene::web_app_answers_with},
      {"web app answers <user> <status> with Retry-After <seconds>",
       &Scene::web_app_asks_for_patience},
      {"web app answers <user> with max-age <seconds>", &Scene::web_app_answers_for_a_while},
      {"web app redirects <user> to <location>", &Scene::web_app_redirects},
      {"web app goes on with <user> at <target>", &Scene::web_app_goes_on},
      {"web app holds <user>", &Scene::web_app_holds},
      {"web app stops holding <user>", &Scene::web_app_stops_holding},
      {"requests for <user> wait to be sent", &Scene::web_app_queues},
      {"requests for <user> are sent", &Scene::web_app_takes},
      {"web app does not answer <user>", &Scene::web_app_is_silent},
      {"web app is down", &Scene::web_app_goes_down},
      {"web app is up", &Scene::web_app_comes_up},
      {"web app has been asked for <user> <count> times", &Scene::web_app_was_asked},
      {"web app was last asked for <target>", &Scene::web_app_was_asked_at},
      {"web app was last asked with <field:> <value...>", &Scene::web_app_was_asked_with},
      {"accounts cannot be read", &Scene::accounts_go_down},
      {"accounts can be read", &Scene::accounts_come_up},
      {"POST <path>", &Scene::post_nothing},
      {"as <type:> POST <path> <body...>", &Scene::post_as},
      {"with <field:> <value:> POST <path> <body...>", &Scene::post_with},
      {"POST <path> <body...>", &Scene::post},
      {"GET <path>", &Scene::get},
      {"the answer is <status>", &Scene::answer_is},
      {"the answer is <status> <members...>", &Scene::answer_is_with},
      {"the whole answer is <status> <body...>", &Scene::whole_answer_is},
      {"there is no answer yet", &Scene::no_answer},
      {"time passes: <duration>", &Scene::pass_time},
      {"whoever posted hangs up", &Scene::hang_up},
      {"the server reloads with <name> <value...>", &Scene::reload},
      {"the server shuts down", &Scene::shut_down},

      {"<who> connects", &Scene::connect},
      {"<who> connects in the clear", &Scene::connect_in_clear},
      {"<who> connects with the cookie <cookie>", &Scene::connect_with_cookie},
      {"<name> stands for <user> with the token <token>", &Scene::prove_token},
      {"<who> logs in as <jid>", &Scene::log_in},
      {"<who> comes online as <jid>", &Scene::come_online},
      {"<who> sends: <xml...>", &Scene::send},
      {"<who> sends bytes: <text...>", &Scene::send_bytes},
      {"<who> sends byte by byte: <xml...>", &Scene::send_by_bytes},
      {"<who> sends <count> times: <xml...>", &Scene::send_repeatedly},
      {"<who> disconnects", &Scene::disconnect},
      {"<who> stops reading", &Scene::stop_reading},
      {"<who> reads again", &Scene::read_again},

      {"<who> receives: <xml...>", &Scene::receive},
      {"<who> receives in any order: <xml...>", &Scene::receive_in_any_order},
      {"<who> receives error <error:> <xml...>", &Scene::receive_error},
      {"<who> receives nothing", &Scene::receive_nothing},
      {"<who> receives a header: <xml...>", &Scene::receive_header},
      {"<who> sees the stream end", &Scene::stream_ends},
      {"<who> sees the stream end with <condition>", &Scene::stream_ends_with},
      {"all is read", &Scene::all_is_read},
  };
  return table;
}

Status Scene::play(const Step& step) {
  const Verb* found = nullptr;
  Arguments arguments;
  for (const Verb& verb : verbs()) {
    Arguments candidate;
    if (!match_verb(verb.pattern, step.text, candidate)) continue;
    if (found) return make_error(Errc::kInvalid, "two verbs match");
    found = &verb;
    arguments = std::move(candidate);
  }
  if (!found) return make_error(Errc::kInvalid, "no such verb");
  return (this->*found->play)(arguments);
}

Status Scene::finish() {
  if (!world_) return make_error(Errc::kInvalid, "nothing happened");
  for (const auto& [name, client] : world_->clients()) {
    if (!client->received.empty()) {
      return make_error(Errc::kInvalid, name + " has received what nobody expected: " +
                                            client->received.front().bytes);
    }
  }
  if (!world_->requester().answers.empty()) {
    return make_error(Errc::kInvalid, "an HTTP answer was not expected: " +
                                          world_->requester().answers.front().body);
  }
  return {};
}

World& Scene::world() {
  if (!world_) {
    if (options_.im.hosts.empty()) options_.im.hosts = {"example.com"};
    options_.streams.negotiation.hosts = options_.im.hosts;
    options_.streams.negotiation.fast = options_.fast_token_lifetime != Duration::zero();
    options_.refresh.hosts = options_.im.hosts;
    options_.admin.hosts = options_.im.hosts;
    world_ = std::make_unique<World>(options_, web_app_, accounts_);
  }
  return *world_;
}

Status Scene::settled() {
  if (world().settle()) return {};
  return make_error(Errc::kInternal, "the world does not come to rest");
}

}  // namespace rosterd::replay
