// One connection: requests come, answers go, in order, over TCP or a UNIX socket alike.
//
// It reads when it has nothing to send, so that who does not take answers cannot pile up requests;
// while an answer takes its time it reads on only to notice that the client has gone.
#pragma once

#include <array>
#include <cstddef>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <boost/asio/generic/stream_protocol.hpp>

#include "runtime/core/types.h"
#include "runtime/http/failure_delay.h"
#include "runtime/http/gate.h"
#include "runtime/http/peer.h"
#include "runtime/http/request.h"
#include "runtime/http/routes.h"
#include "runtime/http/seats.h"
#include "runtime/http/server_request.h"
#include "runtime/http/unsent.h"

namespace sup::http {

class Session;

using Socket = boost::asio::generic::stream_protocol::socket;
using Sessions = std::list<std::shared_ptr<Session>>;

// What connections share and tell; implemented by the server. Outlives them.
class SessionOwner {
 public:
  virtual ~SessionOwner() = default;
  virtual Site& site() = 0;
  virtual FailureDelay& failure_delay() = 0;
  virtual FailedLogins& failed_logins() = 0;
  // Requests were answered.
  virtual void worked(Session& session) = 0;
  // From now on it waits for something (`later`), or has a time by which something must have come
  // or gone (`deadline`).
  virtual void watch(Session& session) = 0;
  // Its body that is not whole yet takes so much room; 0: no more. Of all together the oldest
  // are given up when there is none left.
  virtual void hold(Session& session, std::size_t bytes) = 0;
  // What it says and the other end has not taken yet takes so much room; 0: there is nothing. Of
  // all together the oldest are given up when there is none left.
  virtual void owe(Session& session, std::size_t bytes) = 0;
  // What it does may be something else now.
  virtual void moved(Session& session) = 0;
  // It is closed, and to be forgotten wherever it stood.
  virtual void gone(Session& session) = 0;
  // It wants to send an answer without an end, which holds a file open or not. False: there are too
  // many of these.
  virtual bool begins_stream(Session& session, bool has_file) = 0;
  // A buffer that all use in turn, for the length of one call.
  virtual std::string& scratch() = 0;
};

class Session final : public std::enable_shared_from_this<Session> {
 public:
  // `peer` is null but for UNIX sockets.
  Session(Socket socket, SessionOwner& owner, std::shared_ptr<const Gate> gate,
          std::shared_ptr<const Peer> peer, Party party);

  void start() { read(); }

  // Of the door that it came by.
  const Gate* gate() const { return gate_.get(); }

  // Asks the answer that takes its time, and goes on if that is done. Whether it said anything.
  bool look(core::Now now);

  // Ends it with the answer that is under way, or now if there is none. A request that has come in
  // part has its time to come whole.
  void finish();

  // Ends the connection now: nothing of it is waited for any more, and what was kept for it is
  // free again, whoever still holds it. Idempotent.
  void close();

  const LaterAnswer* later() const { return later_.get(); }

  // When it is given up; `never`: not at all.
  core::Instant deadline() const { return deadline_; }

  // Something is said that the other end has not taken yet.
  bool is_sending() const { return !unsent_.empty(); }

  bool is_closed() const { return closed_; }

  Standing standing() const;

  // There is no room for its body: the client is told to come again.
  void give_up_body();

  // Root or the daemon's user, at a UNIX socket.
  bool is_of_owner() const { return peer_ != nullptr && peer_->is_owner; }

  // Its places in the owner's lists.
  Sessions::iterator place;
  Seat seat;
  std::optional<Sessions::iterator> waiting;  // for an answer that takes its time
  std::optional<Sessions::iterator> timed;    // has a deadline
  std::optional<Sessions::iterator> bodied;   // holds a part of a body
  std::size_t held = 0;                       // of memory for that
  std::optional<Sessions::iterator> owing;    // says something that is not taken yet
  std::size_t owed = 0;                       // of memory for that
  bool is_streamed = false;

 private:
  bool resume(core::Now now);
  void read();
  void received(std::string_view bytes);
  void process(std::string_view bytes);
  void judge_head(bool asks_for_body);
  bool waits_for_turn(std::string_view password);
  const std::string& source();
  void refuse_head(const Admission& admission, int status);
  void refuse_stranger(const std::string& why, Response& response);
  // Who is at the other side, for the log.
  std::string from();
  void answer_request();
  void answer_unread(const Request& shape, Response& response);
  void refuse_rest();
  void end_of_answers();
  void tell_room();
  void tell_owed();
  void give_back_memory();
  void send(const Request& request, Response& response);
  void flush();
  void reuse_room();
  std::size_t discard_input();
  void wait_until_writable();
  void carry_on();
  void set_deadline();
  bool is_full() const;

  // Neither an answer nor half a request is under way.
  bool is_idle() const {
    return !later_ && unsent_.empty() && reader_.state() == RequestReader::State::idle;
  }

  // An answer is under way that has no end, so that no request behind it is ever looked at.
  bool is_streaming() const { return later_ && later_->is_stream(); }

  template <class Action>
  void guarded(Action action);

  Socket socket_;
  SessionOwner& owner_;
  std::shared_ptr<const Gate> gate_;
  std::shared_ptr<const Peer> peer_;
  RequestReader reader_;
  std::array<char, 1024> buffer_;
  Unsent unsent_;
  std::string ahead_;  // came before it could be looked at
  std::unique_ptr<LaterAnswer> later_;
  core::Instant deadline_ = core::never;
  std::size_t taken_ = 0;  // by the client, since it has that deadline
  bool reading_ = false;
  bool writing_ = false;
  bool close_after_ = false;  // what is unsent
  bool is_refused_ = false;   // what comes now is thrown away
  bool is_unread_ = false;    // and there is more to come
  bool draining_ = false;     // nothing is left to say, but the client may be in the middle of that
  std::size_t drained_ = 0;
  bool finishing_ = false;
  bool was_let_in_ = false;
  bool has_turn_ = false;    // the password of the head that is there may be looked at
  std::string source_;       // of passwords, when one came
  std::string right_;        // the Authorization that was found right last
  bool frees_much_ = false;  // when the request is answered
  bool closed_ = false;
};

}  // namespace sup::http
