#include <algorithm>
#include <array>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "runtime/core/concat.h"
#include "runtime/core/supervisor_implementation.h"

namespace sup::core {

using schema::DiffAction;
using schema::ProcessState;
using schema::SupervisorState;

namespace {

using GroupsByName = std::unordered_map<std::string_view, const schema::Group*>;

GroupsByName index_by_name(const schema::Resolved& plan) {
  GroupsByName index;
  for (const schema::Group& group : plan.groups) index.emplace(group.name, &group);
  return index;
}

bool listens(const schema::Group& group) { return group.kind == schema::GroupKind::eventlistener; }

// A pool cannot become something else: the old group has to go first.
bool must_be_replaced(const schema::Group& before, const schema::Group& after) {
  return listens(before) != listens(after);
}

bool has_child(const ProcessRecord& record) {
  return !schema::is_stopped(record.state) || record.pid != 0;
}

bool was_never_started(const ProcessRecord& record) {
  return record.state == ProcessState::STOPPED && record.started.steady == Instant{} &&
         record.started.wall == Instant{};
}

std::string names_of(const std::vector<schema::OptionId>& options) {
  std::string text;
  for (const schema::OptionId id : options) {
    text += concat(text.empty() ? "" : ", ", schema::option_row(id).name);
  }
  return text;
}

std::string label(const PlanChanges::Process& process) {
  return process.group == process.name ? process.name : concat(process.group, ":", process.name);
}

// How many processes a line of the log names.
constexpr std::size_t most_named = 4;

}  // namespace

bool PlanChanges::none() const {
  return added.empty() && removed.empty() && groups.empty() && daemon.empty() &&
         daemon_later.empty() && !servers &&
         std::ranges::all_of(processes, [](const Process& process) {
           return process.action == DiffAction::unchanged;
         });
}

PlanChanges Supervisor::Implementation::compare(const schema::Resolved& next) const {
  PlanChanges changes;
  const GroupsByName wanted = index_by_name(next);
  for (const schema::OptionId id : schema::compare_daemons(settings_, next.supervisord)) {
    const bool later = schema::action_of(schema::option_row(id)) == DiffAction::restart;
    (later ? changes.daemon_later : changes.daemon).push_back(id);
  }
  changes.servers = !schema::same_servers(*resolved_, next);
  for (const schema::Group& group : next.groups) {
    const std::optional<GroupId> known = find_group(group.name);
    const schema::Group* before = known ? groups_[*known].spec.get() : nullptr;
    if (before == nullptr) {
      changes.added.push_back(group.name);
    } else {
      if (schema::is_changed_for_reread(*before, group)) changes.changed.push_back(group.name);
      if (schema::is_changed_in_place(*before, group)) changes.groups.push_back(group.name);
    }
    for (const schema::Process& process : group.processes) {
      changes.processes.push_back(compare_process(before, group, process));
    }
  }
  for (const GroupId id : order_) {
    const GroupEntry& entry = groups_[id];
    const auto found = wanted.find(entry.spec->name);
    if (found == wanted.end() && !entry.leaving) changes.removed.push_back(entry.spec->name);
    for (const ProcessId process : entry.members) {
      const std::string& name = spec(process).name;
      const bool stays = found != wanted.end() &&
                         std::ranges::any_of(found->second->processes,
                                             [&](const auto& other) { return other.name == name; });
      if (stays || processes_[process].when_stopped == WhenStopped::vanish) continue;
      changes.processes.push_back({entry.spec->name, name, process, DiffAction::remove, {}});
    }
  }
  return changes;
}

PlanChanges::Process Supervisor::Implementation::compare_process(
    const schema::Group* before, const schema::Group& group, const schema::Process& process) const {
  PlanChanges::Process change{
      group.name, process.name, find(group.name, process.name), DiffAction::add, {}};
  if (!change.id || before == nullptr) return change;
  const ProcessEntry& entry = processes_[*change.id];
  schema::ProcessDifference difference =
      schema::compare_processes(*before, entry.next ? *entry.next : *entry.spec, group, process);
  change.action = difference.action;
  change.options = std::move(difference.options);
  if (entry.when_stopped == WhenStopped::vanish || must_be_replaced(*before, group)) {
    change.action = DiffAction::restart;
  }
  return change;
}

// One update in progress.
class Supervisor::Implementation::Updater {
 public:
  Updater(Implementation& core, std::shared_ptr<const schema::Resolved> next)
      : core_(core), next_(std::move(next)) {}

