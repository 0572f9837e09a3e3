#include <array>
#include <utility>
#include <vector>

#include "runtime/core/concat.h"
#include "runtime/core/event_text.h"
#include "runtime/core/signals.h"
#include "runtime/core/supervisor_implementation.h"

namespace sup::core {

using schema::EventType;

namespace {

struct Period {
  std::int64_t seconds;
  EventType type;
};

// After which a listener that does not answer is told of, once for each event.
constexpr Instant patience = std::chrono::seconds(60);

// Events that are kept for who looks on, until they are taken.
constexpr std::size_t most_observed = 4096;

constexpr std::array<Period, 3> periods = {
    {{5, EventType::TICK_5}, {60, EventType::TICK_60}, {3600, EventType::TICK_3600}}
};

}  // namespace

bool Supervisor::Implementation::subscribed(EventType type) const {
  return !subscribers_[static_cast<std::size_t>(type)].empty();
}

void Supervisor::Implementation::subscribe(GroupId pool) {
  const auto& entries = groups_[pool].spec->listener.events;
  if (!entries) return;
  for (const schema::EventRow& row : schema::event_rows()) {
    if (row.is_abstract) continue;
    // Once, however many entries of events= name it.
    for (const EventType entry : *entries) {
      if (!schema::event_is_a(row.type, entry)) continue;
      subscribers_[static_cast<std::size_t>(row.type)].push_back(pool);
      break;
    }
  }
}

void Supervisor::Implementation::unsubscribe(GroupId pool) {
  for (auto& pools : subscribers_) std::erase(pools, pool);
}

void Supervisor::Implementation::report_discarded(GroupId pool, const QueuedEvent& event) {
  ++groups_[pool].pool->dropped;
  log(Level::error, concat("pool ", pool_name(pool), " event buffer overflowed, discarding event ",
                           event.serial));
}

void Supervisor::Implementation::report_undelivered(GroupId pool) {
  if (!groups_[pool].pool) return;
  const EventPool& events = pool_events(pool);
  const std::size_t left = events.size() + events.stored();
  if (left == 0) return;
  if (events.has_spool()) {
    log(Level::info, concat("pool ", pool_name(pool), ": ", left,
                            left == 1 ? " event stays" : " events stay", " in the spool"));
    return;
  }
  log(Level::info, concat("pool ", pool_name(pool), ": ", left,
                          left == 1 ? " event was" : " events were", " not delivered"));
}

void Supervisor::Implementation::publish(EventType type, const std::string& payload,
                                         const schema::Process* about, const std::string& raw) {
  count(type);
  const auto& pools = subscribers_[static_cast<std::size_t>(type)];
  if (pools.empty()) {
    if (observing_) observe(type, -1, payload, about);
    return;
  }
  const std::int64_t serial = next_serial(serial_);
  if (observing_) observe(type, serial, payload, about);
  for (const GroupId pool : pools) {
    const bool gets_bytes =
        groups_[pool].spec->listener.event_length == schema::EventLengthValue::bytes;
    ++groups_[pool].pool->accepted;
    const std::string& told = gets_bytes && !raw.empty() ? raw : payload;
    EventPool& events = pool_events(pool);
    if (events.stores()) {
      note_spool(pool, events.store(now_, type, serial, told), SpoolStep::stored);
      continue;
    }
    auto pushed_out = events.accept(now_, type, serial, told);
    note_spool(pool, events.newest(), SpoolStep::kept);
    if (notes_events_) note_event(pool, events.newest(), false);
    if (pushed_out && notes_events_) note_event(pool, *pushed_out, true);
    if (pushed_out) report_discarded(pool, *pushed_out);
    touch(pool);
  }
}

void Supervisor::Implementation::observe(EventType type, std::int64_t serial,
                                         const std::string& payload, const schema::Process* about) {
  ++event_number_;
  if (observed_.size() >= most_observed) return;
  Observed& event = observed_.emplace_back(Observed{.number = event_number_,
                                                    .type = type,
                                                    .serial = serial,
                                                    .wall = now_.wall,
                                                    .payload = payload});
  if (about != nullptr && !about->options.control.empty()) {
    event.control = about->options.control;
    event.user = about->options.user;
  }
}

void Supervisor::Implementation::update_ready(ProcessId process) {
  const ProcessEntry& entry = processes_[process];
  if (!entry.listener) return;
  pool_events(entry.group)
      .set_ready(entry.place, entry.record.state == schema::ProcessState::RUNNING &&
                                  entry.listener->protocol.state() == ListenerState::READY &&
                                  !entry.listener->stdin_broken);
  touch(entry.group);
}

void Supervisor::Implementation::touch(GroupId pool) {
  if (std::exchange(groups_[pool].pool->touched, true)) return;
  touched_.push_back(pool);
}

void Supervisor::Implementation::deliver_all() {
  for (const GroupId pool : std::exchange(touched_, {})) deliver(pool);
}

void Supervisor::Implementation::deliver(GroupId pool) {
  PoolEntry& entry = *groups_[pool].pool;
  entry.touched = false;
  while (auto delivery = entry.events.next(now_)) {
    const ProcessId process = groups_[pool].members[delivery->member];
    ListenerEntry& listener = *processes_[process].listener;
    note(process);
    timers_.arm({TimerKind::answer, process}, listener.armed, now_.steady + patience);
    listener.held_since = now_.steady;
    const QueuedEvent& event = listener.held.emplace(std::move(delivery->event));
    listener.protocol.sent();
    const Envelope envelope{settings_.identifier, pool_name(pool), event.serial, event.pool_serial,
                            event.type};
    emit(effect::WriteStdin{
        process, wire_format(envelope, event.payload, groups_[pool].spec->listener.event_length)});
    log(Level::debug, concat("event ", event.serial, " sent to listener ", spec(process).name));
  }
  if (const std::size_t count = entry.events.begin_load()) emit(effect::LoadSpool{pool, count});
  timers_.arm({TimerKind::pool, pool}, entry.armed, entry.events.deadline());
}

QueuedEvent Supervisor::Implementation::let_go(ProcessId process) {
  ListenerEntry& listener = *processes_[process].listener;
  note(process);
  QueuedEvent event = std::move(*listener.held);
  listener.held.reset();
  timers_.arm({TimerKind::answer, process}, listener.armed, never);
  return event;
}

void Supervisor::Implementation::return_event(ProcessId process, bool rejected) {
  ProcessEntry& entry = processes_[process];
  if (!entry.listener->held) return;
  QueuedEvent event = let_go(process);
  const GroupId index = entry.group;
  PoolEntry& pool = *groups_[index].pool;
  log(Level::debug,
      concat("rebuffering event ", event.serial, " for pool ", pool_name(index),
             " (buf size=", pool.events.size(), ", max=", pool.events.buffer_size(), ")"));
  if (!rejected) {
    pool.events.give_back(std::move(event));
  } else {
    ++pool.rejected;
    ++entry.listener->rejected;
    const std::int64_t serial = event.serial;
    const Instant delay = pool.events.reject(now_, std::move(event), compat_.reject_at_once);
    if (delay > Instant{} && !std::exchange(pool.delay_told, true)) {
      log(Level::warn, concat("pool ", pool_name(index), ": event ", serial,
                              " was rejected again, it will be sent again with growing delays"));
    }
  }
  touch(index);
}

void Supervisor::Implementation::answer_is_late(ProcessId process) {
  const ProcessEntry& entry = processes_[process];
  const schema::Process& process_spec = spec(process);
  if (entry.listener->held) {
    log(Level::warn,
        concat(process_spec.name, ": has not answered event ", entry.listener->held->serial,
               " for a minute; it gets no other one until it does"));
  } else if (entry.listener->protocol.state() == ListenerState::UNKNOWN &&
             schema::is_running(entry.record.state) && entry.record.pid != 0) {
    log(Level::warn,
        concat("killing '", process_spec.name, "' (", entry.record.pid, ") with SIGKILL"));
    end_listener(process, signals::kill, process_spec.options.killasgroup);
  }
}

std::optional<PoolStatus> Supervisor::Implementation::pool_status(GroupId group) const {
  if (!valid_group(group) || !groups_[group].pool) return std::nullopt;
  const PoolEntry& pool = *groups_[group].pool;
  PoolStatus status;
  status.queued = pool.events.size() + pool.events.stored();
  status.buffer_size = pool.events.buffer_size();
  status.limit = pool.events.limit();
  status.has_spool = pool.events.has_spool();
  status.stored = pool.events.stored();
  status.oldest = pool.events.oldest();
  status.accepted = pool.accepted;
  status.delivered = pool.delivered;
  status.rejected = pool.rejected;
  status.dropped = pool.dropped;
  status.durations = pool.durations;
  for (const ProcessId process : groups_[group].members) {
    const ListenerEntry& listener = *processes_[process].listener;
    ListenerStatus& made = status.listeners.emplace_back();
    made.process = process;
    made.state = listener.protocol.state();
    made.stdin_closed = listener.stdin_broken;
    if (listener.held) made.held = listener.held->serial;
    made.held_since = listener.held_since;
    made.delivered = listener.delivered;
    made.rejected = listener.rejected;
    made.violations = listener.violations;
    made.last_bytes = listener.last_bytes;
  }
  return status;
}

// Time is counted while somebody listens.
void Supervisor::Implementation::adjust_ticks() {
  for (std::uint32_t i = 0; i < periods.size(); ++i) {
    if (!subscribed(periods[i].type)) {
      timers_.arm({TimerKind::tick, i}, ticks_armed_[i], never);
      tick_slices_[i].reset();
    }
    if (tick_slices_[i] || !subscribed(periods[i].type)) continue;
    tick_slices_[i] = tick_slice(now_.wall, periods[i].seconds);
    check_tick(i);
  }
}

// Also when the clock was set: a change of the period counts, whatever its direction.
void Supervisor::Implementation::check_tick(std::uint32_t period) {
  const std::int64_t slice = tick_slice(now_.wall, periods[period].seconds);
  if (std::exchange(tick_slices_[period], slice) != slice) {
    publish(periods[period].type, tick_payload(slice));
  }
  const Instant left = std::chrono::seconds(slice + periods[period].seconds) - now_.wall;
  timers_.arm({TimerKind::tick, period}, ticks_armed_[period], now_.steady + left);
}

// TICK events alone go by that clock.
void Supervisor::Implementation::on(const input::ClockSet& /*input*/) {
  for (std::uint32_t i = 0; i < periods.size(); ++i) {
    if (tick_slices_[i]) check_tick(i);
  }
}

void Supervisor::observe_events(bool wanted) {
  implementation_->observing_ = wanted;
  if (!wanted) implementation_->observed_ = {};
}

std::vector<Supervisor::Observed> Supervisor::take_observed() {
  return std::exchange(implementation_->observed_, {});
}

std::uint64_t Supervisor::event_count(EventType type) const {
  return implementation_->event_counts_[static_cast<std::size_t>(type)];
}

}  // namespace sup::core
