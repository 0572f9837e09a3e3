// The children that run: their pipes, their logs, what is still to be written to their standard
// input. Output goes straight from pipe to log file unless the core wants to see it.
//
// There is no event loop in here. Two epoll descriptors tell when there is something to do:
// `prompt` for what the core waits for (listeners, captured output, full input pipes), `bulk` for
// output that only has to reach its file and may wait some milliseconds, so that many short lines
// are moved by few reads. The daemon waits for these two in its loop.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "runtime/core/rare.h"
#include "runtime/core/types.h"
#include "runtime/host/command.h"
#include "runtime/host/environment.h"
#include "runtime/host/log_file.h"
#include "runtime/host/spawn.h"
#include "runtime/host/state_memory.h"
#include "runtime/host/syslog.h"
#include "schema/instantiate.h"

namespace sup::host {

// A child as another daemon, or another image of this one, goes on with it.
struct SavedChild {
  std::uint64_t token = 0;  // its number among all children; 0: there is none
  int pid = 0;
  // The start lies between these two, by the clock of /proc/PID/stat.
  core::Instant before{};
  core::Instant after{};
  std::array<bool, 3> given{};         // standard input, output and error: it was started with them
  std::array<std::string, 2> lines{};  // for the system log, of which the end did not come yet
  std::string unsent;                  // to its standard input
  bool overflowed = false;
  bool adopted = false;  // it is no child of ours
};

// Its descriptors, in the same order; the last one is its pidfd, if it was adopted.
using ChildDescriptors = std::array<Descriptor, 4>;

// How children reach the rest of the daemon.
struct ChildEvents {
  std::function<void(core::ProcessId, core::Channel, std::string_view bytes)> output;
  std::function<void(core::ProcessId)> stdin_broken;
  LogTrouble log;  // a line for the activity log
  // A child with these descriptors (-1: none) is about to be started; it has no pid yet. Optional.
  std::function<void(core::ProcessId, const SavedChild&, const std::array<int, 3>& descriptors)>
      starting{};
  // It is no longer needed, or was not started. Optional.
  std::function<void(std::uint64_t token)> finished{};
  // What watch_other() watches. Optional.
  std::function<void()> other{};
  // One that was adopted has ended. Optional.
  std::function<void(int pid)> adopted_ended{};
};

// What is started.
struct StartOrder {
  core::ProcessId id = 0;
  const schema::Process* process = nullptr;  // borrowed for the call
  bool is_listener = false;
  std::array<bool, 2> told{};              // by channel: the core wants the output
  std::array<std::string, 2> log_files{};  // by channel; empty: no file
  int socket = -1;                         // standard input of a FastCGI process
  std::string server_url;
};

class Children {
 public:
  // `system_log` is the socket that *_syslog sends to.
  explicit Children(ChildEvents events, std::string system_log = "/dev/log");

  // Before anything else but what only asks, again until it works.
  schema::Status prepare();

  // Output is read into this memory from now on, which a later daemon can look into. It must live
  // as long as the children, or until another one is set; null: none.
  void read_into(StateMemory* memory) { memory_ = memory; }

  // Nothing if the process has no child.
  SavedChild save(core::ProcessId id) const;

  // Numbers; -1: none.
  std::array<int, 4> descriptors(core::ProcessId id) const;

  // Goes on with a child that another daemon started, which may have ended meanwhile. False, with
  // errno, if it cannot be watched just now.
  bool adopt(const StartOrder& order, const SavedChild& saved, ChildDescriptors descriptors);

  // What a daemon that was killed had read and not done with: `reading` of StateMemory. False if
  // there is no such child.
  bool repeat(const StateMemory::Reading& reading, std::string_view bytes);

  // One descriptor of others: serve_prompt() tells when something is to be done about it. False if
  // that is not possible.
  bool watch_other(int descriptor, bool writable);

  // Whether a child could not be watched, as the system had no room for it; and the next attempt,
  // after which all are or not.
  bool lacks_watching() const { return lacks_watching_; }

  bool watch_again();

  // Whether something that was written to it was not read yet.
  bool has_unread_input(core::ProcessId id) const;

  // Waits a moment for full pipes and terminals that logs go to.
  void flush_logs();

  // How many children are no children of ours.
  std::size_t adopted() const;

  // The pid. The error's message is Supervisor's spawn error.
  schema::Result<int> start(const StartOrder& order);