  void run() {
    const PlanChanges changes = core_.compare(*next_);
    note_channels();
    core_.note_everything();
    core_.resolved_ = next_;
    core_.settings_ = schema::updated_daemon(core_.settings_, next_->supervisord);
    core_.log(Level::info, changes.none() ? "configuration read again: nothing has changed"
                                          : "configuration read again and taken over");
    // The lines behind it go to the new log.
    core_.emit(effect::Updated{});
    report(changes);
    core_.waiting_groups_.clear();
    leave_groups();
    for (const schema::Group& group : next_->groups) take_group(group);
    std::ranges::sort(core_.order_, [this](GroupId a, GroupId b) {
      const schema::Group& left = *core_.groups_[a].spec;
      const schema::Group& right = *core_.groups_[b].spec;
      return std::tie(left.priority, left.name) < std::tie(right.priority, right.name);
    });
    core_.adjust_ticks();
    adjust_channels();
    leave_at_rest(std::exchange(core_.at_rest_, {}));
    stop_and_start();
  }

 private:
  // What was not told to be something else stays as it was, so that no byte is lost on the way.
  void note_channels() {
    before_.resize(core_.processes_.size());
    for (ProcessId process = 0; process < before_.size(); ++process) {
      if (!core_.valid(process) || !has_child(core_.processes_[process].record)) continue;
      before_[process] = {core_.channel_settings(process, Channel::standard_output),
                          core_.channel_settings(process, Channel::standard_error)};
    }
  }

  void adjust_channels() {
    for (ProcessId process = 0; process < before_.size(); ++process) {
      if (!core_.valid(process) || !has_child(core_.processes_[process].record)) continue;
      bool changed = std::ranges::find(changed_, process) != changed_.end();
      changed |= core_.adjust_channel(process, Channel::standard_output, before_[process][0]);
      changed |= core_.adjust_channel(process, Channel::standard_error, before_[process][1]);
      if (changed) core_.emit(effect::Changed{process});
    }
  }

  void leave_groups() {
    const GroupsByName wanted = index_by_name(*next_);
    const std::vector<GroupId> known = core_.order_;
    for (const GroupId id : known) {
      GroupEntry& entry = core_.groups_[id];
      const auto found = wanted.find(entry.spec->name);
      if (found != wanted.end() && !must_be_replaced(*entry.spec, *found->second)) continue;
      entry.leaving = true;
      if (entry.members.empty()) {
        core_.erase_group(id);
        continue;
      }
      for (const ProcessId process : entry.members) leave(process);
    }
  }

  void leave(ProcessId process) {
    ProcessEntry& entry = core_.processes_[process];
    entry.when_stopped = WhenStopped::vanish;
    entry.next.reset();
    entry.waits_for_leaving = false;
    entry.waits_for_siblings = false;
    if (!has_child(entry.record)) {
      core_.to_settle_.push_back(process);
    } else {
      stops_.push_back(process);
    }
  }

  void take_group(const schema::Group& group) {
    std::shared_ptr<const schema::Group> spec(next_, &group);
    const std::optional<GroupId> known = core_.find_group(group.name);
    if (known && must_be_replaced(*core_.groups_[*known].spec, group)) {
      core_.waiting_groups_.push_back(std::move(spec));
    } else if (known) {
      change_group(*known, spec);
    } else {
      core_.add_while_running(std::move(spec));
    }
  }

