// SPDX-License-Identifier: MIT
// What a program says in place of an answer, in two pieces: the same as whole, and nothing but yes
// and no; and a password, which is one question in either protocol.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "app/program_protocol.h"

using namespace rosterd::app;

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

// "y", "n", "?" (not whole) or "!" (nonsense), of both pieces.
std::string read(ProgramProtocol protocol, std::string_view first, std::string_view second) {
  ProgramAnswers answers(protocol);
  std::string out;
  for (const std::string_view bytes : {first, second}) {
    if (bytes.empty()) continue;
    const auto answer = answers.take(bytes);
    if (!answer) return "!";
    out += !*answer ? '?' : **answer ? 'y' : 'n';
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const auto protocol = (data[0] & 1) != 0 ? ProgramProtocol::kEjabberd : ProgramProtocol::kGeneric;
  const std::size_t split = data[1] % (size - 1);
  const std::string_view text(reinterpret_cast<const char*>(data) + 2, size - 2);
  const std::string_view first = text.substr(0, split);
  const std::string_view second = text.substr(first.size());

  const std::string whole = read(protocol, text, {});
  if (whole == "y") require(protocol == ProgramProtocol::kEjabberd ? text[3] == 1 : text[0] == '1');
  const std::string pieces = read(protocol, first, second);
  if (whole == "y" || whole == "n") require(pieces.back() == whole.front());
  if (whole == "?" && !text.empty()) require(pieces.back() == '?');

  static const auto kUser = *rosterd::xmpp::Jid::parse("john@example.com");
  const auto question = write_program_question(protocol, kUser, text);
  if (!question) {
    require(question.error().code == rosterd::Errc::kDenied);
  } else if (protocol == ProgramProtocol::kEjabberd) {
    const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>((*question)[i]); };
    require(std::size_t{byte(0)} * 256 + byte(1) == question->size() - 2);
  } else {
    require(question->find('\n') == question->size() - 1);
  }
  return 0;
}
