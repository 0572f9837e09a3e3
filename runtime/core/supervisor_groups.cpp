#include <algorithm>
#include <utility>

#include "runtime/core/concat.h"
#include "runtime/core/event_text.h"
#include "runtime/core/supervisor_implementation.h"

namespace sup::core {

using schema::EventType;
using schema::SupervisorState;

namespace {

// Events of one process while it comes to life: it starts, runs or fails and is started again.
constexpr std::size_t first_events = 4;

// The row that was free for the longest time, or a new one.
template <class Entry>
std::uint32_t take_row(std::vector<Entry>& rows, std::deque<std::uint32_t>& free_rows) {
  if (free_rows.empty()) {
    rows.emplace_back();
    return static_cast<std::uint32_t>(rows.size() - 1);
  }
  const std::uint32_t row = free_rows.front();
  free_rows.pop_front();
  return row;
}

}  // namespace

std::optional<GroupId> Supervisor::Implementation::find_group(std::string_view name) const {
  const auto found = groups_by_name_.find(std::string(name));
  if (found == groups_by_name_.end()) return std::nullopt;
  return found->second;
}

std::optional<ProcessId> Supervisor::Implementation::find(std::string_view group,
                                                          std::string_view process) const {
  const auto found = by_name_.find(concat(group, ":", process));
  if (found == by_name_.end()) return std::nullopt;
  return found->second;
}

// It comes behind those of the same priority.
GroupId Supervisor::Implementation::insert_group(std::shared_ptr<const schema::Group> spec) {
  note_everything();
  const GroupId id = take_row(groups_, free_groups_);
  groups_[id] = {};
  groups_[id].spec = std::move(spec);
  const schema::Group& group = *groups_[id].spec;
  if (group.kind == schema::GroupKind::eventlistener) {
    groups_[id].pool.emplace(PoolEntry{.events = EventPool(group.listener.buffer_size)});
  }
  groups_by_name_[group.name] = id;
  const auto later = std::ranges::upper_bound(
      order_, group.priority, {}, [this](GroupId other) { return groups_[other].spec->priority; });
  order_.insert(later, id);
  for (const schema::Process& process : group.processes) {
    groups_[id].members.push_back(
        insert_process(id, std::shared_ptr<const schema::Process>(groups_[id].spec, &process)));
  }
  number_members(id);
  return id;
}

ProcessId Supervisor::Implementation::insert_process(GroupId group,
                                                     std::shared_ptr<const schema::Process> spec) {
  note_everything();
  const ProcessId id = take_row(processes_, free_processes_);
  ProcessEntry& entry = processes_[id];
  entry = {};
  entry.spec = std::move(spec);
  entry.birth = ++births_;
  entry.group = group;
  if (groups_[group].pool) entry.listener.emplace();
  by_name_[concat(entry.spec->group, ":", entry.spec->name)] = id;
  return id;
}

// Listeners get events in the order of their places.
void Supervisor::Implementation::number_members(GroupId group) {
  GroupEntry& entry = groups_[group];
  if (entry.pool) entry.pool->events.forget_ready();
  for (std::uint32_t place = 0; place < entry.members.size(); ++place) {
    processes_[entry.members[place]].place = place;
    if (entry.pool && phase_ == Phase::working) update_ready(entry.members[place]);
  }
}

// The host makes room for its processes, its pool hears of it, then all others do.
void Supervisor::Implementation::announce(GroupId group) {
  if (groups_[group].pool) subscribe(group);
  if (wanted(EventType::PROCESS_GROUP_ADDED)) {
    publish(EventType::PROCESS_GROUP_ADDED, group_payload(groups_[group].spec->name));
  } else {
    count(EventType::PROCESS_GROUP_ADDED);
  }
}

void Supervisor::Implementation::set_first_room(GroupId group) {
  if (!groups_[group].pool) return;
  pool_events(group).set_first_room(first_events * processes_.size() + groups_.size() + 1);
}

void Supervisor::Implementation::erase_process(ProcessId process) {
  note_everything();
  ProcessEntry& entry = processes_[process];
  by_name_.erase(concat(entry.spec->group, ":", entry.spec->name));
  timers_.arm({TimerKind::process, process}, entry.armed, never);
  if (entry.listener) timers_.arm({TimerKind::answer, process}, entry.listener->armed, never);
  GroupEntry& group = groups_[entry.group];
  std::erase(group.members, process);
  number_members(entry.group);
  entry = {};
  free_processes_.push_back(process);
  emit(effect::Removed{process});
}

void Supervisor::Implementation::erase_group(GroupId group) {
  note_everything();
  GroupEntry& entry = groups_[group];
  while (!entry.members.empty()) erase_process(entry.members.back());
  if (entry.pool) {
    report_undelivered(group);
    close_spool(group);
    unsubscribe(group);
    adjust_ticks();
    timers_.arm({TimerKind::pool, group}, entry.pool->armed, never);
    std::erase(touched_, group);
  }
  const std::string name = entry.spec->name;
  groups_by_name_.erase(name);
  std::erase(order_, group);
  entry = {};
  free_groups_.push_back(group);
  if (wanted(EventType::PROCESS_GROUP_REMOVED)) {
    publish(EventType::PROCESS_GROUP_REMOVED, group_payload(name));
  } else {
    count(EventType::PROCESS_GROUP_REMOVED);
  }
}

RequestError Supervisor::Implementation::add_group(
    const std::shared_ptr<const schema::Resolved>& from, std::size_t index) {
  if (phase_ != Phase::working || state_ != SupervisorState::RUNNING) {
    return RequestError::shutting_down;
  }
  if (!from || index >= from->groups.size()) return RequestError::no_such_group;
  const schema::Group& spec = from->groups[index];
  if (find_group(spec.name)) return RequestError::already_added;
  const GroupId group = insert_group(std::shared_ptr<const schema::Group>(from, &spec));
  set_first_room(group);
  for (const ProcessId process : groups_[group].members) emit(effect::Added{process});
  open_spool(group);
  announce(group);
  adjust_ticks();
  const std::vector<ProcessId> members = groups_[group].members;
  for (const ProcessId process : members) start_automatically(process);
  return RequestError::none;
}

RequestError Supervisor::Implementation::remove_group(GroupId group) {
  if (phase_ != Phase::working || state_ != SupervisorState::RUNNING) {
    return RequestError::shutting_down;
  }
  if (!valid_group(group)) return RequestError::no_such_group;
  for (const ProcessId process : groups_[group].members) {
    const ProcessRecord& record = processes_[process].record;
    // One in UNKNOWN counts as stopped, but has a child that nobody would know any more.
    if (!schema::is_stopped(record.state) || record.pid != 0) return RequestError::still_running;
  }
  erase_group(group);
  return RequestError::none;
}

}  // namespace sup::core
