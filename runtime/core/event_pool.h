// The events that wait for one [eventlistener:x], and which of its processes may take one.
//
// Events are given out in order, each to the first process of the pool that is ready; there is no
// rotation. What a listener rejects goes back to the head and is given out again: at once the first
// time, then after a growing delay, in which the whole pool waits, so that a listener that rejects
// everything does not keep the daemon busy. If more than buffer_size events wait, a new one pushes
// out the oldest; one that comes back pushes out none. While the daemon starts, before any listener
// could take one, there is room for more.
//
// With a spool (event_spool.h) nothing is pushed out: what has no room waits on disk, behind all
// that are here, and is loaded when there is room.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "runtime/core/types.h"
#include "schema/events.h"

namespace sup::core {

struct QueuedEvent {
  schema::EventType type = schema::EventType::EVENT;
  std::int64_t serial = 0;       // of the daemon
  std::int64_t pool_serial = 0;  // of the pool
  std::string payload;
  Instant accepted{};  // when it came
  int rejections = 0;
  Instant not_before{};
};

class EventPool {
 public:
  explicit EventPool(std::int64_t buffer_size) : buffer_size_(buffer_size) {}

  // How many events may wait until all were given out once; for the start of the daemon.
  void set_first_room(std::size_t events) { first_room_ = events; }

  // Takes a new event; the event that it pushed out, if any.
  std::optional<QueuedEvent> accept(const Now& now, schema::EventType type, std::int64_t serial,
                                    std::string payload);

  // Takes back an event that was not received.
  void give_back(QueuedEvent event);

  // Takes back an event that a listener rejected; the delay until it is given out again.
  Instant reject(const Now& now, QueuedEvent event, bool at_once = false);

  // A process of the pool, by its place in it, may or may not take an event.
  void set_ready(std::uint32_t member, bool ready);

  // The one that came last; there is one.
  QueuedEvent& newest() { return events_.back(); }

  // All that wait, and other ones, in order; for what another daemon left.
  std::deque<QueuedEvent> take_all() { return std::exchange(events_, {}); }

  void put_back(QueuedEvent event) {
    loaded_through_ = std::max(loaded_through_, event.pool_serial);
    events_.push_back(std::move(event));
  }

  // An event with this serial of the pool was given out.
  void set_given(std::int64_t pool_serial);

  // Their places are given anew.
  void forget_ready() { ready_.clear(); }

  // The oldest that have no room any more; none if there is a spool, or will be.
  std::vector<QueuedEvent> set_buffer_size(std::int64_t buffer_size, bool has_spool = false);

  struct Delivery {
    std::uint32_t member = 0;
    QueuedEvent event;
  };

  // ---- with a spool

  // From now on there is one, in which so many events wait. Those that wait here are behind these,
  // if the pool had no spool before: they are given back with serials that fit, to be accepted
  // again.
  std::vector<QueuedEvent> open_spool(std::size_t stored, std::int64_t next_serial,
                                      bool had_spool_before);
  // Without it; so many that wait in there will not come. What is here stays.
  std::size_t close_spool();

  bool has_spool() const { return has_spool_; }

  // Whether the next event has room on disk alone.
  bool stores() const;

  // Such an event.
  QueuedEvent store(const Now& now, schema::EventType type, std::int64_t serial,
                    std::string payload);

  // One that has its serials has room there alone.
  void count_stored() { ++stored_; }

  // How many are to be loaded now; load() must follow. 0: none.
  std::size_t begin_load();
  void load(std::vector<QueuedEvent> events, std::size_t stored);

  // The events up to this one, which the spool dropped.
  std::vector<QueuedEvent> drop_through(std::int64_t pool_serial, std::size_t stored);

  std::size_t stored() const { return stored_; }

  // All up to this serial were in memory.
  std::int64_t loaded_through() const { return loaded_through_; }

  std::vector<std::int64_t> serials() const;

  // The next event and the process that is to have it; nothing if there is none of either, or if
  // the head must wait.
  std::optional<Delivery> next(const Now& now);

  // When `next` is worth another try although nothing happened.
  Instant deadline() const;

  // What the next event gets.
  std::int64_t next_serial() const { return next_serial_; }

  // In memory.
  std::size_t size() const { return events_.size(); }

  // Since when the oldest waits; nothing if none does.
  std::optional<Instant> oldest() const;

  std::int64_t buffer_size() const { return buffer_size_; }

  // How many may be in memory now: buffer_size, and more while the daemon starts.
  std::size_t limit() const { return has_spool_ ? room() : std::max(room(), first_room_); }

 private:
  QueuedEvent make(const Now& now, schema::EventType type, std::int64_t serial,
                   std::string payload);
  std::size_t room() const;

  // What is written down and read back; see archive.h.
  template <class Archive>
  friend void fields(Archive& archive, EventPool& pool);

  std::int64_t buffer_size_ = 0;
  std::int64_t next_serial_ = 0;
  std::size_t first_room_ = 0;
  bool has_spool_ = false;
  bool loading_ = false;
  std::size_t stored_ = 0;
  std::int64_t loaded_through_ = -1;
  std::deque<QueuedEvent> events_;
  std::set<std::uint32_t> ready_;
};

// The serial that follows; they start again at 0 like Supervisor's.
std::int64_t next_serial(std::int64_t& counter);

}  // namespace sup::core
