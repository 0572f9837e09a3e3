#include <algorithm>
#include <utility>

#include "runtime/core/concat.h"
#include "runtime/core/event_text.h"
#include "runtime/core/supervisor_implementation.h"

namespace sup::core {

using schema::EventType;
using schema::ProcessState;
using schema::SupervisorState;

namespace {

constexpr Instant report_interval = std::chrono::seconds(3);

// How long shutdown waits for the listeners of a pool to take what is queued before it stops them.
constexpr Instant drain_time = std::chrono::seconds(2);

}  // namespace

void Supervisor::Implementation::load(std::shared_ptr<const schema::Resolved> resolved) {
  note_everything();
  resolved_ = std::move(resolved);
  settings_ = resolved_->supervisord;
  processes_.clear();
  groups_.clear();
  order_.clear();
  free_processes_.clear();
  free_groups_.clear();
  to_settle_.clear();
  waiting_groups_.clear();
  by_pid_.clear();
  by_name_.clear();
  groups_by_name_.clear();
  timers_ = {};
  for (auto& pools : subscribers_) pools.clear();
  touched_.clear();
  tick_slices_ = {};
  ticks_armed_.fill(never);
  report_armed_ = never;
  drain_armed_ = never;

  for (const schema::Group& group : resolved_->groups) {
    insert_group(std::shared_ptr<const schema::Group>(resolved_, &group));
  }
  for (const GroupId group : order_) set_first_room(group);
}

void Supervisor::Implementation::on(const input::Boot& /*input*/) {
  if (phase_ != Phase::before_boot) {
    log(Level::warn, "ignored a second boot");
    return;
  }
  phase_ = Phase::working;
  note_everything();
  // A pool hears of its own group and of those after it, as in Supervisor.
  for (const GroupId group : order_) announce(group);
  adjust_ticks();
  publish(EventType::SUPERVISOR_STATE_CHANGE_RUNNING, {});
  for (const GroupId group : order_) {
    for (const ProcessId process : groups_[group].members) start_automatically(process);
  }
}

void Supervisor::Implementation::start_automatically(ProcessId process) {
  if (state_ != SupervisorState::RUNNING || !spec(process).options.autostart) return;
  step_process(process, {.event = ProcessEvent::start});
}

void Supervisor::Implementation::on(const input::PlanLoaded& input) {
  if (!input.resolved) {
    at_rest_.clear();
    log(Level::error, "configuration refused: it is empty");
    return;
  }
  if (state_ == SupervisorState::SHUTDOWN) return;
  if (input.purpose == LoadPurpose::update) {
    if (update(input.resolved) != RequestError::none) {
      log(Level::warn, "the configuration is not taken over: the daemon is stopping");
    }
    return;
  }
  next_ = input.resolved;
  begin_stopping(SupervisorState::RESTARTING);
}

void Supervisor::Implementation::on(const input::PlanRefused& input) {
  at_rest_.clear();
  // A line of the log for each line.
  std::string prefix = "configuration refused, everything goes on as before: ";
  std::string_view rest = input.reason;
  do {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    if (!line.empty() || !prefix.empty()) log(Level::error, concat(prefix, line));
    prefix.clear();
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
  } while (!rest.empty());
}

void Supervisor::Implementation::begin_stopping(SupervisorState state) {
  const bool first = state_ == SupervisorState::RUNNING;
  state_ = state;
  note_everything();
  if (!first) return;
  publish(EventType::SUPERVISOR_STATE_CHANGE_STOPPING, {});
  groups_to_stop_ = order_;
  stop_sent_ = false;
  drain_over_ = false;
  timers_.arm({TimerKind::shutdown_report, 0}, report_armed_, now_.steady + report_interval);
  advance_stopping();
  report_unstopped();
}

void Supervisor::Implementation::advance_stopping() {
  while (!groups_to_stop_.empty()) {
    const GroupId last = groups_to_stop_.back();
    if (!stop_sent_) {
      if (must_drain(last)) return;
      stop_sent_ = true;
      drain_over_ = false;
      timers_.arm({TimerKind::drain, 0}, drain_armed_, never);
      send_stop();
    }
    if (groups_[last].unstopped > 0 || asks_again(groups_[last])) return;
    drain_over_ = false;
    timers_.arm({TimerKind::drain, 0}, drain_armed_, never);
    groups_to_stop_.pop_back();
    stop_sent_ = !groups_to_stop_.empty() && stop_together(groups_to_stop_.back(), last);
  }
  all_stopped();
}

// Supervisor stops strictly one group after the other. Listeners always do: what is told while one
// stops is for those that follow.
bool Supervisor::Implementation::stop_together(GroupId one, GroupId other) const {
  const GroupEntry& a = groups_[one];
  const GroupEntry& b = groups_[other];
  return settings_.shutdown_by_priority && !a.pool && !b.pool &&
         a.spec->priority == b.spec->priority;
}

// To the last group that is left, and to those before it that stop together with it.
void Supervisor::Implementation::send_stop() {
  for (auto group = groups_to_stop_.rbegin();
       group != groups_to_stop_.rend() &&
       (*group == groups_to_stop_.back() || stop_together(*group, groups_to_stop_.back()));
       ++group) {
    stop_group(groups_[*group]);
  }
}

// Those that could not be signalled get another signal after a moment, instead of being left behind
// at once.
bool Supervisor::Implementation::asks_again(const GroupEntry& entry) {
  constexpr Instant moment = std::chrono::seconds(1);
  bool again = false;
  for (const ProcessId process : entry.members) {
    const ProcessRecord& record = processes_[process].record;
    if (record.state != ProcessState::UNKNOWN || record.pid == 0) continue;
    again = !drain_over_;
    if (!again) {
      log(Level::critical,
          concat(spec(process).name, " (", record.pid, ") cannot be signalled and is left behind"));
    }
  }
  if (again && drain_armed_ == never) {
    timers_.arm({TimerKind::drain, 0}, drain_armed_, now_.steady + moment);
  }
  return again;
}

bool Supervisor::Implementation::must_drain(GroupId group) {
  const GroupEntry& entry = groups_[group];
  if (!entry.pool || drain_over_ || compat_.drop_at_end) return false;
  deliver(group);
  bool waits = entry.pool->events.size() > 0;
  bool lives = false;
  for (const ProcessId process : entry.members) {
    const ListenerEntry& listener = *processes_[process].listener;
    if (listener.held) waits = true;
    if (processes_[process].record.state == ProcessState::RUNNING && !listener.stdin_broken &&
        listener.protocol.state() != ListenerState::UNKNOWN) {
      lives = true;
    }
  }
  if (!waits || !lives) return false;
  if (drain_armed_ == never) {
    timers_.arm({TimerKind::drain, 0}, drain_armed_, now_.steady + drain_time);
  }
  return true;
}

std::vector<ProcessId> Supervisor::Implementation::by_priority(const GroupEntry& entry) const {
  std::vector<ProcessId> ids = entry.members;
  std::ranges::stable_sort(ids, {},
                           [this](ProcessId process) { return spec(process).options.priority; });
  return ids;
}

void Supervisor::Implementation::stop_group(const GroupEntry& entry) {
  std::vector<ProcessId> ids = by_priority(entry);
  std::ranges::reverse(ids);
  for (const ProcessId process : ids) {
    const ProcessState state = processes_[process].record.state;
    if (state == ProcessState::BACKOFF) {
      step_process(process, {.event = ProcessEvent::give_up});
    } else if (!schema::is_stopped(state) || state == ProcessState::UNKNOWN) {
      // One that could not be signalled before gets another chance instead of being left behind.
      step_process(process, {.event = ProcessEvent::stop});
    }
  }
}

void Supervisor::Implementation::report_unstopped() {
  if (phase_ == Phase::finished || state_ == SupervisorState::RUNNING) return;
  std::vector<ProcessId> unstopped;
  std::string names;
  for (const GroupId group : order_) {
    for (const ProcessId process : groups_[group].members) {
      if (schema::is_stopped(processes_[process].record.state)) continue;
      unstopped.push_back(process);
      if (!names.empty()) names += ", ";
      names += spec(process).name;
    }
  }
  if (unstopped.empty()) return;
  log(Level::info, concat("waiting for ", names, " to die"));
  for (const ProcessId process : unstopped) {
    log(Level::blather, concat(spec(process).name,
                               " state: ", schema::state_name(processes_[process].record.state)));
  }
  timers_.arm({TimerKind::shutdown_report, 0}, report_armed_, now_.steady + report_interval);
}

void Supervisor::Implementation::all_stopped() {
  for (const GroupId group : order_) report_undelivered(group);
  if (state_ == SupervisorState::SHUTDOWN) {
    phase_ = Phase::finished;
    timers_ = {};
    touched_.clear();
    emit(effect::Quit{exit_status()});
    return;
  }
  load(std::exchange(next_, nullptr));
  state_ = SupervisorState::RUNNING;
  phase_ = Phase::before_boot;
  emit(effect::Restarted{});
}

}  // namespace sup::core