  void change_group(GroupId id, const std::shared_ptr<const schema::Group>& spec) {
    GroupEntry& entry = core_.groups_[id];
    const std::shared_ptr<const schema::Group> before = std::exchange(entry.spec, spec);
    entry.leaving = false;
    std::vector<ProcessId> members;
    for (const schema::Process& process : spec->processes) {
      std::shared_ptr<const schema::Process> member(spec, &process);
      if (const std::optional<ProcessId> known = core_.find(spec->name, process.name)) {
        change_process(*known, std::move(member), *before, *spec);
        members.push_back(*known);
      } else {
        members.push_back(core_.insert_process(id, std::move(member)));
        core_.processes_[members.back()].waits_for_leaving = true;
        core_.emit(effect::Added{members.back()});
      }
    }
    for (const ProcessId process : entry.members) {
      if (std::ranges::find(members, process) != members.end()) continue;
      members.push_back(process);
      if (core_.processes_[process].when_stopped != WhenStopped::vanish) leave(process);
    }
    entry.members = std::move(members);
    core_.number_members(id);
    if (entry.pool) change_pool(id, before->listener, spec->listener);
  }

  void change_pool(GroupId id, const schema::EventListenerOptions& before,
                   const schema::EventListenerOptions& after) {
    if (before.events != after.events) {
      core_.unsubscribe(id);
      core_.subscribe(id);
    }
    for (const QueuedEvent& event :
         core_.pool_events(id).set_buffer_size(after.buffer_size, after.events_spool.has_value())) {
      core_.report_discarded(id, event);
    }
    if (before.events_spool != after.events_spool) {
      core_.leave_spool(id);
      core_.open_spool(id);
    } else if (before.events_spool_maxbytes != after.events_spool_maxbytes) {
      core_.open_spool(id);
    }
  }

  void change_process(ProcessId process, std::shared_ptr<const schema::Process> spec,
                      const schema::Group& before, const schema::Group& after) {
    ProcessEntry& entry = core_.processes_[process];
    const schema::ProcessDifference difference =
        schema::compare_processes(before, entry.next ? *entry.next : *entry.spec, after, *spec);
    const bool restart = difference.action == DiffAction::restart;
    if (entry.when_stopped == WhenStopped::vanish) {
      // It comes back before it is gone.
      entry.when_stopped = WhenStopped::start_again;
      entry.next = std::move(spec);
      core_.to_settle_.push_back(process);
      return;
    }
    if (has_child(entry.record) && (restart || entry.next)) {
      entry.next = std::move(spec);
      if (!restart || entry.record.state == ProcessState::STOPPING) return;
      entry.when_stopped = WhenStopped::start_again;
      entry.waits_for_siblings |= std::ranges::any_of(difference.options, [](schema::OptionId id) {
        return schema::option_row(id).block == schema::FcgiOptions::block;
      });
      stops_.push_back(process);
      return;
    }
    entry.spec = std::move(spec);
    if (difference.action == DiffAction::unchanged) return;
    if (has_child(entry.record)) {
      changed_.push_back(process);
      return;
    }
    core_.emit(effect::Changed{process});
    const bool failed =
        entry.record.state == ProcessState::EXITED || entry.record.state == ProcessState::FATAL;
    const bool is_new = was_never_started(entry.record) && !entry.waits_for_leaving;
    if ((restart && failed) || is_new) starts_.push_back(process);
  }

  // What somebody started himself meanwhile is not among those that this update stops, and goes on.
  void leave_at_rest(const std::vector<AtRest>& all) {
    for (const AtRest& each : all) {
      const std::optional<ProcessId> process = core_.find(each.group, each.name);
      if (!process) continue;
      ProcessEntry& entry = core_.processes_[*process];
      std::erase(starts_, *process);
      if (std::ranges::find(stops_, *process) != stops_.end()) {
        entry.when_stopped = WhenStopped::stay;
        entry.waits_for_siblings = false;
      }
      const bool has_come = std::exchange(entry.waits_for_leaving, false);
      if (has_come && was_never_started(entry.record)) remember(each, entry);
    }
  }

