// What stands behind Supervisor: the tables of processes, groups and pools, and what is done with
// each input. Only supervisor*.cpp include it:
//
//   supervisor.cpp           inputs and questions
//   supervisor_requests.cpp  start, stop and signal on request
//   supervisor_lifetime.cpp  boot, shutdown, restart
//   supervisor_groups.cpp    groups and processes come and go
//   supervisor_update.cpp    another plan while everything runs
//   supervisor_events.cpp    events, pools, ticks
//   supervisor_spool.cpp     events of pools on disk
//   exit_rule.cpp            the daemon ends with a program
//   supervisor_output.cpp    output of children, the listener protocol
//   snapshot.cpp             written down and read back
//
// All members are plain data: numbers, texts, tables and indexes into them, and the plans that rows
// of the tables belong to.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "runtime/core/exit_rule.h"
#include "runtime/core/process_machine.h"
#include "runtime/core/supervisor.h"
#include "runtime/core/tables.h"
#include "runtime/core/timer_queue.h"
#include "schema/events.h"

namespace sup::core {

constexpr std::size_t event_type_count = 0
#define EVENT(name, parent, kind) +1
#include "schema/events.def"
#undef EVENT
    ;

class Supervisor::Implementation {
 public:
  Implementation(std::shared_ptr<const schema::Resolved> resolved, const Compat& compat);

  // Everything goes through these: something happens, what is due is done, events are given out.
  void open(const Now& now, Effects& out);
  void close();

  // Another one that was saved, see snapshot.cpp.
  struct Blank {};

  explicit Implementation(Blank /*empty*/, const Compat& compat) : compat_(compat) {}

  bool finished() const { return phase_ == Phase::finished; }

  void take(const Input& input);

  RequestError start(ProcessId process);
  RequestError stop(ProcessId process);
  RequestError signal(ProcessId process, int number);
  RequestError write_stdin(ProcessId process, std::string_view bytes);
  RequestError send_remote_event(std::string_view type, std::string_view data);
  RequestError request_shutdown();
  RequestError request_restart();
  // `read`: null, if it is to be read.
  RequestError request_update(std::shared_ptr<const schema::Resolved> read);

  std::vector<RequestResult> start_all(GroupId group);
  std::vector<RequestResult> stop_all(GroupId group);

  RequestError add_group(const std::shared_ptr<const schema::Resolved>& from, std::size_t index);
  RequestError remove_group(GroupId group);
  RequestError update(const std::shared_ptr<const schema::Resolved>& next);
  PlanChanges compare(const schema::Resolved& next) const;

  enum class Phase : std::uint8_t { before_boot, working, finished };

  friend constexpr bool is_known(Phase phase) { return phase <= Phase::finished; }

  bool valid(ProcessId process) const {
    return process < processes_.size() && processes_[process].spec != nullptr;
  }

  bool valid_group(GroupId group) const {
    return group < groups_.size() && groups_[group].spec != nullptr;
  }

  const schema::Process& spec(ProcessId process) const { return *processes_[process].spec; }

  const schema::Group& group(ProcessId process) const {
    return *groups_[processes_[process].group].spec;
  }

  std::optional<GroupId> find_group(std::string_view name) const;
  std::optional<ProcessId> find(std::string_view group, std::string_view process) const;
  bool wants_output(ProcessId process, Channel channel) const;

  bool is_listener(ProcessId process) const { return processes_[process].listener.has_value(); }

  // Inputs.
  void on(const input::Boot& input);
  void on(const input::Spawned& input);
  void on(const input::SpawnFailed& input);
  void on(const input::Exited& input);
  void on(const input::Output& input);
  void on(const input::StdinBroken& input);
  void on(const input::KillFailed& input);
  void on(const input::DaemonSignal& input);
  void on(const input::Tick& input);
  void on(const input::ClockSet& input);
  void on(const input::PlanLoaded& input);
  void on(const input::PlanRefused& input);
  void on(const input::OpenSpools& input);
  void on(const input::SpoolOpened& input);
  void on(const input::SpoolLoaded& input);
  void on(const input::SpoolDropped& input);

  // Processes.
  class Sink;
  bool step_process(ProcessId process, const Stimulus& stimulus);
  void process_changed(ProcessId process, const StateChange& change);
  void fire(Timer timer);
  void run_due();
  bool knows(ProcessId process, std::string_view what);
  RequestError check(ProcessId process) const;

  // Lifetime.
  void load(std::shared_ptr<const schema::Resolved> resolved);
  void begin_stopping(schema::SupervisorState state);
  void advance_stopping();
  bool stop_together(GroupId one, GroupId other) const;
  void send_stop();
  void stop_group(const GroupEntry& entry);
  bool must_drain(GroupId group);
  bool asks_again(const GroupEntry& entry);
  std::vector<ProcessId> by_priority(const GroupEntry& entry) const;
  void report_unstopped();
  void all_stopped();

  // The daemon ends with a program.
  void note_end(ProcessId process);
  void leave_with_program();
  int status_of_end(ProcessId process) const;
  int exit_status() const;
  void report_unknown_names();

  // Groups and processes that come and go.
  GroupId insert_group(std::shared_ptr<const schema::Group> spec);
  ProcessId insert_process(GroupId group, std::shared_ptr<const schema::Process> spec);
  void erase_group(GroupId group);
  void erase_process(ProcessId process);
  void number_members(GroupId group);
  void announce(GroupId group);
  void set_first_room(GroupId group);
  void start_automatically(ProcessId process);

