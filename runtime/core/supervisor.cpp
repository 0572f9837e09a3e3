#include "runtime/core/supervisor.h"

#include <algorithm>
#include <utility>

#include "runtime/core/concat.h"
#include "runtime/core/event_text.h"
#include "runtime/core/signals.h"
#include "runtime/core/supervisor_implementation.h"

namespace sup::core {

// Times beyond this are a mistake of the host; cut off so that sums of times do not overflow.
constexpr Instant latest = never / 4;

// Carries out what follows from a step of one process.
class Supervisor::Implementation::Sink final : public ProcessSink {
 public:
  Sink(Implementation& owner, ProcessId process) : owner_(owner), process_(process) {}

  void state_changed(const StateChange& change) override {
    owner_.process_changed(process_, change);
  }

  void spawn() override {
    owner_.open_channels(process_);
    ++owner_.processes_[process_].starts;
    owner_.emit(effect::Spawn{process_});
  }

  void kill(int pid, int signal, bool whole_group) override {
    owner_.emit(effect::Kill{process_, pid, signal, whole_group});
  }

  void log(Level level, std::string text) override { owner_.log(level, std::move(text)); }

 private:
  Implementation& owner_;
  ProcessId process_;
};

Supervisor::Implementation::Implementation(std::shared_ptr<const schema::Resolved> resolved,
                                           const Compat& compat)
    : compat_(compat) {
  load(std::move(resolved));
}

void Supervisor::Implementation::open(const Now& now, Effects& out) {
  now_ = {std::clamp(now.steady, Instant{}, latest), std::clamp(now.wall, -latest, latest)};
  out_ = &out;
}

void Supervisor::Implementation::close() {
  // One thing leads to another: a delivery to none of these, but the end of a group to the next
  // one.
  do {
    run_due();
    settle_all();
    deliver_all();
    if (last_word_ && state_ == schema::SupervisorState::RUNNING) leave_with_program();
    if (state_ != schema::SupervisorState::RUNNING && phase_ != Phase::finished) {
      advance_stopping();
    }
  } while (!touched_.empty() || !to_settle_.empty() || timers_.due(now_.steady));
  out_ = nullptr;
}

void Supervisor::Implementation::take(const Input& input) {
  std::visit([this](const auto& fact) { on(fact); }, input);
}

bool Supervisor::Implementation::knows(ProcessId process, std::string_view what) {
  if (valid(process)) return true;
  log(Level::warn, concat("ignored for unknown process id ", process, ": ", what));
  return false;
}

bool Supervisor::Implementation::step_process(ProcessId process, const Stimulus& stimulus) {
  ProcessEntry& entry = processes_[process];
  note(process);
  ++revision_;
  Sink sink(*this, process);
  const StepContext context{now_, state_ != schema::SupervisorState::RUNNING};
  const bool accepted = step(entry.record, spec(process), stimulus, context, sink);
  timers_.arm({TimerKind::process, process}, entry.armed, entry.record.deadline);
  return accepted;
}

void Supervisor::Implementation::process_changed(ProcessId process, const StateChange& change) {
  GroupEntry& entry = groups_[processes_[process].group];
  const ProcessEntry& changed = processes_[process];
  if (schema::is_stopped(change.to) &&
      (changed.when_stopped != WhenStopped::stay || changed.next)) {
    to_settle_.push_back(process);
  }
  if (schema::is_stopped(change.from) && !schema::is_stopped(change.to)) ++entry.unstopped;
  if (!schema::is_stopped(change.from) && schema::is_stopped(change.to)) --entry.unstopped;
  const schema::EventType type = state_event(change.to);
  if (wanted(type)) {
    publish(type, state_payload(spec(process), change), &spec(process));
  } else {
    count(type);
  }
  update_ready(process);
  note_end(process);
}

void Supervisor::Implementation::run_due() {
  while (const std::optional<Timer> timer = timers_.due(now_.steady)) fire(*timer);
}

void Supervisor::Implementation::fire(Timer timer) {
  switch (timer.kind) {
    case TimerKind::process:
      // It holds for one time; what it leads to sets the next one.
      timers_.arm(timer, processes_[timer.index].armed, never);
      processes_[timer.index].record.deadline = never;
      step_process(timer.index, {.event = ProcessEvent::elapsed});
      break;
    case TimerKind::pool:
      timers_.arm(timer, groups_[timer.index].pool->armed, never);
      touch(timer.index);
      break;
    case TimerKind::tick:
      timers_.arm(timer, ticks_armed_[timer.index], never);
      check_tick(timer.index);
      break;
    case TimerKind::shutdown_report:
      timers_.arm(timer, report_armed_, never);
      report_unstopped();
      break;
    case TimerKind::answer:
      timers_.arm(timer, processes_[timer.index].listener->armed, never);
      answer_is_late(timer.index);
      break;
    case TimerKind::drain:
      timers_.arm(timer, drain_armed_, never);
      drain_over_ = true;
      if (stop_sent_) send_stop();
      break;
  }
}

void Supervisor::Implementation::on(const input::Spawned& input) {
  if (!knows(input.process, "spawned")) return;
  const auto known = by_pid_.find(input.pid);
  if (input.pid <= 0 || (known != by_pid_.end() && known->second != input.process)) {
    const std::string reason = concat("the pid ", input.pid, " is impossible or taken");
    step_process(input.process, {.event = ProcessEvent::spawn_failed, .reason = reason});
    return;
  }
  const bool accepted = step_process(
      input.process, {.event = ProcessEvent::spawned, .pid = input.pid, .begun = input.begun});
  if (accepted) by_pid_[input.pid] = input.process;
}

void Supervisor::Implementation::on(const input::SpawnFailed& input) {
  if (!knows(input.process, "spawn failed")) return;
  ++processes_[input.process].spawn_failures;
  step_process(input.process, {.event = ProcessEvent::spawn_failed, .reason = input.reason});
}

void Supervisor::Implementation::on(const input::Exited& input) {
  const auto known = by_pid_.find(input.pid);
  if (known == by_pid_.end()) {
    log(Level::info,
        concat("reaped unknown pid ", input.pid, " (", describe_exit(input.status), ")"));
    return;
  }
  const ProcessId process = known->second;
  by_pid_.erase(known);
  close_channels(process);
  ProcessEntry& entry = processes_[process];
  if (entry.listener) timers_.arm({TimerKind::answer, process}, entry.listener->armed, never);
  if (entry.exits.size() == most_exits) entry.exits.erase(entry.exits.begin());
  entry.exits.push_back(
      {input.status, now_.wall, std::max(now_.steady - entry.record.started.steady, Instant{})});
  step_process(process, {.event = ProcessEvent::exited, .status = input.status});
  if (is_listener(process)) return_event(process, false);
}

void Supervisor::Implementation::on(const input::KillFailed& input) {
  if (!knows(input.process, "kill failed")) return;
  // For a child that was reaped meanwhile it says nothing.
  if (processes_[input.process].record.pid == 0) return;
  step_process(input.process,
               {.event = ProcessEvent::kill_failed, .error_number = input.error_number});
}

void Supervisor::Implementation::on(const input::Tick& /*input*/) {}

void Supervisor::Implementation::on(const input::DaemonSignal& input) {
  using schema::SupervisorState;
  const std::string name = describe_signal(input.signal);
  switch (input.signal) {
    case signals::terminate:
    case signals::interrupt:
    case signals::quit:
      log(Level::warn, concat("received ", name, " indicating exit request"));
      begin_stopping(SupervisorState::SHUTDOWN);
      break;
    case signals::hangup:
      if (state_ == SupervisorState::SHUTDOWN) {
        log(Level::warn,
            concat("ignored ", name, " indicating restart request (shutdown in progress)"));
      } else {
        // In a restart, what comes after it is read anew.
        const bool restart = compat_.hup_restart || state_ == SupervisorState::RESTARTING;
        log(Level::warn,
            concat("received ", name, " indicating ", restart ? "restart" : "update", " request"));
        emit(effect::LoadPlan{.purpose = restart ? LoadPurpose::restart : LoadPurpose::update});
      }
      break;
    case signals::user2:
      log(Level::info, concat("received ", name, " indicating log reopen request"));
      log(Level::info, "supervisord logreopen");
      emit(effect::ReopenLogs{});
      break;
    case signals::child:
      log(Level::debug, concat("received ", name, " indicating a child quit"));
      break;
    default: log(Level::info, concat("received ", name, " indicating nothing")); break;
  }
}

bool Supervisor::Implementation::logs(Level level) const {
  return static_cast<unsigned>(level) >= static_cast<unsigned>(settings_.loglevel);
}

void Supervisor::Implementation::log(Level level, std::string text) {
  if (logs(level)) emit(effect::LogLine{level, std::move(text)});
}

Supervisor::Supervisor(std::shared_ptr<const schema::Resolved> resolved, const Compat& compat)
    : implementation_(std::make_unique<Implementation>(std::move(resolved), compat)) {}

Supervisor::Supervisor(std::unique_ptr<Implementation> implementation)
    : implementation_(std::move(implementation)) {}

Supervisor::~Supervisor() = default;
Supervisor::Supervisor(Supervisor&&) noexcept = default;
Supervisor& Supervisor::operator=(Supervisor&&) noexcept = default;

void Supervisor::handle(const Now& now, const Input& input, Effects& out) {
  if (implementation_->finished()) return;
  implementation_->open(now, out);
  implementation_->take(input);
  implementation_->close();
}

Instant Supervisor::deadline() const { return implementation_->timers_.deadline(); }

schema::SupervisorState Supervisor::state() const { return implementation_->state_; }

const schema::Resolved& Supervisor::resolved() const { return *implementation_->resolved_; }

std::shared_ptr<const schema::Resolved> Supervisor::plan() const {
  return implementation_->resolved_;
}

const schema::SupervisordOptions& Supervisor::settings() const {
  return implementation_->settings_;
}

std::vector<GroupId> Supervisor::groups() const { return implementation_->order_; }

std::vector<ProcessId> Supervisor::processes(GroupId group) const {
  return implementation_->valid_group(group) ? implementation_->groups_[group].members
                                             : std::vector<ProcessId>{};
}

std::vector<ProcessId> Supervisor::processes() const {
  std::vector<ProcessId> ids;
  for (const GroupId group : implementation_->order_) {
    const std::vector<ProcessId>& members = implementation_->groups_[group].members;
    ids.insert(ids.end(), members.begin(), members.end());
  }
  return ids;
}

bool Supervisor::exists(ProcessId process) const { return implementation_->valid(process); }

bool Supervisor::group_exists(GroupId group) const { return implementation_->valid_group(group); }

const schema::Process& Supervisor::spec(ProcessId process) const {
  return implementation_->spec(process);
}

GroupId Supervisor::group_of(ProcessId process) const {
  return implementation_->processes_[process].group;
}

const schema::Group& Supervisor::group(ProcessId process) const {
  return implementation_->group(process);
}

const schema::Group& Supervisor::group_spec(GroupId group) const {
  return *implementation_->groups_[group].spec;
}

ProcessStatus Supervisor::status(ProcessId process) const {
  const ProcessRecord& record = implementation_->processes_[process].record;
  ProcessStatus status;
  status.state = record.state;
  status.birth = implementation_->processes_[process].birth;
  status.pid = record.pid;
  status.started = record.started.steady;
  status.stopped = record.stopped.steady;
  status.exit_status = record.exit_status;
  status.spawn_error = record.spawn_error;
  status.started_wall = record.started.wall;
  status.stopped_wall = record.stopped.wall;
  return status;
}

std::uint64_t Supervisor::revision() const { return implementation_->revision_; }

bool Supervisor::holds_event(ProcessId process) const {
  if (!implementation_->valid(process)) return false;
  const auto& listener = implementation_->processes_[process].listener;
  return listener && listener->held;
}

bool Supervisor::wants_output(ProcessId process, Channel channel) const {
  return implementation_->wants_output(process, channel);
}

ProcessHistory Supervisor::history(ProcessId process) const {
  const ProcessEntry& entry = implementation_->processes_[process];
  return {
      entry.starts, entry.spawn_failures, {entry.exits.begin(), entry.exits.end()}
  };
}

std::optional<PoolStatus> Supervisor::pool_status(GroupId group) const {
  return implementation_->pool_status(group);
}

std::optional<GroupId> Supervisor::find_group(std::string_view name) const {
  return implementation_->find_group(name);
}

std::optional<ProcessId> Supervisor::find(std::string_view group, std::string_view process) const {
  return implementation_->find(group, process);
}

PlanChanges Supervisor::compare(const schema::Resolved& next) const {
  return implementation_->compare(next);
}

}  // namespace sup::core
