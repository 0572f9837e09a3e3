// HTTP/1.1 over a blocking socket. One question at a time is all that supctl asks, so there is no
// event loop; Beast reads the answers.
//
// Everything here throws Failure, or Interrupted after Ctrl-C.
#pragma once

#include <poll.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "runtime/ctl/failure.h"

namespace sup::ctl {

// Where a server is.
struct Address {
  std::string url;   // as given
  std::string path;  // of a UNIX socket, or empty
  std::string host;
  std::string port;

  bool is_unix() const { return !path.empty(); }
};

Address parse_address(const std::string& url);

struct Credentials {
  std::optional<std::string> username;
  std::optional<std::string> password;
};

// Owns a descriptor.
class Socket {
 public:
  explicit Socket(const Address& address);
  ~Socket();
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  int descriptor() const { return descriptor_; }

  // Whether the other side has closed it. While nothing is asked.
  bool is_ended() const;

  void write(std::string_view bytes);
  // 0 at the end.
  std::size_t read(char* buffer, std::size_t size);
  // Until there is something to read. After some seconds of silence standard error says so.
  void wait_for_answer(const Address& address) const;

 private:
  int descriptor_ = -1;
};

// Answers of at most this size are taken: 100,000 processes have about 120 MB.
inline constexpr std::size_t answer_maximum_bytes = 1U << 30U;

// Whether a method of XML-RPC changes nothing, so that it may be called twice. By the names that
// all methods have which do; of others it is not known.
bool only_asks(std::string_view method);

// Questions with an answer each, on one connection that is opened with the first.
class Client {
 public:
  Client(Address address, Credentials credentials);
  ~Client();

  const Address& address() const { return address_; }

  // The body of the answer; every other status than 200 is a Failure. Opened anew if a server has
  // closed the connection meanwhile. One that was closed while it was asked may have done what it
  // was asked for: that is asked once more only if it `may_repeat`.
  std::string post(std::string_view path, std::string_view body, bool may_repeat);

  // What the server calls itself in its answers: "suprun/1.0", "Medusa/1.12".
  const std::string& server() const { return server_; }

  // A line about a server that is neither suprun nor supervisord, by what it calls itself.
  std::string hint_about_server() const;

 private:
  struct Answer;

  std::optional<Answer> try_post(std::string_view request, bool may_repeat);

  Address address_;
  Credentials credentials_;
  std::unique_ptr<Socket> socket_;
  std::string server_;
};

// A GET whose answer goes on for ever, as that of /logtail.
class Stream {
 public:
  // `header`: a line of its own, or nothing.
  Stream(const Address& address, const Credentials& credentials, const std::string& path,
         const std::string& header = {});
  ~Stream();

  int descriptor() const { return socket_.descriptor(); }

  // Waits for bytes and appends those of the body to `body`. False at the end.
  bool read(std::string& body);

  // Known once something was read, 0 before.
  int status() const;

 private:
  struct Reader;

  Socket socket_;
  std::unique_ptr<Reader> reader_;
};

// SIGINT ends a call that waits by Interrupted, instead of the program: one of the thread that got
// it.
void interrupts_end_calls();
// And is told to an eventfd, by this addition, so that whoever started several threads knows.
inline constexpr std::uint64_t interrupt_event = std::uint64_t{1} << 32U;
void tell_of_interrupts(int event_descriptor);
bool was_interrupted();
// Returns when one of them is ready or SIGINT has come, which is held back except while it waits,
// so that none gets lost between the look at it and the wait. False: so much time has passed.
bool wait_or_interrupt(std::span<pollfd> wanted,
                       std::optional<std::chrono::nanoseconds> limit = std::nullopt);
void forget_interrupt();

// For as long as this lives, what this thread asks of servers is answered within that time or
// fails, and nothing is said about waiting. The name of a host is looked up for as long as that
// takes.
class AnswerLimit {
 public:
  explicit AnswerLimit(std::chrono::milliseconds time);
  ~AnswerLimit();
  AnswerLimit(const AnswerLimit&) = delete;
  AnswerLimit& operator=(const AnswerLimit&) = delete;
};

}  // namespace sup::ctl
