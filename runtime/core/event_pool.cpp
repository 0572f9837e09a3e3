#include "runtime/core/event_pool.h"

#include <algorithm>
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
  if (!events_.empty() && events_.size() >= first_room_ &&
      std::cmp_greater_equal(events_.size(), buffer_size_)) {
    pushed_out = std::move(events_.front());
    events_.pop_front();
  }
  QueuedEvent event;
  event.type = type;
  event.serial = serial;
  event.pool_serial = next_serial(next_serial_);
  event.payload = std::move(payload);
  event.accepted = now.steady;
  events_.push_back(std::move(event));
  return pushed_out;
}

void EventPool::set_given(std::int64_t pool_serial) {
  if (pool_serial < next_serial_) return;
  next_serial_ = pool_serial;
  next_serial(next_serial_);
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

std::vector<QueuedEvent> EventPool::set_buffer_size(std::int64_t buffer_size) {
  std::vector<QueuedEvent> discarded;
  const bool smaller = std::exchange(buffer_size_, buffer_size) > buffer_size;
  const auto room = static_cast<std::size_t>(std::max<std::int64_t>(buffer_size, 1));
  while (smaller && events_.size() > std::max(room, first_room_)) {
    discarded.push_back(std::move(events_.front()));
    events_.pop_front();
  }
  return discarded;
}

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
