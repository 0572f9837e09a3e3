#include "runtime/listeners/driver.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstring>
#include <thread>
#include <utility>

#include "schema/text.h"

namespace sup::listeners {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::string_view ready = "READY\n";
constexpr std::size_t shown_maximum = 120;
constexpr std::size_t kept_maximum = std::size_t{1} << 20U;
// A listener that says something in spite of waiting says it soon.
constexpr std::chrono::milliseconds quiet_time{10};

void close_end(int& descriptor) {
  if (descriptor >= 0) ::close(descriptor);
  descriptor = -1;
}

}  // namespace

Driver::Driver(std::vector<std::string> command, Seconds limit)
    : command_(std::move(command)), limit_(limit) {}

Driver::~Driver() {
  close_end(input_);
  close_end(output_);
  close_end(errors_);
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
}

std::string Driver::shown() const {
  return in_.empty() ? "nothing"
                     : schema::python_bytes_repr(in_.substr(0, shown_maximum)) +
                           (in_.size() > shown_maximum ? "…" : "");
}

std::string Driver::take_errors() { return std::exchange(error_text_, {}); }

bool Driver::read_into(int& descriptor, std::string& text) {
  std::array<char, 8192> bytes{};
  const ssize_t count = ::read(descriptor, bytes.data(), bytes.size());
  if (count > 0) {
    if (text.size() < kept_maximum) text.append(bytes.data(), static_cast<std::size_t>(count));
    return true;
  }
  if (count == 0 || (errno != EINTR && errno != EAGAIN)) close_end(descriptor);
  return false;
}

// Writes and reads until all is written and the condition holds, the listener has closed its
// output, or the time is over. True if the condition holds.
template <class Condition>
bool Driver::pump(std::string_view bytes, Instant limit, Condition is_done) {
  while (!bytes.empty() || !is_done()) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(limit - Clock::now());
    if (left.count() <= 0 || (output_ < 0 && errors_ < 0)) break;
    std::array<pollfd, 3> all{
        pollfd{bytes.empty() ? -1 : input_, POLLOUT, 0},
        pollfd{output_,                     POLLIN,  0},
        pollfd{errors_,                     POLLIN,  0}
    };
    if (::poll(all.data(), all.size(), static_cast<int>(left.count())) < 0 && errno != EINTR) break;
    if (all[1].revents != 0) read_into(output_, in_);
    if (all[2].revents != 0) read_into(errors_, error_text_);
    if (all[0].revents == 0) continue;
    const ssize_t count = ::write(input_, bytes.data(), bytes.size());
    if (count > 0) bytes.remove_prefix(static_cast<std::size_t>(count));
    if (count < 0 && errno != EAGAIN && errno != EINTR) bytes = {};  // it does not read any more
  }
  return is_done();
}

void Driver::wait_for_errors(std::chrono::milliseconds limit) {
  pump({}, Clock::now() + limit, [&] { return !error_text_.empty(); });
  std::size_t known = 0;
  while (known != error_text_.size()) {
    known = error_text_.size();
    pump({}, Clock::now() + quiet_time, [&] { return error_text_.size() != known; });
  }
}

std::optional<std::string> Driver::expect_ready(const char* when) {
  const Instant limit = Clock::now() + limit_;
  pump({}, limit, [&] { return in_.size() >= ready.size() || !ready.starts_with(in_); });
  if (in_ == ready) {
    in_.clear();
    pump({}, Clock::now() + quiet_time, [&] { return !in_.empty(); });
    if (in_.empty()) return std::nullopt;
    return "it waits for an event and writes to standard output, where nothing but the protocol "
           "may "
           "stand: " +
           shown();
  }
  std::string text = std::string("READY and a line end are expected ") + when + ", but it wrote ";
  text += shown();
  if (output_ < 0) text += " and ended";
  if (in_.starts_with(ready)) return text + ": more than READY before an event came";
  if (in_.starts_with("\n")) return text + ": no line end may stand behind the result";
  if (in_.starts_with("READY\r")) return text + ": lines end with LF alone";
  if (in_.empty() && output_ >= 0) return text + " in " + std::to_string(limit_.count()) + " s";
  return text;
}

