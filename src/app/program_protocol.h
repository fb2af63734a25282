// SPDX-License-Identifier: MIT
// What is said to a program that knows the accounts, and what it answers (the protocol's section 5
// F): ejabberd's external authentication, or Prosody's generic one by lines. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "xmpp/jid.h"

namespace rosterd::app {

enum class ProgramProtocol : std::uint8_t {
  kEjabberd,  // <size> auth:john:example.com:secret -> <size> 0 or 1, sizes and answer in 2 bytes
  kGeneric,   // auth:john:example.com:secret\n -> 0\n or 1\n
};

// Whether this password opens this account. kDenied when the protocol has no way to say it: then
// no account there has such a password.
Result<std::string> write_program_question(ProgramProtocol protocol, const xmpp::Jid& user,
                                           std::string_view password);
// Whether there is such an account: isuser:john:example.com. What a JID has in it can be said.
std::string write_user_question(ProgramProtocol protocol, const xmpp::Jid& user);

// Reads the answers, one to each question, as they come.
class ProgramAnswers {
 public:
  explicit ProgramAnswers(ProgramProtocol protocol) : protocol_(protocol) {}

  // nullopt while it is not whole. kInvalid for what is no answer, or more than one.
  Result<std::optional<bool>> take(std::string_view bytes);

 private:
  static constexpr std::size_t kLineMax = 16;
  Result<std::optional<bool>> take_frame();
  Result<std::optional<bool>> take_line();

  ProgramProtocol protocol_;
  std::string pending_;
};

}  // namespace rosterd::app
