#include "runtime/core/process_machine.h"

#include <algorithm>
#include <array>
#include <system_error>
#include <utility>

#include "runtime/core/concat.h"
#include "runtime/core/signals.h"

namespace sup::core {

namespace {

using schema::ProcessState;

constexpr std::array rows = {
#define ROW(from, event, guard, to, action)                                              \
  TransitionRow{ProcessState::from, ProcessEvent::event, Guard::guard, ProcessState::to, \
                Action::action},
#include "runtime/core/process_states.def"
#undef ROW
};

constexpr std::size_t state_count = 8;
constexpr std::size_t event_count = static_cast<std::size_t>(ProcessEvent::give_up) + 1;

// Supervisor's numbers are no indexes.
constexpr std::size_t state_index(ProcessState state) {
  switch (state) {
    case ProcessState::STOPPED: return 0;
    case ProcessState::STARTING: return 1;
    case ProcessState::RUNNING: return 2;
    case ProcessState::BACKOFF: return 3;
    case ProcessState::STOPPING: return 4;
    case ProcessState::EXITED: return 5;
    case ProcessState::FATAL: return 6;
    case ProcessState::UNKNOWN: return 7;
  }
  return 0;
}

// The rows of a cell: rows[first] up to rows[first + count - 1].
struct Cell {
  std::uint8_t first = 0;
  std::uint8_t count = 0;
};

using Matrix = std::array<std::array<Cell, event_count>, state_count>;

// A throw here is an error of the compilation.
consteval Matrix build_matrix() {
  Matrix matrix{};
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const TransitionRow& row = rows[i];
    Cell& cell = matrix[state_index(row.from)][static_cast<std::size_t>(row.event)];
    if (cell.count == 0) cell.first = static_cast<std::uint8_t>(i);
    if (cell.first + cell.count != i) throw "rows of one cell must stand together";
    for (std::size_t k = cell.first; k < i; ++k) {
      if (rows[k].guard == row.guard) throw "a cell has the same guard twice";
      if (rows[k].guard == Guard::always) throw "a row stands behind `always`";
    }
    ++cell.count;
  }
  for (const auto& line : matrix) {
    for (const Cell& cell : line) {
      if (cell.count == 0) throw "a cell is missing";
      if (rows[cell.first + cell.count - 1U].guard != Guard::always) {
        throw "the last row of a cell must be `always`";
      }
    }
  }
  return matrix;
}

constexpr Matrix matrix = build_matrix();

std::string describe_error(int error_number) {
  return concat("[Errno ", error_number, "] ", std::generic_category().message(error_number));
}

// One step in progress.
class Step {
 public:
  Step(ProcessRecord& record, const schema::Process& spec, const Stimulus& stimulus,
       const StepContext& context, ProcessSink& sink)
      : record_(record),
        spec_(spec),
        options_(spec.options),
        stimulus_(stimulus),
        context_(context),
        sink_(sink) {}

  bool take() {
    const TransitionRow* row = &find();
    // At most once: no row of the state that it leads to looks again.
    if (row->action == Action::look_again) {
      change_state(row->to);
      row = &find();
    }
    prepare(row->action);
    if (row->to != record_.state) change_state(row->to);
    complete(row->action);
    return row->action != Action::refuse && row->action != Action::complain;
  }

 private:
  const TransitionRow& find() const {
    const Cell cell = matrix[state_index(record_.state)][static_cast<std::size_t>(stimulus_.event)];
    std::size_t i = cell.first;
    while (!holds(rows[i].guard)) ++i;
    return rows[i];
  }

  bool holds(Guard guard) const {
    switch (guard) {
      case Guard::has_pid: return record_.pid != 0;
      case Guard::stayed_up:
        return context_.now.steady >= after_seconds(record_.started.steady, options_.startsecs);
      case Guard::retries_exhausted: return retries_exhausted();
      case Guard::daemon_stopping: return context_.daemon_stopping;
      case Guard::no_such_process:
        return stimulus_.error_number == static_cast<int>(std::errc::no_such_process);
      case Guard::stop_asked: return record_.stop_asked;
      case Guard::always: return true;
    }
    return true;
  }

  bool retries_exhausted() const { return record_.failures > options_.startretries; }

