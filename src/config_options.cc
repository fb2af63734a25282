// SPDX-License-Identifier: MIT
#include "config_options.h"

#include <algorithm>
#include <type_traits>

#include "xmpp/sasl.h"

namespace rosterd {

namespace {

// --- between options and the members they live in -----------------------------------------------

constexpr std::string_view kLevels = "error|warn|info|debug";
constexpr std::string_view kConflicts = "replace|refuse|rename";
constexpr std::string_view kFormats = "rosterd|mod_rest";
constexpr std::string_view kRosterFormats = "json|jsxc";
constexpr std::string_view kAuthKinds =
    "accounts|http-basic|http-json|http-mongoose|jsxc|cookie|userinfo|jwt|external";
constexpr std::string_view kProgramProtocols = "ejabberd|generic";
constexpr std::string_view kJwtAlgorithms = "auto|HS256|HS384|HS512|RS256|RS384|RS512";
constexpr std::string_view kHashes = "SHA-1|SHA-256|SHA-512";
constexpr std::string_view kMechanisms =
    "SCRAM-SHA-512-PLUS|SCRAM-SHA-256-PLUS|SCRAM-SHA-1-PLUS|SCRAM-SHA-512|SCRAM-SHA-256|"
    "SCRAM-SHA-1|PLAIN|OAUTHBEARER|X-OAUTH2|EXTERNAL";

// The n-th of "a|b|c", and back.
std::string choice_at(std::string_view choices, std::size_t n) {
  for (; n > 0; --n) choices.remove_prefix(choices.find('|') + 1);
  return std::string(choices.substr(0, choices.find('|')));
}

std::size_t choice_index(std::string_view choices, std::string_view choice) {
  std::size_t n = 0;
  while (choice_at(choices, n) != choice) ++n;
  return n;
}

OptionValue to_value(bool member) { return member; }
template <class T>
requires std::is_integral_v<T> OptionValue to_value(T member) {
  return static_cast<std::int64_t>(member);
}
OptionValue to_value(Duration member) { return std::int64_t{member.count()}; }
OptionValue to_value(const std::string& member) { return member; }
OptionValue to_value(const std::vector<std::string>& member) { return member; }
OptionValue to_value(log::Level member) {
  return choice_at(kLevels, static_cast<std::size_t>(member));
}
OptionValue to_value(im::Options::Conflict member) {
  return choice_at(kConflicts, static_cast<std::size_t>(member));
}
OptionValue to_value(app::EventFormat member) {
  return choice_at(kFormats, static_cast<std::size_t>(member));
}
OptionValue to_value(app::RosterFormat member) {
  return choice_at(kRosterFormats, static_cast<std::size_t>(member));
}
OptionValue to_value(app::AuthKind member) {
  return choice_at(kAuthKinds, static_cast<std::size_t>(member));
}
OptionValue to_value(app::ProgramProtocol member) {
  return choice_at(kProgramProtocols, static_cast<std::size_t>(member));
}
OptionValue to_value(const std::vector<xmpp::Mechanism>& member) {
  std::vector<std::string> names;
  for (const xmpp::Mechanism mechanism : member) names.emplace_back(xmpp::to_string(mechanism));
  return names;
}
OptionValue to_value(const std::vector<crypto::Hash>& member) {
  std::vector<std::string> names;
  for (const auto hash : member) {
    names.push_back(choice_at(kHashes, static_cast<std::size_t>(hash)));
  }
  return names;
}

OptionValue to_value(const std::vector<net::Network>& member) {
  std::vector<std::string> texts;
  for (const net::Network& one : member) texts.push_back(one.to_string());
  return texts;
}
OptionValue to_value(const std::vector<app::Credential>& member) {
  std::vector<std::string> texts;
  for (const app::Credential& one : member) texts.push_back(app::write_credential(one));
  return texts;
}

void from_value(const OptionValue& value, bool& member) { member = std::get<bool>(value); }
template <class T>
requires std::is_integral_v<T>
void from_value(const OptionValue& value, T& member) {
  member = static_cast<T>(std::get<std::int64_t>(value));
}
void from_value(const OptionValue& value, Duration& member) {
  member = Duration(std::get<std::int64_t>(value));
}
void from_value(const OptionValue& value, std::string& member) {
  member = std::get<std::string>(value);
}
void from_value(const OptionValue& value, std::vector<std::string>& member) {
  member = std::get<std::vector<std::string>>(value);
}
void from_value(const OptionValue& value, log::Level& member) {
  member = static_cast<log::Level>(choice_index(kLevels, std::get<std::string>(value)));
}
void from_value(const OptionValue& value, im::Options::Conflict& member) {
  member =
      static_cast<im::Options::Conflict>(choice_index(kConflicts, std::get<std::string>(value)));
}
void from_value(const OptionValue& value, app::EventFormat& member) {
  member = static_cast<app::EventFormat>(choice_index(kFormats, std::get<std::string>(value)));
}
void from_value(const OptionValue& value, app::RosterFormat& member) {
  member =
      static_cast<app::RosterFormat>(choice_index(kRosterFormats, std::get<std::string>(value)));
}
void from_value(const OptionValue& value, app::ProgramProtocol& member) {
  member = static_cast<app::ProgramProtocol>(
      choice_index(kProgramProtocols, std::get<std::string>(value)));
}
void from_value(const OptionValue& value, app::AuthKind& member) {
  member = static_cast<app::AuthKind>(choice_index(kAuthKinds, std::get<std::string>(value)));
}
void from_value(const OptionValue& value, std::vector<xmpp::Mechanism>& member) {
  member.clear();
  for (const std::string& name : std::get<std::vector<std::string>>(value)) {
    member.push_back(xmpp::parse_mechanism(name).value());
  }
}
void from_value(const OptionValue& value, std::vector<crypto::Hash>& member) {
  member.clear();
  for (const std::string& name : std::get<std::vector<std::string>>(value)) {
    member.push_back(static_cast<crypto::Hash>(choice_index(kHashes, name)));
  }
}

void from_value(const OptionValue& value, std::vector<net::Network>& member) {
  member.clear();
  for (const std::string& text : std::get<std::vector<std::string>>(value)) {
    member.push_back(net::Network::parse(text).value());
  }
}
void from_value(const OptionValue& value, std::vector<app::Credential>& member) {
  member.clear();
  for (const std::string& text : std::get<std::vector<std::string>>(value)) {
    member.push_back(app::parse_credential(text).value());
  }
}

OptionValue read_roster_404(const Config&, const HostOptions& host) {
  return std::string(host.roster.missing_is_empty ? "empty" : "error");
}
void write_roster_404(Config&, HostOptions& host, const OptionValue& value) {
  host.roster.missing_is_empty = std::get<std::string>(value) == "empty";
}

template <auto Member>
OptionValue read_member(const Config& config, const HostOptions&) {
  return to_value(Member(config));
}
template <auto Member>
void write_member(Config& config, HostOptions&, const OptionValue& value) {
  from_value(value, Member(config));
}
template <auto Member>
OptionValue read_host_member(const Config&, const HostOptions& host) {
  return to_value(Member(host));
}
template <auto Member>
void write_host_member(Config&, HostOptions& host, const OptionValue& value) {
  from_value(value, Member(host));
}

// --- rows ---------------------------------------------------------------------------------------

// Both directions of one member of Config, or of HostOptions; macros, because no pointer to member
// reaches into members of members.
#define MEMBER(path)                                                             \
  false, read_member < [](const Config& config) -> auto& { return config.path; } \
  >, write_member < [](Config & config) -> auto& { return config.path; }         \
  >
#define HOST_MEMBER(path)                                                             \
  true, read_host_member < [](const HostOptions& host) -> auto& { return host.path; } \
  >, write_host_member < [](HostOptions & host) -> auto& { return host.path; }        \
  >

using enum OptionKind;

constexpr bool kReload = true;
constexpr bool kRestart = false;

constexpr std::int64_t kKiB = 1024;
constexpr std::int64_t kMiB = 1024 * kKiB;
constexpr std::int64_t kGiB = 1024 * kMiB;
constexpr std::int64_t kMillisecond = 1000;
constexpr std::int64_t kSecond = 1000 * kMillisecond;
constexpr std::int64_t kMinute = 60 * kSecond;
constexpr std::int64_t kHour = 60 * kMinute;
constexpr std::int64_t kDay = 24 * kHour;

// RFC 6120 section 13.12: a smaller limit would refuse stanzas that every server must take.
constexpr std::int64_t kSmallestStanza = 10'000;

constexpr Option kOptions[] = {
    {"Logging", "log_level", kText, 0, 0, kLevels, kReload,
     "What is logged: error, warn, info or debug.", MEMBER(log_level)},

    {"Where clients connect", "c2s_interfaces", kList, 0, 0, "", kRestart,
     "IP addresses to listen on for clients; \"*\" means all.", MEMBER(c2s_interfaces)},
    {"", "c2s_port", kCount, 0, 65535, "", kRestart,
     "Port for clients, which switch to TLS by STARTTLS; 0 = off.", MEMBER(c2s_port)},
    {"", "c2s_tls_port", kCount, 0, 65535, "", kRestart,
     "Port for clients that begin with TLS; 0 = off.", MEMBER(c2s_tls_port)},
    {"", "c2s_max_connections", kCount, 1, 1'000'000, "", kRestart,
     "Most connections of clients at once.", MEMBER(streams.max_streams)},
    {"", "c2s_proxy_protocol", kNetworks, 0, 0, "", kReload,
     "Proxies that begin each connection to these two ports with the PROXY protocol.",
     MEMBER(streams.proxies)},

    {"Where the web application asks for a refresh", "http_interfaces", kList, 0, 0, "", kRestart,
     "IP addresses of this machine itself to listen on for refreshes.", MEMBER(http_interfaces)},
    {"", "http_port", kCount, 0, 65535, "", kRestart, "Port for refreshes over HTTP; 0 = off.",
     MEMBER(http_port)},
    {"", "https_port", kCount, 0, 65535, "", kRestart,
     "Port for refreshes over HTTPS; 0 = off. Needs a host with a certificate.",
     MEMBER(https_port)},
    {"", "http_max_connections", kCount, 1, 100'000, "", kReload,
     "Most connections to these two ports at once.", MEMBER(http_server.max_connections)},
    {"", "http_request_head_timeout", kDuration, 10 * kMillisecond, 10 * kMinute, "", kReload,
     "Time for the head of a request to these ports.", MEMBER(http_server.head_timeout)},
    {"", "http_request_body_timeout", kDuration, 10 * kMillisecond, 10 * kMinute, "", kReload,
     "Time for the body of such a request.", MEMBER(http_server.body_timeout)},

    {"Who may ask for a refresh", "admin_auth", kCredentials, 0, 0, "", kReload,
     "Who may ask: \"bearer:TOKEN\", \"basic:USER:PASSWORD\" or \"hmac:KEYID:SECRET\".",
     HOST_MEMBER(admin_auth)},
    {"", "admin_ca_file", kPath, 0, 0, "", kReload,
     "Authorities (PEM) whose client certificates open the HTTPS port; \"\" = none.",
     MEMBER(admin_ca_file)},
    {"", "admin_certificate_required", kBool, 0, 0, "", kReload,
     "Ask for such a certificate as well as for one of admin_auth.",
     MEMBER(door.auth.certificate_required)},
    {"", "admin_hub_signature", kBool, 0, 0, "", kReload,
     "Accept X-Hub-Signature-256, which can be replayed, for refreshes.",
     MEMBER(door.auth.hub_signatures)},
    {"", "admin_allow", kNetworks, 0, 0, "", kReload,
     "Addresses and networks that may ask at all; [] = every one.", MEMBER(door.allow)},
    {"", "admin_failures_max", kCount, 0, 1'000'000, "", kReload,
     "Failed attempts of one address per minute before it must wait; 0 = no limit.",
     MEMBER(door.failures_per_minute)},
    {"", "http_proxies", kNetworks, 0, 0, "", kReload,
     "Proxies whose X-Forwarded-For or Forwarded is believed.", MEMBER(door.proxies)},
    {"", "http_proxy_protocol", kNetworks, 0, 0, "", kReload,
     "Proxies that begin each connection to the HTTP ports with the PROXY protocol.",
     MEMBER(http_server.proxies)},

    {"For browsers", "http_external_url", kUrl, 0, 0, "", kReload,
     "Where browsers find these ports, \"https://chat.example.org/\"; \"\" = as they have asked.",
     MEMBER(host_meta.external_url)},
    {"", "http_origins", kList, 0, 0, "", kReload,
     "Web origins whose pages may chat, \"https://app.example.org\"; \"*\" = all.",
     MEMBER(origins)},
    {"", "websocket", kBool, 0, 0, "", kRestart, "Serve XMPP over WebSocket at /xmpp-websocket.",
     MEMBER(websocket_enabled)},
    {"", "bosh", kBool, 0, 0, "", kRestart, "Serve XMPP over BOSH at /http-bind.",
     MEMBER(bosh_enabled)},
    {"", "bosh_inactivity", kDuration, 5 * kSecond, kHour, "", kReload,
     "How long a BOSH session lasts without a request.", MEMBER(bosh.session.inactivity)},
    {"", "bosh_wait_max", kDuration, kSecond, kHour, "", kReload,
     "How long a BOSH request without an answer may be held.", MEMBER(bosh.session.wait_max)},
    {"", "bosh_hold_max", kCount, 1, 10, "", kReload,
     "Most BOSH requests of a session held at once.", MEMBER(bosh.session.hold_max)},
    {"", "bosh_pause_max", kDuration, kSecond, kHour, "", kReload,
     "How long a BOSH session lasts without a request when its client asks for it.",
     MEMBER(bosh.session.pause_max)},
    {"", "bosh_sessions_per_address", kCount, 1, 1'000'000, "", kReload,
     "Most BOSH sessions of one client address.", MEMBER(bosh.sessions_per_address)},
    {"", "http_files", kPath, 0, 0, "", kReload,
     "A folder of files to serve to browsers under \"/\"; \"\" = none.",
     MEMBER(static_files.folder)},
    {"", "http_file_bytes", kBytes, kKiB, kGiB, "", kReload,
     "Largest of these files; a larger one is refused.", MEMBER(static_files.file_bytes)},

    {"Login", "accounts_file", kPath, 0, 0, "", kReload,
     "The accounts, changed with 'rosterd passwd'.", MEMBER(accounts_file)},
    {"", "auth", kText, 0, 0, kAuthKinds, kReload,
     "Where accounts are: in accounts_file, or with the web application, by one of its protocols.",
     HOST_MEMBER(auth.kind)},
    {"", "http_auth_url", kUrl, 0, 0, "", kReload,
     "Where the web application is asked; $user, $host and $password are filled in.",
     HOST_MEMBER(auth.url)},
    {"", "http_auth_form", kBool, 0, 0, "", kReload,
     "http-json: send the JSON as if it were a form, as older modules did.",
     HOST_MEMBER(auth.form)},
    {"", "auth_scram", kList, 0, 0, kHashes, kReload,
     "http-mongoose: hashes of which get_password has SCRAM keys of every user; none: no SCRAM.",
     HOST_MEMBER(auth.scram)},
    {"", "jsxc_secret", kSecret, 0, 0, "", kReload,
     "jsxc, of accounts or rosters: the secret that requests are signed with.",
     HOST_MEMBER(auth.jsxc_secret)},
    {"", "http_cookie_auth_url", kUrl, 0, 0, "", kReload,
     "cookie: where the application is asked whose cookie it is.", HOST_MEMBER(auth.cookie_url)},
    {"", "userinfo_url", kUrl, 0, 0, "", kReload, "userinfo: where it is asked whose token it is.",
     HOST_MEMBER(auth.userinfo_url)},
    {"", "userinfo_field", kText, 0, 0, "", kReload,
     "userinfo: the member of the answer that is the user's name.",
     HOST_MEMBER(auth.userinfo_field)},
    {"", "http_auth_credentials", kCredentials, 0, 0, "", kReload,
     "How rosterd proves to it who is asking, as in app_auth.", HOST_MEMBER(auth.credentials)},
    {"", "auth_timeout", kDuration, 100 * kMillisecond, kMinute, "", kReload,
     "How long it may take to answer; a login that gets no answer may be tried again.",
     HOST_MEMBER(auth.timeout)},
    {"", "auth_cache_ttl", kDuration, 0, kDay, "", kReload,
     "How long a password that it has called right is right without asking; 0 = it is asked.",
     HOST_MEMBER(auth.cache.ttl)},
    {"", "auth_unreachable_ttl", kDuration, 0, 30 * kDay, "", kReload,
     "The same while it cannot be reached; 0 = nobody logs in then.",
     HOST_MEMBER(auth.cache.unreachable_ttl)},
    {"", "jwt_key_file", kPath, 0, 0, "", kReload,
     "With auth \"jwt\": keys that check tokens, as JWK, JWKS or PEM (a public key, a "
     "certificate).",
     HOST_MEMBER(auth.jwt.key_file)},
    {"", "jwt_secret_file", kPath, 0, 0, "", kReload,
     "Or a file with the secret that tokens are signed and checked with.",
     HOST_MEMBER(auth.jwt.secret_file)},
    {"", "jwt_jwks_url", kUrl, 0, 0, "", kReload,
     "Or where the web application publishes its keys as JWKS.", HOST_MEMBER(auth.jwt.jwks_url)},
    {"", "jwt_algorithm", kText, 0, 0, kJwtAlgorithms, kReload,
     "Of RSA keys and secrets that do not say it themselves; \"auto\" is RS256 and HS256.",
     HOST_MEMBER(auth.jwt.algorithm)},
    {"", "jwt_issuer", kText, 0, 0, "", kReload,
     "What \"iss\" of a token must be; \"\" = anything.", HOST_MEMBER(auth.jwt.issuer)},
    {"", "jwt_audience", kText, 0, 0, "", kReload,
     "What \"aud\" of a token must be or hold; \"\" = anything.", HOST_MEMBER(auth.jwt.audience)},
    {"", "jwt_jid_field", kText, 0, 0, "", kReload,
     "The claim that says whose a token is, by address: john@example.com.",
     HOST_MEMBER(auth.jwt.jid_field)},
    {"", "jwt_username_field", kText, 0, 0, "", kReload,
     "The claim that says it by name alone: john; \"\" = jwt_jid_field says it.",
     HOST_MEMBER(auth.jwt.username_field)},
    {"", "jwt_leeway", kDuration, 0, 10 * kMinute, "", kReload,
     "By how much the web application's clock may differ.", HOST_MEMBER(auth.jwt.leeway)},
    {"", "jwt_session_expiry", kBool, 0, 0, "", kReload, "End a session when its token expires.",
     HOST_MEMBER(auth.jwt.session_expiry)},
    {"", "auth_program", kList, 0, 0, "", kReload,
     "With auth \"external\": the program that is asked, by its absolute path, and its arguments.",
     HOST_MEMBER(auth.program.command)},
    {"", "auth_program_protocol", kText, 0, 0, kProgramProtocols, kReload,
     "How it is asked: as ejabberd or, by lines, as Prosody (\"generic\") does.",
     HOST_MEMBER(auth.program.protocol)},
    {"", "auth_program_count", kCount, 1, 64, "", kReload,
     "How many of it run; each answers one login at a time.", HOST_MEMBER(auth.program.count)},
    {"", "user_exists_default", kBool, 0, 0, "", kReload,
     "Take a name for a user's where neither accounts nor rosters can tell.",
     HOST_MEMBER(user_exists_default)},
    {"", "tell_who_exists", kBool, 0, 0, "", kReload,
     "Let everybody find out which users there are, not only whose contacts they are.",
     HOST_MEMBER(tell_who_exists)},
    {"", "tls_required", kBool, 0, 0, "", kReload, "Refuse logins that are not encrypted.",
     MEMBER(streams.negotiation.tls_required)},
    {"", "plain_without_tls", kBool, 0, 0, "", kReload,
     "Allow passwords in the clear on a stream that is not encrypted.",
     MEMBER(streams.negotiation.plain_without_tls)},
    {"", "sasl_mechanisms", kList, 0, 0, kMechanisms, kReload,
     "Ways to log in that are offered, the preferred one first.",
     MEMBER(streams.negotiation.mechanisms)},
    {"", "http_sasl_mechanisms", kList, 0, 0, kMechanisms, kReload,
     "The same for WebSocket and BOSH; none: sasl_mechanisms.",
     MEMBER(streams.negotiation.http_mechanisms)},
    {"", "fast_token_lifetime", kDuration, 0, 400 * kDay, "", kReload,
     "How long the token is good that a program gets in exchange for a login; 0 = none.",
     MEMBER(fast_token_lifetime)},
    {"", "sasl_attempts", kCount, 1, 100, "", kReload,
     "Failed logins after which the connection is closed.",
     MEMBER(streams.negotiation.sasl_attempts)},
    {"", "login_failures_per_address", kCount, 0, 1'000'000, "", kReload,
     "Failed logins of one address until further ones are delayed; 0 = no limit.",
     MEMBER(streams.login_limit.per_address)},
    {"", "login_failures_per_account", kCount, 0, 1'000'000, "", kReload,
     "The same for one account, from whatever addresses.", MEMBER(streams.login_limit.per_account)},
    {"", "login_delay_max", kDuration, kSecond, kHour, "", kReload,
     "The longest of these delays; a login that would have to wait longer is refused.",
     MEMBER(streams.login_limit.longest)},
    {"", "login_timeout", kDuration, kSecond, kHour, "", kReload,
     "How long a client may take from connecting to being logged in.",
     MEMBER(streams.login_timeout)},
    {"", "stanza_bytes_before_login", kBytes, kSmallestStanza, kMiB, "", kReload,
     "Largest single element before login.", MEMBER(streams.before_login.stanza_bytes)},
    {"", "bytes_before_login", kBytes, kSmallestStanza, 16 * kMiB, "", kReload,
     "Most bytes in all before login.", MEMBER(streams.bytes_before_login)},

    {"Limits of a client that has logged in", "stanza_bytes", kBytes, kSmallestStanza, 16 * kMiB,
     "", kReload, "Largest stanza.", MEMBER(streams.after_login.stanza_bytes)},
    {"", "stanza_depth", kCount, 4, 512, "", kReload, "Deepest nesting of elements in a stanza.",
     MEMBER(streams.after_login.depth)},
    {"", "stanza_attributes", kCount, 8, 1024, "", kReload, "Most attributes of one element.",
     MEMBER(streams.after_login.attributes)},
    {"", "client_rate", kBytes, 0, kGiB, "", kReload,
     "Bytes that a client may send in a second; what is more waits. 0 = no limit.",
     MEMBER(streams.rate.bytes_per_second)},
    {"", "client_burst", kBytes, kSmallestStanza, kGiB, "", kReload,
     "Bytes that it may be ahead of that.", MEMBER(streams.rate.burst)},
    {"", "outbox_soft", kBytes, 16 * kKiB, kGiB, "", kReload,
     "Unsent bytes that a slow client may have only for outbox_soft_time; its senders wait.",
     MEMBER(streams.outbox_soft)},
    {"", "outbox_soft_time", kDuration, kSecond, kHour, "", kReload,
     "How long a client may stay over outbox_soft before it is disconnected.",
     MEMBER(streams.outbox_soft_time)},
    {"", "outbox_hard", kBytes, 16 * kKiB, kGiB, "", kReload,
     "Unsent bytes over which a slow client is disconnected at once.", MEMBER(streams.outbox_hard)},
    {"", "outbox_total", kBytes, kMiB, 1024 * kGiB, "", kReload,
     "Unsent bytes of all clients over which slow ones are disconnected as more comes.",
     MEMBER(streams.outbox_total)},
    {"", "resource_conflict", kText, 0, 0, kConflicts, kReload,
     "When a resource is in use: replace the old session, refuse or rename the new one.",
     MEMBER(im.conflict)},
    {"", "sessions_per_user", kCount, 1, 10'000, "", kReload, "Most sessions of one user at once.",
     MEMBER(im.sessions_per_user)},
    {"", "directed_presence_max", kCount, 0, 100'000, "", kReload,
     "Most addresses outside the roster that a session may show its presence to.",
     MEMBER(im.directed_per_session)},

    {"Rosters from the web application", "http_roster_url", kUrl, 0, 0, "", kReload,
     "Where rosters are: %s or {user} is the user's name, {host} the host.",
     HOST_MEMBER(roster.url)},
    {"", "http_roster_bulk_url", kUrl, 0, 0, "", kReload,
     "Where many rosters are asked for in one POST; \"\" = nowhere, users are asked for singly.",
     HOST_MEMBER(roster.bulk_url)},
    {"", "http_roster_format", kText, 0, 0, kRosterFormats, kReload,
     "How rosters are asked for: JSON of each user's URL, or \"sharedroster\" of JSXC's API.",
     HOST_MEMBER(roster.format)},
    {"", "roster_404", kText, 0, 0, "error|empty", kReload,
     "What a missing roster (HTTP status 404) means: an error, or no contacts.", true,
     read_roster_404, write_roster_404},
    {"", "app_auth", kCredentials, 0, 0, "", kReload,
     "How rosterd proves to the application who is asking.", HOST_MEMBER(roster.credentials)},
    {"", "roster_fetch_parallel", kCount, 1, 1000, "", kReload,
     "Most requests to the web application at once.", MEMBER(roster.parallel)},
    {"", "roster_fetch_timeout", kDuration, 100 * kMillisecond, 10 * kMinute, "", kReload,
     "How long getting one roster may take, retries included.", HOST_MEMBER(roster.timeout)},
    {"", "roster_stale_max", kDuration, 0, 30 * kDay, "", kReload,
     "How long a roster is kept after logout, to serve when the application is down.",
     MEMBER(im.roster_stale_max)},
    {"", "roster_cache_max", kCount, 0, 10'000'000, "", kReload,
     "Most rosters kept of users who are not logged in.", MEMBER(im.cached_rosters)},
    {"", "last_seen_max", kCount, 0, 10'000'000, "", kReload,
     "Most users who have logged out of whom it is remembered when.", MEMBER(im.last_seen_users)},
    {"", "roster_body_max", kBytes, kKiB, 100 * kMiB, "", kReload,
     "Largest answer of the web application.", MEMBER(http_client.limits.body_bytes)},
    {"", "roster_contacts_max", kCount, 1, 1'000'000, "", kReload, "Most contacts of one user.",
     HOST_MEMBER(roster.limits.contacts)},
    {"", "roster_pages_max", kCount, 1, 10'000, "", kReload, "Most pages of one roster.",
     HOST_MEMBER(roster.pages)},
    {"", "roster_text_max", kBytes, 1, 64 * kKiB, "", kReload,
     "Longest name of a contact or a group.", HOST_MEMBER(roster.limits.text_bytes)},

    {"Requests to the web application", "http_connect_timeout", kDuration, 10 * kMillisecond,
     kMinute, "", kReload, "How long connecting may take, name look-up and TLS included.",
     MEMBER(http_client.connect_timeout)},
    {"", "http_first_byte_timeout", kDuration, 10 * kMillisecond, 10 * kMinute, "", kReload,
     "How long the application may take to begin its answer.",
     MEMBER(http_client.first_byte_timeout)},
    {"", "http_body_timeout", kDuration, 10 * kMillisecond, 10 * kMinute, "", kReload,
     "How long the rest of the answer may take.", MEMBER(http_client.body_timeout)},
    {"", "http_idle_timeout", kDuration, 0, kHour, "", kReload,
     "How long an unused connection is kept for the next request.",
     MEMBER(http_client.idle_timeout)},
    {"", "http_dns_ttl", kDuration, 0, kDay, "", kReload,
     "How long a look-up of the application's name counts before it is repeated.",
     MEMBER(http_client.dns_ttl)},
    {"", "http_ca_file", kPath, 0, 0, "", kReload,
     "Certificates (PEM) to trust for https:// URLs; \"\" = those of the system.",
     MEMBER(http_client_tls.ca_file)},
    {"", "http_verify", kBool, 0, 0, "", kReload,
     "Check the certificate of https:// URLs; false is for experiments only.",
     MEMBER(http_client_tls.verify)},

    {"Refreshes", "refresh_body_max", kBytes, kKiB, 100 * kMiB, "", kReload,
     "Largest body of a refresh request.", MEMBER(http_server.limits.body_bytes)},
    {"", "refresh_batch_max", kCount, 1, 1'000'000, "", kReload,
     "Most users in one refresh request.", MEMBER(refresh.batch_users)},
    {"", "refresh_batches_max", kCount, 1, 100'000, "", kReload,
     "Most refreshes running at once; further ones get status 503.", MEMBER(refresh.batches)},
    {"", "refresh_deadline", kDuration, 100 * kMillisecond, kHour, "", kReload,
     "How long a refresh may take; rosters that are not there by then count as errors.",
     MEMBER(refresh.deadline)},
    {"", "refresh_all_failed_ok", kBool, 0, 0, "", kReload,
     "Answer status \"ok\" even when every roster failed, as Prosody's module does.",
     MEMBER(refresh.all_failed_ok)},
    {"", "admin_users_max", kCount, 1, 100'000, "", kReload,
     "Most users in one request to /roster_admin/online or /roster_admin/kick.",
     MEMBER(admin.users)},

    {"Events to the web application", "webhook_url", kUrl, 0, 0, "", kReload,
     "Where who comes and goes is POSTed to; \"\" = nowhere.", HOST_MEMBER(webhook_url)},
    {"", "webhook_format", kText, 0, 0, kFormats, kReload,
     "\"rosterd\": batches of all events; \"mod_rest\": single presences, as Prosody's module.",
     HOST_MEMBER(webhook_format)},
    {"", "webhook_queue_max", kCount, 1, 1'000'000, "", kReload,
     "Most events of a host that wait; beyond it the oldest are lost.", MEMBER(events.queue_limit)},
    {"", "node_name", kText, 0, 0, "", kReload,
     "The name of this server in events; \"\" = the machine's host name.", MEMBER(events.node)},

    {"The process", "drain_timeout", kDuration, 0, 10 * kMinute, "", kReload,
     "How long clients have to take their last bytes when the server stops.",
     MEMBER(drain_timeout)},
    {"", "turn_warn", kDuration, 0, kMinute, "", kReload,
     "Warn in the log of a turn of the event loop that takes longer; \"0s\" = never.",
     MEMBER(loop.turn_warn)},
};

#undef MEMBER
#undef HOST_MEMBER

}  // namespace

std::span<const Option> options() { return kOptions; }

const Option* find_option(std::string_view name) {
  const auto* found = std::find_if(std::begin(kOptions), std::end(kOptions),
                                   [&](const Option& option) { return option.name == name; });
  return found == std::end(kOptions) ? nullptr : found;
}

}  // namespace rosterd
