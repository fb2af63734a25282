// SPDX-License-Identifier: MIT
// Reads TOML; the only user of toml++.
#include "config.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string_view>
#include <utility>

#define TOML_EXCEPTIONS 0
#include <toml++/toml.h>

#include "base/json.h"
#include "base/text.h"
#include "config_check.h"
#include "config_options.h"
#include "xmpp/jid.h"

namespace rosterd {

namespace {

constexpr std::string_view kHostKeys[] = {"name", "certificate", "key"};

// "did you mean" for a name that is none of `known`; "" when nothing is near.
std::string suggest(std::string_view name, const std::vector<std::string_view>& known) {
  const std::string_view near = text::nearest(name, known.data(), known.size());
  return near.empty() ? std::string() : "; did you mean " + std::string(near) + '?';
}

std::optional<OptionValue> read_list(const toml::node& node) {
  const toml::array* items = node.as_array();
  if (!items) return std::nullopt;
  std::vector<std::string> out;
  for (const toml::node& item : *items) {
    const auto* text = item.as_string();
    if (!text) return std::nullopt;
    out.push_back(text->get());
  }
  return out;
}

// A whole number, or a string with a unit.
template <class Parse>
std::optional<OptionValue> read_quantity(const toml::node& node, std::int64_t factor, Parse parse) {
  std::int64_t out = 0;
  if (const auto* number = node.as_integer()) {
    if (__builtin_mul_overflow(number->get(), factor, &out)) return std::nullopt;
    return out;
  }
  const auto* text = node.as_string();
  if (!text || !parse(text->get(), out)) return std::nullopt;
  return out;
}

// nullopt when the node is of another kind.
std::optional<OptionValue> read_value(OptionKind kind, const toml::node& node) {
  switch (kind) {
    case OptionKind::kBool:
      if (const auto* flag = node.as_boolean()) return flag->get();
      return std::nullopt;
    case OptionKind::kCount:
      if (const auto* number = node.as_integer()) return number->get();
      return std::nullopt;
    case OptionKind::kBytes:
      return read_quantity(node, 1, parse_bytes);
    case OptionKind::kDuration:
      return read_quantity(node, 1'000'000, parse_duration);
    case OptionKind::kText:
    case OptionKind::kUrl:
    case OptionKind::kSecret:
    case OptionKind::kPath:
      if (const auto* text = node.as_string()) return text->get();
      return std::nullopt;
    case OptionKind::kList:
    case OptionKind::kNetworks:
    case OptionKind::kCredentials:
      return read_list(node);
  }
  return std::nullopt;
}

class Reader {
 public:
  explicit Reader(const std::string& file_name)
      : folder_(std::filesystem::path(file_name).parent_path()), faults_(file_name) {}

  Result<Config> read(std::string_view text) {
    const toml::parse_result parsed = toml::parse(text);
    if (!parsed) {
      faults_.add(parsed.error().source().begin.line, std::string(parsed.error().description()));
      return make_error(Errc::kInvalid, faults_.to_string());
    }
    for (const auto& [key, node] : parsed.table()) read_entry(key, node);
    finish();
    check_config(config_, lines_, faults_);
    if (!faults_.empty()) return make_error(Errc::kInvalid, faults_.to_string());
    return std::move(config_);
  }

 private:
  void read_entry(const toml::key& key, const toml::node& node) {
    const std::uint32_t line = key.source().begin.line;
    if (key == "host") return read_hosts(line, node);
    const Option* option = find_option(key.str());
    if (!option) return add_unknown_option(line, key.str());
    lines_.emplace(option->name, line);
    if (const auto value = read_option(*option, line, node)) option->set(config_, *value);
  }

  // A fault is noted, and nothing returned, for a value that will not do.
  std::optional<OptionValue> read_option(const Option& option, std::uint32_t line,
                                         const toml::node& node) {
    auto value = read_value(option.kind, node);
    if (!value || !is_allowed(option, *value)) {
      faults_.add(line, std::string(option.name) + ": " + describe_fault(option, value));
      return std::nullopt;
    }
    if (option.kind == OptionKind::kPath) *value = resolve(std::get<std::string>(*value));
    return value;
  }

