// SPDX-License-Identifier: MIT
#include "config_check.h"

#include <algorithm>
#include <filesystem>
#include <set>
#include <system_error>

#include "config_options.h"
#include "net/address.h"
#include "web/cors.h"
#include "web/external_url.h"
#include "xmpp/features.h"

namespace rosterd {

namespace {

constexpr const char* kNoCertificate =
    "no [[host]] has a certificate, but clients must use TLS to log in. Name one:\n"
    "    [[host]]\n"
    "    name = \"example.org\"\n"
    "    certificate = \"/etc/rosterd/example.org.crt\"\n"
    "    key = \"/etc/rosterd/example.org.key\"\n"
    "or, to try it on this machine without encryption, set tls_required = false";

// -PLUS is bound to TLS, and what gives a secret away has to be allowed outside it.
bool is_usable(xmpp::Mechanism mechanism, const xmpp::NegotiationOptions& login) {
  if (login.tls_available) return true;
  if (mechanism == xmpp::Mechanism::kPlain || mechanism == xmpp::Mechanism::kOAuthBearer ||
      mechanism == xmpp::Mechanism::kXOAuth2) {
    return login.plain_without_tls;
  }
  return !xmpp::is_plus(mechanism);
}

class Checker {
 public:
  Checker(const Config& config, const OptionLines& lines, ConfigFaults& faults)
      : config_(config), lines_(lines), faults_(faults) {}

  void check_all() {
    check_interfaces("c2s_interfaces", config_.c2s_interfaces);
    check_interfaces("http_interfaces", config_.http_interfaces);
    check_door();
    check_ports("c2s_port", config_.c2s_port, "c2s_tls_port", config_.c2s_tls_port);
    check_ports("http_port", config_.http_port, "https_port", config_.https_port);
    check_browsers();
    check_login();
    check_limits();
    check_urls(config_.all_hosts, "");
    for (const HostConfig& host : config_.hosts) {
      check_urls(host.options, host.name());
      check_accounts(host);
      check_jsxc(host);
      check_mechanisms(host);
    }
  }

 private:
  void add(std::string_view option, const std::string& text) {
    const auto line = lines_.find(option);
    faults_.add(line == lines_.end() ? 0 : line->second, std::string(option) + ": " + text);
  }

  // `host` "" = what stands above all hosts.
  void check_urls(const HostOptions& options, const std::string& host) {
    const HostOptions& all = config_.all_hosts;
    // What is wrong for all hosts has been said once.
    const bool own_url = host.empty() || options.roster.url != all.roster.url;
    if (own_url && options.roster.format == app::RosterFormat::kJson) {
      add_of_host(host, "http_roster_url", app::check_roster_url(options.roster.url));
    }
    const std::string& bulk = options.roster.bulk_url;
    if (!bulk.empty() && (host.empty() || bulk != all.roster.bulk_url)) {
      add_of_host(host, "http_roster_bulk_url", app::check_bulk_url(bulk));
    }
    if (host.empty() || options.webhook_url != all.webhook_url) {
      add_of_host(host, "webhook_url", app::check_webhook_url(options.webhook_url));
    }
  }

  // Of each host alone: what stands above them all may need what each of them says.
  void check_accounts(const HostConfig& host) {
    const auto fault = app::find_auth_fault(host.options.auth);
    if (fault) add_of_host(host.name(), fault->option, make_error(Errc::kInvalid, fault->text));
  }

  // Likewise.
  void check_jsxc(const HostConfig& host) {
    const app::HostRosterOptions& roster = host.options.roster;
    if (roster.format != app::RosterFormat::kJsxc) return;
    add_of_host(host.name(), "http_roster_url", app::check_bulk_url(roster.url));
    const auto add_fault = [&](std::string_view option, std::string text) {
      add_of_host(host.name(), option, make_error(Errc::kInvalid, std::move(text)));
    };
    if (!roster.bulk_url.empty()) {
      add_fault("http_roster_bulk_url",
                "http_roster_format = \"jsxc\" asks for one user at a time");
    }
    if (roster.jsxc_secret.empty()) {
      add_fault("jsxc_secret", "missing, and the application believes nothing without it");
    }
  }

  void add_of_host(const std::string& host, std::string_view option, const Status& checked) {
    if (checked) return;
    if (host.empty()) return add(option, checked.error().text);
    faults_.add(0, "host " + host + ": " + std::string(option) + ": " + checked.error().text);
  }

  void check_interfaces(std::string_view option, const std::vector<std::string>& interfaces) {
    for (const std::string& interface : interfaces) {
      if (net::Address::parse(interface, 0)) continue;
      add(option, '"' + interface + "\" is neither an IP address nor \"*\"");
    }
  }

  void check_door() {
    const app::AuthenticatorOptions& auth = config_.door.auth;
    if (auth.certificate_required && !auth.client_certificates) {
      add("admin_certificate_required", "needs admin_ca_file");
    }
    if (auth.client_certificates && auth.keys.empty() && !has_https()) {
      add("admin_ca_file", "nobody can show a certificate without the HTTPS port");
    }
    if (auth.hub_signatures && std::none_of(auth.keys.begin(), auth.keys.end(), is_hmac)) {
      add("admin_hub_signature", "needs an hmac: in admin_auth");
    }
    if (auth.keys.empty() && !auth.client_certificates) check_refresh_is_local();
  }

  static bool is_hmac(const app::Key& key) {
    return key.credential.kind == app::Credential::Kind::kHmac;
  }

  bool has_https() const {
    return config_.https_port != 0 && config_.streams.negotiation.tls_available;
  }

