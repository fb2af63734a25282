// SPDX-License-Identifier: MIT
// A conversation being played: the verbs of the language, acting on a World.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "fakes.h"
#include "pattern.h"
#include "script.h"
#include "world.h"

namespace rosterd::replay {

class Scene {
 public:
  explicit Scene(xmpp::StreamFraming framing);

  // Plays one step and lets everything happen that follows from it.
  Status play(const Step& step);
  // Nothing that was received may be left unread.
  Status finish();

 private:
  struct Verb {
    std::string_view pattern;
    Status (Scene::*play)(const Arguments& arguments);
  };
  static const std::vector<Verb>& verbs();

  // --- before anything happens (scene_setup.cc) -----------------------------------------------
  Status add_host(const Arguments& a);
  Status add_account(const Arguments& a);
  Status add_account_with_password(const Arguments& a);
  Status add_token(const Arguments& a);
  Status add_cookie(const Arguments& a);
  Status logins_end(const Arguments& a);
  Status set_option(const Arguments& a);
  Status check_not_started() const;
  Status change_option(const Arguments& a);
  World& world();

  // --- the web application and time (scene_web.cc) ----------------------------------------------
  Status web_app_has(const Arguments& a);
  Status web_app_answers(const Arguments& a);
  Status web_app_answers_with(const Arguments& a);
  Status web_app_asks_for_patience(const Arguments& a);
  Status web_app_answers_for_a_while(const Arguments& a);
  Status web_app_redirects(const Arguments& a);
  Status web_app_goes_on(const Arguments& a);
  Status web_app_holds(const Arguments& a);
  Status web_app_stops_holding(const Arguments& a);
  Status web_app_answers_held(const Arguments& a);
  Status web_app_answers_held_with(const Arguments& a);
  Status web_app_queues(const Arguments& a);
  Status web_app_takes(const Arguments& a);
  Status web_app_is_silent(const Arguments& a);
  Status web_app_goes_down(const Arguments& a);
  Status web_app_comes_up(const Arguments& a);
  Status web_app_was_asked(const Arguments& a);
  Status web_app_was_asked_at(const Arguments& a);
  Status web_app_was_asked_with(const Arguments& a);
  Status accounts_go_down(const Arguments& a);
  Status accounts_come_up(const Arguments& a);
  Status post(const Arguments& a);
  Status post_nothing(const Arguments& a);
  Status post_as(const Arguments& a);
  Status post_with(const Arguments& a);
  Status get(const Arguments& a);
  Status answer_is(const Arguments& a);
  Status answer_is_with(const Arguments& a);
  Status whole_answer_is(const Arguments& a);
  Status no_answer(const Arguments& a);
  Status pass_time(const Arguments& a);
  Status hang_up(const Arguments& a);
  Status reload(const Arguments& a);
  Status shut_down(const Arguments& a);
  Status set_answer(const std::string& user, const std::string& status, std::string body);
  Status answer_held(const std::string& user, const std::string& status, std::string body);
  Status take_answer(const std::string& status, std::string_view members);
  Status request(std::string method, std::string target, std::string body, http::Fields fields);

  // --- clients (scene_clients.cc) ---------------------------------------------------------------
  Status connect(const Arguments& a);
  Status connect_in_clear(const Arguments& a);
  Status connect_with_cookie(const Arguments& a);
  Status prove_token(const Arguments& a);
  Status log_in(const Arguments& a);
  Status come_online(const Arguments& a);
  Status send(const Arguments& a);
  Status send_bytes(const Arguments& a);
  Status send_by_bytes(const Arguments& a);
  Status send_repeatedly(const Arguments& a);
  Status disconnect(const Arguments& a);
  Status stop_reading(const Arguments& a);
  Status read_again(const Arguments& a);
  Status send_text(const std::string& who, std::string_view bytes, std::size_t piece);
  Status negotiate(const std::string& who, const xmpp::Jid& jid);
  Status exchange(const std::string& who, const std::string& sent,
                  std::initializer_list<std::string_view> expected);

  // --- what they receive (scene_receive.cc) -----------------------------------------------------
  Status receive(const Arguments& a);
  Status receive_in_any_order(const Arguments& a);
  Status receive_error(const Arguments& a);
  Status receive_nothing(const Arguments& a);
  Status receive_header(const Arguments& a);
  Status stream_ends(const Arguments& a);
  Status stream_ends_with(const Arguments& a);
  Status all_is_read(const Arguments& a);
  Result<Client*> find(const std::string& who);
  Result<std::string> take_stanza(const std::string& who);
  Status expect_end(const std::string& who);
  Status settled();

  WorldOptions options_;
  Accounts accounts_;
  WebApp web_app_;
  std::unique_ptr<World> world_;  // made by the first step that is no setup
  Matcher matcher_;
};

}  // namespace rosterd::replay
