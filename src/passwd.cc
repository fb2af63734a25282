// SPDX-License-Identifier: MIT
#include "passwd.h"

#include <getopt.h>

#include <algorithm>
#include <cstdio>
#include <string>
#include <utility>

#include "base/crypto.h"
#include "config.h"
#include "password_prompt.h"
#include "store/accounts_file.h"
#include "xmpp/jid.h"

namespace rosterd {

namespace {

enum ExitStatus { kDone = 0, kNotDone = 1, kUsage = 2 };

constexpr const char* kUsageText =
    "usage: rosterd passwd [-c FILE] USER@HOST\n"
    "       rosterd passwd [-c FILE] --delete USER@HOST\n"
    "       rosterd passwd [-c FILE] --list\n"
    "\n"
    "Adds the account or gives it a new password, asked for on a terminal or else read as one "
    "line\n"
    "from standard input. A running server notices when it gets SIGHUP (systemctl reload "
    "rosterd).\n";

struct CommandLine {
  std::string config_file = ROSTERD_CONFIG_FILE;
  bool remove = false;
  bool list = false;
  std::string user;
};

int complain(const std::string& text, int status) {
  std::fprintf(stderr, "rosterd passwd: %s\n", text.c_str());
  return status;
}

int refuse_usage() {
  std::fputs(kUsageText, stderr);
  return kUsage;
}

// Returns the exit status when the program is to end at once, -1 when it is to go on.
int parse_command_line(int argc, char** argv, CommandLine& line) {
  static const option kLong[] = {{"config", required_argument, nullptr, 'c'},
                                 {"delete", no_argument, nullptr, 'd'},
                                 {"list", no_argument, nullptr, 'l'},
                                 {"help", no_argument, nullptr, 'h'},
                                 {nullptr, 0, nullptr, 0}};
  optind = 1;
  for (int c; (c = getopt_long(argc, argv, "c:h", kLong, nullptr)) != -1;) {
    switch (c) {
      case 'c':
        line.config_file = optarg;
        break;
      case 'd':
        line.remove = true;
        break;
      case 'l':
        line.list = true;
        break;
      case 'h':
        std::fputs(kUsageText, stdout);
        return kDone;
      default:
        return refuse_usage();
    }
  }
  const int wanted = line.list ? 0 : 1;
  if (argc - optind != wanted || (line.list && line.remove)) return refuse_usage();
  if (!line.list) line.user = argv[optind];
  return -1;
}

// A file that is not there yet has no accounts.
Result<store::Accounts> load_accounts(const std::string& path) {
  auto accounts = store::Accounts::load(path);
  if (!accounts && accounts.error().code == Errc::kNotFound) return store::Accounts();
  return accounts;
}

int list_accounts(const Config& config) {
  const auto accounts = load_accounts(config.accounts_file);
  if (!accounts) return complain(accounts.error().text, kNotDone);
  for (const std::string& user : accounts->list()) std::puts(user.c_str());
  return kDone;
}

// Loads, lets `change` change, and saves, while no other process can come between. `change` returns
// a Status.
template <class Change>
int change_accounts(const Config& config, const xmpp::Jid& user, const char* done, Change change) {
  const auto lock = store::AccountsLock::take(config.accounts_file);
  if (!lock) return complain(lock.error().text, kNotDone);
  auto accounts = load_accounts(config.accounts_file);
  if (!accounts) return complain(accounts.error().text, kNotDone);
  if (const Status changed = change(*accounts); !changed) {
    return complain(changed.error().text, kNotDone);
  }
  if (const Status saved = accounts->save(config.accounts_file); !saved) {
    return complain(saved.error().text, kNotDone);
  }
  std::printf("%.*s: %s.\n", static_cast<int>(user.text().size()), user.text().data(), done);
  std::puts("A running server notices after: systemctl reload rosterd (or SIGHUP)");
  return kDone;
}

int delete_account(const Config& config, const xmpp::Jid& user) {
  return change_accounts(config, user, "account deleted", [&](store::Accounts& accounts) -> Status {
    if (accounts.erase(user)) return {};
    return make_error(Errc::kNotFound, std::string(user.text()) + ": no such account");
  });
}

int set_password(const Config& config, const xmpp::Jid& user) {
  const auto& hosts = config.im.hosts;
  if (std::find(hosts.begin(), hosts.end(), user.domain()) == hosts.end()) {
    complain("warning: " + std::string(user.domain()) + " is none of the configured hosts", kDone);
  }
  auto password = ask_new_password(std::string(user.text()));
  if (!password) return complain(password.error().text, kNotDone);
  // Before the lock is taken: PBKDF2 and people are slow.
  auto account = store::make_account(*password);
  crypto::wipe(*password);
  if (!account) return complain(account.error().text, kNotDone);
  return change_accounts(config, user, "password set", [&](store::Accounts& accounts) {
    return accounts.set(user, std::move(*account));
  });
}

}  // namespace

int run_passwd(int argc, char** argv) {
  CommandLine line;
  if (const int status = parse_command_line(argc, argv, line); status >= 0) return status;
  const auto config = load_config(line.config_file);
  if (!config) {
    std::fprintf(stderr, "%s\n", config.error().text.c_str());
    return kUsage;
  }
  if (line.list) return list_accounts(*config);
  const auto user = xmpp::Jid::parse(line.user);
  if (!user) return complain(line.user + ": " + user.error().text, kUsage);
  if (user->node().empty() || user->is_full()) {
    return complain(line.user + ": expected USER@HOST", kUsage);
  }
  return line.remove ? delete_account(*config, *user) : set_password(*config, *user);
}

}  // namespace rosterd