std::optional<std::string> Driver::start() {
  std::array<int, 2> in{-1, -1};
  std::array<int, 2> out{-1, -1};
  std::array<int, 2> err{-1, -1};
  if (::pipe2(in.data(), O_CLOEXEC) != 0 || ::pipe2(out.data(), O_CLOEXEC) != 0 ||
      ::pipe2(err.data(), O_CLOEXEC) != 0) {
    return std::string("no pipes: ") + std::strerror(errno);
  }
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, in[0], STDIN_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, err[1], STDERR_FILENO);
  posix_spawnattr_t attributes;
  ::posix_spawnattr_init(&attributes);
  sigset_t defaults;
  ::sigemptyset(&defaults);
  ::sigaddset(&defaults, SIGPIPE);
  ::posix_spawnattr_setsigdefault(&attributes, &defaults);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
  std::vector<char*> words;
  for (std::string& word : command_) words.push_back(word.data());
  words.push_back(nullptr);
  const int error = ::posix_spawnp(&pid_, words[0], &actions, &attributes, words.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  ::posix_spawnattr_destroy(&attributes);
  for (const int each : {in[0], out[1], err[1]}) ::close(each);
  input_ = in[1];
  output_ = out[0];
  errors_ = err[0];
  ::fcntl(input_, F_SETFL, O_NONBLOCK);
  if (error != 0) {
    pid_ = -1;
    return command_[0] + ": " + std::strerror(error);
  }
  return expect_ready("after its start");
}

void Driver::send_part(std::string_view bytes) {
  pump(bytes, Clock::now() + limit_, [] { return true; });
}

std::optional<std::string> Driver::send(std::string_view event, const SendPlan& plan) {
  if (!in_.empty()) return "it wrote before an event came: " + shown();
  const std::size_t piece = plan.piece_bytes == 0 ? event.size() : plan.piece_bytes;
  for (std::size_t at = 0; at < event.size(); at += piece) {
    if (at > 0) std::this_thread::sleep_for(plan.pause);
    send_part(event.substr(at, piece));
    if (!in_.empty() && at + piece < event.size()) {
      return "it answered before the event was whole: " + shown();
    }
  }
  std::this_thread::sleep_for(plan.deafness);
  if (auto wrong = read_result()) return wrong;
  return expect_ready("after the result");
}

std::optional<std::string> Driver::read_result() {
  constexpr std::string_view word = "RESULT ";
  const Instant limit = Clock::now() + limit_;
  if (!pump({}, limit, [&] { return has_line(); })) {
    return "the event was taken and not answered" +
           (output_ < 0 ? std::string("; it ended")
                        : " in " + std::to_string(limit_.count()) + " s") +
           "; it wrote " + shown();
  }
  const std::size_t end = in_.find('\n');
  const std::string line = in_.substr(0, end);
  std::size_t length = 0;
  const char* const last = line.data() + line.size();
  if (!line.starts_with(word) || std::from_chars(line.data() + word.size(), last, length) !=
                                     std::from_chars_result{last, std::errc()}) {
    return "`RESULT LENGTH` and a line end are expected as the answer, but it wrote " + shown();
  }
  in_.erase(0, end + 1);
  if (!pump({}, limit, [&] { return in_.size() >= length; })) {
    return "a result of " + std::to_string(length) + " bytes was promised, but it wrote " + shown();
  }
  result_ = in_.substr(0, length);
  in_.erase(0, length);
  if (result_ != "OK" && result_ != "FAIL") {
    const std::string was = schema::python_bytes_repr(result_);
    return "the result is neither OK nor FAIL and counts as FAIL: " + was +
           (in_.empty() ? "" : ", followed by " + shown());
  }
  return std::nullopt;
}

std::optional<std::string> Driver::finish() {
  close_end(input_);
  const Instant limit = Clock::now() + limit_;
  pump({}, limit, [&] { return output_ < 0 && errors_ < 0; });
  while (Clock::now() < limit) {
    const int ended = ::waitpid(pid_, &status_, WNOHANG);
    if (ended == pid_) {
      pid_ = -1;
      return std::nullopt;
    }
    std::this_thread::sleep_for(quiet_time);
  }
  return "it goes on after the end of its input, which means that the supervisor is gone";
}

}  // namespace sup::listeners
