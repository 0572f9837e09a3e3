#include "runtime/http/server_session.h"

#include <malloc.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <exception>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>

#include "runtime/core/concat.h"
#include "runtime/http/problem.h"
#include "schema/text.h"

namespace sup::http {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

// How long a request may take to come, and a client to take its answer or at least so much of it.
constexpr core::Instant patience = std::chrono::seconds(60);
constexpr std::size_t least_taken = std::size_t{64} << 10;
// What is kept of requests that cannot be looked at yet.
constexpr std::size_t most_ahead = std::size_t{64} << 10;
// No further request is answered while so much of the answers is unsent.
constexpr std::size_t most_unsent = std::size_t{256} << 10;
// Bodies from here on are sent without being copied first.
constexpr std::size_t large_body = std::size_t{16} << 10;
// Larger buffers do not stay for the next answer. All about a thousand programs is smaller.
constexpr std::size_t most_kept = std::size_t{4} << 20;
// How long, and how much of, a request that was answered already may go on to come: a client that
// sends all of it before it looks for the answer would lose that with the connection.
constexpr core::Instant patience_with_unread = std::chrono::seconds(2);
constexpr std::size_t most_unread = std::size_t{16} << 20;

void ask_for_password(Response& response) {
  refuse(response, 401);
  response.headers += "WWW-Authenticate: Basic realm=\"default\"\r\n";
}

// A password that is not looked at yet. Says nothing.
class Turn final : public LaterAnswer {
 public:
  Turn(FailureDelay& delay, std::string source, core::Instant now)
      : delay_(delay), source_(std::move(source)), wake_(delay_.due(source_, now)) {}

  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

  ~Turn() override {
    if (waits_) {
      delay_.leave(source_);
    }
  }

  Progress resume(core::Now now, std::string& /*out*/) override {
    if (delay_.takes_turn(source_, now.steady)) {
      waits_ = false;
      return Progress::done;
    }
    wake_ = delay_.due(source_, now.steady);
    return Progress::waiting;
  }

  core::Instant wake() const override { return wake_; }

 private:
  FailureDelay& delay_;
  std::string source_;
  core::Instant wake_;
  bool waits_ = true;
};

// The refusal of a wrong password, when it has waited.
class LateRefusal final : public LaterAnswer {
 public:
  LateRefusal(const Request& request, core::Instant when) : when_(when) {
    shape_.version = request.version;
    shape_.keep_alive = false;
    has_body_ = request.method != "HEAD";
  }

  Progress resume(core::Now now, std::string& out) override {
    if (now.steady < when_) {
      return Progress::waiting;
    }
    Response response;
    ask_for_password(response);
    response.close = true;
    append_head(out, shape_, response, response.body.size(), now.wall);
    if (has_body_) {
      out += response.body;
    }
    return Progress::close;
  }

  core::Instant wake() const override { return when_; }

  bool is_stream() const override { return true; }

 private:
  Request shape_;
  bool has_body_ = true;
  core::Instant when_;
};

}  // namespace

Session::Session(Socket socket, SessionOwner& owner, std::shared_ptr<const Gate> gate,
                 std::shared_ptr<const Peer> peer, Party party)
    : seat{.party = party, .session = this},
      socket_(std::move(socket)),
      owner_(owner),
      gate_(std::move(gate)),
      peer_(std::move(peer)) {}

Standing Session::standing() const {
  if (!was_let_in_ || is_refused_) {
    return Standing::stranger;
  }
  if (writing_ && !unsent_.empty() && !is_streaming()) {
    return Standing::unread;
  }
  if (later_ || !unsent_.empty()) {
    return Standing::busy;
  }
  return is_idle() ? Standing::idle : Standing::partial;
}

// Nothing that goes wrong with one connection may reach the others.
template <class Action>
void Session::guarded(Action action) {
  try {
    action();
  } catch (const std::exception& failure) {
    if (!closed_) {
      owner_.site().machine.log(
          core::Level::critical,
          std::string("internal error in a control connection: ") + failure.what());
      close();
    }
  }
}

