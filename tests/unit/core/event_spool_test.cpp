#include "runtime/core/event_spool.h"

#include <gtest/gtest.h>

namespace sup::core {
namespace {

using State = SpoolReading::State;
using Serials = std::vector<std::int64_t>;

constexpr Now noon{std::chrono::seconds(1000), std::chrono::hours(24 * 20000)};

QueuedEvent event(std::int64_t pool_serial, std::string payload = "payload") {
  QueuedEvent made;
  made.type = schema::EventType::PROCESS_LOG_STDOUT;
  made.serial = pool_serial + 100;
  made.pool_serial = pool_serial;
  made.payload = std::move(payload);
  made.accepted = noon.steady - std::chrono::seconds(5);
  return made;
}

TEST(EventSpool, ARecordIsReadAsItWasWritten) {
  for (const std::string& payload :
       {std::string(), std::string("a\0b\xff\xc3\n", 6), std::string(100000, 'x')}) {
    const std::string bytes = spool_record(event(7, payload), noon);
    const SpoolReading reading = read_spool_record(bytes + "more", noon);
    ASSERT_EQ(reading.state, State::complete);
    EXPECT_EQ(reading.size, bytes.size());
    EXPECT_FALSE(reading.record.is_done);
    EXPECT_EQ(reading.record.pool_serial, 7);
    EXPECT_EQ(reading.record.event.pool_serial, 7);
    EXPECT_EQ(reading.record.event.serial, 107);
    EXPECT_EQ(reading.record.event.type, schema::EventType::PROCESS_LOG_STDOUT);
    EXPECT_EQ(reading.record.event.payload, payload);
  }
  const SpoolReading done = read_spool_record(spool_done_record(8), noon);
  ASSERT_EQ(done.state, State::complete);
  EXPECT_TRUE(done.record.is_done);
  EXPECT_EQ(done.record.pool_serial, 8);
}

TEST(EventSpool, TheAgeOfAnEventOutlivesAClock) {
  const std::string bytes = spool_record(event(7), noon);
  // Another boot of the machine, a minute later.
  const Now later{std::chrono::seconds(10), noon.wall + std::chrono::minutes(1)};
  EXPECT_EQ(read_spool_record(bytes, later).record.event.accepted,
            later.steady - std::chrono::seconds(65));
  // The clock was set back: it is as if it came now.
  const Now before{std::chrono::seconds(10), noon.wall - std::chrono::hours(5)};
  EXPECT_EQ(read_spool_record(bytes, before).record.event.accepted, before.steady);
}

TEST(EventSpool, EveryBeginningOfARecordIsCut) {
  const std::string bytes = spool_record(event(7), noon);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const SpoolReading reading = read_spool_record(std::string_view(bytes).substr(0, size), noon);
    EXPECT_EQ(reading.state, State::cut) << size;
    EXPECT_TRUE(reading.size == 0 || reading.size == bytes.size()) << size;
  }
}

TEST(EventSpool, EveryOtherBitIsNoticed) {
  const std::string bytes = spool_record(event(7), noon);
  for (std::size_t i = 0; i < 8 * bytes.size(); ++i) {
    std::string damaged = bytes;
    damaged[i / 8] = static_cast<char>(damaged[i / 8] ^ (1 << (i % 8)));
    EXPECT_NE(read_spool_record(damaged, noon).state, State::complete) << i;
  }
  EXPECT_EQ(read_spool_record(std::string(100, '\0'), noon).state, State::damaged);
}

TEST(EventSpool, AScanFindsWhatWaits) {
  SpoolScan scan;
  EXPECT_EQ(scan.next_pool_serial(), 0);
  for (const std::int64_t serial : {3, 4, 5, 6}) scan.take({false, serial, event(serial)});
  scan.take({true, 4, {}});
  scan.take({true, 1, {}});
  scan.take({false, 3, event(3)});  // written again
  scan.take({true, 6, {}});
  EXPECT_EQ(scan.waiting(), (Serials{3, 5}));
  EXPECT_EQ(scan.next_pool_serial(), 7);
  EXPECT_EQ(scan.next_serial(), 107);
}

TEST(EventSpool, TheBooksKnowWhatIsOnDiskAlone) {
  SpoolBook book;
  // Another daemon had all up to 4 in memory, and was done with 2.
  book.open({2, 3, 4, 5, 6}, {3, 4}, 4);
  EXPECT_EQ(book.stored(), 2U);
  EXPECT_EQ(book.oldest(), 3);
  book.take(3, SpoolStep::done);
  book.take(4, SpoolStep::done);
  EXPECT_EQ(book.oldest(), 5);
  EXPECT_EQ(book.next(), 5);
  book.loaded();
  EXPECT_EQ(book.next(), 6);
  book.take(7, SpoolStep::stored);
  EXPECT_EQ(book.stored(), 2U);
  book.drop_through(6);
  EXPECT_EQ(book.next(), 7);
  EXPECT_EQ(book.oldest(), 7);
  book.take(5, SpoolStep::again);
  EXPECT_EQ(book.oldest(), 5);
  book.take(5, SpoolStep::done);
  book.lost();
  EXPECT_TRUE(book.empty());
  EXPECT_FALSE(book.oldest());
}

}  // namespace
}  // namespace sup::core
