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

#include "runtime/core/compat.h"
#include "runtime/core/effect.h"
#include "runtime/core/event_spool.h"
#include "runtime/core/exit_rule.h"
#include "runtime/core/input.h"
#include "runtime/core/status.h"
#include "runtime/core/types.h"
#include "schema/events.h"
#include "schema/instantiate.h"
#include "schema/process_diff.h"
#include "schema/result.h"
#include "schema/states.h"

namespace sup::core {

// Why a request was refused; `none`: it was carried out as far as the core can.
enum class RequestError : std::uint8_t {
  none,
  shutting_down,  // or not yet booted
  no_such_process,
  already_started,
  still_stopping,
  not_running,
  failed,    // the process is UNKNOWN
  no_stdin,  // a FastCGI process has its socket there
  no_such_group,
  already_added,  // a group of that name exists
  still_running   // a group with processes that are not stopped cannot be removed
};

struct RequestResult {
  ProcessId process = 0;
  RequestError error = RequestError::none;
};

// How a supervisor that was saved goes on.
struct Resumption {
  Compat compat;
  // The daemon was killed: `rows` (Supervisor::save_process) and `events` (Supervisor::Changes) are
  // newer than what was saved, the later ones count; nothing is being shut down any more.
  bool after_crash = false;
  std::vector<std::string_view> rows{};
  std::vector<std::string_view> events{};
  // [supervisord] of the new daemon, if it is not what was saved.
  std::optional<schema::SupervisordOptions> daemon{};
};

// What a plan would change. Groups as Supervisor's reloadConfig tells them: added and changed ones
// in the order of the plan, removed ones in the order of start here.
struct PlanChanges {
  struct Process {
    std::string group;
    std::string name;
    std::optional<ProcessId> id;  // of those that exist
    schema::DiffAction action = schema::DiffAction::unchanged;
    std::vector<schema::OptionId> options;  // why, where options are the reason
  };

  std::vector<std::string> added;
  std::vector<std::string> changed;
  std::vector<std::string> removed;
  // What update() does, by process: those of the plan in order of start, then those that leave.
  std::vector<Process> processes;
  // Groups that change in place: their priority, or what listeners of the pool get.
  std::vector<std::string> groups;
  bool servers = false;  // the control servers change
  // Of [supervisord]: what changes, and what would with a new daemon.
  std::vector<schema::OptionId> daemon;
  std::vector<schema::OptionId> daemon_later;

  // Whether update() would change nothing at all.
  bool none() const;
};

class Supervisor {
 public:
  explicit Supervisor(std::shared_ptr<const schema::Resolved> resolved, const Compat& compat = {});
  ~Supervisor();
  Supervisor(Supervisor&&) noexcept;
  Supervisor& operator=(Supervisor&&) noexcept;

  // All that it remembers between two inputs; secrets of the plan are in there.
  std::string save() const;
  // One process alone, with its name, its listener's state and the event serial.
  std::string save_process(ProcessId process) const;
  // A supervisor that goes on as the one that was saved would have. Refuses what is damaged or of
  // another version.
  static schema::Result<Supervisor> restore(std::string_view saved, const Resumption& how = {});

  // What was changed since it was asked last, for who writes it down: some processes, or all of it.
  struct Changes {
    bool everything = false;
    std::vector<ProcessId> processes;
    std::vector<std::string> events;  // that came into pools, or are done with
  };

  Changes take_changes();

  // What is to be written to the spools of pools that were opened, in order. The host takes it
  // before it writes to a listener, and whenever it has carried out its orders.
  std::vector<SpoolNote> take_spool_notes();

  // Whether somebody takes them: events pile up otherwise.
  void note_events(bool wanted);

  // An event as it happened, for who looks on. Nothing is kept while nobody does.
  struct Observed {
    std::uint64_t number = 0;  // of all events of this daemon; a gap: there were too many at once
    schema::EventType type = schema::EventType::EVENT;
    std::int64_t serial = -1;  // that event listeners know it by; -1: none of them gets it
    std::chrono::nanoseconds wall{};
    std::string payload;
    // Who may manage the process that it is about, as control= and user= said then; without
    // control= both are empty.
    std::vector<std::string> control{};
    std::optional<std::string> user{};
  };

  void observe_events(bool wanted);
  // Those since it was asked last, 4096 at most.
  std::vector<Observed> take_observed();

  // How many there were since this daemon is there; TICK and output only while somebody wants them.
  std::uint64_t event_count(schema::EventType type) const;

  // From now on, also through restarts, the end of such a program is the daemon's: all is stopped,
  // and effect::Quit has its exit status, or 128 and the number of its signal.
  void end_with(ExitRule rule);

  // Takes one fact and appends the orders that follow from it. Never throws, never blocks.
  void handle(const Now& now, const Input& input, Effects& out);