void Session::close() {
  if (std::exchange(closed_, true)) {
    return;
  }
  // A list, or a call that the system has yet to end, may hold it for a while.
  later_.reset();
  deadline_ = core::never;
  frees_much_ = frees_much_ || held > most_kept || unsent_.room() > most_kept;
  reader_.reset();
  tell_room();
  unsent_.drop();
  tell_owed();
  std::string().swap(ahead_);
  give_back_memory();
  error_code ignored;
  socket_.close(ignored);
  owner_.gone(*this);
}

void Session::finish() {
  guarded([&] {
    finishing_ = true;
    if (draining_) {
      close();
      return;
    }
    // What has happened is told before the end.
    if (later_ && later_->is_stream()) {
      resume(owner_.site().machine.now());
    }
    if (later_ && unsent_.empty() && later_->end(unsent_.text())) {
      later_.reset();
      close_after_ = true;
      flush();
      return;
    }
    error_code ignored;
    if (is_idle() && ahead_.empty() && socket_.available(ignored) == 0) {
      close_after_ = true;
      flush();
    }
  });
}

bool Session::is_full() const { return unsent_.size() > most_unsent; }

void Session::read() {
  if (reading_ || closed_ || (close_after_ && !draining_) || ahead_.size() >= most_ahead ||
      drained_ > most_unread) {
    return;
  }
  reading_ = true;
  socket_.async_read_some(asio::buffer(buffer_),
                          [self = shared_from_this()](const error_code& error, std::size_t count) {
                            if (self->closed_) {
                              return;
                            }
                            if (error) {
                              self->close();
                              return;
                            }
                            self->guarded([&] { self->received({self->buffer_.data(), count}); });
                          });
}

void Session::received(std::string_view bytes) {
  if (is_streaming() && !is_refused_) {
    // Its last answer: what follows is read only so that its end is seen.
    discard_input();
    reading_ = false;
    read();
    return;
  }
  if (is_refused_) {
    drained_ += bytes.size() + discard_input();
    if (draining_ && drained_ > most_unread) {
      close();
      return;
    }
  } else if (later_ || is_full()) {
    ahead_ += bytes;
  } else {
    process(bytes);
  }
  // Until here the bytes are where the next ones will be, whatever the answers led to.
  reading_ = false;
  if (closed_) {
    return;
  }
  carry_on();
}

// Takes one request after the other, as long as their answers are there at once.
void Session::process(std::string_view bytes) {
  bool answered = false;
  while ((!bytes.empty() || has_turn_) && !later_ && !close_after_ && !is_full() && !closed_) {
    bytes.remove_prefix(reader_.feed(bytes));
    if (reader_.state() == RequestReader::State::head) {
      judge_head(bytes.empty());
    }
    if (reader_.state() == RequestReader::State::complete) {
      answer_request();
      reader_.reset();
      if (!later_) {
        give_back_memory();
      }
      answered = true;
    } else if (reader_.state() == RequestReader::State::broken) {
      Request shape;
      Response response;
      refuse(response, reader_.status());
      is_unread_ = true;
      answer_unread(shape, response);
    }
  }
  tell_room();
  if (!close_after_ && !is_refused_ && !closed_ && !is_streaming()) {
    ahead_ += bytes;
  }
  if (answered && !closed_) {
    flush();  // may be the last that was to be done
  }
  if (answered && !closed_) {
    owner_.worked(*this);
  }
}

