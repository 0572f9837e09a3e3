#include "compiler/child.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "compiler/machine.h"

namespace sup::compiler {
namespace {

constexpr std::size_t errors_limit = 4096;

schema::Error cannot_run(const std::vector<std::string>& arguments, int number) {
  return {"cannot run " + arguments.front() + ": " + std::strerror(number), number};
}

// Its environment: ours, with messages in English and without questions at the terminal.
std::vector<std::string> child_environment() {
  std::vector<std::string> environment;
  for (const auto& [name, value] : process_environment())
    if (name != "LC_ALL" && name != "GIT_TERMINAL_PROMPT" && name != "GIT_NO_LAZY_FETCH")
      environment.push_back(name + "=" + value);
  environment.insert(environment.end(),
                     {"LC_ALL=C", "GIT_TERMINAL_PROMPT=0", "GIT_NO_LAZY_FETCH=1"});
  return environment;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> result;
  for (std::string& text : texts) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

// posix_spawnp with these descriptors as 0, 1 and 2; a negative one is /dev/null. Returns an errno.
int spawn(std::vector<std::string> arguments, const std::array<int, 3>& descriptors, pid_t& pid) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  for (int i = 0; i < 3; ++i) {
    const int from = descriptors[static_cast<std::size_t>(i)];
    if (from < 0) {
      posix_spawn_file_actions_addopen(&actions, i, "/dev/null", i == 0 ? O_RDONLY : O_WRONLY, 0);
    } else {
      posix_spawn_file_actions_adddup2(&actions, from, i);
    }
  }
  std::vector<std::string> environment = child_environment();
  const std::vector<char*> argv = pointers(arguments);
  const std::vector<char*> envp = pointers(environment);
  const int failure = ::posix_spawnp(&pid, argv[0], &actions, nullptr, argv.data(), envp.data());
  posix_spawn_file_actions_destroy(&actions);
  return failure;
}

int wait_for(pid_t pid) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

// Appends what is there; false at the end.
bool take(int descriptor, std::string& text) {
  std::array<char, 65536> buffer{};
  const ssize_t n = ::read(descriptor, buffer.data(), buffer.size());
  if (n < 0) return errno == EINTR || errno == EAGAIN;
  text.append(buffer.data(), static_cast<std::size_t>(n));
  return n > 0;
}

}  // namespace

std::string ChildOutput::complaint() const {
  const std::string line = errors.substr(0, errors.find('\n'));
  return line.empty() ? "status " + std::to_string(WEXITSTATUS(status)) : line;
}

schema::Result<ChildOutput> run_child(const std::vector<std::string>& arguments,
                                      std::size_t limit) {
  std::array<int, 2> out{};
  std::array<int, 2> err{};
  if (::pipe2(out.data(), O_CLOEXEC) != 0) return cannot_run(arguments, errno);
  if (::pipe2(err.data(), O_CLOEXEC) != 0) {
    const int number = errno;
    ::close(out[0]);
    ::close(out[1]);
    return cannot_run(arguments, number);
  }
  pid_t pid = 0;
  const int failure = spawn(arguments, {-1, out[1], err[1]}, pid);
  ::close(out[1]);
  ::close(err[1]);
  ChildOutput result;
  bool out_open = failure == 0;
  bool err_open = failure == 0;
  while (out_open || err_open) {
    std::array<pollfd, 2> wanted{
        pollfd{out_open ? out[0] : -1, POLLIN, 0},
        pollfd{err_open ? err[0] : -1, POLLIN, 0}
    };
    if (::poll(wanted.data(), wanted.size(), -1) < 0 && errno != EINTR) break;
    if (wanted[0].revents != 0) out_open = take(out[0], result.output);
    if (wanted[1].revents != 0) err_open = take(err[0], result.errors);
    if (result.errors.size() > errors_limit) result.errors.resize(errors_limit);
    if (result.output.size() > limit) break;
  }
  // Closed before it is waited for, so that one that prints on is ended by that.
  ::close(out[0]);
  ::close(err[0]);
  if (failure != 0) return cannot_run(arguments, failure);
  result.status = wait_for(pid);
  if (result.output.size() > limit)
    return schema::Error{
        arguments.front() + " prints more than " + std::to_string(limit) + " bytes", EFBIG};
  return result;
}

schema::Result<Conversation> Conversation::start(const std::vector<std::string>& arguments) {
  // A socket and no pipe: writing to one that is gone is an error there and no signal.
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
    return cannot_run(arguments, errno);
  pid_t pid = 0;
  const int failure = spawn(arguments, {ends[1], ends[1], -1}, pid);
  ::close(ends[1]);
  if (failure != 0) {
    ::close(ends[0]);
    return cannot_run(arguments, failure);
  }
  return Conversation(pid, ends[0]);
}

Conversation::Conversation(Conversation&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      socket_(std::exchange(other.socket_, -1)),
      buffer_(std::move(other.buffer_)),
      used_(other.used_) {}

Conversation::~Conversation() {
  if (socket_ >= 0) ::close(socket_);
  if (pid_ > 0) wait_for(pid_);
}

bool Conversation::say(const std::string& text) {
  std::string_view rest = text;
  while (!rest.empty()) {
    const ssize_t n = ::send(socket_, rest.data(), rest.size(), MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    rest.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

bool Conversation::fill() {
  if (used_ == buffer_.size()) {
    buffer_.clear();
    used_ = 0;
  }
  const std::size_t before = buffer_.size();
  while (take(socket_, buffer_))
    if (buffer_.size() > before) return true;
  return false;
}

bool Conversation::hear_line(std::string& line, std::size_t limit) {
  line.clear();
  for (;;) {
    const std::size_t end = buffer_.find('\n', used_);
    if (end != std::string::npos) {
      line.append(buffer_, used_, end - used_);
      used_ = end + 1;
      return line.size() <= limit;
    }
    line.append(buffer_, used_);
    used_ = buffer_.size();
    if (line.size() > limit || !fill()) return false;
  }
}

bool Conversation::hear(std::string& bytes, std::size_t count) {
  bytes.clear();
  bytes.reserve(count);
  for (;;) {
    const std::size_t n = std::min(count - bytes.size(), buffer_.size() - used_);
    bytes.append(buffer_, used_, n);
    used_ += n;
    if (bytes.size() == count) return true;
    if (!fill()) return false;
  }
}

}  // namespace sup::compiler