  // Updates.
  class Updater;
  PlanChanges::Process compare_process(const schema::Group* before, const schema::Group& group,
                                       const schema::Process& process) const;
  void add_while_running(std::shared_ptr<const schema::Group> spec);
  void add_waiting(const std::string& name);
  void settle_all();
  void settle(ProcessId process);
  void take_next(ProcessId process);
  void start_again(ProcessId process);
  void start_siblings(GroupId group);
  void start_after_leaving();

  // Events.
  bool subscribed(schema::EventType type) const;

  bool wanted(schema::EventType type) const { return observing_ || subscribed(type); }

  void count(schema::EventType type) { ++event_counts_[static_cast<std::size_t>(type)]; }

  void observe(schema::EventType type, std::int64_t serial, const std::string& payload,
               const schema::Process* about);

  // `about` is the process whose event it is, null if it is of none; `raw` is what pools get that
  // count bytes, where it is not the same.
  void publish(schema::EventType type, const std::string& payload,
               const schema::Process* about = nullptr, const std::string& raw = {});
  void subscribe(GroupId pool);
  void unsubscribe(GroupId pool);

  const std::string& pool_name(GroupId pool) const { return groups_[pool].spec->name; }

  EventPool& pool_events(GroupId pool) { return groups_[pool].pool->events; }

  void report_discarded(GroupId pool, const QueuedEvent& event);
  void report_undelivered(GroupId pool);
  void update_ready(ProcessId process);
  void touch(GroupId pool);
  void deliver(GroupId pool);
  void deliver_all();
  void return_event(ProcessId process, bool rejected);
  // The event that the listener holds is no longer its business.
  QueuedEvent let_go(ProcessId process);
  void adjust_ticks();
  void check_tick(std::uint32_t period);

  // Spools.
  void open_spool(GroupId group);
  void close_spool(GroupId group);
  void leave_spool(GroupId group);
  void note_spool(GroupId pool, const QueuedEvent& event, SpoolStep step);
  void event_is_done(GroupId pool, QueuedEvent& event);

  // Output.
  class OutputSink;
  void open_channels(ProcessId process);
  void close_channels(ProcessId process);
  // Whether it is another than it was with these settings.
  bool adjust_channel(ProcessId process, Channel channel, const ChannelSettings& before);
  ChannelSettings channel_settings(ProcessId process, Channel channel) const;
  void take_listener_output(ProcessId process, std::string_view bytes);
  void obey(ProcessId process, const ListenerMessage& message);
  void end_listener(ProcessId process, int signal, bool whole_group);
  void answer_is_late(ProcessId process);
  std::optional<PoolStatus> pool_status(GroupId group) const;

  // For who writes down what changes.
  void note(ProcessId process) {
    if (std::exchange(processes_[process].noted, true)) return;
    changes_.processes.push_back(process);
  }

  void note_everything() {
    ++revision_;
    changes_.everything = true;
  }

  bool logs(Level level) const;
  void log(Level level, std::string text);

  template <class Kind>
  void emit(Kind effect) {
    out_->emplace_back(std::move(effect));
  }

  Compat compat_;
  std::shared_ptr<const schema::Resolved> resolved_;
  schema::SupervisordOptions settings_;  // in effect
  std::vector<ProcessEntry> processes_;
  std::vector<GroupEntry> groups_;
  std::vector<GroupId> order_;            // of start
  std::deque<ProcessId> free_processes_;  // free rows, the one that was freed first in front
  std::deque<GroupId> free_groups_;
  std::uint64_t births_ = 0;
  std::vector<ProcessId> to_settle_;  // may be stopped and be waited for
  // Come when the group that has their name and is of another kind is gone.
  std::vector<std::shared_ptr<const schema::Group>> waiting_groups_;
  std::unordered_map<int, ProcessId> by_pid_;
  std::unordered_map<std::string, ProcessId> by_name_;  // "group:process"
  std::unordered_map<std::string, GroupId> groups_by_name_;
  TimerQueue timers_;

  schema::SupervisorState state_ = schema::SupervisorState::RUNNING;
  Phase phase_ = Phase::before_boot;
  std::shared_ptr<const schema::Resolved> next_;  // what a restart will run
  std::vector<GroupId> groups_to_stop_;           // not yet known to be stopped, in order of start
  bool stop_sent_ = false;                        // to the last of them (send_stop)
  bool drain_over_ = false;                       // waited long enough for its listeners
  Instant drain_armed_ = never;
  Instant report_armed_ = never;

  std::int64_t serial_ = 0;
  std::array<std::vector<GroupId>, event_type_count> subscribers_;  // pools by event type
  std::vector<GroupId> touched_;                                    // pools
  std::array<std::optional<std::int64_t>, 3> tick_slices_;
  std::array<Instant, 3> ticks_armed_{never, never, never};

  void note_event(GroupId pool, QueuedEvent& event, bool is_done);

  std::vector<SpoolNote> spool_notes_;
  std::vector<AtRest> at_rest_;  // for the update that was asked for
  Changes changes_{.everything = true, .processes = {}, .events = {}};
  bool notes_events_ = false;
  std::uint64_t revision_ = 0;  // of records and specs, see Supervisor::revision()

  // Not written down: the arguments of the program say it, and a shutdown is not handed over.
  struct LastWord {
    ProcessId process = 0;
    int status = 0;
  };

  ExitRule exit_rule_;
  std::optional<LastWord> last_word_;  // the end of a program, which is to be the daemon's

  // For who looks on; not written down.
  bool observing_ = false;
  std::uint64_t event_number_ = 0;
  std::vector<Observed> observed_;
  std::array<std::uint64_t, event_type_count> event_counts_{};

  // Of the input at work.
  Now now_{};
  Effects* out_ = nullptr;
};

}  // namespace sup::core