// Looks at what the head alone tells, before a body is taken from anybody.
void Session::judge_head(bool asks_for_body) {
  Request& request = reader_.request();
  Site& site = owner_.site();
  const std::string_view password =
      gate_->has_users() ? request.header("Authorization") : std::string_view();
  if (!password.empty() && waits_for_turn(password)) {
    return;
  }
  const bool is_controlled =
      peer_ != nullptr && !peer_->is_owner && rpc::has_control(site.supervisor.resolved());
  Admission admission = gate_->admit(request, peer_.get(), is_controlled);
  request.access = std::move(admission.access);
  std::optional<int> refusal = admission.refusal;
  if (!refusal && reader_.awaits_body()) {
    refusal = refusal_by_head(site, request);
  }
  if (!password.empty() && !admission.refusal && password != right_) {
    owner_.failure_delay().succeeded(source(), site.machine.now().steady);
    right_ = password;
  }
  if (refusal) {
    refuse_head(admission, *refusal);
    return;
  }
  const bool waits_for_word =
      asks_for_body && reader_.awaits_body() && request.version == 11 &&
      schema::equals_ignoring_case(request.header("Expect"), "100-continue");
  if (waits_for_word) {
    unsent_.text() += "HTTP/1.1 100 Continue\r\n\r\n";
  }
  was_let_in_ = true;
  reader_.go_on();
}

// Whether that may not be looked at now. It waits for its turn then, or is refused.
bool Session::waits_for_turn(std::string_view password) {
  if (std::exchange(has_turn_, false) || is_of_owner()) {
    return false;
  }
  // What this connection gave before and was right is no guess: somebody who guesses from the same
  // place does not hold it up.
  if (!right_.empty() && equal_in_constant_time(right_, password)) {
    return false;
  }
  FailureDelay& delay = owner_.failure_delay();
  const core::Now now = owner_.site().machine.now();
  switch (delay.ask(source(), now.steady)) {
    case FailureDelay::Verdict::look: return false;
    case FailureDelay::Verdict::wait:
      later_ = std::make_unique<Turn>(delay, source(), now.steady);
      owner_.watch(*this);  // behind those that came before
      return true;
    case FailureDelay::Verdict::refuse: break;
  }
  const auto wait =
      std::chrono::ceil<std::chrono::seconds>(delay.due(source(), now.steady) - now.steady);
  Response response;
  refuse(response, 429);
  response.headers +=
      core::concat("Retry-After: ", std::max<std::int64_t>(wait.count(), 1), "\r\n");
  answer_unread(reader_.request(), response);
  return true;
}

// Where the passwords of this connection count as coming from.
const std::string& Session::source() {
  if (source_.empty()) {
    if (is_of_owner()) {
      source_ = FailureDelay::owner;
    } else if (seat.party.kind == Party::Kind::user) {
      source_ = core::concat("user ", seat.party.number);
    } else {
      source_ = seat.source;
    }
  }
  return source_;
}

// What a page of strangers gets to see its browser keeps from it.
void Session::refuse_stranger(const std::string& why, Response& response) {
  Site& site = owner_.site();
  if (const auto line =
          owner_.failed_logins().add_refusal(site.machine.now().steady, why, from())) {
    site.machine.log(core::Level::warn, *line);
  }
  constexpr int status = 403;
  if (reader_.request().path.starts_with("/api/")) {
    refuse_with_problem(response, status, why);
  } else {
    refuse(response, status);
  }
}

std::string Session::from() {
  return peer_ ? caller_of(*peer_).text() : describe_remote(socket_.native_handle());
}

void Session::refuse_head(const Admission& admission, int status) {
  const Request& request = reader_.request();
  if (status != 401 || !admission.wrong_user) {
    Response response;
    if (status == 401) {
      ask_for_password(response);  // browsers give none at first
    } else if (!admission.reason.empty()) {
      refuse_stranger(admission.reason, response);
    } else {
      refuse(response, status);
    }
    answer_unread(request, response);
    return;
  }
  Site& site = owner_.site();
  const core::Now now = site.machine.now();
  if (const auto line = owner_.failed_logins().add(now.steady, *admission.wrong_user, from())) {
    site.machine.log(core::Level::warn, *line);
  }
  later_ =
      std::make_unique<LateRefusal>(request, owner_.failure_delay().failed(source(), now.steady));
  refuse_rest();
  resume(now);
}

