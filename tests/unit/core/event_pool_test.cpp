#include "runtime/core/event_pool.h"

#include <limits>

#include <gtest/gtest.h>

namespace sup::core {
namespace {

using schema::EventType;

constexpr Now at(Instant time) { return {time, {}}; }

std::optional<std::int64_t> accept(EventPool& pool, std::int64_t serial) {
  const auto pushed_out = pool.accept({}, EventType::TICK_5, serial, "");
  if (!pushed_out) return std::nullopt;
  return pushed_out->serial;
}

TEST(EventPool, GivesOutInOrderToTheFirstThatIsReady) {
  EventPool pool(10);
  for (const std::int64_t serial : {7, 8, 9}) accept(pool, serial);
  EXPECT_FALSE(pool.next(at({})));
  pool.set_ready(2, true);
  pool.set_ready(1, true);
  const auto first = pool.next(at({}));
  const auto second = pool.next(at({}));
  EXPECT_EQ(first->member, 1U);
  EXPECT_EQ(first->event.serial, 7);
  EXPECT_EQ(first->event.pool_serial, 0);
  EXPECT_EQ(second->member, 2U);
  EXPECT_EQ(second->event.pool_serial, 1);
  EXPECT_FALSE(pool.next(at({})));
}

TEST(EventPool, ANewEventPushesOutTheOldest) {
  EventPool pool(2);
  EXPECT_FALSE(accept(pool, 0));
  EXPECT_FALSE(accept(pool, 1));
  EXPECT_EQ(accept(pool, 2), 0);
  EXPECT_EQ(pool.size(), 2U);
}

TEST(EventPool, HasRoomForMoreUntilItWasServedOnce) {
  EventPool pool(1);
  pool.set_first_room(3);
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(pool.accept({}, EventType::TICK_5, i, ""));
  EXPECT_EQ(pool.accept({}, EventType::TICK_5, 3, "")->serial, 0);
  for (int i = 0; i < 3; ++i) {
    pool.set_ready(0, true);
    ASSERT_TRUE(pool.next({}));
  }
  EXPECT_FALSE(pool.accept({}, EventType::TICK_5, 4, ""));
  EXPECT_EQ(pool.accept({}, EventType::TICK_5, 5, "")->serial, 4);
}

TEST(EventPool, HoldsOneEventWhateverItsSize) {
  for (const std::int64_t size :
       {std::int64_t{0}, std::int64_t{-5}, std::numeric_limits<std::int64_t>::min()}) {
    EventPool pool(size);
    EXPECT_FALSE(accept(pool, 0));
    EXPECT_EQ(accept(pool, 1), 0);
    EXPECT_EQ(pool.size(), 1U);
  }
}

TEST(EventPool, AReturnedEventPushesOutNone) {
  EventPool pool(2);
  accept(pool, 0);
  pool.set_ready(0, true);
  auto delivery = pool.next(at({}));
  accept(pool, 1);
  accept(pool, 2);
  pool.give_back(std::move(delivery->event));
  EXPECT_EQ(pool.size(), 3U);
  pool.set_ready(0, true);
  EXPECT_EQ(pool.next(at({}))->event.serial, 0);
}

TEST(EventPool, ARejectedEventWaitsLongerEachTimeButTheFirst) {
  EventPool pool(10);
  accept(pool, 0);
  Instant now{};
  std::vector<std::int64_t> delays;
  for (int i = 0; i < 12; ++i) {
    pool.set_ready(0, true);
    auto delivery = pool.next(at(now));
    ASSERT_TRUE(delivery);
    const Instant delay = pool.reject(at(now), std::move(delivery->event));
    delays.push_back(delay / std::chrono::milliseconds(1));
    pool.set_ready(0, true);
    if (delay > Instant{}) {
      EXPECT_FALSE(pool.next(at(now)));
    }
    EXPECT_EQ(pool.deadline(), now + delay);
    now += delay;
  }
  EXPECT_EQ(delays, (std::vector<std::int64_t>{0, 100, 200, 400, 800, 1600, 3200, 6400, 10000,
                                               10000, 10000, 10000}));
}

TEST(EventPool, HasNoDeadlineWithoutAnyoneToServe) {
  EventPool pool(10);
  EXPECT_EQ(pool.deadline(), never);
  accept(pool, 0);
  EXPECT_EQ(pool.deadline(), never);
}

TEST(EventPool, SerialsBeginAgainAtZero) {
  std::int64_t counter = std::numeric_limits<std::int64_t>::max();
  EXPECT_EQ(next_serial(counter), std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(next_serial(counter), 0);
}

}  // namespace
}  // namespace sup::core
