// SPDX-License-Identifier: MIT
#include "app/program_protocol.h"

#include <cstdint>

namespace rosterd::app {

namespace {

using std::string_view_literals::operator""sv;

constexpr std::size_t kFrameMax = 0xFFFF;
constexpr std::string_view kYes = "\0\2\0\1"sv, kNo = "\0\2\0\0"sv;

tl::unexpected<Error> refuse(const char* why) { return make_error(Errc::kDenied, why); }
tl::unexpected<Error> no_answer() {
  return make_error(Errc::kInvalid, "it says what is no answer");
}

std::string begin_question(const char* operation, const xmpp::Jid& user) {
  std::string question = operation;
  (question += ':') += user.node();
  (question += ':') += user.domain();
  return question;
}

// A frame, or a line.
void end_question(ProgramProtocol protocol, std::string& question) {
  if (protocol == ProgramProtocol::kGeneric) {
    question += '\n';
    return;
  }
  const char size[] = {static_cast<char>(question.size() >> 8),
                       static_cast<char>(question.size() & 0xFF)};
  question.insert(0, size, sizeof size);
}

}  // namespace

Result<std::string> write_program_question(ProgramProtocol protocol, const xmpp::Jid& user,
                                           std::string_view password) {
  std::string question = begin_question("auth", user);
  (question += ':') += password;
  if (protocol == ProgramProtocol::kGeneric &&
      question.find_first_of("\r\n\0"sv) != question.npos) {
    return refuse("a line has one end");
  }
  if (protocol == ProgramProtocol::kEjabberd && question.size() > kFrameMax) {
    return refuse("too long for the program's protocol");
  }
  end_question(protocol, question);
  return question;
}

std::string write_user_question(ProgramProtocol protocol, const xmpp::Jid& user) {
  std::string question = begin_question("isuser", user);
  end_question(protocol, question);
  return question;
}

Result<std::optional<bool>> ProgramAnswers::take(std::string_view bytes) {
  // No answer is longer, so what comes with it or after it was not asked for.
  pending_.append(bytes.substr(0, kLineMax + 1));
  return protocol_ == ProgramProtocol::kEjabberd ? take_frame() : take_line();
}

Result<std::optional<bool>> ProgramAnswers::take_frame() {
  const bool yes = kYes.starts_with(pending_), no = kNo.starts_with(pending_);
  if (!yes && !no) return no_answer();
  if (pending_.size() < kYes.size()) return std::nullopt;
  pending_.clear();
  return yes;
}

Result<std::optional<bool>> ProgramAnswers::take_line() {
  const std::size_t end = pending_.find('\n');
  if (end == pending_.npos && pending_.size() <= kLineMax) return std::nullopt;
  const bool yes = pending_ == "1\n" || pending_ == "1\r\n";
  const bool no = pending_ == "0\n" || pending_ == "0\r\n";
  if (!yes && !no) return no_answer();
  pending_.clear();
  return yes;
}

}  // namespace rosterd::app
