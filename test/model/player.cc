// SPDX-License-Identifier: MIT
#include "player.h"

#include <array>
#include <cstdlib>
#include <memory>
#include <set>
#include <utility>
#include <vector>

namespace rosterd::model {

namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

// A healthy web app has everything settled in this time, whatever was before.
constexpr int kSettlingSeconds = 150;
constexpr std::size_t kWaitingGets = 8;  // fewer than the server allows

std::string at_host(const std::string& name) { return name + "@h"; }

std::string make_presence(const std::string& attributes, const std::string& status) {
  return "<presence" + attributes + "><status>" + status + "</status></presence>";
}

}  // namespace

Player::Verb Player::find_verb(const std::string& name) {
  static const std::map<std::string, Verb> verbs = {
      {"befriend", &Player::befriend},
      {"unfriend", &Player::unfriend},
      {"item", &Player::item},
      {"drop", &Player::drop},
      {"stranger", &Player::stranger},
      {"revert", &Player::revert},
      {"send", &Player::send},
      {"answer", &Player::answer},
      {"post", &Player::post},
      {"edges", &Player::edges},
      {"refresh", &Player::refresh},
      {"nonsense", &Player::nonsense},
      {"abandon", &Player::abandon},
      {"come", &Player::come},
      {"go", &Player::go},
      {"hang-up", &Player::hang_up},
      {"authenticate", &Player::authenticate},
      {"available", &Player::available},
      {"unavailable", &Player::unavailable},
      {"ask", &Player::ask},
      {"probe", &Player::probe},
      {"direct", &Player::direct},
      {"pass", &Player::pass},
      {"option", &Player::option},
      {"settle", &Player::settle},
      {"sweep", &Player::sweep},
      {"stop", &Player::stop},
  };
  const auto found = verbs.find(name);
  return found == verbs.end() ? nullptr : found->second;
}

Status Player::play(const History& history) {
  for (const Step& step : history) {
    const Verb verb = find_verb(step.verb);
    if (!verb) return make_error(Errc::kInvalid, "no such step: " + to_text(step));
    verdict_.note([&] { return to_text(step); });
    world_.pass(Duration(0));
    (this->*verb)(step);
    rules_.check_deadlines();
    if (verdict_.first) break;
  }
  return {};
}

// --- the web app's data
// ----------------------------------------------------------------------------

void Player::put(const std::string& owner, const std::string& contact, const Item& item) {
  if (owner == contact) return;
  Contacts contacts = world_.web_app.data(at_host(owner));
  contacts[contact] = item;
  world_.web_app.edit(at_host(owner), std::move(contacts));
}

void Player::remove(const std::string& owner, const std::string& contact) {
  Contacts contacts = world_.web_app.data(at_host(owner));
  contacts.erase(contact);
  world_.web_app.edit(at_host(owner), std::move(contacts));
}

void Player::befriend(const Step& step) {
  const std::string& a = step.argument(0);
  const std::string& b = step.argument(1);
  if (a == b) return;
  put(a, at_host(b), {});
  put(b, at_host(a), {});
}

void Player::unfriend(const Step& step) {
  drop(step);
  remove(step.argument(1), at_host(step.argument(0)));
}

void Player::drop(const Step& step) { remove(step.argument(0), at_host(step.argument(1))); }

void Player::item(const Step& step) {
  const std::string& owner = step.argument(0);
  const std::string& contact = step.argument(1);
  if (owner == contact) return;
  Item item;
  item.subscription = parse_subscription(step.argument(2));
  if (step.argument(3) != "0") item.name = "Name" + step.argument(3);
  if (step.argument(4) != "0") item.groups = {"Group" + step.argument(4), "All"};
  put(owner, at_host(contact), item);
}

// A contact whom this server does not serve.
void Player::stranger(const Step& step) {
  Item item;
  item.subscription = parse_subscription(step.argument(2));
  put(step.argument(0), "stranger" + step.argument(1) + "@elsewhere", item);
}

void Player::revert(const Step& step) {
  world_.web_app.revert(at_host(step.argument(0)),
                        static_cast<std::size_t>(std::atoi(step.argument(1).c_str())));
}

// --- its requests and its refreshes
// ----------------------------------------------------------------

void Player::send(const Step& step) { world_.send_request(at_host(step.argument(0))); }

void Player::answer(const Step& step) {
  const std::string& how = step.argument(1);
  if (!WebApp::knows(how)) return;
  if (step.argument(0) != "all") return world_.answer(at_host(step.argument(0)), how);
  for (const std::string& user : world_.web_app.asked()) world_.answer(user, how);
}

void Player::post(const Step& step) { world_.post(make_posting(step.arguments, world_.web_app)); }

void Player::edges(const Step& step) { world_.post(make_edges(step.arguments, world_.web_app)); }

void Player::refresh(const Step& step) { world_.post(make_question(step.argument(0))); }

void Player::nonsense(const Step& step) {
  static const std::map<std::string, std::string> bodies = {
      {"0", ""},
      {"1", "[\"juliet\""},
      {"2", "{\"juliet\": 1}"},
      {"3", "[\"juliet\", 1]"},
      {"4", "[{\"user\": \"juliet\"}]"},
      {"5", "[{\"user\": \"juliet\", \"roster\": {}}, {\"user\": \"romeo\", \"patch\": 1}]"}};
  const auto body = bodies.find(step.argument(0));
  if (body == bodies.end()) return;
  Posting posting;
  posting.body = body->second;
  world_.post(posting);
}

void Player::abandon(const Step&) {
  if (rules_.oldest_post() != 0) world_.abandon(rules_.oldest_post());
}

// --- clients
// ---------------------------------------------------------------------------------------

Client* Player::find_client(const Step& step) {
  return world_.find_client(at_host(step.argument(0)) + "/" + step.argument(1));
}

