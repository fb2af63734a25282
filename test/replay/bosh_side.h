// SPDX-License-Identifier: MIT
// A client's stream over BOSH (XEP-0124, XEP-0206), both sides of it: the client's requests, of
// which there is always one for the server to answer, and the server's session, kept as
// c2s::BoshEndpoint keeps it. No HTTP.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "c2s/bosh_channel.h"
#include "c2s/bosh_session.h"
#include "c2s/channel.h"
#include "c2s/client_stream.h"
#include "xml/parser.h"

namespace rosterd::replay {

class BoshSide final : public c2s::BoshFront, public c2s::ChannelOwner {
 public:
  // What the client receives, as it would come by TCP.
  using Read = std::function<void(std::string_view bytes)>;

  // `context` outlives it; `number` names the stream for the service; `secure`: by HTTPS.
  BoshSide(const c2s::StreamContext& context, std::uint64_t number, bool secure, std::string cookie,
           Read read);
  ~BoshSide() override;

  // Null before the first request.
  c2s::ClientStream* stream() { return stream_.get(); }
  // The client has been told that its session is over.
  bool ended() const { return ended_; }

  // --- what the client sends ------------------------------------------------------------------
  // Opens the session, or restarts its stream.
  void open(const xml::StreamHeader& header);
  // Goes with the next request.
  void add(std::string_view element) { payload_ += element; }
  void terminate();
  // What was added is sent, at once if the server lets the client ask more.
  void send();
  // Connections break: whatever is answered does not arrive. Then the requests are repeated.
  void stop_reading();
  void read_again();

  // --- what happens in each turn --------------------------------------------------------------
  // The client takes its answers and asks again; whether there was anything to do.
  bool take_answers();
  // After the stream's flush; likewise.
  bool settle();

  // --- what else happens to the server --------------------------------------------------------
  void announce_shutdown();
  // As when the client has asked nothing for too long.
  void drop_session() { session_.reset(); }

  void answer(const c2s::BoshSession& session, std::uint64_t ticket, int status,
              std::string body) override;
  void on_unsettled(c2s::BoshSession& session) override;

 private:
  struct Request {
    std::string attributes;
    std::string payload;
  };
  struct Asked {
    std::uint64_t ticket = 0;
    std::string body;
  };
  struct Answer {
    std::uint64_t ticket = 0;
    std::string body;
  };

  void on_channel_closed(Handle<c2s::ClientStream>) override {}
  void queue(std::string attributes);
  void ask();
  void ask(const Request& request);
  void submit(const Asked& asked);
  bool open_session(const c2s::BoshRequest& request, std::uint64_t ticket);
  void refuse(std::uint64_t ticket, c2s::BoshCondition condition);
  void take(const std::string& body);
  void take_session(xml::Element body);
  void take_child(std::string_view element);
  void take_header();

  const c2s::StreamContext& context_;
  net::Backlog backlog_;
  const std::uint64_t number_;
  const bool secure_;
  const std::string cookie_;
  const Read read_;

  // --- the client
  std::string payload_;
  std::deque<Request> waiting_;
  std::vector<Asked> asked_;  // not answered
  std::deque<Answer> answers_;
  std::string sid_, from_, version_, lang_;
  std::size_t may_ask_ = 1;  // requests at once
  std::uint64_t rid_;        // of the next request
  std::uint64_t last_ticket_ = 0;
  bool reading_ = true;
  bool header_due_ = true;  // TCP's client would get one now
  bool terminating_ = false;
  bool ended_ = false;
  xml::Parser parser_;

  // --- the server
  bool unsettled_ = false;
  std::unique_ptr<c2s::BoshSession> session_;
  std::unique_ptr<c2s::BoshChannel> channel_;
  std::unique_ptr<c2s::ClientStream> stream_;
};

}  // namespace rosterd::replay
