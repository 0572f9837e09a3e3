// Plays the supervisor for a listener: starts it, sends events, reads its answers by the protocol.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/listeners/workers.h"

namespace sup::listeners {

struct SendPlan {
  std::size_t piece_bytes = 0;            // 0: all at once
  std::chrono::milliseconds pause{0};     // between pieces
  std::chrono::milliseconds deafness{0};  // before the answer is read
};

class Driver {
 public:
  // `limit`: how long an answer may take.
  Driver(std::vector<std::string> command, Seconds limit);
  ~Driver();
  Driver(const Driver&) = delete;
  Driver& operator=(const Driver&) = delete;

  // Each gives what is wrong, with the bytes, or nothing. After a mistake the listener is of no
  // more use, as supervisord would send it nothing more.
  std::optional<std::string> start();  // and waits for READY
  std::optional<std::string> send(std::string_view event, const SendPlan& plan);
  // Sends, and does not wait for an answer.
  void send_part(std::string_view bytes);
  // Closes its input; it should end by itself.
  std::optional<std::string> finish();

  // Of the last event: "OK", "FAIL" or what it was.
  const std::string& result() const { return result_; }

  // Exit status as of waitpid, after finish().
  int status() const { return status_; }

  // Waits until it has said something on standard error, but no longer than this, and is quiet
  // again.
  void wait_for_errors(std::chrono::milliseconds limit);

  // What it wrote to standard error since this was asked last.
  std::string take_errors();

 private:
  template <class Condition>
  bool pump(std::string_view bytes, Instant limit, Condition is_done);
  std::optional<std::string> expect_ready(const char* when);
  std::optional<std::string> read_result();

  bool has_line() const { return in_.find('\n') != std::string::npos; }

  std::string shown() const;
  bool read_into(int& descriptor, std::string& text);

  std::vector<std::string> command_;
  Seconds limit_;
  int pid_ = -1;
  int input_ = -1;
  int output_ = -1;
  int errors_ = -1;
  std::string in_;
  std::string error_text_;
  std::string result_;
  int status_ = 0;
};

}  // namespace sup::listeners
