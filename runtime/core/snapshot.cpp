// A supervisor written down and read back: for the daemon that takes the place of this one. What
// can be computed from the rest (names, pids, timers) is not written.
#include <algorithm>
#include <functional>
#include <limits>
#include <map>
#include <utility>

#include "runtime/core/archive.h"
#include "runtime/core/concat.h"
#include "runtime/core/supervisor_implementation.h"
#include "schema/resolved_io.h"

namespace sup::core {

// ------------------------------------------------------------------------------- small machines

constexpr bool is_known(ListenerState state) {
  using enum ListenerState;
  return state == READY || state == BUSY || state == ACKNOWLEDGED || state == UNKNOWN;
}

constexpr bool is_known(CapturePiece::Kind kind) { return kind <= CapturePiece::Kind::complete; }

constexpr bool is_known(WhenStopped what) { return what <= WhenStopped::vanish; }

template <class Archive>
void fields(Archive& archive, Now& now) {
  archive(now.steady, now.wall);
}

// Plain structs are taken apart, so that a new member that is not named here does not compile.
template <class Archive>
void fields(Archive& archive, ProcessRecord& record) {
  auto& [state, pid, failures, started, stopped, changed, deadline, exit_status, stop_asked,
         ended_early, misbehaved, spawn_error] = record;
  archive(state, pid, failures, started, stopped, changed, deadline, exit_status, stop_asked,
          ended_early, misbehaved, spawn_error);
}

template <class Archive>
void fields(Archive& archive, QueuedEvent& event) {
  auto& [type, serial, pool_serial, payload, accepted, rejections, not_before] = event;
  archive(type, serial, pool_serial, payload, accepted, rejections, not_before);
}

// How many serials lie between; none if the second is the smaller one.
constexpr std::uint64_t distance_of(std::int64_t from, std::int64_t to) {
  return to > from ? static_cast<std::uint64_t>(to) - static_cast<std::uint64_t>(from) : 0;
}

template <class Archive>
void fields(Archive& archive, EventPool& pool) {
  archive(pool.buffer_size_, pool.next_serial_, pool.first_room_, pool.has_spool_, pool.stored_,
          pool.loaded_through_, pool.events_);
}

template <class Archive>
void fields(Archive& archive, ListenerProtocol& protocol) {
  archive(protocol.state_, protocol.buffer_, protocol.has_length_, protocol.missing_,
          protocol.result_);
  if constexpr (Archive::is_reading) {
    // The room for the rest of a result is computed from it.
    if (protocol.result_.size() > 3 || protocol.missing_ < 0) {
      throw schema::CborError{"the state of a listener is damaged"};
    }
  }
}

template <class Archive>
void fields(Archive& archive, CharacterJoiner& joiner) {
  archive(joiner.tail_);
}

template <class Archive>
void fields(Archive& archive, CaptureSplitter& splitter) {
  archive(splitter.capturing_, splitter.held_);
}

template <class Archive>
void fields(Archive& archive, CaptureBuffer& buffer) {
  archive(buffer.data_);
}

template <class Archive>
void fields(Archive& archive, AnsiStripper& stripper) {
  archive(stripper.place_);  // what it returned is used up
}

template <class Archive>
void fields(Archive& archive, OutputChannel& channel) {
  archive(channel.splitter_, channel.captured_, channel.stripper_, channel.joiner_, channel.kind_);
}

template <class Archive>
void fields(Archive& archive, ExitStatus& status) {
  auto& [by_signal, number, core_dumped, unknown] = status;
  archive(by_signal, number, core_dumped, unknown);
}

template <class Archive>
void fields(Archive& archive, ProcessExit& exit) {
  auto& [status, wall, lasted] = exit;
  archive(status, wall, lasted);
}

template <class Archive>
void fields(Archive& archive, ListenerEntry& listener) {
  auto& [protocol, stdin_broken, held, held_since, armed, delivered, rejected, violations,
         last_bytes] = listener;
  archive(protocol, stdin_broken, held, held_since, armed, delivered, rejected, violations,
          last_bytes);
}

template <class Archive>
void fields(Archive& archive, PoolEntry& pool) {
  auto& [events, armed, had_spool, touched, delay_told, accepted, delivered, rejected, dropped,
         durations] = pool;
  static_cast<void>(durations);  // each image counts its own
  static_cast<void>(had_spool);  // until it is opened, at once
  static_cast<void>(touched);    // never, between two inputs
  archive(events, armed, delay_told, accepted, delivered, rejected, dropped);
}

// -------------------------------------------------------------------------------------- the whole

namespace {

constexpr std::int64_t format_version = 3;

[[noreturn]] void refuse(const std::string& why) { throw schema::CborError{why}; }

// The place of an item in a list that it may belong to, or -1.
template <class T>
std::int64_t place_in(const std::vector<T>& list, const T* item) {
  const T* end = list.data() + list.size();
  const bool inside = !std::less<>()(item, list.data()) && std::less<>()(item, end);
  return inside ? item - list.data() : -1;
}

}  // namespace

class Snapshot {
 public:
  using Implementation = Supervisor::Implementation;