  // What the event of the new state must already know, and what is logged before it.
  void prepare(Action action) {
    switch (action) {
      case Action::spawn:
        record_.stop_asked = false;
        record_.misbehaved = false;
        record_.spawn_error.clear();
        record_.exit_status = 0;
        record_.started = context_.now;
        break;
      case Action::note_pid:
      case Action::note_pid_and_stop:
        record_.pid = stimulus_.pid;
        if (stimulus_.begun) record_.started = *stimulus_.begun;
        record_.spawn_error.clear();
        break;
      case Action::note_spawn_error:
        record_.spawn_error = stimulus_.reason;
        say(Level::info, concat("spawnerr: ", stimulus_.reason));
        break;
      case Action::report_quick_exit:
        record_.stopped = context_.now;
        record_.exit_status = 0;
        record_.spawn_error = "Exited too quickly (process log may have details)";
        break;
      case Action::report_exit:
      case Action::report_stopped:
        record_.stopped = context_.now;
        record_.exit_status = exit_number();
        if (action == Action::report_exit && !expected()) {
          record_.spawn_error = concat("Bad exit code ", record_.exit_status);
        }
        break;
      case Action::report_stop_in_backoff:
        say(Level::debug, concat("Attempted to kill ", spec_.name, ", which is in BACKOFF state."));
        break;
      case Action::report_kill_error: report_kill_error(); break;
      case Action::send_stop_signal: record_.stop_asked = true; break;
      default: break;
    }
  }

  // The only place that changes a state.
  void change_state(ProcessState to) {
    const ProcessState from = std::exchange(record_.state, to);
    record_.changed = context_.now;
    record_.deadline = never;
    switch (to) {
      case ProcessState::BACKOFF:
        ++record_.failures;
        record_.deadline = retries_exhausted()
                               ? context_.now.steady
                               : after_seconds(context_.now.steady, record_.failures);
        break;
      case ProcessState::RUNNING:
      case ProcessState::FATAL: record_.failures = 0; break;
      case ProcessState::EXITED:
        record_.failures = 0;
        if (restarts()) record_.deadline = restart_time();
        break;
      default: break;
    }
    sink_.state_changed({from, to, record_.pid, record_.failures, expected()});
  }

  // Orders to the host, new deadlines, and the log lines that follow the event.
  void complete(Action action) {
    switch (action) {
      case Action::spawn: sink_.spawn(); break;
      case Action::note_pid:
        report_spawned();
        record_.deadline = after_seconds(record_.started.steady, options_.startsecs);
        break;
      case Action::note_pid_and_stop:
        report_spawned();
        send_stop_signal();
        break;
      case Action::report_success:
        say(Level::info, concat("success: ", spec_.name,
                                " entered RUNNING state, process has stayed up for > than ",
                                options_.startsecs, " seconds (startsecs)"));
        break;
      case Action::report_given_up:
        say(Level::info, concat("gave up: ", spec_.name,
                                " entered FATAL state, too many start retries too quickly"));
        break;
      case Action::report_quick_exit: report_end("exited: ", "; not expected", Level::warn); break;
      case Action::report_exit:
        report_end("exited: ", expected() ? "; expected" : "; not expected",
                   expected() ? Level::info : Level::warn);
        break;
      case Action::report_stopped:
        report_end("stopped: ", "", expected() ? Level::info : Level::warn);
        break;
      case Action::report_lost_signal:
        say(Level::debug, concat("unable to signal ", spec_.name, " (pid ", record_.pid,
                                 record_.stop_asked ? "), it probably just exited on its own: "
                                                    : "), it probably just now exited on its own: ",
                                 describe_error(stimulus_.error_number)));
        break;
      case Action::send_stop_signal:
        if (record_.pid != 0) send_stop_signal();
        break;
      case Action::send_sigkill:
        say(Level::warn, concat("killing '", spec_.name, "' (", record_.pid, ") with SIGKILL"));
        send(signals::kill, options_.killasgroup);
        // At least a second apart, or stopwaitsecs=0 would send without end.
        record_.deadline = std::max(record_.deadline, after_seconds(context_.now.steady, 1));
        break;
      case Action::complain:
        say(Level::warn,
            concat("ignored for ", spec_.name, ", which is in ", schema::state_name(record_.state),
                   " state: ", process_event_name(stimulus_.event)));
        break;
      default: break;
    }
  }

  void report_spawned() {
    say(Level::info, concat("spawned: '", spec_.name, "' with pid ", record_.pid));
  }

  void report_end(std::string_view what, std::string_view judgement, Level level) {
    say(level, concat(what, spec_.name, " (", describe_exit(stimulus_.status), judgement, ")"));
    record_.pid = 0;
  }

  void report_kill_error() {
    if (record_.stop_asked) {
      say(Level::critical, concat("unknown problem killing ", spec_.name, " (", record_.pid,
                                  "): ", describe_error(stimulus_.error_number)));
    } else {
      say(Level::critical, concat("unknown problem sending sig ", spec_.name, " (", record_.pid,
                                  "): ", describe_error(stimulus_.error_number)));
    }
  }

