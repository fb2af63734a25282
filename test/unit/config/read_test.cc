// SPDX-License-Identifier: MIT
// What a configuration file means, and how its faults are told.
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "config.h"
#include "config_options.h"
#include "support/cmocka.h"

using namespace std::chrono_literals;
using rosterd::Config;
using rosterd::Errc;
using rosterd::load_config;
using rosterd::parse_config;
using rosterd::print_config;

namespace {

const std::string kFile = "/etc/rosterd/rosterd.toml";
const std::string kHost =
    "[[host]]\nname = \"example.org\"\ncertificate = \"org.crt\"\nkey = \"org.key\"\n";

Config parse_good(const std::string& text) {
  auto config = parse_config(text, kFile);
  if (!config) print_error("%s\n", config.error().text.c_str());
  assert_true(config.has_value());
  return std::move(*config);
}

std::string fault_of(const std::string& text) {
  const auto config = parse_config(text, "f.toml");
  assert_false(config.has_value());
  assert_int_equal(static_cast<int>(config.error().code), static_cast<int>(Errc::kInvalid));
  return config.error().text;
}

// The options above a good host.
void assert_fault(const std::string& options, const std::string& expected) {
  assert_text_equal(fault_of(options + "\n" + kHost), expected);
}

bool contains(const std::string& text, const char* part) {
  return text.find(part) != std::string::npos;
}

void host_alone_is_enough(void**) {
  const Config config = parse_good(kHost);
  assert_int_equal(config.hosts.size(), 1);
  assert_text_equal(config.hosts[0].name(), "example.org");
  assert_int_equal(config.c2s_port, 5222);
  assert_true(config.streams.negotiation.tls_available);
  assert_true(config.streams.negotiation.tls_required);
  for (const auto* hosts :
       {&config.streams.negotiation.hosts, &config.im.hosts, &config.refresh.hosts}) {
    assert_int_equal(hosts->size(), 1);
    assert_text_equal(hosts->front(), "example.org");
  }
}

void every_kind_of_value_is_read(void**) {
  const Config config = parse_good(R"(
log_level = "debug"
c2s_interfaces = ["*", "192.0.2.1"]
c2s_port = 15222
http_port = 0
plain_without_tls = true
sasl_mechanisms = ["PLAIN", "SCRAM-SHA-1"]
login_timeout = "500s"
drain_timeout = 7
turn_warn = "250ms"
stanza_bytes = "128KiB"
outbox_hard = 4000000
resource_conflict = "rename"
http_roster_url = "http://127.0.0.1:8000/contacts/%s"
roster_404 = "empty"
)" + kHost);
  assert_true(config.log_level == rosterd::log::Level::kDebug);
  assert_int_equal(config.c2s_interfaces.size(), 2);
  assert_text_equal(config.c2s_interfaces[1], "192.0.2.1");
  assert_int_equal(config.c2s_port, 15222);
  assert_int_equal(config.http_port, 0);
  assert_true(config.streams.negotiation.plain_without_tls);
  assert_int_equal(config.streams.negotiation.mechanisms.size(), 2);
  assert_true(config.streams.negotiation.mechanisms[0] == rosterd::xmpp::Mechanism::kPlain);
  assert_true(config.streams.login_timeout == 500s);
  assert_true(config.drain_timeout == 7s);
  assert_true(config.loop.turn_warn == 250ms);
  assert_int_equal(config.streams.after_login.stanza_bytes, 128 * 1024);
  assert_int_equal(config.streams.outbox_hard, 4'000'000);
  assert_true(config.im.conflict == rosterd::im::Options::Conflict::kRename);
  assert_text_equal(config.roster.url, "http://127.0.0.1:8000/contacts/%s");
  assert_true(config.roster.missing_is_empty);
}

void relative_paths_begin_at_the_files_folder(void**) {
  const Config config =
      parse_good("accounts_file = \"../accounts\"\nhttp_ca_file = \"/ca\"\n" + kHost);
  assert_text_equal(config.accounts_file, "/etc/accounts");
  assert_text_equal(config.http_client_tls.ca_file, "/ca");
  assert_text_equal(config.hosts[0].certificate.certificate_file, "/etc/rosterd/org.crt");
  assert_text_equal(config.hosts[0].certificate.key_file, "/etc/rosterd/org.key");
  const auto beside = parse_config("accounts_file = \"accounts\"\n" + kHost, "rosterd.toml");
  assert_text_equal(beside->accounts_file, "accounts");
}

void hosts_are_prepared_and_the_first_is_the_default(void**) {
  const Config config = parse_good(
      "[[host]]\nname = \"Example.ORG\"\ncertificate = \"a\"\nkey = \"b\"\n"
      "[[host]]\nname = \"example.net\"\ncertificate = \"a\"\nkey = \"b\"\n");
  assert_int_equal(config.hosts.size(), 2);
  assert_text_equal(config.hosts[0].name(), "example.org");
  assert_text_equal(config.refresh.hosts[1], "example.net");
}

void option_of_a_host_is_for_it_alone(void**) {
  const Config config = parse_good(
      "http_roster_url = \"http://a/%s\"\nroster_404 = \"empty\"\n"
      "[[host]]\nname = \"a.org\"\ncertificate = \"a\"\nkey = \"b\"\n"
      "[[host]]\nname = \"b.org\"\ncertificate = \"a\"\nkey = \"b\"\n"
      "http_roster_url = \"http://b/%s\"\napp_auth = [\"bearer:t0ken\"]\n");
  assert_text_equal(config.roster.url, "http://a/%s");
  assert_text_equal(config.roster.of("a.org").url, "http://a/%s");
  assert_text_equal(config.roster.of("b.org").url, "http://b/%s");
  assert_int_equal(config.roster.of("a.org").credentials.size(), 0);
  assert_text_equal(config.roster.of("b.org").credentials.at(0).secret, "t0ken");
  assert_true(config.roster.of("b.org").missing_is_empty);
  const std::string printed = rosterd::print_config(config);
  assert_true(contains(printed,
                       "name = \"b.org\"\ncertificate = \"/etc/rosterd/a\"\n"
                       "key = \"/etc/rosterd/b\"\nhttp_roster_url = \"http://b/%s\"\n"
                       "app_auth = [\"bearer:****\"]\n"));
  assert_false(contains(printed, "t0ken"));
}

void fault_of_a_host_names_it(void**) {
  assert_text_equal(fault_of(kHost + "http_roster_url = \"http://b/\"\n"),
                    "f.toml: host example.org: http_roster_url: the URL has no %s or {user} where "
                    "the username goes");
  assert_text_equal(
      fault_of(kHost + "app_auth = [\"digest:x\"]\n"),
      "f.toml:5: app_auth: item 1: expected bearer:<token>, basic:<user>:<password> or "
      "hmac:<key id>:<secret>");
}

void empty_file_says_how_to_begin(void**) {
  const std::string fault = fault_of("");
  assert_true(fault.starts_with("f.toml: no [[host]] has a certificate"));
  assert_true(contains(fault, "certificate = "));
  assert_true(contains(fault, "tls_required = false"));
}

void without_tls_the_only_host_is_localhost(void**) {
  const Config config = parse_good("tls_required = false");
  assert_int_equal(config.hosts.size(), 1);
  assert_text_equal(config.im.hosts.at(0), "localhost");
  assert_false(config.streams.negotiation.tls_available);
}

void unknown_option_gets_the_nearest_name(void**) {
  assert_fault("c2s_prot = 1", "f.toml:1: unknown option \"c2s_prot\"; did you mean c2s_port?");
  assert_fault("\n\nmodules_enabled = []", "f.toml:3: unknown option \"modules_enabled\"");
  assert_text_equal(fault_of(kHost + "[hosts]\nname = \"x\"\n"),
                    "f.toml:5: unknown option \"hosts\"; did you mean host?");
}

void value_of_another_kind_says_what_is_expected(void**) {
  assert_fault("c2s_port = \"5222\"",
               "f.toml:1: c2s_port: expected a whole number from 0 to 65535");
  assert_fault("tls_required = 1", "f.toml:1: tls_required: expected true or false");
  assert_fault("http_interfaces = \"::1\"",
               "f.toml:1: http_interfaces: expected a list of strings");
  assert_fault("c2s_interfaces = [1]", "f.toml:1: c2s_interfaces: expected a list of strings");
  assert_fault("accounts_file = 5", "f.toml:1: accounts_file: expected a string");
  assert_fault("[log_level]\nx = 1",
               "f.toml:1: log_level: expected \"error\", \"warn\", \"info\" "
               "or \"debug\"");
}

void rosters_of_jsxc_need_a_url_for_all_and_the_secret(void**) {
  const std::string jsxc = "http_roster_format = \"jsxc\"\n";
  const std::string url = "http_roster_url = \"https://cloud/api.php\"\n";
  const Config config =
      parse_good(jsxc + kHost + url + "jsxc_secret = \"key\"\n");  // said of all, and of one host
  const rosterd::app::HostRosterOptions& roster = config.roster.of("example.org");
  assert_true(roster.format == rosterd::app::RosterFormat::kJsxc);
  assert_text_equal(roster.jsxc_secret, "key");
  assert_fault(jsxc + url,
               "f.toml: host example.org: jsxc_secret: missing, and the application "
               "believes nothing without it");
  assert_true(contains(fault_of(jsxc +
                                "jsxc_secret = \"key\"\nhttp_roster_url = "
                                "\"http://a/%s\"\n" +
                                kHost),
                       "host example.org: http_roster_url: "));
  assert_true(contains(fault_of(jsxc + url +
                                "jsxc_secret = \"key\"\nhttp_roster_bulk_url = "
                                "\"http://a/bulk\"\n" +
                                kHost),
                       "host example.org: http_roster_bulk_url: "));
}

void value_out_of_bounds_is_a_fault(void**) {
  assert_fault("c2s_port = 65536", "f.toml:1: c2s_port: expected a whole number from 0 to 65535");
  assert_fault("sasl_attempts = 0",
               "f.toml:1: sasl_attempts: expected a whole number from 1 to 100");
  assert_true(contains(fault_of("stanza_bytes = 9999\n" + kHost), "from 10000 to \"16MiB\""));
  assert_true(contains(fault_of("login_timeout = 0\n" + kHost), "from \"1s\" to \"1h\""));
  for (const char* bad : {"\"\"", "\"s\"", "\"5 s\"", "\"5sec\"", "\"-5s\"", "\"1h30m\"", "5.5",
                          "\"99999999999999h\"", "9223372036854775807", "-1"}) {
    assert_true(fault_of("drain_timeout = " + std::string(bad) + "\n" + kHost)
                    .starts_with("f.toml:1: drain_timeout: expected a time such as"));
  }
  for (const char* bad : {"\"\"", "\"4kb\"", "\"9999999999GiB\"", "\"-1KiB\"", "1e6", "-1"}) {
    assert_true(fault_of("outbox_soft = " + std::string(bad) + "\n" + kHost)
                    .starts_with("f.toml:1: outbox_soft: expected a size such as"));
  }
}

void choice_that_is_none_is_a_fault(void**) {
  assert_fault("resource_conflict = \"Replace\"",
               "f.toml:1: resource_conflict: expected \"replace\", \"refuse\" or \"rename\"");
  assert_true(contains(fault_of("sasl_mechanisms = [\"DIGEST-MD5\"]\n" + kHost),
                       "sasl_mechanisms: expected a list of \"SCRAM-SHA-512-PLUS\""));
}

void broken_toml_is_told_with_its_line(void**) {
  assert_true(fault_of("c2s_port = 1\nc2s_tls_port =\n").starts_with("f.toml:2: "));
  assert_true(fault_of("c2s_port = 1\nc2s_port = 2\n").starts_with("f.toml:2: "));
  assert_true(fault_of("# \xFF\n").starts_with("f.toml:1: "));
  assert_true(fault_of("[[host\n").starts_with("f.toml:1: "));
  assert_true(fault_of(std::string("\0", 1)).starts_with("f.toml:1: "));
}

void all_faults_are_told_in_the_order_of_lines(void**) {
  assert_fault("tls_required = 0\nzzz = 1\nc2s_port = -1",
               "f.toml:1: tls_required: expected true or false\n"
               "f.toml:2: unknown option \"zzz\"\n"
               "f.toml:3: c2s_port: expected a whole number from 0 to 65535");
}

void refresh_endpoint_is_refused_on_a_public_address(void**) {
  for (const char* address : {"*", "0.0.0.0", "::", "192.0.2.1", "2001:db8::1"}) {
    const std::string line = "http_interfaces = [\"" + std::string(address) + "\"]\n";
    assert_true(fault_of(line + kHost)
                    .starts_with("f.toml:1: http_interfaces: \"" + std::string(address) +
                                 "\" can be reached"));
    parse_good(line + "http_port = 0\nhttps_port = 0\n" + kHost);
  }
  parse_good("http_interfaces = [\"127.0.0.2\", \"::1\"]\n" + kHost);
}

void public_address_is_served_when_it_is_asked_who_comes(void**) {
  const std::string line = "http_interfaces = [\"*\"]\n";
  const Config config = parse_good(line + "admin_auth = [\"bearer:t0ken\"]\n" + kHost);
  assert_int_equal(config.door.auth.keys.size(), 1);
  parse_good(line + "admin_ca_file = \"ca.pem\"\n" + kHost);
  parse_good(line + kHost + "admin_auth = [\"hmac:k1:s3cret\"]\n");
  assert_true(contains(fault_of(line + "admin_auth = []\nadmin_allow = [\"192.0.2.1\"]\n" + kHost),
                       "nothing asks them who they are: set admin_auth"));
}

void keys_open_all_hosts_or_one(void**) {
  const Config config = parse_good("admin_auth = [\"bearer:all\", \"basic:shop:s3cret\"]\n" +
                                   kHost + "admin_auth = [\"hmac:k1:own\", \"bearer:all\"]\n");
  const auto& keys = config.door.auth.keys;
  assert_int_equal(keys.size(), 3);
  assert_text_equal(keys[1].credential.name, "shop");
  assert_text_equal(keys[1].host, "");
  assert_text_equal(keys[2].credential.secret, "own");
  assert_text_equal(keys[2].host, config.hosts[0].name());
  const std::string printed = rosterd::print_config(config);
  assert_true(contains(printed, "admin_auth = [\"bearer:****\", \"basic:shop:****\"]\n"));
  assert_true(contains(printed, "admin_auth = [\"hmac:k1:****\", \"bearer:****\"]\n"));
  assert_false(contains(printed, "s3cret"));
}

void options_of_the_door_say_what_is_wrong_and_no_secret(void**) {
  assert_fault("admin_auth = [\"bearer:ok\", \"basic:shop:\"]",
               "f.toml:1: admin_auth: item 2: the secret is empty");
  assert_fault("admin_allow = [\"192.0.2.7/24\"]",
               "f.toml:1: admin_allow: \"192.0.2.7/24\" has bits beyond its prefix; did you mean "
               "192.0.2.0/24?");
  assert_fault("http_proxies = \"10.0.0.1\"",
               "f.toml:1: http_proxies: expected a list of addresses and networks such as "
               "\"192.0.2.0/24\"");
  assert_fault("admin_certificate_required = true",
               "f.toml:1: admin_certificate_required: needs admin_ca_file");
  assert_fault("admin_hub_signature = true\nadmin_auth = [\"bearer:x\"]",
               "f.toml:1: admin_hub_signature: needs an hmac: in admin_auth");
  assert_fault("https_port = 0\nadmin_ca_file = \"ca.pem\"",
               "f.toml:2: admin_ca_file: nobody can show a certificate without the HTTPS port");
}

void url_for_browsers_is_one_that_needs_no_escapes(void**) {
  parse_good("http_external_url = \"https://chat.example.org:8443/in/\"\n" + kHost);
  assert_fault("http_external_url = \"chat.example.org\"",
               "f.toml:1: http_external_url: bad URL: a scheme other than http and https");
}

void pages_are_named_by_their_origins(void**) {
  parse_good("http_origins = [\"https://app.test\", \"http://[::1]:8080\"]\n" + kHost);
  assert_fault("http_origins = [\"https://app.test/\"]",
               "f.toml:1: http_origins: \"https://app.test/\" is no origin such as "
               "\"https://app.example.org\"");
}

void interfaces_are_addresses(void**) {
  assert_fault("c2s_interfaces = [\"127.0.0.1\", \"eth0\"]",
               "f.toml:1: c2s_interfaces: \"eth0\" is neither an IP address nor \"*\"");
}

void options_that_contradict_one_another_are_faults(void**) {
  assert_fault("c2s_port = 5223", "f.toml: c2s_tls_port: the same port as c2s_port");
  assert_fault("https_port = 5280", "f.toml:1: https_port: the same port as http_port");
  assert_fault("outbox_hard = \"128KiB\"", "f.toml:1: outbox_hard: less than outbox_soft");
  assert_fault("outbox_total = \"1MiB\"", "f.toml:1: outbox_total: less than outbox_hard");
  assert_fault("bytes_before_login = 10000",
               "f.toml:1: bytes_before_login: less than stanza_bytes_before_login");
  assert_fault("sasl_mechanisms = []", "f.toml:1: sasl_mechanisms: nobody can log in without any");
  assert_fault("sasl_mechanisms = [\"PLAIN\", \"PLAIN\"]",
               "f.toml:1: sasl_mechanisms: one is named twice");
  assert_true(fault_of("http_roster_url = \"ftp://x/%s\"\n" + kHost)
                  .starts_with("f.toml:1: http_roster_url: "));
  assert_true(fault_of("http_roster_url = \"http://x/\"\n" + kHost)
                  .starts_with("f.toml:1: http_roster_url: "));
}

void mechanisms_that_need_tls_are_not_enough_without_it(void**) {
  const std::string bare = "tls_required = false\n";
  for (const char* useless : {"\"PLAIN\"", "\"SCRAM-SHA-1-PLUS\", \"PLAIN\""}) {
    assert_text_equal(
        fault_of(bare + "sasl_mechanisms = [" + useless + "]\n"),
        "f.toml:2: sasl_mechanisms: without a certificate nobody can log in by these");
  }
  parse_good(bare + "sasl_mechanisms = [\"SCRAM-SHA-1\"]\n");
  parse_good(bare + "sasl_mechanisms = [\"PLAIN\"]\nplain_without_tls = true\n");
}

void mechanisms_have_to_suit_the_accounts_of_each_host(void**) {
  const std::string jwt = "auth = \"jwt\"\njwt_jwks_url = \"https://x/jwks\"\n";
  const std::string scram = "sasl_mechanisms = [\"SCRAM-SHA-256\", \"SCRAM-SHA-1\"]\n";
  assert_text_equal(fault_of(scram + jwt + kHost),
                    "f.toml:1: sasl_mechanisms: nobody can log in at host example.org, whose "
                    "accounts can be asked by none of these, but by PLAIN, OAUTHBEARER, X-OAUTH2");
  parse_good(scram + "http_sasl_mechanisms = [\"OAUTHBEARER\"]\n" + jwt + kHost);
  parse_good("sasl_mechanisms = [\"SCRAM-SHA-256\", \"PLAIN\"]\n" + jwt + kHost);
  parse_good(scram + kHost);
  const std::string cookie = "auth = \"cookie\"\nhttp_cookie_auth_url = \"http://x/whose\"\n";
  parse_good(cookie + kHost);
  assert_true(contains(fault_of("http_sasl_mechanisms = [\"PLAIN\"]\n" + cookie + kHost),
                       "asked by none of these, but by EXTERNAL"));
}

void faulty_hosts_are_told(void**) {
  const std::string second = "[[host]]\nname = \"EXAMPLE.org\"\ncertificate = \"a\"\nkey = \"b\"\n";
  assert_text_equal(fault_of(kHost + second), "f.toml:5: host: a second example.org");
  assert_text_equal(fault_of(kHost + "[[host]]\nname = \"b.org\"\n"),
                    "f.toml:5: host: either all hosts have a certificate, or none");
  assert_text_equal(fault_of("[[host]]\nname = \"a.org\"\ncertificate = \"x\"\n"),
                    "f.toml:1: host: certificate and key need each other");
  assert_true(fault_of("[[host]]\nname = \"a b\"\n").starts_with("f.toml:1: host: name: "));
  assert_true(fault_of("[[host]]\n").starts_with("f.toml:1: host: name: "));
  assert_text_equal(fault_of("[host]\nname = \"a.org\"\n"),
                    "f.toml:1: host: write [[host]] with two pairs of brackets");
  assert_text_equal(fault_of("host = [1]\n"), "f.toml:1: host: expected [[host]] tables");
}

void option_below_a_host_is_sent_above_it(void**) {
  assert_text_equal(fault_of(kHost + "c2s_port = 1\n"),
                    "f.toml:5: host: c2s_port must stand above the first [[host]]");
  assert_text_equal(fault_of(kHost + "certificat = \"x\"\n"),
                    "f.toml:5: host: unknown entry \"certificat\"; did you mean certificate?");
  assert_text_equal(fault_of("[[host]]\nname = \"a.org\"\ncertificate = 1\nkey = \"b\"\n"),
                    "f.toml:1: host: certificate and key need each other\n"
                    "f.toml:3: host: certificate: expected a string");
}

void printed_configuration_reads_back_to_the_same(void**) {
  for (const std::string& options :
       {std::string(), std::string("login_timeout = \"90s\"\nstanza_bytes = 10001\n"
                                   "sasl_mechanisms = [\"PLAIN\"]\nroster_404 = \"empty\"\n"
                                   "turn_warn = 0\nresource_conflict = \"refuse\"\n"
                                   "http_ca_file = \"a \\\"b\\\"\"\n")}) {
    const std::string printed = print_config(parse_good(options + kHost));
    assert_text_equal(print_config(parse_good(printed)), printed);
  }
  const std::string printed = print_config(parse_good("login_timeout = \"90s\"\n" + kHost));
  assert_true(contains(printed, "\nlogin_timeout = \"90s\"\n"));
  assert_true(contains(printed, "\n[[host]]\nname = \"example.org\"\n"));
}

void printed_configuration_hides_the_password_of_a_url(void**) {
  const std::string url = "http_roster_url = \"https://app:hunter2@example.org/%s\"\n";
  const Config config = parse_good(url + kHost);
  assert_text_equal(config.roster.url, "https://app:hunter2@example.org/%s");
  const std::string printed = print_config(config);
  assert_false(contains(printed, "hunter2"));
  assert_true(contains(printed, "https://app:****@example.org/%s"));
}

void only_the_password_of_a_url_is_masked(void**) {
  using rosterd::mask_password;
  assert_text_equal(mask_password("http://a:b@c/d"), "http://a:****@c/d");
  assert_text_equal(mask_password("http://a:b@c"), "http://a:****@c");
  assert_text_equal(mask_password("http://a:b@x@c/d"), "http://a:****@c/d");
  assert_text_equal(mask_password("http://a@c:80/d"), "http://a@c:80/d");
  assert_text_equal(mask_password("http://c:80/d@e"), "http://c:80/d@e");
  assert_text_equal(mask_password("http://c:80?d@e"), "http://c:80?d@e");
  assert_text_equal(mask_password("no url"), "no url");
}

void file_is_loaded_and_a_missing_one_is_told(void**) {
  char folder[] = "/tmp/rosterd_config_XXXXXX";
  assert_non_null(mkdtemp(folder));
  const std::string path = std::string(folder) + "/rosterd.toml";
  std::ofstream(path) << kHost;
  const auto loaded = load_config(path);
  const auto missing = load_config(path + "x");
  const auto directory = load_config(folder);
  std::filesystem::remove_all(folder);
  assert_text_equal(loaded->hosts[0].certificate.key_file, std::string(folder) + "/org.key");
  assert_text_equal(missing.error().text, path + "x: cannot be read: No such file or directory");
  assert_text_equal(directory.error().text,
                    std::string(folder) + ": cannot be read: Is a directory");
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(host_alone_is_enough),
      cmocka_unit_test(every_kind_of_value_is_read),
      cmocka_unit_test(relative_paths_begin_at_the_files_folder),
      cmocka_unit_test(hosts_are_prepared_and_the_first_is_the_default),
      cmocka_unit_test(option_of_a_host_is_for_it_alone),
      cmocka_unit_test(fault_of_a_host_names_it),
      cmocka_unit_test(empty_file_says_how_to_begin),
      cmocka_unit_test(without_tls_the_only_host_is_localhost),
      cmocka_unit_test(unknown_option_gets_the_nearest_name),
      cmocka_unit_test(value_of_another_kind_says_what_is_expected),
      cmocka_unit_test(rosters_of_jsxc_need_a_url_for_all_and_the_secret),
      cmocka_unit_test(value_out_of_bounds_is_a_fault),
      cmocka_unit_test(choice_that_is_none_is_a_fault),
      cmocka_unit_test(broken_toml_is_told_with_its_line),
      cmocka_unit_test(all_faults_are_told_in_the_order_of_lines),
      cmocka_unit_test(refresh_endpoint_is_refused_on_a_public_address),
      cmocka_unit_test(public_address_is_served_when_it_is_asked_who_comes),
      cmocka_unit_test(keys_open_all_hosts_or_one),
      cmocka_unit_test(options_of_the_door_say_what_is_wrong_and_no_secret),
      cmocka_unit_test(url_for_browsers_is_one_that_needs_no_escapes),
      cmocka_unit_test(pages_are_named_by_their_origins),
      cmocka_unit_test(interfaces_are_addresses),
      cmocka_unit_test(options_that_contradict_one_another_are_faults),
      cmocka_unit_test(mechanisms_that_need_tls_are_not_enough_without_it),
      cmocka_unit_test(mechanisms_have_to_suit_the_accounts_of_each_host),
      cmocka_unit_test(faulty_hosts_are_told),
      cmocka_unit_test(option_below_a_host_is_sent_above_it),
      cmocka_unit_test(printed_configuration_reads_back_to_the_same),
      cmocka_unit_test(printed_configuration_hides_the_password_of_a_url),
      cmocka_unit_test(only_the_password_of_a_url_is_masked),
      cmocka_unit_test(file_is_loaded_and_a_missing_one_is_told),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
