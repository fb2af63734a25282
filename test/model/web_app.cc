// SPDX-License-Identifier: MIT
#include "web_app.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace rosterd::model {

std::vector<Version>& WebApp::versions(const std::string& user) {
  std::vector<Version>& versions = versions_[user];
  if (versions.empty()) versions.push_back({});
  return versions;
}

const Contacts& WebApp::data(const std::string& user) { return versions(user).back().contacts; }

void WebApp::edit(const std::string& user, Contacts contacts) {
  if (contacts == data(user)) return;
  versions(user).push_back({std::move(contacts), verdict_.next_moment()});
}

const Contacts& WebApp::data_before(const std::string& user, std::size_t count) {
  const std::vector<Version>& all = versions(user);
  return all[all.size() - 1 - std::min(count, all.size() - 1)].contacts;
}

void WebApp::revert(const std::string& user, std::size_t count) {
  edit(user, Contacts(data_before(user, count)));
}

bool WebApp::said_since(const std::string& user, const Contacts& contacts, Moment moment) {
  const std::vector<Version>& all = versions(user);
  for (std::size_t i = all.size(); i-- > 0;) {
    if (all[i].contacts == contacts) return true;
    if (all[i].since <= moment) break;
  }
  const std::vector<Told>& told = told_[user];
  return std::any_of(told.begin(), told.end(), [&](const Told& one) {
    return one.good && one.sent >= moment && one.contacts == contacts;
  });
}

void WebApp::say(const std::string& user, Told said) {
  said.time = clock_.now();
  said.good = true;
  told_[user].push_back(std::move(said));
}

void WebApp::unsay(std::uint32_t post) {
  for (auto& [user, all] : told_) {
    std::erase_if(all, [&](const Told& one) { return one.post == post; });
  }
}

std::string WebApp::tag_of(const std::string& user, const Contacts& contacts) {
  const std::vector<Version>& all = versions(user);
  const auto first = std::find_if(
      all.begin(), all.end(), [&](const Version& version) { return version.contacts == contacts; });
  return "\"" + std::to_string(first - all.begin()) + "\"";
}

std::vector<std::string> WebApp::changed_since(Moment moment) const {
  std::vector<std::string> users;
  for (const auto& [user, all] : versions_) {
    if (all.back().since > moment) users.push_back(user);
  }
  return users;
}

bool WebApp::has_told(const std::string& user, bool good, Moment since) {
  const std::vector<Told>& all = told_[user];
  return std::any_of(all.begin(), all.end(), [&](const Told& one) {
    if (one.post != 0) return false;
    return good ? one.good && !one.perhaps && one.sent >= since
                : (!one.good || one.perhaps) && one.at >= since;
  });
}

bool WebApp::may_have_told(const std::string& user, Moment since) {
  const std::vector<Told>& all = told_[user];
  return std::any_of(all.begin(), all.end(), [&](const Told& one) {
    return one.post == 0 && one.good && one.sent >= since;
  });
}

bool WebApp::has_said(const std::string& user, Moment since) {
  const std::vector<Told>& all = told_[user];
  return std::any_of(all.begin(), all.end(),
                     [&](const Told& one) { return one.good && one.sent >= since; });
}

Moment WebApp::told_good_at(const std::string& user, Moment since) {
  for (const Told& one : told_[user]) {
    if (one.post == 0 && one.good && !one.perhaps && one.sent >= since) return one.at;
  }
  return std::numeric_limits<Moment>::max();
}

bool WebApp::may_have_turned_away(const std::string& user, Moment since) {
  const Moment told = told_good_at(user, since);
  return std::any_of(failed_probes_.begin(), failed_probes_.end(), [&](const FailedProbe& probe) {
    return probe.at >= since && probe.at < told && !probe.out.contains(user);
  });
}

}  // namespace rosterd::model
