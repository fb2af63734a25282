// SPDX-License-Identifier: MIT
// Which configuration files show secrets to everybody on the machine.
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "config_check.h"
#include "support/cmocka.h"

namespace {

const std::string kHost =
    "[[host]]\nname = \"example.org\"\ncertificate = \"org.crt\"\nkey = \"org.key\"\n";

std::string folder;

int make_folder(void**) {
  char name[] = "/tmp/rosterd-secrets-XXXXXX";
  if (!mkdtemp(name)) return -1;
  folder = name;
  return 0;
}

int remove_folder(void**) {
  std::filesystem::remove_all(folder);
  return 0;
}

bool shows(const std::string& text, mode_t mode) {
  const std::string file_name = folder + "/rosterd.toml";
  std::ofstream(file_name) << text;
  chmod(file_name.c_str(), mode);
  const auto config = rosterd::load_config(file_name);
  if (!config) print_error("%s\n", config.error().text.c_str());
  assert_true(config.has_value());
  return rosterd::shows_secrets(*config, file_name);
}

void file_without_secrets_may_be_read_by_everybody(void**) {
  assert_false(shows(kHost, 0644));
  assert_false(shows("http_roster_url = \"https://app.example.org/%s\"\n" + kHost, 0644));
  assert_false(shows("http_roster_url = \"https://chat@app.example.org/%s\"\n" + kHost, 0644));
}

void credentials_and_passwords_in_urls_are_secrets(void**) {
  for (const char* option :
       {"admin_auth = [\"bearer:token\"]\n", "app_auth = [\"hmac:k:secret\"]\n",
        "http_roster_url = \"https://u:p@app.example.org/%s\"\n"}) {
    assert_true(shows(option + kHost, 0644));
    assert_true(shows(option + kHost, 0604));
    assert_false(shows(option + kHost, 0640));
    assert_true(shows(kHost + option, 0644));  // of one host
    assert_false(shows(kHost + option, 0600));
  }
}

void file_that_is_not_there_shows_nothing(void**) {
  assert_false(rosterd::shows_secrets(rosterd::Config(), folder + "/nowhere.toml"));
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(file_without_secrets_may_be_read_by_everybody),
      cmocka_unit_test(credentials_and_passwords_in_urls_are_secrets),
      cmocka_unit_test(file_that_is_not_there_shows_nothing),
  };
  return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