  static std::string describe_fault(const Option& option, const std::optional<OptionValue>& value) {
    const auto* list = value ? std::get_if<std::vector<std::string>>(&*value) : nullptr;
    return list ? find_list_fault(option, *list) : "expected " + describe_values(option);
  }

  void add_unknown_option(std::uint32_t line, std::string_view name) {
    std::vector<std::string_view> known = {"host"};
    for (const Option& option : options()) known.push_back(option.name);
    faults_.add(line, "unknown option \"" + text::for_log(name) + '"' + suggest(name, known));
  }

  void read_hosts(std::uint32_t line, const toml::node& node) {
    const std::size_t faults_before = faults_.size();
    if (const toml::array* hosts = node.as_array()) {
      for (const toml::node& host : *hosts) {
        if (const toml::table* table = host.as_table()) {
          read_host(host.source().begin.line, *table);
        } else {
          faults_.add(line, "host: expected [[host]] tables");
        }
      }
    } else {
      faults_.add(line, "host: write [[host]] with two pairs of brackets");
    }
    hosts_faulty_ = faults_.size() > faults_before;
  }

  void read_host(std::uint32_t line, const toml::table& table) {
    HostConfig host;
    host.certificate.certificate_file = resolve(table["certificate"].value_or(std::string()));
    host.certificate.key_file = resolve(table["key"].value_or(std::string()));
    if (host.certificate.certificate_file.empty() != host.certificate.key_file.empty()) {
      faults_.add(line, "host: certificate and key need each other");
    }
    auto name = xmpp::prepare_domain(table["name"].value_or(std::string()));
    if (!name) faults_.add(line, "host: name: " + name.error().text);
    if (name) host.certificate.host = std::move(*name);
    for (const HostConfig& other : config_.hosts) {
      if (other.name() == host.name()) faults_.add(line, "host: a second " + host.name());
      if (other.certificate.certificate_file.empty() != host.certificate.certificate_file.empty()) {
        faults_.add(line, "host: either all hosts have a certificate, or none");
      }
    }
    for (const auto& [key, node] : table) read_host_entry(key, node);
    if (name) config_.hosts.push_back(std::move(host));
  }

  void read_host_entry(const toml::key& key, const toml::node& node) {
    const std::uint32_t line = key.source().begin.line;
    std::vector<std::string_view> known(std::begin(kHostKeys), std::end(kHostKeys));
    if (std::find(known.begin(), known.end(), key.str()) != known.end()) {
      if (!node.is_string()) faults_.add(line, "host: " + std::string(key) + ": expected a string");
      return;
    }
    const Option* option = find_option(key.str());
    if (option && option->per_host) {
      // Applied when all that is said for every host has been read.
      if (auto value = read_option(*option, line, node)) {
        host_settings_.push_back({config_.hosts.size(), option, std::move(*value)});
      }
    } else if (option) {
      // In TOML, what follows [[host]] belongs to it.
      faults_.add(line, "host: " + std::string(key) + " must stand above the first [[host]]");
    } else {
      for (const Option& one : options()) {
        if (one.per_host) known.push_back(one.name);
      }
      faults_.add(line, "host: unknown entry \"" + text::for_log(key.str()) + '"' +
                            suggest(key.str(), known));
    }
  }

  std::string resolve(const std::string& path) const {
    return path.empty() ? path : (folder_ / path).lexically_normal().string();
  }

  // What follows from the options and the hosts together.
  void finish() {
    if (config_.hosts.empty()) config_.hosts.push_back({{"localhost", "", ""}, {}});
    finish_hosts();
    std::vector<std::string> names;
    for (const HostConfig& host : config_.hosts) names.push_back(host.name());
    config_.streams.negotiation.hosts = names;
    for (const HostConfig& host : config_.hosts) {
      config_.streams.negotiation.methods[host.name()] = app::make_login_methods(host.options.auth);
    }
    // Hosts with faults may have lost their certificates: one fault is enough.
    config_.streams.negotiation.tls_available =
        hosts_faulty_ || !config_.hosts.front().certificate.certificate_file.empty();
    config_.streams.negotiation.fast = config_.fast_token_lifetime != Duration::zero();
    config_.im.hosts = names;
    for (const HostConfig& host : config_.hosts) {
      if (host.options.tell_who_exists) config_.im.public_hosts.push_back(host.name());
    }
    config_.im.software_version = ROSTERD_VERSION;
    config_.admin.hosts = names;
    config_.refresh.hosts = std::move(names);
    config_.http_client.max_in_flight = config_.roster.parallel;
    config_.roster.file_bytes = config_.http_client.limits.body_bytes;
    config_.roster.user_agent = "rosterd/" ROSTERD_VERSION;
    config_.events.user_agent = config_.roster.user_agent;
  }

