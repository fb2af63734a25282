// SPDX-License-Identifier: MIT
// conf/rosterd.toml and rosterd.toml(5) tell the truth about every option.
#include <fstream>
#include <iterator>
#include <regex>
#include <set>

#include "config_options.h"
#include "support/cmocka.h"

using rosterd::Config;
using rosterd::Option;

namespace {

std::string read_source(const char* path) {
  std::ifstream file(std::string(SOURCE_DIR) + '/' + path);
  assert_true(file.is_open());
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string default_of(const Option& option) {
  static const Config defaults;
  return rosterd::write_value(option.kind, option.get(defaults));
}

void assert_contains(const std::string& text, const std::string& part) {
  if (text.find(part) == std::string::npos) print_error("missing: %s\n", part.c_str());
  assert_true(text.find(part) != std::string::npos);
}

// Every match of the first group.
std::set<std::string> find_names(const std::string& text, const char* pattern) {
  const std::regex expression(pattern);
  std::set<std::string> names;
  for (std::sregex_iterator at(text.begin(), text.end(), expression), end; at != end; ++at) {
    names.insert((*at)[1]);
  }
  return names;
}

std::set<std::string> option_names() {
  std::set<std::string> names;
  for (const Option& option : rosterd::options()) names.emplace(option.name);
  return names;
}

void option_names_are_unique(void**) {
  assert_int_equal(option_names().size(), rosterd::options().size());
}

void defaults_are_allowed(void**) {
  const Config defaults;
  for (const Option& option : rosterd::options()) {
    assert_true(rosterd::is_allowed(option, option.get(defaults)));
  }
}

void value_that_is_set_is_the_value_that_is_got(void**) {
  const Config defaults;
  Config config;
  for (const Option& option : rosterd::options()) {
    option.set(config, option.get(defaults));
    assert_true(option.get(config) == option.get(defaults));
  }
}

void sample_file_has_every_option_with_its_default_and_line(void**) {
  const std::string sample = read_source("conf/rosterd.toml");
  for (const Option& option : rosterd::options()) {
    const std::string mark = option.per_host     ? " (or per host)"
                             : option.reloadable ? ""
                                                 : " (restart)";
    assert_contains(sample, "\n# " + std::string(option.doc) + mark + "\n#" +
                                std::string(option.name) + " = " + default_of(option) + "\n");
  }
}

void sample_file_has_no_other_option(void**) {
  std::set<std::string> expected = option_names();
  expected.merge(std::set<std::string>{"name", "certificate", "key"});
  assert_true(find_names(read_source("conf/rosterd.toml"), "\n#([a-z0-9_]+) = ") == expected);
}

void sample_file_uncommented_is_the_default_configuration(void**) {
  const std::string sample =
      std::regex_replace(read_source("conf/rosterd.toml"), std::regex("\n#([a-z\\[])"), "\n$1");
  const auto config = rosterd::parse_config(sample, "/etc/rosterd/rosterd.toml");
  if (!config) print_error("%s\n", config.error().text.c_str());
  assert_true(config.has_value());
  for (const Option& option : rosterd::options()) {
    assert_text_equal(rosterd::write_value(option.kind, option.get(*config)), default_of(option));
  }
  assert_text_equal(config->hosts.at(0).name(), "example.org");
}

void manual_page_has_every_option_with_its_default(void**) {
  const std::string page = read_source("man/rosterd.toml.5");
  for (const Option& option : rosterd::options()) {
    const std::string value = std::regex_replace(default_of(option), std::regex("\""), "\\(dq");
    assert_contains(page, "\n.It Va " + std::string(option.name) + " No = " + value +
                              (option.per_host     ? " Pq or per host\n"
                               : option.reloadable ? "\n"
                                                   : " Pq restart\n"));
  }
}

void manual_page_has_no_other_option(void**) {
  assert_true(find_names(read_source("man/rosterd.toml.5"), "\n\\.It Va ([a-z0-9_]+) No = ") ==
              option_names());
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(option_names_are_unique),
      cmocka_unit_test(defaults_are_allowed),
      cmocka_unit_test(value_that_is_set_is_the_value_that_is_got),
      cmocka_unit_test(sample_file_has_every_option_with_its_default_and_line),
      cmocka_unit_test(sample_file_has_no_other_option),
      cmocka_unit_test(sample_file_uncommented_is_the_default_configuration),
      cmocka_unit_test(manual_page_has_every_option_with_its_default),
      cmocka_unit_test(manual_page_has_no_other_option),
  };
  return cmocka_run_group_tests(tests, nullptr, nullptr);
}
