// SPDX-License-Identifier: MIT
#include "history.h"

#include <array>
#include <random>
#include <sstream>
#include <utility>

namespace rosterd::model {

namespace {

constexpr std::array kUsers = {"juliet", "romeo",   "nurse", "tybalt",
                               "paris",  "capulet", "peter", "rosaline"};
constexpr std::array kResources = {"phone", "desk"};
constexpr std::array kSubscriptions = {"both", "both", "to", "from", "none"};
constexpr std::array kRosters = {"good", "good", "good", "young", "late", "page", "link"};
constexpr std::array kAnswers = {"500", "503",  "429",   "404",     "403",     "400",  "html",
                                 "cut", "list", "moved", "refused", "timeout", "huge", "missing"};
// Milliseconds: within a retry, a retry, a timeout, a deadline, a kept copy's life.
constexpr std::array kTimes = {"20", "300", "1000", "3000", "12000", "31000", "660000", "3700000"};

using Words = std::vector<std::string>;

class Generator {
 public:
  explicit Generator(std::uint64_t seed) : random_(seed) {}

  History make() {
    const int users = chance(15) ? 5 + pick(4) : 2 + pick(3);
    users_ = {kUsers.begin(), kUsers.begin() + users};
    restless_ = pick(3);
    trouble_ = 5 + pick(60);
    // A fetch keeps to what it began with, so the first two are not changed on the way.
    if (chance(15)) add({"option", "404", "1"});
    if (chance(10)) add({"option", "pages", "1"});
    crowded_ = chance(40);
    if (crowded_) add({"option", "bulk", "1"});
    if (crowded_ || chance(30)) add({"option", "places", number(crowded_ ? 2 : 3)});
    for (int i = pick(2 * users); i > 0; --i) add({"befriend", user(), user()});
    for (int i = pick(2 * users); i > 0; --i) come();
    for (const std::string& each : users_) {
      if (crowded_) add({"come", each, "phone", "both"});
    }
    add({"settle"});
    const int steps = 10 + pick(70);
    for (int i = 0; i < steps; ++i) step();
    if (pick(5) == 0) {
      add({"stop"});
      if (pick(2) == 0) refresh();
    } else if (pick(4) != 0) {
      add({"settle"});
    }
    return std::move(history_);
  }

 private:
  int pick(int count) { return static_cast<int>(random_() % static_cast<unsigned>(count)); }
  bool chance(int percent) { return pick(100) < percent; }
  template <class Words>
  std::string one_of(const Words& words) {
    return words[static_cast<std::size_t>(pick(static_cast<int>(words.size())))];
  }
  std::string user() { return one_of(users_); }
  std::string resource() { return one_of(kResources); }
  std::string number(int count) { return std::to_string(pick(count)); }
  void add(Words words) {
    Step step;
    step.verb = std::move(words.front());
    words.erase(words.begin());
    step.arguments = std::move(words);
    history_.push_back(std::move(step));
  }

  void step() {
    const int what = pick(100);
    if (what < 22) return edit();
    if (what < 36) return refresh();
    if (what < 64) return answer();
    if (what < 70) return add({"send", user()});
    if (what < 80) return come_or_go();
    if (what < 90) return presence();
    if (what < 97) return add({"pass", time()});
    if (what < 98) return options();
    if (what < 99) return add({"sweep"});
    add({"settle"});
  }

  // Two-sided changes name one of the two, both or nobody in the refresh that mostly follows.
  void edit() {
    const std::string a = user();
    const std::string b = user();
    const int what = pick(10);
    if (what < 3) {
      add({"befriend", a, b});
    } else if (what < 5) {
      add({"unfriend", a, b});
    } else if (what < 6) {
      add({"drop", a, b});
    } else if (what < 8) {
      add({"item", a, b, one_of(kSubscriptions), number(3), number(3)});
    } else if (what < 9) {
      add({"stranger", a, number(2), one_of(kSubscriptions)});
    } else {
      add({"revert", a, std::to_string(1 + pick(2))});
    }
    if (chance(35)) post({say(a, b), say(b, a)});
    if (chance(40)) post(chance(50) ? Words{a} : Words{a, b});
    if (chance(25)) add({"answer", "all", "good"});
  }

  void post(Words words) {
    words.insert(words.begin(), "post");
    add(std::move(words));
  }

