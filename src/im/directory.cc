// SPDX-License-Identifier: MIT
#include "im/directory.h"

#include <algorithm>
#include <utility>

namespace rosterd::im {

bool is_served(const std::vector<std::string>& hosts, std::string_view domain) {
  return std::find(hosts.begin(), hosts.end(), domain) != hosts.end();
}

User& Directory::add_user(const xmpp::Jid& bare) {
  if (User* known = find_user(bare.text())) return *known;
  auto user = std::make_unique<User>(interner_, bare);
  const Atom atom = user->atom;
  if (atom >= users_.size()) users_.resize(std::size_t{atom} + 1);
  users_[atom] = std::move(user);
  ++user_count_;
  return *users_[atom];
}

void Directory::remove_user(User& user) {
  users_[user.atom].reset();
  --user_count_;
}

Session& Directory::add_session(User& user, xmpp::Jid full) {
  auto owned = std::make_unique<Session>(std::move(full), &user);
  Session& session = *owned;
  session.handle = sessions_.insert(std::move(owned));
  user.sessions.push_back(&session);
  return session;
}

void Directory::detach_session(Session& session) { std::erase(session.user->sessions, &session); }

bool Directory::find_address(std::string_view prepared, Target& target) const {
  const std::size_t slash = prepared.find('/');
  User* user = find_user(prepared.substr(0, slash));
  if (!user) return false;
  Session* session = nullptr;
  if (slash != std::string_view::npos) {
    session = user->find_session(prepared.substr(slash + 1));
    if (!session) return false;
    target.kind = Target::Kind::kResource;
  } else {
    target.kind = Target::Kind::kAccount;
  }
  target.user = user;
  target.session = session;
  return true;
}

Target Directory::resolve(std::optional<std::string_view> to,
                          const std::vector<std::string>& hosts) const {
  Target target;
  if (!to) return target;
  target.sent = *to;
  // Preparation is idempotent, so bytes that equal a prepared JID need none: this is the way of
  // nearly every stanza.
  if (find_address(*to, target)) return target;
  auto jid = xmpp::Jid::parse(*to);
  if (!jid) {
    target.kind = Target::Kind::kMalformed;
    return target;
  }
  target.jid = std::move(*jid);
  if (!is_served(hosts, target.jid.domain())) {
    target.kind = Target::Kind::kForeign;
  } else if (target.jid.is_full()) {
    target.kind = Target::Kind::kResource;
  } else if (target.jid.is_domain()) {
    target.kind = Target::Kind::kServer;
  } else {
    target.kind = Target::Kind::kAccount;
  }
  if (target.kind == Target::Kind::kResource || target.kind == Target::Kind::kAccount) {
    target.user = find_user(target.jid.bare_text());
    if (target.user && target.jid.is_full()) {
      target.session = target.user->find_session(target.jid.resource());
    }
  }
  return target;
}

}  // namespace rosterd::im
