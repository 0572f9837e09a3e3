#include "runtime/listeners/workers.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <exception>

#include "runtime/ctl/failure.h"

namespace sup::listeners {

namespace {

constexpr std::size_t output_maximum = std::size_t{1} << 20U;

// The whole group, with what the child has started.
void end_group(int) { ::kill(0, SIGKILL); }

[[noreturn]] void run_child(const Workers::Work& work, int pipe, const std::vector<int>& kept,
                            Seconds limit) {
  ::setpgid(0, 0);
  for (const int each : kept) ::close(each);
  const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  ::dup2(null, STDIN_FILENO);
  ::dup2(STDERR_FILENO, STDOUT_FILENO);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  // The listener ends it before, if that is still there.
  std::signal(SIGALRM, &end_group);
  ::alarm(static_cast<unsigned>(limit.count()) + 2);
  int status = 1;
  try {
    status = write_all(pipe, work()) ? 0 : 1;
  } catch (const ctl::Failure& failure) {
    log_line("suplance", ctl::exception_text(failure));
  } catch (const std::exception& error) {
    log_line("suplance", error.what());
  }
  ::_exit(status);
}

void close_all(std::initializer_list<int> descriptors) {
  for (const int each : descriptors) {
    if (each >= 0) ::close(each);
  }
}

int wait_for(int pid) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0) {
    if (errno != EINTR) return -1;
  }
  return status;
}

// Writes to one pipe and reads from another until the reader has closed or all is done.
void exchange(int in, std::string_view input, int out, std::string& output) {
  ::fcntl(in, F_SETFL, O_NONBLOCK);
  while (in >= 0 || out >= 0) {
    std::array<pollfd, 2> all{
        pollfd{in,  POLLOUT, 0},
        pollfd{out, POLLIN,  0}
    };
    if (::poll(all.data(), all.size(), -1) < 0) {
      if (errno == EINTR) continue;
      break;
    }
    if (all[0].revents != 0) {
      const ssize_t count = ::write(in, input.data(), input.size());
      if (count > 0) input.remove_prefix(static_cast<std::size_t>(count));
      if ((count < 0 && errno != EAGAIN && errno != EINTR) || input.empty()) {
        ::close(std::exchange(in, -1));
      }
    }
    if (all[1].revents != 0) {
      std::array<char, 8192> bytes{};
      const ssize_t count = ::read(out, bytes.data(), bytes.size());
      if (count > 0 && output.size() < output_maximum) {
        output.append(bytes.data(), static_cast<std::size_t>(count));
      } else if (count == 0 || (count < 0 && errno != EINTR)) {
        ::close(std::exchange(out, -1));
      }
    }
  }
  close_all({in, out});
}

}  // namespace

bool write_all(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(descriptor, bytes.data(), bytes.size());
    if (count < 0 && errno == EAGAIN) {
      pollfd one{descriptor, POLLOUT, 0};
      ::poll(&one, 1, -1);
    } else if (count < 0 && errno != EINTR) {
      return false;
    }
    if (count > 0) bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

void log_line(std::string_view name, std::string_view text) {
  std::string line(name);
  line.append(name.empty() ? "" : ": ").append(text).append("\n");
  write_all(STDERR_FILENO, line);
}

Workers::~Workers() {
  for (const Child& child : children_) ::close(child.pipe);
}

bool Workers::start(Work work, Seconds limit, Done done) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
    log_line("suplance", std::string("no pipe for a child: ") + std::strerror(errno));
    return false;
  }
  const int pid = ::fork();
  if (pid == 0) {
    ::close(ends[0]);
    run_child(work, ends[1], kept_, limit);
  }
  ::close(ends[1]);
  if (pid < 0) {
    log_line("suplance", std::string("no child: ") + std::strerror(errno));
    ::close(ends[0]);
    return false;
  }
  ::setpgid(pid, pid);
  children_.push_back({.pid = pid,
                       .pipe = ends[0],
                       .limit = std::chrono::steady_clock::now() + limit,
                       .output = {},
                       .done = std::move(done)});
  return true;
}