  // Earliest time at which something is due without any input; `never` when nothing is. The host
  // sends input::Tick then. TICK events count only while a pool subscribes to them.
  Instant deadline() const;

  schema::SupervisorState state() const;

  // The plan that was last taken as a whole: at the start, by a restart or an update. Groups that
  // were added alone may be of another one.
  const schema::Resolved& resolved() const;
  std::shared_ptr<const schema::Resolved> plan() const;
  // [supervisord] as it is in effect: an update leaves what needs a new daemon as it was.
  const schema::SupervisordOptions& settings() const;

  // Groups and processes in order of start. Ids stay the same while others come and go; all are new
  // with Restarted.
  std::vector<GroupId> groups() const;
  std::vector<ProcessId> processes() const;
  std::vector<ProcessId> processes(GroupId group) const;
  std::optional<GroupId> find_group(std::string_view name) const;
  std::optional<ProcessId> find(std::string_view group, std::string_view process) const;
  bool exists(ProcessId process) const;
  bool group_exists(GroupId group) const;

  // Of processes and groups that exist. The references hold until the next input or request.
  const schema::Process& spec(ProcessId process) const;
  GroupId group_of(ProcessId process) const;
  const schema::Group& group(ProcessId process) const;
  const schema::Group& group_spec(GroupId group) const;
  ProcessStatus status(ProcessId process) const;
  // Another number whenever status() or spec() of any process, or which there are, may be another.
  // For who keeps what it made of them.
  std::uint64_t revision() const;
  ProcessHistory history(ProcessId process) const;
  // Nothing if the group has no pool.
  std::optional<PoolStatus> pool_status(GroupId group) const;

  // Whether the process is a listener that works on an event.
  bool holds_event(ProcessId process) const;

  // Whether output of this channel must be told as input::Output instead of going straight to the
  // log: it is a listener's standard output, or capture, strip_ansi, an event or the debug log
  // needs to see it.
  bool wants_output(ProcessId process, Channel channel) const;

  // Requests of people and programs. They return at once: whether a process came up or went down is
  // seen in its status later. A group's are in order of priority, and only of the processes that
  // there was something to do for.
  RequestError start_process(const Now& now, ProcessId process, Effects& out);
  RequestError stop_process(const Now& now, ProcessId process, Effects& out);
  RequestError signal_process(const Now& now, ProcessId process, int signal, Effects& out);
  RequestError write_stdin(const Now& now, ProcessId process, std::string_view bytes, Effects& out);
  std::vector<RequestResult> start_group(const Now& now, GroupId group, Effects& out);
  std::vector<RequestResult> stop_group(const Now& now, GroupId group, Effects& out);
  RequestError send_remote_event(const Now& now, std::string_view type, std::string_view data,
                                 Effects& out);
  // Stop everything and quit; read the configuration and, if it is good, start anew.
  RequestError shut_down(const Now& now, Effects& out);
  RequestError restart(const Now& now, Effects& out);
  // Read the configuration and, if it is good, update() to it. The log tells of one that is not.
  RequestError update_from_file(const Now& now, Effects& out);
  // The same with a configuration that was read. Of processes `at_rest` none is started because of
  // it: those that come anew are as they are remembered, and those that it stops stay so.
  RequestError update_to(const Now& now, const std::shared_ptr<const schema::Resolved>& read,
                         Effects& out, std::vector<AtRest> at_rest = {});
  // Those of now: neither running nor about to be started.
  std::vector<AtRest> at_rest() const;

  // What update(next) would do, and what reloadConfig says of it.
  PlanChanges compare(const schema::Resolved& next) const;

  // addProcessGroup and removeProcessGroup: from.groups[index] comes to life, or a group whose
  // processes are all stopped goes.
  RequestError add_group(const Now& now, const std::shared_ptr<const schema::Resolved>& from,
                         std::size_t index, Effects& out);
  RequestError remove_group(const Now& now, GroupId group, Effects& out);

  // Takes over another plan while everything runs, process by process: what must start anew is
  // stopped and started again when it has stopped; what can change in place does; new processes
  // start when all that were removed are gone, and these vanish when they have stopped. All signals
  // are sent at once, in reverse order of start. A process that was stopped by hand stays so; one
  // that failed or ended is started again if it changed and has autostart.
  RequestError update(const Now& now, const std::shared_ptr<const schema::Resolved>& next,
                      Effects& out);

 private:
  friend class Snapshot;
  class Implementation;

  explicit Supervisor(std::unique_ptr<Implementation> implementation);

  template <class Request>
  auto request(const Now& now, Effects& out, const Request& perform);

  std::unique_ptr<Implementation> implementation_;
};

}  // namespace sup::core