  // Whoever reaches the endpoint may refresh everybody.
  void check_refresh_is_local() {
    if (config_.http_port == 0 && config_.https_port == 0) return;
    for (const std::string& interface : config_.http_interfaces) {
      const auto address = net::Address::parse(interface, 0);
      if (!address || address->is_loopback()) continue;
      add("http_interfaces", '"' + interface +
                                 "\" can be reached from other machines, and nothing asks them "
                                 "who they are: set admin_auth, for example\n    admin_auth = "
                                 "[\"bearer:LONG-RANDOM-TOKEN\"]\nor admin_ca_file, or listen on "
                                 "\"127.0.0.1\" and \"::1\" alone");
    }
  }

  void check_browsers() {
    const std::string& url = config_.host_meta.external_url;
    const auto parsed = web::parse_external_url(url);
    if (!url.empty() && !parsed) add("http_external_url", parsed.error().text);
    for (const std::string& origin : config_.origins) {
      if (web::is_origin(origin)) continue;
      add("http_origins", '"' + origin + "\" is no origin such as \"https://app.example.org\"");
    }
  }

  void check_ports(std::string_view plain, std::uint16_t plain_port, std::string_view tls,
                   std::uint16_t tls_port) {
    if (plain_port == 0 || plain_port != tls_port) return;
    add(tls, "the same port as " + std::string(plain));
  }

  void check_login() {
    const xmpp::NegotiationOptions& login = config_.streams.negotiation;
    if (login.tls_required && !login.tls_available) faults_.add(0, kNoCertificate);
    if (login.mechanisms.empty()) {
      add("sasl_mechanisms", "nobody can log in without any");
    } else if (std::none_of(login.mechanisms.begin(), login.mechanisms.end(),
                            [&](xmpp::Mechanism one) { return is_usable(one, login); })) {
      add("sasl_mechanisms", "without a certificate nobody can log in by these");
    }
    check_distinct("sasl_mechanisms", login.mechanisms);
    check_distinct("http_sasl_mechanisms", login.http_mechanisms);
  }

  // Whether anybody can log in there. What keeps all hosts from it has been said.
  void check_mechanisms(const HostConfig& host) {
    const xmpp::NegotiationOptions& login = config_.streams.negotiation;
    const xmpp::LoginMethods methods = app::make_login_methods(host.options.auth);
    const auto usable = [&](xmpp::Mechanism one) { return is_usable(one, login); };
    const auto checked = [&](xmpp::Mechanism one) {
      return usable(one) && xmpp::can_check(methods, one);
    };
    const auto& configured = login.mechanisms;
    if (std::none_of(configured.begin(), configured.end(), usable)) return;
    const auto& of_browsers = login.http_mechanisms.empty() ? configured : login.http_mechanisms;
    if (std::any_of(of_browsers.begin(), of_browsers.end(), checked)) return;
    const auto of_others = [&](xmpp::Mechanism one) {
      return checked(one) && one != xmpp::Mechanism::kExternal;  // that is by cookies
    };
    if (std::any_of(configured.begin(), configured.end(), of_others)) return;
    std::string those;
    for (const xmpp::Mechanism one : xmpp::NegotiationOptions{}.mechanisms) {
      if (!xmpp::can_check(methods, one)) continue;
      (those += those.empty() ? "" : ", ") += xmpp::to_string(one);
    }
    add("sasl_mechanisms", "nobody can log in at host " + host.name() +
                               ", whose accounts can be asked by none of these, but by " + those);
  }

  void check_distinct(std::string_view option, const std::vector<xmpp::Mechanism>& mechanisms) {
    const std::set<xmpp::Mechanism> distinct(mechanisms.begin(), mechanisms.end());
    if (distinct.size() < mechanisms.size()) add(option, "one is named twice");
  }

  void check_limits() {
    const c2s::StreamOptions& streams = config_.streams;
    if (streams.bytes_before_login < streams.before_login.stanza_bytes) {
      add("bytes_before_login", "less than stanza_bytes_before_login");
    }
    if (streams.outbox_hard < streams.outbox_soft) add("outbox_hard", "less than outbox_soft");
    if (streams.outbox_total < streams.outbox_hard) add("outbox_total", "less than outbox_hard");
  }

  const Config& config_;
  const OptionLines& lines_;
  ConfigFaults& faults_;
};

bool is_secret(const Option& option, const OptionValue& value) {
  return mask_secrets(option.kind, value) != value;
}

bool holds_secret(const Config& config, const Option& option) {
  if (is_secret(option, option.get(config))) return true;
  return option.per_host &&
         std::any_of(config.hosts.begin(), config.hosts.end(), [&](const HostConfig& host) {
           return is_secret(option, option.read(config, host.options));
         });
}

}  // namespace

bool shows_secrets(const Config& config, const std::string& file_name) {
  std::error_code fault;
  const auto file = std::filesystem::status(file_name, fault);
  const auto others = file.permissions() & std::filesystem::perms::others_read;
  if (fault || others == std::filesystem::perms::none) return false;
  return std::any_of(options().begin(), options().end(),
                     [&](const Option& option) { return holds_secret(config, option); });
}

void ConfigFaults::add(std::uint32_t line, std::string text) {
  faults_.emplace(line, std::move(text));
}

std::string ConfigFaults::to_string() const {
  std::string out;
  for (const auto& [line, text] : faults_) {
    if (!out.empty()) out += '\n';
    out += file_name_ + (line == 0 ? "" : ':' + std::to_string(line)) + ": " + text;
  }
  return out;
}

void check_config(const Config& config, const OptionLines& lines, ConfigFaults& faults) {
  Checker(config, lines, faults).check_all();
}

}  // namespace rosterd