void Workers::add_descriptors(std::vector<pollfd>& all) const {
  for (const Child& child : children_) all.push_back({child.pipe, POLLIN, 0});
}

std::optional<Instant> Workers::deadline() const {
  std::optional<Instant> first;
  for (const Child& child : children_) {
    if (!child.is_killed && (!first || child.limit < *first)) first = child.limit;
  }
  return first;
}

bool Workers::read_some(Child& child) {
  pollfd one{child.pipe, POLLIN, 0};
  while (::poll(&one, 1, 0) > 0) {
    std::array<char, 8192> bytes{};
    const ssize_t count = ::read(child.pipe, bytes.data(), bytes.size());
    if (count == 0 || (count < 0 && errno != EINTR)) return false;
    if (count > 0 && child.output.size() < output_maximum) {
      child.output.append(bytes.data(), static_cast<std::size_t>(count));
    }
  }
  return true;
}

WorkResult Workers::ended(Child& child) {
  ::close(std::exchange(child.pipe, -1));
  const int status = wait_for(child.pid);
  return {.is_complete = !child.is_killed && WIFEXITED(status) && WEXITSTATUS(status) == 0,
          .output = std::move(child.output)};
}

void Workers::handle(Instant now) {
  for (auto child = children_.begin(); child != children_.end();) {
    if (!child->is_killed && now >= child->limit) {
      child->is_killed = true;
      ::kill(-child->pid, SIGKILL);
    }
    if (read_some(*child)) {
      ++child;
      continue;
    }
    const WorkResult result = ended(*child);
    const Done done = std::move(child->done);
    child = children_.erase(child);
    done(result);  // may start the next, at the end of the list
  }
}

ShellResult run_command(std::vector<std::string> words, const std::string& input, bool keeps_output,
                        std::vector<std::string> variables) {
  std::array<int, 2> in{-1, -1};
  std::array<int, 2> out{-1, -1};
  if (::pipe2(in.data(), O_CLOEXEC) != 0 || (keeps_output && ::pipe2(out.data(), O_CLOEXEC) != 0)) {
    close_all({in[0], in[1]});
    return {};
  }
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, in[0], STDIN_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, keeps_output ? out[1] : STDERR_FILENO,
                                     STDOUT_FILENO);
  posix_spawnattr_t attributes;
  ::posix_spawnattr_init(&attributes);
  sigset_t defaults;
  ::sigemptyset(&defaults);
  for (const int number : {SIGPIPE, SIGXFSZ}) ::sigaddset(&defaults, number);
  ::posix_spawnattr_setsigdefault(&attributes, &defaults);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  // The first of two variables with one name is the one that counts.
  std::vector<char*> surroundings;
  for (std::string& variable : variables) surroundings.push_back(variable.data());
  for (char** each = environ; *each != nullptr; ++each) surroundings.push_back(*each);
  surroundings.push_back(nullptr);
  int pid = 0;
  const int error = ::posix_spawnp(&pid, arguments[0], &actions, &attributes, arguments.data(),
                                   surroundings.data());
  ::posix_spawn_file_actions_destroy(&actions);
  ::posix_spawnattr_destroy(&attributes);
  close_all({in[0], out[1]});
  if (error != 0) {
    close_all({in[1], out[0]});
    return {.output = std::strerror(error)};
  }
  ShellResult result;
  exchange(in[1], input, out[0], result.output);
  result.status = wait_for(pid);
  return result;
}

ShellResult run_shell(const std::string& command, const std::string& input, bool keeps_output) {
  return run_command({"/bin/sh", "-c", command}, input, keeps_output, {});
}

std::string status_text(int status) {
  if (status < 0) return "could not be started";
  return WIFSIGNALED(status) ? "was ended by signal " + std::to_string(WTERMSIG(status))
                             : "ended with status " + std::to_string(WEXITSTATUS(status));
}

}  // namespace sup::listeners