void Session::answer_request() {
  Request& request = reader_.request();
  Site& site = owner_.site();
  Response response;
  response.body = std::move(owner_.scratch());
  response.body.clear();
  frees_much_ = request.body.size() > most_kept;
  http::answer(site, request, response);
  if (response.later && response.later->is_stream() &&
      !owner_.begins_stream(*this, response.later->holds_file())) {
    response.clear();
    refuse(response, 503);
    response.headers += "Retry-After: 10\r\n";
  }
  if (response.later) {
    later_ = std::move(response.later);
  } else {
    send(request, response);
  }
  if (response.body.capacity() > most_kept) {
    std::string().swap(response.body);
    frees_much_ = true;
  }
  owner_.scratch() = std::move(response.body);
  if (later_) {
    resume(site.machine.now());
  }
}

// Answers a request of which the rest is not wanted: it is the last one. `shape` may be of the
// reader.
void Session::answer_unread(const Request& shape, Response& response) {
  response.close = true;
  send(shape, response);
  refuse_rest();
  flush();
}

void Session::refuse_rest() {
  is_unread_ = is_unread_ || reader_.awaits_body();
  is_refused_ = true;
  reader_.reset();
}

void Session::give_up_body() {
  guarded([&] {
    Response response;
    refuse(response, 503);
    response.headers += "Retry-After: 1\r\n";
    is_unread_ = true;
    answer_unread(reader_.request(), response);
    tell_room();
    if (!closed_) {
      owner_.moved(*this);
    }
  });
}

void Session::tell_room() {
  const std::size_t room = reader_.body_room();
  if (room != held) {
    owner_.hold(*this, room);
  }
}

// Of an answer whose client does not keep up; others are gone before anybody could count them.
void Session::tell_owed() {
  const std::size_t room = writing_ && !closed_ ? unsent_.room() : 0;
  if (room != owed) {
    owner_.owe(*this, room);
  }
}

// To the system, which else had to do without what one large answer took.
void Session::give_back_memory() {
  if (!std::exchange(frees_much_, false)) {
    return;
  }
#ifdef __GLIBC__
  ::malloc_trim(0);
#endif
}

void Session::send(const Request& request, Response& response) {
  close_after_ = close_after_ || response.close || !request.keep_alive;
  const std::string& body = response.shared_body ? *response.shared_body : response.body;
  std::string& out = unsent_.text();
  append_head(out, request, response, body.size(), owner_.site().machine.now().wall);
  if (request.method == "HEAD") {
    return;
  }
  if (response.shared_body) {
    unsent_.append(std::move(response.shared_body));
    return;
  }
  if (body.size() < large_body || writing_ || unsent_.is_partly_sent()) {
    out += body;
    return;
  }
  // Straight from where it was made; what the socket does not take is kept.
  const std::array<asio::const_buffer, 2> parts{asio::buffer(out), asio::buffer(body)};
  error_code error;
  const std::size_t sent = socket_.write_some(parts, error);
  if (error && error != asio::error::would_block) {
    close();
    return;
  }
  if (sent == out.size() + body.size()) {
    out.clear();
  } else if (sent < out.size()) {
    out += body;
    unsent_.sent(sent);
  } else {
    const std::size_t sent_of_body = sent - out.size();
    out.swap(response.body);
    unsent_.sent(sent_of_body);
  }
}

void Session::flush() {
  while (!unsent_.empty() && !writing_ && !closed_) {
    const std::array<std::string_view, 2> parts = unsent_.parts();
    const std::array<asio::const_buffer, 2> buffers{asio::buffer(parts[0]), asio::buffer(parts[1])};
    error_code error;
    const std::size_t sent = socket_.write_some(buffers, error);
    if (error && error != asio::error::would_block) {
      close();
      return;
    }
    if (!error) {
      unsent_.sent(sent);
      taken_ += sent;
    }
    if (unsent_.empty()) {
      deadline_ = core::never;
      reuse_room();
      continue;
    }
    // The socket is full. Who took enough of it has its time again, without a further watch.
    if (taken_ >= least_taken && deadline_ != core::never) {
      deadline_ = owner_.site().machine.now().steady + patience;
      taken_ = 0;
    }
    wait_until_writable();
  }
  tell_owed();
  if (close_after_ && unsent_.empty() && !closed_ && !draining_) {
    end_of_answers();
  }
}