void Player::come(const Step& step) {
  if (stopped_) return;
  Client* client = world_.connect(at_host(step.argument(0)), step.argument(1));
  if (!client) return;
  const std::string& how = step.argument(2);
  if (how == "both" || how == "roster") {
    world_.ask_roster(*client, "");
    world_.turn({.kind = Action::Kind::kOther});
  }
  if (how == "both" || how == "presence") become_available(*client);
}

void Player::go(const Step& step) {
  Client* client = find_client(step);
  if (!client) return;
  if (step.argument(2) == "politely") unavailable(step);
  world_.disconnect(*client);
}

void Player::authenticate(const Step& step) {
  if (!stopped_) world_.authenticate(at_host(step.argument(0)));
}

void Player::hang_up(const Step& step) { world_.hang_up(at_host(step.argument(0))); }

void Player::become_available(Client& client) {
  client.available = true;
  client.status = std::to_string(verdict_.next_moment());
  world_.tell(client, make_presence("", client.status),
              {.kind = Action::Kind::kAvailable, .actor = client.full});
}

void Player::available(const Step& step) {
  if (Client* client = find_client(step)) become_available(*client);
}

void Player::unavailable(const Step& step) {
  Client* client = find_client(step);
  if (!client) return;
  client->available = false;
  world_.tell(*client, "<presence type='unavailable'/>",
              {.kind = Action::Kind::kUnavailable, .actor = client->full});
}

void Player::ask(const Step& step) {
  Client* client = find_client(step);
  if (!client || client->asked.size() >= kWaitingGets) return;
  const KeptRosters& kept = world_.kept[client->user];
  const bool has_one = step.argument(2) == "version" && !kept.empty();
  world_.ask_roster(*client, has_one ? kept.rbegin()->first : "");
  world_.turn({.kind = Action::Kind::kOther});
}

void Player::probe(const Step& step) {
  Client* client = find_client(step);
  if (!client) return;
  const std::string target = at_host(step.argument(2));
  world_.tell(*client, "<presence type='probe' to='" + target + "'/>",
              {.kind = Action::Kind::kProbe, .actor = client->full, .target = target});
}

void Player::direct(const Step& step) {
  Client* client = find_client(step);
  if (!client) return;
  const std::string& name = step.argument(2);
  const std::size_t slash = name.find('/');
  std::string target = at_host(name.substr(0, slash));
  if (slash != std::string::npos) target += name.substr(slash);
  const bool available = step.argument(3) == "available";
  const std::string type = available ? "" : " type='unavailable'";
  world_.tell(*client, make_presence(" to='" + target + "'" + type, "directed"),
              {.kind = Action::Kind::kDirected,
               .actor = client->full,
               .target = target,
               .available = available});
}

// --- the rest
// --------------------------------------------------------------------------------------

void Player::pass(const Step& step) {
  world_.pass(milliseconds(std::atoll(step.argument(0).c_str())));
}

// What the server does once a minute.
void Player::sweep(const Step&) { world_.expire(); }

// The file has changed and a SIGHUP came. `1` is the other value than that of the beginning.
void Player::option(const Step& step) {
  const bool other = step.argument(1) == "1";
  const std::string& name = step.argument(0);
  Options options = world_.options();
  if (name == "stale-max") options.im.roster_stale_max = minutes(other ? 10 : 60);
  if (name == "deadline") options.refresh.deadline = seconds(other ? 5 : 30);
  if (name == "timeout") options.roster.timeout = seconds(other ? 2 : 10);
  if (name == "batches") options.refresh.batches = other ? 1 : 100;
  if (name == "bulk") options.roster.bulk_url = other ? "http://app.example.org/bulk" : "";
  if (name == "pages") options.roster.pages = other ? 2 : 100;
  if (name == "places") {
    options.roster.parallel = 1 + std::strtoul(step.argument(1).c_str(), nullptr, 10);
  }
  if (name == "404") options.roster.missing_is_empty = other;
  if (name == "all-failed-ok") options.refresh.all_failed_ok = other;
  if (name == "copies") options.im.cached_rosters = other ? 1 : 10'000;
  using Conflict = im::Options::Conflict;
  if (name == "conflict") {
    options.im.conflict = other ? Conflict::kRefuseNew : Conflict::kReplaceOld;
  }
  world_.set_options(options);
}

// Also who comes to a place when others have left theirs: a deadline may be short.
void Player::answer_everything() {
  for (auto asked = world_.web_app.asked(); !asked.empty(); asked = world_.web_app.asked()) {
    for (const std::string& user : asked) world_.answer(user, "late");
    world_.pass(Duration(0));
    if (verdict_.first) return;
  }
}

bool Player::wait_until(bool (Player::*done)()) {
  for (int i = 0; i < kSettlingSeconds && !verdict_.first; ++i) {
    answer_everything();
    if ((this->*done)()) return true;
    world_.pass(seconds(1));
  }
  return false;
}

// The web app is well, has named all whose data have changed, and has answered everything.
void Player::settle(const Step&) {
  if (stopped_) return;
  wait_until(&Player::is_answered);
  world_.post(make_posting(world_.web_app.changed_since(settled_), world_.web_app));
  wait_until(&Player::is_settled);
  if (!verdict_.first) rules_.check_settled();
  settled_ = verdict_.next_moment();
}

// SIGTERM: what is asked for is answered, then everybody is sent home.
void Player::stop(const Step&) {
  stopped_ = true;
  rules_.on_stop();
  world_.stop();
  if (rules_.is_refreshing()) {
    verdict_.broke("at the end every refresh is answered", "one waits");
  }
  while (!world_.clients.empty()) world_.disconnect(*world_.clients.begin()->second);
}

}  // namespace rosterd::model