  void send_stop_signal() { send(options_.stopsignal, options_.stopasgroup); }

  void send(int signal, bool whole_group) {
    say(Level::debug,
        concat("killing ", spec_.name, " (pid ", record_.pid, ") ",
               whole_group ? "process group " : "", "with signal ", describe_signal(signal)));
    record_.deadline = after_seconds(context_.now.steady, options_.stopwaitsecs);
    sink_.kill(record_.pid, signal, whole_group);
  }

  int exit_number() const {
    const ExitStatus& status = stimulus_.status;
    return status.by_signal || status.unknown ? -1 : status.number;
  }

  bool expected() const {
    return !record_.misbehaved && !stimulus_.status.unknown &&
           std::ranges::find(options_.exitcodes, exit_number()) != options_.exitcodes.end();
  }

  bool restarts() const {
    switch (options_.autorestart) {
      case schema::AutoRestartValue::always: return true;
      case schema::AutoRestartValue::never: return false;
      case schema::AutoRestartValue::unexpected: return !expected();
    }
    return false;
  }

  // At once, unless this and the run before it were too short.
  Instant restart_time() {
    const Instant earliest = record_.started.steady + shortest_life;
    const bool early = context_.now.steady < earliest;
    const bool again = std::exchange(record_.ended_early, early);
    return early && again ? earliest : context_.now.steady;
  }

  void say(Level level, std::string text) { sink_.log(level, std::move(text)); }

  ProcessRecord& record_;
  const schema::Process& spec_;
  const schema::ProcessOptions& options_;
  const Stimulus& stimulus_;
  const StepContext& context_;
  ProcessSink& sink_;
};

std::string_view guard_name(Guard guard) {
  switch (guard) {
    case Guard::has_pid: return "has pid";
    case Guard::stayed_up: return "stayed up";
    case Guard::retries_exhausted: return "retries exhausted";
    case Guard::daemon_stopping: return "daemon stopping";
    case Guard::no_such_process: return "no such process";
    case Guard::stop_asked: return "stop asked";
    case Guard::always: return "";
  }
  return "";
}

}  // namespace

std::span<const TransitionRow> transition_rows() { return rows; }

std::string_view process_event_name(ProcessEvent event) {
  switch (event) {
    case ProcessEvent::start: return "start";
    case ProcessEvent::spawned: return "spawned";
    case ProcessEvent::spawn_failed: return "spawn failed";
    case ProcessEvent::elapsed: return "time elapsed";
    case ProcessEvent::exited: return "exited";
    case ProcessEvent::stop: return "stop";
    case ProcessEvent::kill_failed: return "kill failed";
    case ProcessEvent::give_up: return "give up";
  }
  return "";
}

std::string process_diagram() {
  std::string text = "stateDiagram-v2\n  [*] --> STOPPED\n";
  for (const TransitionRow& row : rows) {
    const bool sends =
        row.action == Action::send_sigkill || row.action == Action::note_pid_and_stop;
    if (row.from == row.to && !sends) continue;
    text += concat("  ", schema::state_name(row.from), " --> ", schema::state_name(row.to), " : ",
                   process_event_name(row.event));
    if (row.guard != Guard::always) text += concat(" [", guard_name(row.guard), "]");
    if (row.action == Action::send_sigkill) text += " / SIGKILL";
    if (row.action == Action::note_pid_and_stop) text += " / stopsignal";
    text += "\n";
  }
  return text;
}

bool step(ProcessRecord& record, const schema::Process& spec, const Stimulus& stimulus,
          const StepContext& context, ProcessSink& sink) {
  return Step(record, spec, stimulus, context, sink).take();
}

std::string describe_exit(const ExitStatus& status) {
  if (status.unknown) return "exit status unknown, as it was adopted";
  if (!status.by_signal) return concat("exit status ", status.number);
  return concat("terminated by ", describe_signal(status.number),
                status.core_dumped ? " (core dumped)" : "");
}

std::string describe_signal(int signal) {
  std::string name = schema::signal_name(signal);
  return name.starts_with("SIG") ? name : concat("signal ", signal);
}

Instant after_seconds(Instant start, std::int64_t seconds) {
  if (seconds <= 0) return start;
  const Instant room = never - std::max(start, Instant{});
  if (seconds >= std::chrono::duration_cast<std::chrono::seconds>(room).count()) return never;
  return start + std::chrono::seconds(seconds);
}

}  // namespace sup::core