  explicit Snapshot(Implementation& core) : core_(core) {}

  std::string save() {
    Saver archive;
    std::int64_t version = format_version;
    archive(version);
    schema::write_resolved(archive.cbor(), *core_.resolved_);
    schema::write_daemon_options(archive.cbor(), core_.settings_);
    save_next(archive);
    save_rows(archive);
    lists(archive);
    return archive.take();
  }

  std::string save_row(ProcessId process) {
    Saver archive;
    ProcessEntry& entry = core_.processes_[process];
    std::string group = core_.groups_[entry.group].spec->name;
    std::string name = entry.spec->name;
    archive(group, name, core_.serial_);
    row(archive, entry);
    return archive.take();
  }

  void load(std::string_view saved, const Resumption& how) {
    Loader archive(saved);
    std::int64_t version = 0;
    archive(version);
    if (version != format_version) refuse(concat("it is of version ", version));
    core_.resolved_ =
        std::make_shared<const schema::Resolved>(schema::read_resolved(archive.cbor()));
    core_.settings_ = schema::read_daemon_options(archive.cbor());
    if (how.daemon) core_.settings_ = *how.daemon;
    load_next(archive);
    load_rows(archive);
    lists(archive);
    if (!archive.cbor().at_end()) refuse("there is more than belongs to it");
    check_ids();
    name_rows();
    if (how.after_crash) {
      std::map<GroupId, Events> events = take_events();
      const std::map<GroupId, std::int64_t> serials = next_serials();
      for (const std::string_view changed : how.rows) load_row(changed);
      for (const std::string_view event : how.events) load_event(event, events);
      put_back(std::move(events));
      count_events_since(serials);
      go_on_running();
    }
    complete();
  }

 private:
  // -- plain members, in both directions ---------------------------------------------------------

  template <class Archive>
  void lists(Archive& archive) {
    archive(core_.order_, core_.free_processes_, core_.free_groups_, core_.births_, core_.state_,
            core_.phase_, core_.groups_to_stop_, core_.stop_sent_, core_.drain_over_,
            core_.drain_armed_, core_.report_armed_, core_.serial_, core_.subscribers_,
            core_.tick_slices_, core_.ticks_armed_);
  }

  template <class Archive>
  static void row(Archive& archive, ProcessEntry& entry) {
    archive(entry.birth, entry.place, entry.when_stopped, entry.waits_for_siblings,
            entry.waits_for_leaving, entry.record, entry.starts, entry.spawn_failures, entry.exits,
            entry.armed, entry.channels, entry.listener);
  }

  template <class Archive>
  static void row(Archive& archive, GroupEntry& entry) {
    archive(entry.members, entry.pool, entry.leaving);
  }

  // -- rows, whose plans are shared
  // ----------------------------------------------------------------

  void save_next(Saver& archive) {
    bool has_next = core_.next_ != nullptr;
    archive(has_next);
    if (has_next) schema::write_resolved(archive.cbor(), *core_.next_);
    archive.cbor().array(core_.waiting_groups_.size());
    for (const auto& group : core_.waiting_groups_) save_spec(archive, group);
  }

  void load_next(Loader& archive) {
    bool has_next = false;
    archive(has_next);
    if (has_next) {
      core_.next_ = std::make_shared<const schema::Resolved>(schema::read_resolved(archive.cbor()));
    }
    for (std::size_t left = archive.cbor().array("waiting groups"); left > 0; --left) {
      core_.waiting_groups_.push_back(load_spec(archive));
    }
  }

