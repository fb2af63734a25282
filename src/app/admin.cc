// SPDX-License-Identifier: MIT
#include "app/admin.h"

#include <utility>

#include "app/admin_json.h"
#include "app/admin_request.h"
#include "app/refresh_request.h"
#include "base/json.h"
#include "base/log.h"
#include "base/text.h"
#include "im/census.h"

namespace rosterd::app {

namespace {

constexpr std::string_view kUsersPath = "/roster_admin/users/";
constexpr std::string_view kKickPath = "/roster_admin/kick";
constexpr std::string_view kPrebindPath = "/roster_admin/prebind";
constexpr std::string_view kTokenPath = "/roster_admin/login_token";

// `confined`: to one host.
int status_of(Errc code, bool confined) {
  switch (code) {
    case Errc::kTooLarge:
      return 413;
    case Errc::kDenied:  // of another host than the only one he may touch
      return confined ? 403 : 400;
    case Errc::kConflict:
      return 409;
    case Errc::kUnavailable:
      return 503;
    default:
      return 400;
  }
}

}  // namespace

Admin::Admin(const AdminOptions& options, im::Core& core, LoginTokens& tokens, FastTokens& fast,
             const Clock& clock)
    : options_(options), core_(core), tokens_(tokens), fast_(fast), clock_(clock) {}

void Admin::on_request(web::Responder& responder, web::ExchangeId exchange,
                       const web::Client& client, const http::Request& request) {
  auto body = answer(client, request);
  if (body) return responder.respond(exchange, web::make_json(200, std::move(*body)));
  if (const auto not_logged = refusals_.admit(clock_.now())) {
    log::warn("admin", "refused",
              {{"path", text::for_log(request.path())},
               {"why", body.error().text},
               {"not_logged", *not_logged}});
  }
  responder.respond(
      exchange,
      web::make_json_error(status_of(body.error().code, !client.host.empty()), body.error().text));
}

Result<std::string> Admin::answer(const web::Client& client, const http::Request& request) {
  // Who may touch one host alone has no other: that is where his bare usernames are.
  const Hosts hosts = client.host.empty() ? options_.hosts : Hosts{client.host};
  if (request.path().starts_with(kUsersPath)) return describe_user(request.path(), hosts);
  if (request.path() == kKickPath) return kick(request.body, hosts);
  if (request.path() == kTokenPath) return give_token(request.body, hosts);
  if (request.path() == kPrebindPath) return prebind(request.body, hosts);
  if (request.method == "POST") return find_online(request.body, hosts);
  return list_online(request.target, client.host);
}

Result<std::string> Admin::list_online(std::string_view target, std::string_view host) {
  const auto page = parse_page_request(target);
  if (!page) return tl::unexpected<Error>(page.error());
  return write_page(core_.census().list_online(page->after, page->limit, host));
}

Result<std::string> Admin::find_online(std::string_view body, const Hosts& hosts) {
  const auto named = parse_names(body, hosts, options_.users);
  if (!named) return tl::unexpected<Error>(named.error());
  json::Writer out;
  out.object();
  for (const NamedUser& one : *named) {
    out.key(one.name);
    write_summary(out, core_.census().find_user(one.user));
  }
  return out.end().take();
}

Result<std::string> Admin::describe_user(std::string_view path, const Hosts& hosts) {
  const auto name = text::percent_decode(path.substr(kUsersPath.size()));
  if (!name) return make_error(Errc::kInvalid, "bad percent-encoding in the path");
  const auto user = parse_refresh_name(*name, hosts);
  if (!user) return tl::unexpected<Error>(user.error());
  return write_user(core_.census().find_user(*user), core_.census().find_roster(*user));
}

Result<std::string> Admin::kick(std::string_view body, const Hosts& hosts) {
  const auto order = parse_kick(body, hosts, options_.users);
  if (!order) return tl::unexpected<Error>(order.error());
  std::size_t kicked = 0;
  for (const xmpp::Jid& user : order->users) {
    kicked += core_.kick(user, order->resource, order->reason);
    tokens_.forget(user);
    fast_.revoke(user);
  }
  log::info("admin", "kicked",
            {{"users", order->users.size()},
             {"sessions", kicked},
             {"reason", text::for_log(order->reason)}});
  json::Writer out;
  out.object().key("status").string("ok");
  return out.key("kicked").number(static_cast<std::int64_t>(kicked)).end().take();
}

// Nor is the sid logged.
Result<std::string> Admin::prebind(std::string_view body, const Hosts& hosts) {
  const auto request = parse_prebind(body, hosts);
  if (!request) return tl::unexpected<Error>(request.error());
  if (!prebinder_) return make_error(Errc::kUnavailable, "BOSH is off");
  auto bound = prebinder_->prebind(request->user, request->resource);
  if (!bound) {
    const bool full = bound.error().code == Errc::kTooLarge;
    return make_error(full ? Errc::kConflict : bound.error().code, bound.error().text);
  }
  json::Writer out;
  out.object().key("status").string("ok").key("jid").string(bound->jid.text());
  out.key("sid").string(bound->sid);
  return out.key("rid").number(static_cast<std::int64_t>(bound->rid)).end().take();
}

// Never logged: whoever reads it is let in.
Result<std::string> Admin::give_token(std::string_view body, const Hosts& hosts) {
  const auto user = parse_token_request(body, hosts);
  if (!user) return tl::unexpected<Error>(user.error());
  log::info("admin", "login token given", {{"user", user->text()}});
  constexpr auto kSeconds =
      std::chrono::duration_cast<std::chrono::seconds>(LoginTokens::kLifetime);
  json::Writer out;
  out.object().key("status").string("ok").key("user").string(user->text());
  out.key("token").string(tokens_.issue(*user));
  return out.key("expires_in").number(std::int64_t{kSeconds.count()}).end().take();
}

}  // namespace rosterd::app
