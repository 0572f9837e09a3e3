#include "runtime/host/event_spool.h"

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>

#include <gtest/gtest.h>

#include "tests/unit/host/temporary_folder.h"

namespace sup::host {
namespace {

using core::SpoolStep;
using Serials = std::vector<std::int64_t>;

core::SpoolNote note(std::int64_t serial, SpoolStep step, std::size_t size = 100) {
  if (step == SpoolStep::done) return {0, serial, step, core::spool_done_record(serial)};
  core::QueuedEvent event;
  event.type = schema::EventType::TICK_5;
  event.serial = serial;
  event.pool_serial = serial;
  event.payload.assign(size, 'x');
  return {0, serial, step, core::spool_record(event, now())};
}

class Spool : public testing::Test {
 protected:
  std::unique_ptr<EventSpool> make(std::int64_t maximum_bytes = 1000000) {
    return std::make_unique<EventSpool>(
        EventSpool::Settings{
            .folder = folder_ / "spool", .pool = "l", .maximum_bytes = maximum_bytes},
        [this](core::Level, const std::string& text) { told_.push_back(text); });
  }

  std::unique_ptr<EventSpool> open(std::int64_t maximum_bytes = 1000000,
                                   const Serials& in_memory = {}, std::int64_t loaded = -1) {
    auto spool = make(maximum_bytes);
    const schema::Status opened = spool->open(in_memory, loaded);
    EXPECT_TRUE(opened) << (opened ? "" : opened.error().message);
    return spool;
  }

  static void add(EventSpool& spool, std::int64_t first, std::int64_t last,
                  SpoolStep step = SpoolStep::stored, std::size_t size = 100) {
    for (std::int64_t serial = first; serial <= last; ++serial) spool.add(note(serial, step, size));
  }

  static Serials load(EventSpool& spool, std::size_t count = 1000000) {
    Serials serials;
    for (const core::QueuedEvent& event : spool.load(count)) serials.push_back(event.pool_serial);
    return serials;
  }

  static Serials range(std::int64_t first, std::int64_t last) {
    Serials all;
    for (std::int64_t serial = first; serial <= last; ++serial) all.push_back(serial);
    return all;
  }

  bool told(const std::string& part) const {
    for (const std::string& text : told_) {
      if (text.find(part) != std::string::npos) return true;
    }
    return false;
  }