  static void remember(const AtRest& each, ProcessEntry& entry) {
    const ProcessStatus& status = each.status;
    entry.record.state = status.state;
    entry.record.started = {.steady = status.started, .wall = status.started_wall};
    entry.record.stopped = {.steady = status.stopped, .wall = status.stopped_wall};
    entry.record.exit_status = status.exit_status;
    entry.record.spawn_error = status.spawn_error;
    entry.starts = each.history.starts;
    entry.spawn_failures = each.history.spawn_failures;
    entry.exits = each.history.exits;
  }

  // All signals first: a stop takes the longest. Those that are stopped already start now, the
  // others when they are, and new ones when all that leave are gone.
  void stop_and_start() {
    for (const ProcessId process : in_order(stops_, true)) {
      core_.step_process(process, {.event = ProcessEvent::stop});
      core_.to_settle_.push_back(process);
    }
    for (const ProcessId process : in_order(starts_, false)) core_.start_automatically(process);
    core_.start_after_leaving();
  }

  std::vector<ProcessId> in_order(const std::vector<ProcessId>& some, bool reverse) const {
    std::vector<ProcessId> ids = some;
    const auto rank = [this](ProcessId process) {
      const schema::Group& group = core_.group(process);
      const schema::Process& spec = core_.spec(process);
      return std::tie(group.priority, group.name, spec.options.priority, spec.name);
    };
    std::ranges::sort(ids, [&](ProcessId a, ProcessId b) { return rank(a) < rank(b); });
    if (reverse) std::ranges::reverse(ids);
    return ids;
  }

  // -- log ----------------------------------------------------------------------------------------

  void report(const PlanChanges& changes) {
    const std::vector<PlanChanges::Process>& all = changes.processes;
    for (std::size_t first = 0; first < all.size();) {
      std::size_t end = first + 1;
      while (end < all.size() && all[end].group == all[first].group &&
             all[end].action == all[first].action && all[end].options == all[first].options) {
        ++end;
      }
      if (all[first].action != DiffAction::unchanged) report_alike(all, first, end);
      first = end;
    }
    for (const std::string& group : changes.groups) {
      core_.log(Level::info, concat("update: change group ", group));
    }
    if (!changes.daemon.empty()) {
      core_.log(Level::info,
                concat("update: change [supervisord] (", names_of(changes.daemon), ")"));
    }
    if (!changes.daemon_later.empty()) {
      core_.log(Level::warn, concat("[supervisord] ", names_of(changes.daemon_later),
                                    ": takes effect when the daemon starts anew"));
    }
  }

  // Processes of one group to which the same happens.
  void report_alike(const std::vector<PlanChanges::Process>& all, std::size_t first,
                    std::size_t end) {
    std::string names;
    for (std::size_t i = first; i < std::min(end, first + most_named); ++i) {
      names += concat(i == first ? "" : ", ", label(all[i]));
    }
    if (end - first > most_named) names += concat(" and ", end - first - most_named, " more");
    const std::string why = names_of(all[first].options);
    core_.log(Level::info, concat("update: ", schema::diff_action_name(all[first].action), " ",
                                  names, why.empty() ? "" : concat(" (", why, ")")));
  }

