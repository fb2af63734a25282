// SPDX-License-Identifier: MIT
#include "store/accounts_auth.h"

#include <utility>
#include <vector>

#include "base/crypto.h"
#include "base/timers.h"
#include "net/work_queue.h"
#include "xmpp/decoy_keys.h"

namespace rosterd::store {

namespace {

constexpr std::size_t kSecretSize = 32;
// At a few milliseconds each, the last one waits as long as a client does.
constexpr std::size_t kMostPasswords = 2'000;

// One PLAIN login: the thread pool derives the key from the password and compares.
class PasswordWork : public net::Work {
 public:
  PasswordWork(xmpp::Jid user, xmpp::ScramKeys keys, std::string password, std::uint64_t ticket,
               im::AuthEvents* events)
      : user_(std::move(user)),
        keys_(std::move(keys)),
        password_(std::move(password)),
        ticket_(ticket),
        events_(events) {}
  ~PasswordWork() override { crypto::wipe(password_); }

  void run() override {
    const xmpp::ScramKeys derived =
        xmpp::derive_scram_keys(keys_.hash, password_, keys_.salt, keys_.iterations);
    right_ = crypto::equal_constant_time(derived.stored_key, keys_.stored_key);
    crypto::wipe(password_);
  }

  void done(bool cancelled) override {
    if (cancelled) {
      events_->on_login(ticket_, make_error(Errc::kCancelled, "shutting down"));
    } else if (right_) {
      events_->on_login(ticket_, xmpp::Login{user_});
    } else {
      events_->on_login(ticket_, make_error(Errc::kDenied, "wrong password or unknown user"));
    }
  }

 private:
  const xmpp::Jid user_;
  xmpp::ScramKeys keys_;
  std::string password_;
  std::uint64_t ticket_;
  im::AuthEvents* events_;
  bool right_ = false;
};

}  // namespace

struct AccountsAuth::Impl {
  Impl(net::Loop& on, Accounts served) : loop(on), accounts(std::move(served)) { learn(); }

  void learn();
  xmpp::ScramKeys make_decoy(const xmpp::Jid& user, crypto::Hash hash) const;
  xmpp::ScramKeys find_keys(const xmpp::Jid& user, crypto::Hash hash) const;
  struct Answer;
  void answer_soon(Answer answer);
  void on_answer();

  struct Answer {
    std::uint64_t ticket;
    im::AuthEvents* events;
    Result<xmpp::ScramKeys> keys;
    bool is_login = false;  // keys is the error that answers it
  };

  net::Loop& loop;
  Accounts accounts;
  xmpp::DecoyKeys decoys{crypto::random_bytes(kSecretSize)};
  int usual_iterations = kIterations;
  std::vector<Answer> answers;  // to be given after the call that asked has returned
  net::WorkQueue passwords{loop, kMostPasswords};
  Timer answer_timer = Timer::bind<&Impl::on_answer>(this);
};

void AccountsAuth::Impl::learn() {
  if (!accounts.decoy_secret().empty()) decoys = xmpp::DecoyKeys(accounts.decoy_secret());
  usual_iterations = accounts.usual_iterations();
}

xmpp::ScramKeys AccountsAuth::Impl::make_decoy(const xmpp::Jid& user, crypto::Hash hash) const {
  return decoys.make(user, hash, usual_iterations);
}

// The decoy is made for everybody, so that the time taken tells nothing.
xmpp::ScramKeys AccountsAuth::Impl::find_keys(const xmpp::Jid& user, crypto::Hash hash) const {
  xmpp::ScramKeys decoy = make_decoy(user, hash);
  const Account* account = accounts.find(user);
  if (!account) return decoy;
  return hash == crypto::Hash::kSha1 ? account->sha1 : account->sha256;
}

void AccountsAuth::Impl::answer_soon(Answer answer) {
  answers.push_back(std::move(answer));
  loop.timers().arm(answer_timer, loop.now());
}

void AccountsAuth::Impl::on_answer() {
  for (const Answer& answer : std::exchange(answers, {})) {
    if (answer.is_login) {
      answer.events->on_login(answer.ticket, tl::make_unexpected(answer.keys.error()));
    } else {
      answer.events->on_keys(answer.ticket, answer.keys);
    }
  }
}

AccountsAuth::AccountsAuth(net::Loop& loop, Accounts accounts)
    : impl_(std::make_unique<Impl>(loop, std::move(accounts))) {}

AccountsAuth::~AccountsAuth() = default;

std::vector<xmpp::Jid> AccountsAuth::set_accounts(Accounts accounts) {
  const Accounts old = std::exchange(impl_->accounts, std::move(accounts));
  impl_->learn();
  return old.find_changed(impl_->accounts);
}

bool AccountsAuth::has_account(const xmpp::Jid& bare) const {
  return impl_->accounts.find(bare) != nullptr;
}

void AccountsAuth::stop() { impl_->passwords.cancel(); }

void AccountsAuth::fetch_keys(const xmpp::Jid& user, crypto::Hash hash, std::uint64_t ticket,
                              im::AuthEvents* events) {
  Result<xmpp::ScramKeys> keys = make_error(Errc::kUnsupported, "no keys for this hash");
  if (hash != crypto::Hash::kSha512) keys = impl_->find_keys(user, hash);
  impl_->answer_soon({ticket, events, std::move(keys)});
}

void AccountsAuth::identify(xmpp::Evidence, std::uint64_t ticket, im::AuthEvents* events) {
  impl_->answer_soon({ticket, events, make_error(Errc::kUnsupported, "passwords only"), true});
}

void AccountsAuth::check_password(const xmpp::Jid& user, std::string password, std::uint64_t ticket,
                                  im::AuthEvents* events) {
  const crypto::Hash hash = crypto::Hash::kSha256;
  xmpp::ScramKeys keys = impl_->find_keys(user, hash);
  auto prepared = xmpp::saslprep(password);
  if (prepared) {
    crypto::wipe(password);
    password = std::move(*prepared);
  } else {
    // No account has such a password; the work is done all the same.
    keys = impl_->make_decoy(user, hash);
  }
  const bool taken = impl_->passwords.post(
      std::make_unique<PasswordWork>(user, std::move(keys), std::move(password), ticket, events));
  if (taken) return;
  impl_->answer_soon({ticket, events, make_error(Errc::kUnavailable, "too many logins"), true});
}

}  // namespace rosterd::store