  // What is said for all hosts, then what each says for itself.
  void finish_hosts() {
    for (HostConfig& host : config_.hosts) host.options = config_.all_hosts;
    for (const HostSetting& setting : host_settings_) {
      if (setting.host >= config_.hosts.size()) continue;  // its name was faulty
      setting.option->write(config_, config_.hosts[setting.host].options, setting.value);
    }
    static_cast<app::HostRosterOptions&>(config_.roster) = config_.all_hosts.roster;
    for (HostConfig& host : config_.hosts) {
      host.options.roster.jsxc_secret = host.options.auth.jsxc_secret;  // one, for both
      config_.roster.hosts[host.name()] = host.options.roster;
    }
    finish_door();
  }

  void finish_door() {
    app::AuthenticatorOptions& auth = config_.door.auth;
    auth.client_certificates = !config_.admin_ca_file.empty();
    const auto& common = config_.all_hosts.admin_auth;
    for (const app::Credential& one : common) auth.keys.push_back({one, ""});
    for (const HostConfig& host : config_.hosts) {
      for (const app::Credential& one : host.options.admin_auth) {
        if (std::find(common.begin(), common.end(), one) != common.end()) continue;
        auth.keys.push_back({one, host.name()});
      }
    }
  }

  // An option inside a [[host]].
  struct HostSetting {
    std::size_t host;  // of config_.hosts
    const Option* option;
    OptionValue value;
  };

  std::filesystem::path folder_;
  Config config_;
  std::vector<HostSetting> host_settings_;
  bool hosts_faulty_ = false;
  OptionLines lines_;
  ConfigFaults faults_;
};

void print_option(std::string& out, const Option& option, OptionValue value) {
  out += std::string(option.name) + " = " +
         write_value(option.kind, mask_secrets(option.kind, std::move(value))) + '\n';
}

// Of the options, those that differ from what all hosts have.
void print_host(std::string& out, const Config& config, const HostConfig& host) {
  out += "\n[[host]]\nname = " + json::quote(host.name()) + '\n';
  if (!host.certificate.certificate_file.empty()) {
    out += "certificate = " + json::quote(host.certificate.certificate_file) + '\n';
    out += "key = " + json::quote(host.certificate.key_file) + '\n';
  }
  for (const Option& option : options()) {
    if (!option.per_host) continue;
    OptionValue value = option.read(config, host.options);
    if (value != option.get(config)) print_option(out, option, std::move(value));
  }
}

}  // namespace

Result<Config> parse_config(std::string_view text, const std::string& file_name) {
  return Reader(file_name).read(text);
}

Result<Config> load_config(const std::string& file_name) {
  // In blocks: an iterator over the file would throw where it is a folder.
  std::ifstream file(file_name, std::ios::binary);
  std::string text;
  char block[4096];
  while (file.read(block, sizeof block), file.gcount() > 0) {
    text.append(block, static_cast<std::size_t>(file.gcount()));
  }
  if (file.bad() || !file.is_open()) {
    return make_error(Errc::kInvalid, file_name + ": cannot be read: " + std::strerror(errno));
  }
  return parse_config(text, file_name);
}

std::string print_config(const Config& config) {
  std::string out;
  for (const Option& option : options()) {
    if (!option.heading.empty()) {
      out += (out.empty() ? "# " : "\n# ") + std::string(option.heading) + '\n';
    }
    print_option(out, option, option.get(config));
  }
  for (const HostConfig& host : config.hosts) print_host(out, config, host);
  return out;
}

}  // namespace rosterd