  Implementation& core_;
  std::shared_ptr<const schema::Resolved> next_;
  std::vector<std::array<ChannelSettings, 2>> before_;  // of processes with a child
  std::vector<ProcessId> changed_;                      // in place, with a child
  std::vector<ProcessId> stops_;
  std::vector<ProcessId> starts_;
};

std::vector<AtRest> Supervisor::at_rest() const {
  std::vector<AtRest> all;
  for (const ProcessId process : processes()) {
    const ProcessEntry& entry = implementation_->processes_[process];
    if (has_child(entry.record) || entry.when_stopped != WhenStopped::stay ||
        entry.waits_for_leaving) {
      continue;
    }
    all.push_back({implementation_->group(process).name, implementation_->spec(process).name,
                   status(process), history(process)});
  }
  return all;
}

RequestError Supervisor::Implementation::update(
    const std::shared_ptr<const schema::Resolved>& next) {
  if (phase_ != Phase::working || state_ != SupervisorState::RUNNING) {
    return RequestError::shutting_down;
  }
  if (!next) return RequestError::no_such_group;
  Updater(*this, next).run();
  report_unknown_names();
  return RequestError::none;
}

// A group of an update; its processes start when those that leave are gone.
void Supervisor::Implementation::add_while_running(std::shared_ptr<const schema::Group> spec) {
  const GroupId group = insert_group(std::move(spec));
  set_first_room(group);
  for (const ProcessId process : groups_[group].members) {
    processes_[process].waits_for_leaving = true;
    emit(effect::Added{process});
  }
  open_spool(group);
  announce(group);
}

void Supervisor::Implementation::settle_all() {
  for (const ProcessId process : std::exchange(to_settle_, {})) settle(process);
}

void Supervisor::Implementation::settle(ProcessId process) {
  if (!valid(process) || state_ != SupervisorState::RUNNING) return;
  ProcessEntry& entry = processes_[process];
  if (has_child(entry.record)) return;
  const GroupId group = entry.group;
  if (entry.when_stopped == WhenStopped::vanish) {
    erase_process(process);
    if (groups_[group].leaving && groups_[group].members.empty()) {
      const std::string name = groups_[group].spec->name;
      erase_group(group);
      add_waiting(name);
    }
    start_after_leaving();
    return;
  }
  if (entry.when_stopped == WhenStopped::start_again && !entry.waits_for_siblings) {
    start_again(process);
  } else if (entry.when_stopped == WhenStopped::stay && entry.next) {
    take_next(process);
  }
  start_siblings(group);
}

void Supervisor::Implementation::take_next(ProcessId process) {
  ProcessEntry& entry = processes_[process];
  if (!entry.next) return;
  note_everything();
  entry.spec = std::exchange(entry.next, nullptr);
  entry.record.failures = 0;
  emit(effect::Changed{process});
}

void Supervisor::Implementation::start_again(ProcessId process) {
  take_next(process);
  processes_[process].when_stopped = WhenStopped::stay;
  processes_[process].waits_for_siblings = false;
  step_process(process, {.event = ProcessEvent::start});
}

// Processes that share a socket which is made anew: as long as one has the old one, it is in use.
void Supervisor::Implementation::start_siblings(GroupId group) {
  std::vector<ProcessId> ready;
  for (const ProcessId process : groups_[group].members) {
    const ProcessEntry& entry = processes_[process];
    if (entry.next && has_child(entry.record)) return;
    if (entry.waits_for_siblings && entry.when_stopped == WhenStopped::start_again) {
      ready.push_back(process);
    }
  }
  for (const ProcessId process : ready) start_again(process);
}

void Supervisor::Implementation::add_waiting(const std::string& name) {
  const auto found =
      std::ranges::find_if(waiting_groups_, [&](const auto& spec) { return spec->name == name; });
  if (found == waiting_groups_.end()) return;
  std::shared_ptr<const schema::Group> spec = std::move(*found);
  waiting_groups_.erase(found);
  add_while_running(std::move(spec));
  adjust_ticks();
}

void Supervisor::Implementation::start_after_leaving() {
  const bool anything_leaves = std::ranges::any_of(processes_, [](const ProcessEntry& entry) {
    return entry.when_stopped == WhenStopped::vanish && !schema::is_stopped(entry.record.state);
  });
  if (anything_leaves) return;
  const std::vector<GroupId> groups = order_;
  for (const GroupId group : groups) {
    const std::vector<ProcessId> members = groups_[group].members;
    for (const ProcessId process : members) {
      if (std::exchange(processes_[process].waits_for_leaving, false)) start_automatically(process);
    }
  }
}

}  // namespace sup::core