  void refresh() {
    if (chance(10)) return add({"refresh", user()});
    if (chance(4)) return add({"abandon"});
    if (chance(3)) return add({"nonsense", number(6)});
    if (chance(15)) return edges();
    if (crowded_ && chance(40)) return post(users_);
    if (chance(8)) return leave_in_the_middle();
    Words words;
    for (int i = pick(5); i > 0; --i) words.push_back(chance(70) ? name() : say(name(), user()));
    add_wishes(words);
    post(std::move(words));
  }
  void add_wishes(Words& words) {
    if (chance(20)) words.push_back("+all");
    if (chance(12)) words.push_back("+async");
  }
  // What the web app has to say itself of a user, and of one of his contacts.
  std::string say(const std::string& who, const std::string& contact) {
    const int form = pick(10);
    if (form < 2) return "roster:" + who;
    if (form < 3) return "plain:" + who;
    if (form < 4) return "roster-if:" + who + ":" + number(3);
    if (form < 6) return "patch-if:" + who + ":" + number(3);
    return "patch:" + who + ":" + contact;
  }
  void edges() {
    Words words = {"edges"};
    for (int i = pick(4); i > 0; --i) {
      const std::string what = chance(25) ? "remove" : one_of(kSubscriptions);
      const std::string other = chance(10) ? "stranger0@elsewhere" : user();
      words.push_back(name() + ":" + other + ":" + what + ":" + number(3) + ":" + number(3));
    }
    add_wishes(words);
    add(std::move(words));
  }
  // What a refresh asked for comes when its user has gone, and may be back: and then the web app
  // fails.
  void leave_in_the_middle() {
    const std::string who = user();
    post({who, chance(50) ? say(user(), who) : user()});
    add({"send", who});
    leave(who);
    if (chance(70)) edit();
    if (chance(70)) post({who});
    if (chance(30)) add({"come", who, resource(), "both"});
    add({"answer", chance(50) ? "all" : who, "good"});
    if (chance(20)) add({"pass", time()});
    add({"come", who, resource(), "both"});
    add({"answer", who, one_of(kAnswers)});
  }
  std::string name() {
    const int form = pick(12);
    if (form == 0) return "ghost";
    if (form == 1) return user() + "@h";
    if (form == 2) {
      std::string name = user();
      name[0] = static_cast<char>(name[0] - 'a' + 'A');
      return name + "@h/x";
    }
    return user();
  }

  void answer() {
    const std::string who = chance(25) ? "all" : user();
    if (!chance(trouble_)) return add({"answer", who, one_of(kRosters)});
    add({"answer", who, one_of(kAnswers)});
  }

  void come() {
    static constexpr std::array kHow = {"both", "both", "both", "presence", "roster", "silent"};
    add({"come", user(), resource(), one_of(kHow)});
  }
  void come_or_go() {
    if (chance(5)) return add({chance(50) ? "authenticate" : "hang-up", user()});
    if (chance(30)) return come_again();
    if (chance(50)) return come();
    add({"go", user(), resource(), chance(50) ? "politely" : "silently"});
  }

  void leave(const std::string& who) {
    for (const char* const each : kResources) add({"go", who, each, "silently"});
  }
  // The roster is asked for anew, and whatever is on its way is older than that.
  void come_again() {
    const std::string who = user();
    leave(who);
    if (chance(25)) add({"pass", time()});
    add({"come", who, resource(), "both"});
    if (chance(30)) add({"answer", who, one_of(kAnswers)});
  }

  void presence() {
    const int what = pick(10);
    if (what < 4) return add({"available", user(), resource()});
    if (what < 6) return add({"unavailable", user(), resource()});
    if (what < 7) return add({"ask", user(), resource(), chance(50) ? "version" : "all"});
    if (what < 8) return add({"probe", user(), resource(), user()});
    if (!chance(40)) return add({"available", user(), resource()});
    const std::string to = chance(50) ? user() : user() + "/" + resource();
    add({"direct", user(), resource(), to, chance(70) ? "available" : "unavailable"});
  }

  // Long waits are rare: they end everything that is going on.
  std::string time() {
    const int longest = chance(30) ? static_cast<int>(kTimes.size()) : 4 + restless_ % 2;
    return kTimes[static_cast<std::size_t>(pick(longest))];
  }

  void options() {
    static constexpr std::array kNames = {"stale-max", "deadline",      "timeout", "batches",
                                          "bulk",      "all-failed-ok", "copies",  "conflict"};
    add({"option", one_of(kNames), number(2)});
  }

  std::mt19937_64 random_;
  History history_;
  Words users_;
  bool crowded_ = false;  // more are asked for than there are places
  int restless_ = 0;
  int trouble_ = 0;
};

}  // namespace

History make_history(std::uint64_t seed) { return Generator(seed).make(); }

std::string to_text(const Step& step) {
  std::string line = step.verb;
  for (const std::string& argument : step.arguments) line += " " + argument;
  return line;
}

std::string to_text(const History& history) {
  std::string text;
  for (const Step& step : history) text += to_text(step) + "\n";
  return text;
}

Result<History> parse_history(std::string_view text) {
  History history;
  std::istringstream lines{std::string(text)};
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line.substr(0, line.find('#')));
    Step step;
    if (!(words >> step.verb)) continue;
    for (std::string word; words >> word;) step.arguments.push_back(word);
    history.push_back(std::move(step));
  }
  if (history.empty()) return make_error(Errc::kInvalid, "there is no step in it");
  return history;
}

}  // namespace rosterd::model
