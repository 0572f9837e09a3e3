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

// Events of one process while the daemon starts: it starts, runs or fails and is started again.
constexpr std::size_t first_events = 4;

constexpr Instant report_interval = std::chrono::seconds(3);

// How long shutdown waits for the listeners of a pool to take what is queued before it stops them.
constexpr Instant drain_time = std::chrono::seconds(2);

}  // namespace

void Supervisor::Implementation::load(std::shared_ptr<const schema::Resolved> resolved) {
  resolved_ = std::move(resolved);
  processes_.clear();
  groups_.clear();
  pools_.clear();
  by_pid_.clear();
  by_name_.clear();
  timers_ = {};
  for (auto& pools : subscribers_) pools.clear();
  touched_.clear();
  tick_slices_ = {};
  ticks_armed_.fill(never);
  report_armed_ = never;
  drain_armed_ = never;

  for (std::uint32_t g = 0; g < resolved_->groups.size(); ++g) {
    const schema::Group& group = resolved_->groups[g];
    const bool listens = group.kind == schema::GroupKind::eventlistener;
    GroupEntry group_entry;
    group_entry.first = static_cast<ProcessId>(processes_.size());
    group_entry.count = static_cast<std::uint32_t>(group.processes.size());
    if (listens) {
      group_entry.pool = static_cast<std::uint32_t>(pools_.size());
      PoolEntry pool{.group = g, .events = EventPool(group.listener.buffer_size)};
      pools_.push_back(std::move(pool));
    }
    for (std::uint32_t m = 0; m < group.processes.size(); ++m) {
      by_name_.emplace(concat(group.name, ":", group.processes[m].name),
                       static_cast<ProcessId>(processes_.size()));
      ProcessEntry entry;
      entry.group = g;
      entry.member = m;
      if (listens) entry.listener.emplace();
      processes_.push_back(std::move(entry));
    }
    groups_.push_back(group_entry);
  }
  for (PoolEntry& pool : pools_) {
    pool.events.set_first_room(first_events * processes_.size() + groups_.size() + 1);
  }
}

void Supervisor::Implementation::on(const input::Boot& /*input*/) {
  if (phase_ != Phase::before_boot) {
    log(Level::warn, "ignored a second boot");
    return;
  }
  phase_ = Phase::working;
  // A pool hears of its own group and of those after it, as in Supervisor.
  for (std::uint32_t g = 0; g < groups_.size(); ++g) {
    if (groups_[g].pool) subscribe(*groups_[g].pool);
    if (wanted(EventType::PROCESS_GROUP_ADDED)) {
      publish(EventType::PROCESS_GROUP_ADDED, group_payload(resolved_->groups[g].name));
    }
  }
  start_ticks();
  publish(EventType::SUPERVISOR_STATE_CHANGE_RUNNING, {});
  if (state_ != SupervisorState::RUNNING) return;
  for (ProcessId process = 0; process < processes_.size(); ++process) {
    if (spec(process).options.autostart) step_process(process, {.event = ProcessEvent::start});
  }
}

void Supervisor::Implementation::on(const input::PlanLoaded& input) {
  if (!input.resolved) {
    log(Level::error, "configuration refused: it is empty");
    return;
  }
  if (state_ == SupervisorState::SHUTDOWN) return;
  next_ = input.resolved;
  begin_stopping(SupervisorState::RESTARTING);
}

void Supervisor::Implementation::on(const input::PlanRefused& input) {
  log(Level::error, concat("configuration refused, everything goes on as before: ", input.reason));
}

void Supervisor::Implementation::begin_stopping(SupervisorState state) {
  const bool first = state_ == SupervisorState::RUNNING;
  state_ = state;
  if (!first) return;
  publish(EventType::SUPERVISOR_STATE_CHANGE_STOPPING, {});
  groups_to_stop_ = groups_.size();
  stop_sent_ = false;
  drain_over_ = false;
  timers_.arm({TimerKind::shutdown_report, 0}, report_armed_, now_.steady + report_interval);
  advance_stopping();
  report_unstopped();
}

void Supervisor::Implementation::advance_stopping() {
  while (groups_to_stop_ > 0) {
    const GroupEntry& entry = groups_[groups_to_stop_ - 1];
    if (!stop_sent_) {
      if (must_drain(entry)) return;
      stop_sent_ = true;
      stop_group(entry);
    }
    if (entry.unstopped > 0) return;
    stop_sent_ = false;
    drain_over_ = false;
    timers_.arm({TimerKind::drain, 0}, drain_armed_, never);
    --groups_to_stop_;
  }
  all_stopped();
}

bool Supervisor::Implementation::must_drain(const GroupEntry& entry) {
  if (!entry.pool || drain_over_) return false;
  deliver(*entry.pool);
  bool waits = pools_[*entry.pool].events.size() > 0;
  bool lives = false;
  for (ProcessId process = entry.first; process < entry.first + entry.count; ++process) {
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
  std::vector<ProcessId> ids(entry.count);
  for (std::uint32_t i = 0; i < entry.count; ++i) ids[i] = entry.first + i;
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
  std::string names;
  for (ProcessId process = 0; process < processes_.size(); ++process) {
    if (schema::is_stopped(processes_[process].record.state)) continue;
    if (!names.empty()) names += ", ";
    names += spec(process).name;
  }
  if (names.empty()) return;
  log(Level::info, concat("waiting for ", names, " to die"));
  if (logs(Level::blather)) {
    for (ProcessId process = 0; process < processes_.size(); ++process) {
      const ProcessState state = processes_[process].record.state;
      if (schema::is_stopped(state)) continue;
      log(Level::blather, concat(spec(process).name, " state: ", schema::state_name(state)));
    }
  }
  timers_.arm({TimerKind::shutdown_report, 0}, report_armed_, now_.steady + report_interval);
}

void Supervisor::Implementation::all_stopped() {
  for (std::uint32_t pool = 0; pool < pools_.size(); ++pool) {
    const std::size_t left = pools_[pool].events.size();
    if (left == 0) continue;
    log(Level::info, concat("pool ", pool_name(pool), ": ", left,
                            left == 1 ? " event was" : " events were", " not delivered"));
  }
  if (state_ == SupervisorState::SHUTDOWN) {
    phase_ = Phase::finished;
    timers_ = {};
    touched_.clear();
    emit(effect::Quit{0});
    return;
  }
  load(std::exchange(next_, nullptr));
  state_ = SupervisorState::RUNNING;
  phase_ = Phase::before_boot;
  emit(effect::Restarted{});
}

}  // namespace sup::core
