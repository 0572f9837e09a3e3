// Pools whose events are on disk, too (events_spool). The host has the files; here is what goes
// there and what comes back. A pool whose spool cannot be opened works in memory.
#include <algorithm>
#include <utility>

#include "runtime/core/concat.h"
#include "runtime/core/supervisor_implementation.h"

namespace sup::core {

void Supervisor::Implementation::open_spool(GroupId group) {
  GroupEntry& entry = groups_[group];
  if (!entry.pool || !entry.spec->listener.events_spool) return;
  note_everything();
  effect::OpenSpool order{group, -1, {}};
  EventPool& events = entry.pool->events;
  entry.pool->had_spool = events.has_spool();
  if (events.has_spool()) {
    order.loaded_through = events.loaded_through();
    order.in_memory = events.serials();
    for (const ProcessId process : entry.members) {
      const ListenerEntry& listener = *processes_[process].listener;
      if (listener.held) order.in_memory.push_back(listener.held->pool_serial);
    }
  }
  events.close_spool();
  emit(std::move(order));
}

// The pool is gone; what waits in the spool stays there.
void Supervisor::Implementation::close_spool(GroupId group) {
  if (!pool_events(group).has_spool()) return;
  note_everything();
  pool_events(group).close_spool();
  emit(effect::CloseSpool{group});
}

// The pool goes on without it: what it has in memory is no longer the spool's business.
void Supervisor::Implementation::leave_spool(GroupId group) {
  EventPool& events = pool_events(group);
  if (!events.has_spool()) return;
  for (const std::int64_t serial : events.serials()) {
    spool_notes_.push_back({group, serial, SpoolStep::done, spool_done_record(serial)});
  }
  for (const ProcessId process : groups_[group].members) {
    const ListenerEntry& listener = *processes_[process].listener;
    if (listener.held) note_spool(group, *listener.held, SpoolStep::done);
  }
  if (const std::size_t left = events.stored()) {
    log(Level::warn,
        concat("pool ", pool_name(group), ": ", left, left == 1 ? " event stays" : " events stay",
               " in the spool that it has no longer"));
  }
  close_spool(group);
}

void Supervisor::Implementation::note_spool(GroupId pool, const QueuedEvent& event,
                                            SpoolStep step) {
  if (!pool_events(pool).has_spool()) return;
  spool_notes_.push_back(
      {pool, event.pool_serial, step,
       step == SpoolStep::done ? spool_done_record(event.pool_serial) : spool_record(event, now_)});
}

void Supervisor::Implementation::event_is_done(GroupId pool, QueuedEvent& event) {
  if (notes_events_) note_event(pool, event, true);
  note_spool(pool, event, SpoolStep::done);
}

void Supervisor::Implementation::on(const input::OpenSpools& input) {
  for (const GroupId group : order_) {
    const bool is_meant = !input.pool || (*input.pool == group && groups_[group].pool &&
                                          !pool_events(group).has_spool());
    if (is_meant) open_spool(group);
  }
}

void Supervisor::Implementation::on(const input::SpoolOpened& input) {
  if (!valid_group(input.pool) || !groups_[input.pool].pool) return;
  note_everything();
  PoolEntry& pool = *groups_[input.pool].pool;
  serial_ = std::max(serial_, input.next_serial);
  const std::int64_t next = pool.events.next_serial();
  std::vector<QueuedEvent> again =
      pool.events.open_spool(input.stored, input.next_pool_serial, pool.had_spool);
  if (pool.had_spool) {  // before a crash it got what its snapshot does not know
    pool.accepted +=
        static_cast<std::uint64_t>(pool.events.next_serial()) - static_cast<std::uint64_t>(next);
  }
  for (QueuedEvent& event : again) {
    const bool stores = pool.events.stores();
    note_spool(input.pool, event, stores ? SpoolStep::stored : SpoolStep::kept);
    if (stores) {
      pool.events.count_stored();
    } else {
      pool.events.put_back(std::move(event));
    }
  }
  if (input.stored > 0) {
    log(Level::info, concat("pool ", pool_name(input.pool), ": ", input.stored,
                            input.stored == 1 ? " event waits" : " events wait", " in the spool"));
  }
  touch(input.pool);
}

void Supervisor::Implementation::on(const input::SpoolLoaded& input) {
  if (!valid_group(input.pool) || !groups_[input.pool].pool) return;
  EventPool& events = pool_events(input.pool);
  if (!events.has_spool()) return;
  if (notes_events_) {
    for (QueuedEvent event : input.events) note_event(input.pool, event, false);
  }
  events.load(input.events, input.stored);
  touch(input.pool);
}

void Supervisor::Implementation::on(const input::SpoolDropped& input) {
  if (!valid_group(input.pool) || !groups_[input.pool].pool) return;
  PoolEntry& pool = *groups_[input.pool].pool;
  if (!pool.events.has_spool()) return;
  note_everything();
  const std::size_t before = pool.events.size() + pool.events.stored();
  for (QueuedEvent& event : pool.events.drop_through(input.through, input.stored)) {
    if (notes_events_) note_event(input.pool, event, true);
  }
  const std::size_t after = pool.events.size() + pool.events.stored();
  pool.dropped += before - after;
  log(Level::error,
      concat("pool ", pool_name(input.pool), " event spool overflowed, discarding ", before - after,
             before - after == 1 ? " event" : " events", " up to poolserial ", input.through));
  for (const ProcessId process : groups_[input.pool].members) {
    const ListenerEntry& listener = *processes_[process].listener;
    if (listener.held && listener.held->pool_serial <= input.through) {
      note_spool(input.pool, *listener.held, SpoolStep::again);
    }
  }
  touch(input.pool);
}

}  // namespace sup::core
