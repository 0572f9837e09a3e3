// The supervisor: which processes there are, in which state, what happens next. Pure: no system
// call, no clock, no thread, no Asio. Facts come in (input.h), orders go out (effect.h); time is
// told with each input. The same inputs give the same effects, so that a day of back-off is
// simulated in a millisecond and a bug report can be replayed.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/core/effect.h"
#include "runtime/core/input.h"
#include "runtime/core/types.h"
#include "schema/instantiate.h"
#include "schema/states.h"

namespace sup::core {

// What is asked about a process; a snapshot.
struct ProcessStatus {
  schema::ProcessState state = schema::ProcessState::STOPPED;
  int pid = 0;
  Instant started{};    // of the last start
  Instant stopped{};    // of the last end
  int exit_status = 0;  // of the last end; -1 by a signal
  std::string spawn_error;
  // The same times by the wall clock, for people; 0: never.
  std::chrono::nanoseconds started_wall{};
  std::chrono::nanoseconds stopped_wall{};
};

// Why a request was refused; `none`: it was carried out as far as the core can.
enum class RequestError : std::uint8_t {
  none,
  shutting_down,  // or not yet booted
  no_such_process,
  already_started,
  still_stopping,
  not_running,
  failed,   // the process is UNKNOWN
  no_stdin  // a FastCGI process has its socket there
};

struct RequestResult {
  ProcessId process = 0;
  RequestError error = RequestError::none;
};

class Supervisor {
 public:
  explicit Supervisor(std::shared_ptr<const schema::Resolved> resolved);
  ~Supervisor();
  Supervisor(Supervisor&&) noexcept;
  Supervisor& operator=(Supervisor&&) noexcept;

  // Takes one fact and appends the orders that follow from it. Never throws, never blocks.
  void handle(const Now& now, const Input& input, Effects& out);

  // Earliest time at which something is due without any input; `never` when nothing is. The host
  // sends input::Tick then. TICK events count only while a pool subscribes to them.
  Instant deadline() const;

  schema::SupervisorState state() const;

  const schema::Resolved& resolved() const;

  // Processes of the current configuration; ids are 0..count-1 and change only with Restarted.
  std::size_t process_count() const;
  const schema::Process& spec(ProcessId process) const;
  const schema::Group& group(ProcessId process) const;
  ProcessStatus status(ProcessId process) const;

  // Whether output of this channel must be told as input::Output instead of going straight to the
  // log: it is a listener's standard output, or capture, strip_ansi, an event or the debug log
  // needs to see it.
  bool wants_output(ProcessId process, Channel channel) const;

  // Groups are those of resolved().groups, by index; the ids of a group's processes follow one
  // another in the order of its list.
  ProcessId first_process(std::size_t group) const;
  std::optional<ProcessId> find(std::string_view group, std::string_view process) const;

  // Requests of people and programs. They return at once: whether a process came up or went down is
  // seen in its status later. A group's are in order of priority, and only of the processes that
  // there was something to do for.
  RequestError start_process(const Now& now, ProcessId process, Effects& out);
  RequestError stop_process(const Now& now, ProcessId process, Effects& out);
  RequestError signal_process(const Now& now, ProcessId process, int signal, Effects& out);
  RequestError write_stdin(const Now& now, ProcessId process, std::string_view bytes, Effects& out);
  std::vector<RequestResult> start_group(const Now& now, std::size_t group, Effects& out);
  std::vector<RequestResult> stop_group(const Now& now, std::size_t group, Effects& out);
  RequestError send_remote_event(const Now& now, std::string_view type, std::string_view data,
                                 Effects& out);
  // Stop everything and quit; read the configuration and, if it is good, start anew.
  RequestError shut_down(const Now& now, Effects& out);
  RequestError restart(const Now& now, Effects& out);

 private:
  class Implementation;

  template <class Request>
  auto request(const Now& now, Effects& out, const Request& perform);

  std::unique_ptr<Implementation> implementation_;
};

}  // namespace sup::core
