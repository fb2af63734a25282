// SPDX-License-Identifier: MIT
// Hosts, accounts and options.
#include <functional>
#include <map>

#include "scene.h"

namespace rosterd::replay {
namespace {

Result<std::size_t> parse_count(std::string_view text) {
  std::size_t count = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return make_error(Errc::kInvalid, "not a number");
    count = count * 10 + static_cast<std::size_t>(c - '0');
  }
  return count;
}

bool is_yes(std::string_view value) { return value == "yes"; }

// Setters by name; each takes the value as text and says whether it is one.
using Setter = bool (*)(WorldOptions& options, const std::string& value);

bool set_duration(Duration& target, const std::string& value) {
  const auto duration = parse_duration(value);
  if (duration) target = *duration;
  return duration.has_value();
}

bool set_count(std::size_t& target, const std::string& value) {
  const auto count = parse_count(value);
  if (count) target = *count;
  return count.has_value();
}

bool set_conflict(WorldOptions& o, const std::string& value) {
  using Conflict = im::Options::Conflict;
  if (value != "replace" && value != "refuse" && value != "rename") return false;
  o.im.conflict = value == "replace"  ? Conflict::kReplaceOld
                  : value == "refuse" ? Conflict::kRefuseNew
                                      : Conflict::kRename;
  return true;
}

bool set_sasl_attempts(WorldOptions& o, const std::string& value) {
  const auto count = parse_count(value);
  if (count) o.streams.negotiation.sasl_attempts = static_cast<int>(*count);
  return count.has_value();
}

const std::map<std::string, Setter, std::less<>>& setters() {
  static const std::map<std::string, Setter, std::less<>> table = {
      {"conflict", set_conflict},
      {"sasl_attempts", set_sasl_attempts},
      {"tls_available",
       [](WorldOptions& o, const std::string& v) {
         o.streams.negotiation.tls_available = is_yes(v);
         return true;
       }},
      {"tls_required",
       [](WorldOptions& o, const std::string& v) {
         o.streams.negotiation.tls_required = is_yes(v);
         return true;
       }},
      {"plain_without_tls",
       [](WorldOptions& o, const std::string& v) {
         o.streams.negotiation.plain_without_tls = is_yes(v);
         return true;
       }},
      {"login_timeout",
       [](WorldOptions& o, const std::string& v) {
         return set_duration(o.streams.login_timeout, v);
       }},
      {"fast_token_lifetime",
       [](WorldOptions& o, const std::string& v) {
         return set_duration(o.fast_token_lifetime, v);
       }},
      {"login_failures_per_address",
       [](WorldOptions& o, const std::string& v) {
         return set_count(o.streams.login_limit.per_address, v);
       }},
      {"login_failures_per_account",
       [](WorldOptions& o, const std::string& v) {
         return set_count(o.streams.login_limit.per_account, v);
       }},
      {"stanza_bytes_before_login",
       [](WorldOptions& o, const std::string& v) {
         return set_count(o.streams.before_login.stanza_bytes, v);
       }},
      {"bytes_before_login",
       [](WorldOptions& o, const std::string& v) {
         return set_count(o.streams.bytes_before_login, v);
       }},
      {"stanza_bytes",
       [](WorldOptions& o, const std::string& v) {
         return set_count(o.streams.after_login.stanza_bytes, v);
       }},
      {"client_rate",
       [](WorldOptions& o, const std::string& v) {
         return set_count(o.streams.rate.bytes_per_second, v);
       }},
      {"client_burst",
       [](WorldOptions& o, const std::string& v) { return set_count(o.streams.rate.burst, v); }},
      {"outbox_soft",
       [](WorldOptions& o, const std::string& v) { return set_count(o.streams.outbox_soft, v); }},
      {"outbox_soft_time",
       [](WorldOptions& o, const std::string& v) {
         return set_duration(o.streams.outbox_soft_time, v);
       }},
      {"outbox_hard",
       [](WorldOptions& o, const std::string& v) { return set_count(o.streams.outbox_hard, v); }},
      {"sessions_per_user",
       [](WorldOptions& o, const std::string& v) { return set_count(o.im.sessions_per_user, v); }},
      {"directed_per_session",
       [](WorldOptions& o, const std::string& v) {
         return set_count(o.im.directed_per_session, v);
       }},
      {"waiting_iqs_per_session",
       [](WorldOptions& o, const std::string& v) {
         return set_count(o.im.waiting_iqs_per_session, v);
       }},
      {"roster_stale_max",
       [](WorldOptions& o, const std::string& v) {
         return set_duration(o.im.roster_stale_max, v);
       }},
      {"tell_who_exists",
       [](WorldOptions& o, const std::string& v) {
         o.im.public_hosts.clear();
         if (is_yes(v)) o.im.public_hosts = {"example.com"};
         return true;
       }},
      {"user_exists_default",
       [](WorldOptions& o, const std::string& v) {
         o.user_exists_default = is_yes(v);
         return true;
       }},
      {"roster_url",
       [](WorldOptions& o, const std::string& v) {
         o.roster.url = v;
         return true;
       }},
      {"roster_404",
       [](WorldOptions& o, const std::string& v) {
         o.roster.missing_is_empty = v == "empty";
         return v == "empty" || v == "error";
       }},
      {"roster_contacts",
       [](WorldOptions& o, const std::string& v) {
         return set_count(o.roster.limits.contacts, v);
       }},
      {"roster_fetch_timeout",
       [](WorldOptions& o, const std::string& v) { return set_duration(o.roster.timeout, v); }},
      {"roster_fetch_parallel",
       [](WorldOptions& o, const std::string& v) { return set_count(o.roster.parallel, v); }},
      {"refresh_deadline",
       [](WorldOptions& o, const std::string& v) { return set_duration(o.refresh.deadline, v); }},
      {"refresh_batches",
       [](WorldOptions& o, const std::string& v) { return set_count(o.refresh.batches, v); }},
      {"refresh_batch_users",
       [](WorldOptions& o, const std::string& v) { return set_count(o.refresh.batch_users, v); }},
      {"refresh_all_failed_ok",
       [](WorldOptions& o, const std::string& v) {
         o.refresh.all_failed_ok = is_yes(v);
         return true;
       }},
  };
  return table;
}

}  // namespace