  void save_rows(Saver& archive) {
    archive.cbor().array(core_.groups_.size());
    for (GroupEntry& entry : core_.groups_) {
      bool exists = entry.spec != nullptr;
      archive(exists);
      if (!exists) continue;
      save_spec(archive, entry.spec);
      row(archive, entry);
    }
    archive.cbor().array(core_.processes_.size());
    for (ProcessEntry& entry : core_.processes_) {
      bool exists = entry.spec != nullptr;
      archive(exists);
      if (!exists) continue;
      archive(entry.group);
      save_spec(archive, entry.group, entry.spec);
      bool has_next = entry.next != nullptr;
      archive(has_next);
      if (has_next) save_spec(archive, entry.group, entry.next);
      row(archive, entry);
    }
  }

  void load_rows(Loader& archive) {
    core_.groups_.resize(archive.cbor().array("groups"));
    for (GroupEntry& entry : core_.groups_) {
      bool exists = false;
      archive(exists);
      if (!exists) continue;
      entry.spec = load_spec(archive);
      const schema::EventListenerOptions& listener = entry.spec->listener;
      if (entry.spec->kind == schema::GroupKind::eventlistener) {
        entry.pool.emplace(PoolEntry{.events = EventPool(listener.buffer_size)});
      }
      load_group_row(archive, entry);
    }
    core_.processes_.resize(archive.cbor().array("processes"));
    for (ProcessEntry& entry : core_.processes_) {
      bool exists = false;
      archive(exists);
      if (!exists) continue;
      archive(entry.group);
      if (!core_.valid_group(entry.group)) refuse("a process belongs to no group");
      entry.spec = load_spec(archive, entry.group);
      bool has_next = false;
      archive(has_next);
      if (has_next) entry.next = load_spec(archive, entry.group);
      row(archive, entry);
      if (entry.listener.has_value() != core_.groups_[entry.group].pool.has_value()) {
        refuse("a listener is none, or the other way round");
      }
    }
  }

  static void load_group_row(Loader& archive, GroupEntry& entry) {
    bool has_pool = false;
    archive(entry.members, has_pool);
    if (has_pool != entry.pool.has_value()) refuse("a pool is none, or the other way round");
    if (has_pool) fields(archive, *entry.pool);
    archive(entry.leaving);
  }

  // A group of the plan, or another one.
  void save_spec(Saver& archive, const std::shared_ptr<const schema::Group>& spec) {
    std::int64_t place = place_in(core_.resolved_->groups, spec.get());
    archive(place);
    if (place < 0) schema::write_group(archive.cbor(), *spec);
  }

  std::shared_ptr<const schema::Group> load_spec(Loader& archive) {
    std::int64_t place = 0;
    archive(place);
    if (place < 0) return std::make_shared<schema::Group>(schema::read_group(archive.cbor()));
    if (std::cmp_greater_equal(place, core_.resolved_->groups.size())) refuse("no such group");
    return {core_.resolved_, &core_.resolved_->groups[static_cast<std::size_t>(place)]};
  }

  void save_spec(Saver& archive, GroupId group,
                 const std::shared_ptr<const schema::Process>& spec) {
    std::int64_t place = place_in(core_.groups_[group].spec->processes, spec.get());
    archive(place);
    if (place < 0) schema::write_process(archive.cbor(), *spec);
  }

  std::shared_ptr<const schema::Process> load_spec(Loader& archive, GroupId id) {
    const std::shared_ptr<const schema::Group>& group = core_.groups_[id].spec;
    std::int64_t place = 0;
    archive(place);
    if (place < 0) return std::make_shared<schema::Process>(schema::read_process(archive.cbor()));
    if (std::cmp_greater_equal(place, group->processes.size())) refuse("no such process");
    return {group, &group->processes[static_cast<std::size_t>(place)]};
  }

  void load_row(std::string_view saved) {
    Loader archive(saved);
    std::string group;
    std::string name;
    std::int64_t serial = 0;
    archive(group, name, serial);
    const std::optional<ProcessId> process = core_.find(group, name);
    if (!process) return;  // it is gone since
    core_.serial_ = std::max(core_.serial_, serial);
    ProcessEntry& entry = core_.processes_[*process];
    const std::uint32_t place = entry.place;
    const bool is_listener = entry.listener.has_value();
    const std::uint64_t delivered = is_listener ? entry.listener->delivered : 0;
    const std::uint64_t rejected = is_listener ? entry.listener->rejected : 0;
    row(archive, entry);
    if (entry.place != place || entry.listener.has_value() != is_listener) {
      refuse("the row of a process is damaged");
    }
    if (!is_listener) return;
    PoolEntry& pool = *core_.groups_[entry.group].pool;
    pool.delivered += std::max(entry.listener->delivered, delivered) - delivered;
    pool.rejected += std::max(entry.listener->rejected, rejected) - rejected;
  }