  TemporaryFolder folder_;
  std::vector<std::string> told_;
};

TEST_F(Spool, TheNextOneHasWhatWasNotDone) {
  auto spool = open();
  add(*spool, 0, 9, SpoolStep::kept);
  add(*spool, 10, 19);
  add(*spool, 0, 4, SpoolStep::done);
  EXPECT_FALSE(spool->flush());
  EXPECT_EQ(load(*spool, 3), range(10, 12));
  EXPECT_EQ(load(*spool), range(13, 19));
  spool.reset();
  spool = open();
  EXPECT_EQ(spool->stored(), 15U);
  EXPECT_EQ(spool->next_pool_serial(), 20);
  EXPECT_EQ(load(*spool), range(5, 19));
  // One that goes on with what another had in memory.
  spool.reset();
  spool = open(1000000, {5, 9}, 12);
  EXPECT_EQ(load(*spool), range(13, 19));
  EXPECT_TRUE(told_.empty());
}

TEST_F(Spool, BelongsToUsAlone) {
  auto spool = open();

  struct stat status {};

  ASSERT_EQ(::stat((folder_ / "spool").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0700U);
  ASSERT_EQ(::stat((folder_ / "spool/l.spool").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0600U);
  EXPECT_FALSE(make()->open({}, -1)) << "two have one file";
  spool.reset();
  ASSERT_EQ(::chmod((folder_ / "spool").c_str(), 0777), 0);
  EXPECT_FALSE(make()->open({}, -1)) << "others may write there";
  ASSERT_EQ(::chmod((folder_ / "spool").c_str(), 0700), 0);
  ASSERT_EQ(::unlink((folder_ / "spool/l.spool").c_str()), 0);
  ASSERT_EQ(::symlink("/dev/null", (folder_ / "spool/l.spool").c_str()), 0);
  EXPECT_FALSE(make()->open({}, -1)) << "a symbolic link";
}

TEST_F(Spool, IsCutWhenNothingWaits) {
  auto spool = open();
  add(*spool, 0, 999, SpoolStep::kept, 200);
  spool->flush();
  EXPECT_GT(folder_.read("spool/l.spool").size(), 200000U);
  add(*spool, 0, 999, SpoolStep::done);
  spool->flush();
  EXPECT_EQ(folder_.read("spool/l.spool"), core::spool_header);
  add(*spool, 1000, 1001);
  spool->flush();
  EXPECT_EQ(load(*spool), range(1000, 1001));
}

TEST_F(Spool, IsBoundedAndDropsTheOldest) {
  auto spool = open(100000);
  std::int64_t through = -1;
  for (std::int64_t serial = 0; serial < 2000; ++serial) {
    spool->add(note(serial, SpoolStep::stored));
    if (serial % 7 != 0) continue;
    if (const auto dropped = spool->flush()) through = *dropped;
    const std::size_t size =
        folder_.read("spool/l.spool").size() +
        (folder_.has("spool/l.spool.1") ? folder_.read("spool/l.spool.1").size() : 0);
    ASSERT_LE(size, 100000U);
  }
  spool->flush();
  ASSERT_GT(through, 1000);
  ASSERT_LT(through, 1700) << "half of the room, and no more, is given up";
  EXPECT_EQ(load(*spool, 100), range(through + 1, through + 100));
  spool.reset();
  spool = open(100000);
  EXPECT_EQ(load(*spool), range(through + 1, 1999));
}

TEST_F(Spool, AnEventLargerThanAllIsKeptForOnce) {
  auto spool = open(1000);
  add(*spool, 0, 2, SpoolStep::stored, 100);
  spool->add(note(3, SpoolStep::stored, 50000));
  spool->flush();
  const Serials found = load(*spool);
  ASSERT_FALSE(found.empty());
  EXPECT_EQ(found.back(), 3);
}

TEST_F(Spool, ReadsWhileItGrowsAndTurns) {
  // A slow listener with a small buffer: what is kept, stored, loaded and done goes on side by
  // side.
  auto spool = open(60000);
  std::int64_t next = 0;
  std::int64_t wanted = 0;
  for (int round = 0; round < 3000; ++round) {
    for (int i = round % 5; i > 0; --i) spool->add(note(next++, SpoolStep::stored, 50));
    if (const auto dropped = spool->flush()) wanted = *dropped + 1;
    for (const std::int64_t serial : load(*spool, 2)) {
      ASSERT_EQ(serial, wanted++);
      spool->add(note(serial, SpoolStep::done));
    }
  }
  EXPECT_TRUE(told_.empty()) << told_.front();
}

TEST_F(Spool, ATornRecordIsDroppedWithAWord) {
  auto spool = open();
  add(*spool, 0, 3);
  spool->flush();
  spool.reset();
  const std::string whole = folder_.read("spool/l.spool");
  for (const std::string& torn :
       {whole.substr(0, whole.size() - 1), whole.substr(0, whole.size() - 100),
        whole + std::string(5000, '\0'), whole + "\x10"}) {
    told_.clear();
    folder_.write("spool/l.spool", torn);
    spool = open();
    EXPECT_EQ(load(*spool), range(0, torn.size() < whole.size() ? 2 : 3));
    EXPECT_TRUE(told("its last record is incomplete"));
    add(*spool, 4, 4);
    spool->flush();
    spool = nullptr;
    told_.clear();
    spool = open();
    EXPECT_EQ(load(*spool).back(), 4);
    EXPECT_TRUE(told_.empty());
    spool = nullptr;
  }
  // Of the header, too.
  folder_.write("spool/l.spool", "suprun");
  spool = open();
  EXPECT_EQ(spool->stored(), 0U);
}

TEST_F(Spool, ADamagedFileIsSetAside) {
  auto spool = open();
  add(*spool, 0, 3);
  spool->flush();
  spool.reset();
  std::string whole = folder_.read("spool/l.spool");
  whole[whole.size() / 2 + 10] ^= 1;
  folder_.write("spool/l.spool", whole);
  spool = open();
  EXPECT_TRUE(told("is damaged at byte"));
  EXPECT_EQ(folder_.read("spool/l.spool.damaged"), whole);
  EXPECT_EQ(load(*spool), range(0, 1));
  add(*spool, 4, 4);
  spool->flush();
  spool = nullptr;
  folder_.write("spool/l.spool", "this is something else, and long enough");
  spool = open();
  EXPECT_EQ(spool->stored(), 0U);
  add(*spool, 0, 0);
  spool->flush();
  EXPECT_EQ(load(*spool), range(0, 0));
}

// A disk that is full, as a limit on the size of files.
class SizeLimit {
 public:
  explicit SizeLimit(rlim_t size) {
    ::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{size, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }

  ~SizeLimit() { ::setrlimit(RLIMIT_FSIZE, &before_); }

 private:
  rlimit before_{};
};

TEST_F(Spool, AFullDiskIsToldOnceAndDoneWithout) {
  auto spool = open();
  add(*spool, 0, 9);
  EXPECT_FALSE(spool->flush());
  {
    const SizeLimit limit(2000);
    for (std::int64_t serial = 10; serial < 100; ++serial) {
      add(*spool, serial, serial);
      EXPECT_FALSE(spool->flush());
    }
    EXPECT_EQ(told_.size(), 1U);
    EXPECT_TRUE(told("events are kept in memory"));
    EXPECT_EQ(load(*spool, 50), range(0, 49));
  }
  add(*spool, 100, 100);
  EXPECT_FALSE(spool->flush());
  EXPECT_TRUE(told("can be written again"));
  EXPECT_EQ(load(*spool), range(50, 100));
  spool.reset();
  spool = open();
  EXPECT_EQ(load(*spool), range(0, 100));
}

TEST_F(Spool, ADiskThatStaysFullLosesTheOldest) {
  auto spool = open(40000);
  const SizeLimit limit(10);
  std::int64_t through = -1;
  for (std::int64_t serial = 0; serial < 1000; ++serial) {
    add(*spool, serial, serial);
    if (const auto dropped = spool->flush()) {
      EXPECT_GT(*dropped, through);
      through = *dropped;
    }
  }
  ASSERT_GT(through, 0);
  EXPECT_EQ(load(*spool), range(through + 1, 999));
}

}  // namespace
}  // namespace sup::host
