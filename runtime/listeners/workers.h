// Work that may take long (a mail, a check of a URL, a restart) in child processes, so that the
// protocol never waits: a server that hangs hangs a child, which is ended after its limit. A child
// is forked from the listener, has no access to the protocol (its standard output is the standard
// error) and a process group of its own, so that it ends with all that it started.
#pragma once

#include <poll.h>

#include <chrono>
#include <functional>
#include <list>
#include <optional>
#include <string>
#include <vector>

namespace sup::listeners {

using Instant = std::chrono::steady_clock::time_point;
using Seconds = std::chrono::seconds;

struct WorkResult {
  bool is_complete = false;  // the work returned, within its limit
  std::string output;        // what it returned
};

class Workers {
 public:
  using Work = std::function<std::string()>;
  using Done = std::function<void(const WorkResult&)>;

  Workers() = default;
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;
  // Children that still work are left to finish, within their limit: a program may be stopped and
  // not yet started.
  ~Workers();

  // Runs `work` in a child; `done` is called here, from handle(). False, with a line on standard
  // error, if there can be no child.
  bool start(Work work, Seconds limit, Done done);

  // Children close this descriptor: a lock is the listener's alone.
  void keep_from_children(int descriptor) { kept_.push_back(descriptor); }

  bool is_idle() const { return children_.empty(); }

  void add_descriptors(std::vector<pollfd>& all) const;
  // When a limit ends.
  std::optional<Instant> deadline() const;
  // To be called after each poll: takes what is ready by itself.
  void handle(Instant now);

 private:
  struct Child {
    int pid = 0;
    int pipe = -1;
    Instant limit;
    bool is_killed = false;
    std::string output;
    Done done;
  };

  // False at the end.
  static bool read_some(Child& child);
  static WorkResult ended(Child& child);

  std::list<Child> children_;
  std::vector<int> kept_;
};

struct ShellResult {
  int status = -1;       // as of waitpid, or -1 if it could not be started
  std::string output{};  // at most a megabyte; why not, if it could not be started
};

// Runs a program with `input` as its standard input, and with more variables (NAME=VALUE) in its
// environment. Its standard output is kept if asked for, and goes to standard error otherwise.
ShellResult run_command(std::vector<std::string> words, const std::string& input, bool keeps_output,
                        std::vector<std::string> variables);

// The same with a command for the shell.
ShellResult run_shell(const std::string& command, const std::string& input, bool keeps_output);

// "ended with status 1", "was ended by signal 9"
std::string status_text(int status);

// Writes all of it; false if that cannot be done.
bool write_all(int descriptor, std::string_view bytes);

// A line on standard error, with "NAME: " in front if `name` is not empty.
void log_line(std::string_view name, std::string_view text);

}  // namespace sup::listeners