  // -- what follows from the rest
  // ------------------------------------------------------------------

  void check_ids() const {
    const auto all_groups = [this](const auto& ids) {
      return std::ranges::all_of(ids, [this](GroupId id) { return core_.valid_group(id); });
    };
    const auto is_free_process = [this](ProcessId id) {
      return id < core_.processes_.size() && !core_.valid(id);
    };
    const auto is_free_group = [this](GroupId id) {
      return id < core_.groups_.size() && !core_.valid_group(id);
    };
    bool good = all_groups(core_.order_) && all_groups(core_.groups_to_stop_) &&
                std::ranges::all_of(core_.free_processes_, is_free_process) &&
                std::ranges::all_of(core_.free_groups_, is_free_group);
    for (const auto& pools : core_.subscribers_) {
      good = good && std::ranges::all_of(pools, [this](GroupId id) {
               return core_.valid_group(id) && core_.groups_[id].pool.has_value();
             });
    }
    std::size_t members = 0;
    for (GroupId id = 0; id < core_.groups_.size(); ++id) {
      if (!core_.valid_group(id)) continue;
      const std::vector<ProcessId>& of_group = core_.groups_[id].members;
      for (std::size_t place = 0; place < of_group.size(); ++place) {
        good = good && core_.valid(of_group[place]) &&
               core_.processes_[of_group[place]].group == id &&
               core_.processes_[of_group[place]].place == place;
      }
      members += of_group.size();
    }
    const auto exists = [](const auto& row) { return row.spec != nullptr; };
    good = good && std::cmp_equal(members, std::ranges::count_if(core_.processes_, exists)) &&
           std::cmp_equal(core_.order_.size(), std::ranges::count_if(core_.groups_, exists));
    if (!good) refuse("its tables are damaged");
  }

  void name_rows() {
    for (const GroupId id : core_.order_) {
      if (!core_.groups_by_name_.emplace(core_.groups_[id].spec->name, id).second) {
        refuse("a group is there twice");
      }
    }
    for (ProcessId id = 0; id < core_.processes_.size(); ++id) {
      if (!core_.valid(id)) continue;
      const schema::Process& spec = core_.spec(id);
      if (spec.group != core_.group(id).name ||
          !core_.by_name_.emplace(concat(spec.group, ":", spec.name), id).second) {
        refuse("a process is there twice or belongs elsewhere");
      }
    }
  }

  // A daemon that was being shut down starts anew.
  void go_on_running() {
    core_.state_ = schema::SupervisorState::RUNNING;
    core_.phase_ = Implementation::Phase::working;
    core_.next_.reset();
    core_.groups_to_stop_.clear();
    core_.stop_sent_ = false;
    core_.drain_over_ = false;
    core_.drain_armed_ = never;
    core_.report_armed_ = never;
  }

  // Events of one pool by its serial. What a listener holds is in its row.
  using Events = std::map<std::int64_t, QueuedEvent>;

  std::map<GroupId, Events> take_events() {
    std::map<GroupId, Events> events;
    for (const GroupId id : core_.order_) {
      if (!core_.groups_[id].pool) continue;
      for (QueuedEvent& event : core_.pool_events(id).take_all()) {
        events[id][event.pool_serial] = std::move(event);
      }
    }
    for (const ProcessEntry& entry : core_.processes_) {
      if (entry.spec == nullptr || !entry.listener || !entry.listener->held) continue;
      events[entry.group][entry.listener->held->pool_serial] = *entry.listener->held;
    }
    return events;
  }

  void load_event(std::string_view saved, std::map<GroupId, Events>& events) {
    Loader archive(saved);
    std::string group;
    bool is_done = false;
    std::int64_t pool_serial = 0;
    archive(group, is_done, pool_serial);
    const std::optional<GroupId> pool = core_.find_group(group);
    if (!pool || !core_.groups_[*pool].pool) return;
    core_.pool_events(*pool).set_given(pool_serial);
    if (is_done) {
      events[*pool].erase(pool_serial);
      return;
    }
    QueuedEvent event;
    archive(event);
    if (event.serial < std::numeric_limits<std::int64_t>::max()) {
      core_.serial_ = std::max(core_.serial_, event.serial + 1);
    }
    events[*pool][pool_serial] = std::move(event);
  }

