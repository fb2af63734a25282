// SPDX-License-Identifier: MIT
#include "world.h"

#include <algorithm>
#include <utility>

namespace rosterd::model {

namespace {

// Nothing happens at the very moment of something else: equal times would hide orders.
constexpr Duration kStep{7};

Options make_options() {
  Options options;
  options.im.hosts = {"h"};
  options.roster.url = "http://app.example.org/contacts/%s";
  options.refresh.hosts = options.im.hosts;
  return options;
}

xmpp::Jid make_jid(const std::string& text) { return *xmpp::Jid::parse(text); }

}  // namespace

World::World(Verdict& verdict)
    : verdict_(verdict),
      options_(make_options()),
      source_(options_.roster, &web_app, nullptr, clock_, timers_),
      core_(options_.im, clock_, &source_),
      refresh_(options_.refresh, core_, source_, clock_, timers_) {
  source_.set_core(&core_);
}

World::~World() = default;

// --- clients
// ---------------------------------------------------------------------------------------

Client* World::connect(const std::string& user, const std::string& resource) {
  authenticate(user);
  const auto session = core_.bind(make_jid(user), resource);
  if (!session) {
    hang_up(user);
    return nullptr;
  }
  --unbound_[user];
  close_ended();
  const std::string full(core_.find_session(*session)->jid.text());
  auto client = std::make_unique<Client>(user, full, *session);
  return (clients[full] = std::move(client)).get();
}

void World::disconnect(Client& client) {
  const std::string user = client.user;
  const std::string full = client.full;
  core_.end_session(client.session);
  clients.erase(full);
  end_stream(user);
  turn({.kind = Action::Kind::kGone, .actor = full});
}

Client* World::find_client(const std::string& full) {
  const auto found = clients.find(full);
  return found == clients.end() ? nullptr : found->second.get();
}

void World::tell(Client& client, std::string_view stanza, const Action& action) {
  core_.handle_stanza(client.session, *parser_.parse_stanza(stanza));
  turn(action);
}

void World::ask_roster(Client& client, const std::string& version) {
  const std::string id = std::to_string(++client.gets);
  client.asked[id] = version;
  const std::string ver = version.empty() ? "" : " ver='" + version + "'";
  const std::string stanza =
      "<iq type='get' id='" + id + "'><query xmlns='jabber:iq:roster'" + ver + "/></iq>";
  core_.handle_stanza(client.session, *parser_.parse_stanza(stanza));
}

void World::authenticate(const std::string& user) {
  const bool comes = ++streams_[user] == 1;
  ++unbound_[user];
  if (comes) events_->on_user_came(user);
  core_.begin_user(make_jid(user));
  if (comes) {
    const auto session = core_.bind(make_jid(user), "witness");
    auto witness = std::make_unique<Client>(
        user, std::string(core_.find_session(*session)->jid.text()), *session);
    ask_roster(*witness, "");
    witnesses[user] = std::move(witness);
  }
  turn({.kind = Action::Kind::kOther});
}

void World::hang_up(const std::string& user) {
  if (unbound_[user] == 0) return;
  --unbound_[user];
  end_stream(user);
  turn({.kind = Action::Kind::kOther});
}

// The witness sits on the stream that came first, so it goes with the one that goes last.
void World::end_stream(const std::string& user) {
  if (--streams_[user] == 0) {
    core_.end_session(witnesses.at(user)->session);
    witnesses.erase(user);
    streams_.erase(user);
    core_.end_user(make_jid(user));
    return events_->on_user_left(user);
  }
  core_.end_user(make_jid(user));
}

// Sessions that the server has ended, as their streams would end then.
void World::close_ended() {
  for (auto next = clients.begin(); next != clients.end();) {
    Client& client = *(next++)->second;
    const im::Session* session = core_.find_session(client.session);
    if (session->end == xmpp::StreamCondition::kNone) continue;
    disconnect(client);
  }
}

std::vector<Event> World::read(Client& client) {
  std::vector<Event> events;
  im::Session* session = core_.find_session(client.session);
  im::Outbox& outbox = session->outbox;
  for (std::size_t i = 0; i < outbox.count(); ++i) {
    const auto stanza = parser_.parse_stanza(outbox.stanza(i));
    if (!stanza) {
      verdict_.broke("what clients get is XML", std::string(outbox.stanza(i)));
      continue;
    }
    events.push_back(parse_event(*stanza));
    verdict_.note(
        [&] { return "      " + client.full + " gets: " + describer_.describe(outbox.stanza(i)); });
  }
  if (!outbox.empty()) outbox.clear();
  session->dirty.unlink();
  return events;
}

// --- the web app and its refreshes
// -----------------------------------------------------------------

void World::send_request(const std::string& user) {
  if (!web_app.is_asked(user)) return;
  web_app.send(user);
  turn();
}

void World::answer(const std::string& user, std::string_view how) {
  if (!web_app.is_asked(user)) return;
  verdict_.note([&] { return "    web app answers for " + user + ": " + std::string(how); });
  web_app.answer(user, how, options_.roster);
  turn();
  web_app.end_answer();
}

void World::post(const Posting& wanted) {
  Posting posting = wanted;
  if (silent_) posting.answers_first = false;
  http::Request request;
  request.method = posting.method;
  request.target = posting.target;
  request.body = posting.body;
  if (posting.atomic) request.fields.add("Rosterd-Atomic", "all");
  if (posting.answers_first) request.fields.add("Prefer", "respond-async");
  verdict_.note([&] { return "    POST " + std::to_string(requests_ + 1) + ": " + posting.body; });
  unanswered_.insert(++requests_);
  last_post_ = now();
  events_->on_post(requests_, posting);
  refresh_.on_request(*this, {requests_, 1}, web::Client{}, request);
  turn();
}

void World::abandon(std::uint32_t number) { refresh_.on_request_abandoned({number, 1}); }

void World::respond(web::ExchangeId exchange, http::Response response) {
  // The rules see what the clients got before the answer, and only that.
  responding_ = exchange.index;
  turn();
  responding_ = 0;
  verdict_.note([&] {
    return "    POST " + std::to_string(exchange.index) + " is answered " +
           std::to_string(response.status) + " " + response.body;
  });
  unanswered_.erase(exchange.index);
  events_->on_post_answered(exchange.index, response);
  if (response.status != 202) return;
  silent_ = Silent{exchange.index, refresh_.stats().durations.count(), total()};
}

Counts World::total() const {
  return {.updated = refresh_.stats().updated, .errors = refresh_.stats().errors};
}

// What it came to can be told when no other has come to its end since it began.
void World::look_after_silent() {
  if (responding_ != 0 || !is_silent_over()) return;
  const Silent done = *std::exchange(silent_, std::nullopt);
  std::optional<Counts> counts;
  if (refresh_.stats().durations.count() == done.batches + 1) {
    counts = Counts{total().updated - done.counts.updated, total().errors - done.counts.errors};
  }
  verdict_.note([&] {
    return "    POST " + std::to_string(done.number) + " is over" +
           (counts ? ", " + std::to_string(counts->updated) + " updated" : "");
  });
  events_->on_post_over(done.number, counts);
}

void World::stop() {
  refresh_.stop();
  turn();
}

// --- the rest
// --------------------------------------------------------------------------------------

void World::turn(const Action& action) {
  if (events_) events_->on_turn(action);
  look_after_silent();
}

void World::run_timers() {
  timers_.run_due(clock_.now());
  turn();
}

void World::pass(Duration duration) {
  const Instant start = clock_.now() - clock_.passed;
  const Duration end = clock_.passed + duration + kStep;
  for (;;) {
    const auto due = timers_.next_due();
    if (!due || *due - start > end) break;
    clock_.passed = std::max(clock_.passed, *due - start);
    run_timers();
  }
  clock_.passed = end;
}

void World::set_options(const Options& options) {
  options_ = options;
  web_app.set_places(options.roster.parallel);
  least_timeout_ = std::min(least_timeout_, options.roster.timeout);
  core_.set_options(options.im);
  source_.set_options(options.roster);
  refresh_.set_options(options.refresh);
}

}  // namespace rosterd::model