Status Scene::check_not_started() const {
  if (!world_) return {};
  return make_error(Errc::kInvalid, "the scene has begun already");
}

Status Scene::add_host(const Arguments& a) {
  options_.im.hosts.push_back(a[0]);
  return check_not_started();
}

Status Scene::add_account(const Arguments& a) {
  accounts_.passwords[a[0]] = "secret";
  return {};
}

Status Scene::add_account_with_password(const Arguments& a) {
  accounts_.passwords[a[0]] = a[1];
  return {};
}

// Where tokens or cookies are known, nothing else lets anybody in.
Status Scene::add_token(const Arguments& a) {
  accounts_.evidence[a[1]] = a[0];
  options_.streams.negotiation.methods["example.com"] = {
      .passwords = false, .scram_sha1 = false, .scram_sha256 = false, .tokens = true};
  return check_not_started();
}

Status Scene::add_cookie(const Arguments& a) {
  accounts_.evidence[a[1]] = a[0];
  options_.streams.negotiation.methods["example.com"] = {
      .passwords = false, .scram_sha1 = false, .scram_sha256 = false, .cookies = true};
  return check_not_started();
}

Status Scene::logins_end(const Arguments& a) {
  const auto duration = parse_duration(a[0]);
  if (!duration) return tl::unexpected<Error>(duration.error());
  accounts_.expires =
      VirtualClock().wall_now() + std::chrono::duration_cast<WallTime::duration>(*duration);
  return check_not_started();
}

Status Scene::change_option(const Arguments& a) {
  const auto setter = setters().find(a[0]);
  if (setter == setters().end()) return make_error(Errc::kInvalid, "no such option");
  if (setter->second(options_, a[1])) return {};
  return make_error(Errc::kInvalid, "not a value of it");
}

Status Scene::set_option(const Arguments& a) {
  const Status changed = change_option(a);
  return changed ? check_not_started() : changed;
}

Status Scene::reload(const Arguments& a) {
  const Status changed = change_option(a);
  if (!changed) return changed;
  world().set_options(options_);
  return settled();
}

}  // namespace rosterd::replay
