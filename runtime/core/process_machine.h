// The life of one process: Supervisor's eight states as a table of rows (process_states.def).
//
// A process that is asked to start is STARTING. It is RUNNING once it stayed up for startsecs; if
// it ends before, or cannot be started at all, it is in BACKOFF for as many seconds as there were
// failures in a row, then STARTING again, and after startretries + 1 attempts FATAL. A process that
// ends in RUNNING is EXITED, from where autorestart starts it again. One that is asked to stop is
// STOPPING: it gets stopsignal, and SIGKILL each stopwaitsecs after that, until it is reaped and
// STOPPED. UNKNOWN: a signal could not be sent to it.
//
// Times are exact deadlines; Supervisor looks once in a second. One thing has a pace: a process
// that keeps ending right after its start is started again at the earliest shortest_life after its
// last start, or a program with startsecs=0 that fails at once would take all of the machine. The
// first restart is immediate.
//
// The machine is data (ProcessRecord) and one function (step). Who calls it gives the time and
// carries out what the sink is told; see supervisor.h for the whole.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "runtime/core/types.h"
#include "schema/instantiate.h"
#include "schema/states.h"

namespace sup::core {

enum class ProcessEvent : std::uint8_t {
  start,         // asked for, or automatic
  spawned,       // the host says that the child exists
  spawn_failed,  // or that it does not
  elapsed,       // the deadline of the state has come
  exited,        // the child was reaped
  stop,          // asked for, or shutdown
  kill_failed,   // a signal could not be sent
  give_up        // shutdown: no further attempts to start
};

enum class Guard : std::uint8_t {
  has_pid,
  stayed_up,          // startsecs have passed since its start
  retries_exhausted,  // startretries + 1 attempts failed
  daemon_stopping,    // shutdown or restart: nothing is started automatically
  no_such_process,    // the error is ESRCH: it ended just now
  stop_asked,         // a stop came before
  always
};

enum class Action : std::uint8_t {
  ignore,
  refuse,             // nothing; the caller learns that it was refused
  complain,           // log what cannot be, and go on
  look_again,         // the same event in the new state
  spawn,              // order the host to start it
  note_pid,           // startsecs begin to count
  note_pid_and_stop,  // and send the signal that waited for the pid
  note_spawn_error,
  report_success,
  report_quick_exit,
  report_exit,  // with expected or not; autorestart decides about the deadline
  report_stopped,
  report_given_up,
  report_stop_in_backoff,
  report_lost_signal,
  report_kill_error,
  send_stop_signal,  // stopsignal, and SIGKILL due after stopwaitsecs
  send_sigkill       // and again after stopwaitsecs
};

struct TransitionRow {
  schema::ProcessState from;
  ProcessEvent event;
  Guard guard;
  schema::ProcessState to;
  Action action;
};

std::span<const TransitionRow> transition_rows();
std::string_view process_event_name(ProcessEvent event);

// The rows that change the state or send something, as a Mermaid state diagram.
std::string process_diagram();

// Who lives shorter than this, twice in a row, waits until so much time has passed since its start.
// It bounds what a flapping program costs to some sixty starts a second, somewhat more than a busy
// Supervisor has, whose loop comes by every 20 to 50 milliseconds then.
constexpr Instant shortest_life = std::chrono::milliseconds(15);

// All that is remembered of a process; plain data.
struct ProcessRecord {
  schema::ProcessState state = schema::ProcessState::STOPPED;
  int pid = 0;
  std::int64_t failures = 0;  // to start, in a row; kept by a stop, as in Supervisor
  Now started{};              // last start, when the host began with it
  Now stopped{};              // last end
  Now changed{};              // last change of state
  Instant deadline = never;   // when `elapsed` is due
  int exit_status = 0;        // of the last end; -1 by a signal
  bool stop_asked = false;    // since the last start
  bool ended_early = false;   // the last run was shorter than shortest_life
  bool misbehaved = false;    // since the last start: its end is never an expected one
  std::string spawn_error;
};

// What happened; only the fields of its event count.
struct Stimulus {
  ProcessEvent event = ProcessEvent::start;
  int pid = 0;
  std::string_view reason{};
  ExitStatus status{};
  int error_number = 0;
  std::optional<Now> begun{};  // of spawned
};

struct StateChange {
  schema::ProcessState from;
  schema::ProcessState to;
  int pid;
  std::int64_t failures;
  bool expected;  // for EXITED
};

// What follows from a step, in this order. References are valid during the call.
class ProcessSink {
 public:
  virtual ~ProcessSink() = default;
  virtual void state_changed(const StateChange& change) = 0;
  virtual void spawn() = 0;
  virtual void kill(int pid, int signal, bool whole_group) = 0;
  virtual void log(Level level, std::string text) = 0;
};

struct StepContext {
  Now now{};
  bool daemon_stopping = false;
};

// Takes one event. False if it was refused or made no sense.
bool step(ProcessRecord& record, const schema::Process& spec, const Stimulus& stimulus,
          const StepContext& context, ProcessSink& sink);

// "exit status 1", "terminated by SIGKILL (core dumped)".
std::string describe_exit(const ExitStatus& status);

// "SIGTERM", or "signal 77".
std::string describe_signal(int signal);

// `start` plus a configured number of seconds, without overflow; negative counts as none.
Instant after_seconds(Instant start, std::int64_t seconds);

}  // namespace sup::core
