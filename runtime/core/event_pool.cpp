#include "runtime/core/event_pool.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <utility>

namespace sup::core {

namespace {

// 0, 0.1, 0.2, 0.4 ... 10 seconds.
Instant delay_after(int rejections) {
  constexpr Instant first = std::chrono::milliseconds(100);
  constexpr Instant longest = std::chrono::seconds(10);
  if (rejections < 2) return Instant{};
  return std::min(longest, first * (std::int64_t{1} << std::min(rejections - 2, 10)));
}

}  // namespace

std::int64_t next_serial(std::int64_t& counter) {
  const std::int64_t serial = counter;
  counter = serial == std::numeric_limits<std::int64_t>::max() ? 0 : serial + 1;
  return serial;
}

std::optional<Instant> EventPool::oldest() const {
  if (events_.empty()) return std::nullopt;
  return std::ranges::min_element(events_, {}, &QueuedEvent::accepted)->accepted;
}

std::optional<QueuedEvent> EventPool::accept(const Now& now, schema::EventType type,
                                             std::int64_t serial, std::string payload) {
  std::optional<QueuedEvent> pushed_out;
  if (!has_spool_ && events_.size() >= limit()) {
    pushed_out = std::move(events_.front());
    events_.pop_front();
  }
  put_back(make(now, type, serial, std::move(payload)));
  return pushed_out;
}

QueuedEvent EventPool::make(const Now& now, schema::EventType type, std::int64_t serial,
                            std::string payload) {
  QueuedEvent event;
  event.type = type;
  event.serial = serial;
  event.pool_serial = core::next_serial(next_serial_);
  event.payload = std::move(payload);
  event.accepted = now.steady;
  return event;
}

void EventPool::set_given(std::int64_t pool_serial) {
  loaded_through_ = std::max(loaded_through_, pool_serial);
  if (pool_serial < next_serial_) return;
  next_serial_ = pool_serial;
  core::next_serial(next_serial_);
}

// Two that come back at a time keep their order, whichever comes first.
void EventPool::give_back(QueuedEvent event) {
  const auto later = std::ranges::find_if(
      events_, [&](const QueuedEvent& other) { return other.pool_serial > event.pool_serial; });
  events_.insert(later, std::move(event));
}

Instant EventPool::reject(const Now& now, QueuedEvent event, bool at_once) {
  event.rejections = std::min(event.rejections + 1, 1000);
  const Instant delay = at_once ? Instant{} : delay_after(event.rejections);
  event.not_before = now.steady + delay;
  give_back(std::move(event));
  return delay;
}

void EventPool::set_ready(std::uint32_t member, bool ready) {
  if (ready) {
    ready_.insert(member);
  } else {
    ready_.erase(member);
  }
}

std::vector<QueuedEvent> EventPool::set_buffer_size(std::int64_t buffer_size, bool has_spool) {
  std::vector<QueuedEvent> discarded;
  const bool smaller = std::exchange(buffer_size_, buffer_size) > buffer_size;
  while (smaller && !has_spool && !has_spool_ && events_.size() > limit()) {
    discarded.push_back(std::move(events_.front()));
    events_.pop_front();
  }
  return discarded;
}

std::size_t EventPool::room() const {
  return static_cast<std::size_t>(std::max<std::int64_t>(buffer_size_, 1));
}

// -------------------------------------------------------------------------------------- the spool

std::vector<QueuedEvent> EventPool::open_spool(std::size_t stored, std::int64_t next_serial,
                                               bool had_spool_before) {
  has_spool_ = true;
  loading_ = false;
  stored_ = stored;
  if (had_spool_before) {
    next_serial_ = std::max(next_serial_, next_serial);
    return {};
  }
  std::vector<QueuedEvent> events(std::make_move_iterator(events_.begin()),
                                  std::make_move_iterator(events_.end()));
  events_.clear();
  // Numbers that are in the spool already mean others.
  const std::int64_t first = events.empty() ? next_serial_ : events.front().pool_serial;
  const std::int64_t shift = std::max<std::int64_t>(next_serial - first, 0);
  for (QueuedEvent& event : events) event.pool_serial += shift;
  next_serial_ += shift;
  return events;
}

std::size_t EventPool::close_spool() {
  has_spool_ = false;
  loading_ = false;
  return std::exchange(stored_, 0);
}

bool EventPool::stores() const { return has_spool_ && (stored_ > 0 || events_.size() >= room()); }

QueuedEvent EventPool::store(const Now& now, schema::EventType type, std::int64_t serial,
                             std::string payload) {
  ++stored_;
  return make(now, type, serial, std::move(payload));
}

std::size_t EventPool::begin_load() {
  if (!has_spool_ || loading_ || stored_ == 0 || events_.size() > room() / 2) return 0;
  loading_ = true;
  return std::min(stored_, room() - events_.size());
}

void EventPool::load(std::vector<QueuedEvent> events, std::size_t stored) {
  loading_ = false;
  stored_ = stored;
  for (QueuedEvent& event : events) {
    loaded_through_ = std::max(loaded_through_, event.pool_serial);
    give_back(std::move(event));
  }
}

std::vector<QueuedEvent> EventPool::drop_through(std::int64_t pool_serial, std::size_t stored) {
  stored_ = stored;
  std::vector<QueuedEvent> dropped;
  while (!events_.empty() && events_.front().pool_serial <= pool_serial) {
    dropped.push_back(std::move(events_.front()));
    events_.pop_front();
  }
  return dropped;
}

std::vector<std::int64_t> EventPool::serials() const {
  std::vector<std::int64_t> serials;
  for (const QueuedEvent& event : events_) serials.push_back(event.pool_serial);
  return serials;
}

// ----------------------------------------------------------------------------------------- giving

std::optional<EventPool::Delivery> EventPool::next(const Now& now) {
  if (events_.empty() || ready_.empty() || events_.front().not_before > now.steady) {
    return std::nullopt;
  }
  Delivery delivery{*ready_.begin(), std::move(events_.front())};
  events_.pop_front();
  ready_.erase(ready_.begin());
  if (events_.empty()) first_room_ = 0;
  return delivery;
}

Instant EventPool::deadline() const {
  if (events_.empty() || ready_.empty()) return never;
  return events_.front().not_before;
}

}  // namespace sup::core