  std::map<GroupId, std::int64_t> next_serials() const {
    std::map<GroupId, std::int64_t> serials;
    for (const GroupId id : core_.order_) {
      if (core_.groups_[id].pool) serials[id] = core_.groups_[id].pool->events.next_serial();
    }
    return serials;
  }

  // What the pools got since the snapshot was taken. Each event waits, is held, was delivered or
  // was dropped.
  void count_events_since(const std::map<GroupId, std::int64_t>& serials) {
    for (const auto& [id, serial] : serials) {
      PoolEntry& pool = *core_.groups_[id].pool;
      pool.accepted += distance_of(serial, pool.events.next_serial());
      if (pool.events.has_spool()) continue;  // tells what it dropped
      std::uint64_t known = pool.delivered + pool.dropped + pool.events.size();
      for (const ProcessId process : core_.groups_[id].members) {
        known += core_.processes_[process].listener->held ? 1 : 0;
      }
      pool.dropped += pool.accepted - std::min(known, pool.accepted);
    }
  }

  void put_back(std::map<GroupId, Events> events) {
    for (const ProcessEntry& entry : core_.processes_) {
      if (entry.spec == nullptr || !entry.listener || !entry.listener->held) continue;
      core_.pool_events(entry.group).set_given(entry.listener->held->pool_serial);
      events[entry.group].erase(entry.listener->held->pool_serial);
    }
    for (auto& [pool, waiting] : events) {
      for (auto& [serial, event] : waiting) {
        core_.pool_events(pool).put_back(std::move(event));
      }
    }
  }

  void arm(Timer timer, Instant& armed) {
    const Instant at = std::exchange(armed, never);
    core_.timers_.arm(timer, armed, at);
  }

  void complete() {
    for (ProcessId id = 0; id < core_.processes_.size(); ++id) {
      ProcessEntry& entry = core_.processes_[id];
      if (entry.spec == nullptr) continue;
      if (entry.record.pid != 0 && !core_.by_pid_.emplace(entry.record.pid, id).second) {
        refuse("a pid is there twice");
      }
      if (!schema::is_stopped(entry.record.state)) ++core_.groups_[entry.group].unstopped;
      arm({TimerKind::process, id}, entry.armed);
      if (entry.listener) arm({TimerKind::answer, id}, entry.listener->armed);
    }
    for (const GroupId id : core_.order_) {
      if (!core_.groups_[id].pool) continue;
      arm({TimerKind::pool, id}, core_.groups_[id].pool->armed);
      core_.pool_events(id).forget_ready();
    }
    for (std::uint32_t i = 0; i < core_.ticks_armed_.size(); ++i) {
      arm({TimerKind::tick, i}, core_.ticks_armed_[i]);
    }
    arm({TimerKind::drain, 0}, core_.drain_armed_);
    arm({TimerKind::shutdown_report, 0}, core_.report_armed_);
    for (ProcessId id = 0; id < core_.processes_.size(); ++id) {
      if (core_.valid(id)) core_.update_ready(id);
    }
  }

  Implementation& core_;
};

std::string Supervisor::save() const { return Snapshot(*implementation_).save(); }

std::string Supervisor::save_process(ProcessId process) const {
  return Snapshot(*implementation_).save_row(process);
}

schema::Result<Supervisor> Supervisor::restore(std::string_view saved, const Resumption& how) {
  try {
    auto made = std::make_unique<Implementation>(Implementation::Blank{}, how.compat);
    Snapshot(*made).load(saved, how);
    return Supervisor(std::move(made));
  } catch (const schema::CborError& error) {
    return schema::Error{.message = "the state of the daemon cannot be read: " + error.message};
  }
}

void Supervisor::Implementation::note_event(GroupId pool, QueuedEvent& event, bool is_done) {
  Saver archive;
  std::string group = pool_name(pool);
  archive(group, is_done, event.pool_serial);
  if (!is_done) archive(event);
  changes_.events.push_back(archive.take());
}

std::vector<SpoolNote> Supervisor::take_spool_notes() {
  return std::exchange(implementation_->spool_notes_, {});
}

void Supervisor::note_events(bool wanted) { implementation_->notes_events_ = wanted; }

Supervisor::Changes Supervisor::take_changes() {
  for (const ProcessId process : implementation_->changes_.processes) {
    if (process < implementation_->processes_.size()) {
      implementation_->processes_[process].noted = false;
    }
  }
  return std::exchange(implementation_->changes_, {});
}

}  // namespace sup::core