void Session::end_of_answers() {
  error_code ignored;
  socket_.shutdown(Socket::shutdown_send, ignored);
  drained_ += discard_input();
  if (!is_unread_ || finishing_) {
    close();
    return;
  }
  draining_ = true;
  deadline_ = owner_.site().machine.now().steady + patience_with_unread;
  owner_.watch(*this);
  read();
}

// What an answer took serves the next one, of whatever connection.
void Session::reuse_room() {
  std::string& room = unsent_.text();
  if (room.capacity() > most_kept) {
    std::string().swap(room);
    frees_much_ = true;
    give_back_memory();
  } else if (room.capacity() > owner_.scratch().capacity()) {
    room.swap(owner_.scratch());
    room.clear();
  } else if (room.capacity() > large_body) {
    std::string().swap(room);
  }
}

// Bytes that were never read would make the last answer vanish with the connection.
std::size_t Session::discard_input() {
  std::array<char, 4096> bytes;
  constexpr int most_reads = 256;
  error_code error;
  std::size_t count = 0;
  for (int i = 0; i < most_reads && !error; ++i) {
    count += socket_.read_some(asio::buffer(bytes), error);
  }
  return count;
}

void Session::wait_until_writable() {
  writing_ = true;
  set_deadline();
  socket_.async_wait(Socket::wait_write, [self = shared_from_this()](const error_code& error) {
    self->writing_ = false;
    if (self->closed_) {
      return;
    }
    if (error) {
      self->close();
      return;
    }
    self->guarded([&] { self->carry_on(); });
  });
}

// Sends, continues an answer, goes on with what came meanwhile, and reads.
void Session::carry_on() {
  const bool was_sending = is_sending();
  flush();
  for (bool is_more = true; is_more && !closed_;) {
    while (!closed_ && !close_after_ && !later_ && !is_full() && (!ahead_.empty() || has_turn_)) {
      const std::string bytes = std::exchange(ahead_, {});
      process(bytes);
    }
    is_more = false;
    // It may have been asked for the last time while the answer before it was on its way.
    if (!closed_ && later_ && unsent_.empty() && (was_sending || is_streaming())) {
      resume(owner_.site().machine.now());
      is_more = !later_ && !close_after_;
    }
  }
  if (!closed_) {
    flush();  // also the word that a body may come
  }
  if (closed_) {
    return;
  }
  if (finishing_) {
    finish();
    if (closed_) {
      return;
    }
  }
  set_deadline();
  read();
  owner_.moved(*this);
}

bool Session::look(core::Now now) {
  bool has_said = false;
  guarded([&] {
    has_said = resume(now);
    if (!later_ && !closed_) {
      carry_on();
    } else if (!closed_) {
      owner_.moved(*this);
    }
  });
  return has_said;
}

bool Session::resume(core::Now now) {
  bool has_said = false;
  // What was said is sent before more is asked for.
  while (later_ && unsent_.empty() && !writing_ && !closed_) {
    const LaterAnswer::Progress progress = later_->resume(now, unsent_.text());
    has_said = has_said || !unsent_.empty();
    if (progress == LaterAnswer::Progress::done || progress == LaterAnswer::Progress::close) {
      later_.reset();
      give_back_memory();
      close_after_ = close_after_ || progress == LaterAnswer::Progress::close;
      has_turn_ = reader_.state() == RequestReader::State::head;  // was that what it waited for
    }
    flush();
    if (progress == LaterAnswer::Progress::waiting) {
      break;
    }
  }
  if (later_ && !closed_) {
    owner_.watch(*this);
  }
  return has_said;
}

void Session::set_deadline() {
  if (draining_) {
    return;  // has its own
  }
  const bool is_late = !unsent_.empty() && !is_streaming();
  if (!is_late && reader_.state() != RequestReader::State::partial) {
    deadline_ = core::never;
    return;
  }
  if (deadline_ == core::never) {
    taken_ = 0;
    deadline_ = owner_.site().machine.now().steady + patience;
    owner_.watch(*this);
  }
}

}  // namespace sup::http