  // The process goes on with other logs, limits or readers of its output. Nothing happens if it has
  // no child.
  void change(const StartOrder& order);

  // Errno of a failure, or 0.
  int kill(core::ProcessId id, int pid, int signal, bool whole_group) const;

  void write_input(core::ProcessId id, std::string_view bytes);
  void append_log(core::ProcessId id, core::Channel channel, std::string_view bytes);
  void reopen_logs();

  // Deletes the logs of a process that runs and begins new ones.
  schema::Status clear_logs(core::ProcessId id);

  // Whether a log of some child is that file.
  bool is_open_log(const struct stat& file) const;

  // Whether its standard input is open.
  bool takes_input(core::ProcessId id) const;

  // How many bytes write_input() takes now.
  std::size_t input_room(core::ProcessId id) const;

  // A child was reaped: reads what it left in its pipes. The process that it was; nothing if the
  // pid is not one of ours.
  std::optional<core::ProcessId> ended(int pid);

  // Closes pipes and logs of a child that has ended, unless the process runs again.
  void release(core::ProcessId id);

  // Forgets everything; for a new process table.
  void clear();

  int prompt_descriptor() const { return prompt_.get(); }

  int bulk_descriptor() const { return bulk_.get(); }

  // One round over what is ready.
  void serve_prompt() { serve(prompt_.get()); }

  // The same; tells how full the fullest pipe was found, in eighths.
  std::size_t serve_bulk() { return serve(bulk_.get()); }

 private:
  struct Output {
    Descriptor pipe;
    std::size_t pipe_bytes = 0;  // how much it takes
    bool told = false;
    int watched_by = -1;  // an epoll
    core::Rare<LogFile> file;
    bool to_syslog = false;
    std::string line;  // for the system log, of which the end did not come yet
  };

  struct Child {
    int pid = 0;
    std::uint64_t token = 0;
    core::Instant before{};
    core::Instant after{};
    std::array<bool, 3> given{};
    Descriptor pidfd;  // of one that is no child of ours
    bool exit_is_watched = false;
    std::string name;  // of the process; empty: no child
    std::array<Output, 2> outputs;
    Descriptor input;
    bool input_is_non_blocking = false;
    bool input_is_watched = false;
    bool input_overflowed = false;
    std::string unsent;
  };

  schema::Status open_logs(Child& child, const StartOrder& order);
  void change_log(Output& output, const std::string& file, LogLimits limits);
  void change_reader(core::ProcessId id, std::size_t output, bool told);
  schema::Result<int> execute(Child& child, const StartOrder& order, const Command& command,
                              const ChildEnvironment& environment);
  // False, with errno, if that is not possible.
  static bool watch(int epoll, int descriptor, std::uint32_t events, core::ProcessId id,
                    std::uint64_t source);
  static bool watch(int epoll, int descriptor, std::uint32_t events, std::uint64_t data);
  bool watch_output(core::ProcessId id, Output& output, std::uint64_t source) const;
  bool watch_child(core::ProcessId id);
  std::size_t serve(int epoll);
  // Bytes, 0 when there are none.
  std::size_t read_output(core::ProcessId id, core::Channel channel);
  std::size_t read_announced(core::ProcessId id, core::Channel channel);
  void close_output(Output& output);
  void close_input(Child& child);
  void take_output(core::ProcessId id, core::Channel channel, std::string_view bytes);
  void forget(Child& child);
  std::size_t read_round(core::ProcessId id, core::Channel channel);
  void drain(core::ProcessId id, core::Channel channel);
  void append(core::ProcessId id, core::Channel channel, std::string_view bytes);
  void watch_log(core::ProcessId id, const LogFile& log);
  void send_logs(core::ProcessId id);
  void finish_logs(Child& child);
  void send_to_syslog(const std::string& name, std::string_view bytes);
  void watch_syslog();
  void send_input(core::ProcessId id);
  void break_input(core::ProcessId id);

  ChildEvents events_;
  Spawner spawner_;
  Syslog syslog_;
  Descriptor prompt_;
  Descriptor bulk_;
  std::vector<std::string> base_environment_;
  std::vector<Child> children_;  // by process id
  std::unordered_map<int, core::ProcessId> by_pid_;
  std::vector<char> buffer_;
  StateMemory* memory_ = nullptr;
  std::uint64_t last_token_ = 0;
  bool lacks_watching_ = false;
};

}  // namespace sup::host
