#include "runtime/host/log_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <vector>

#include <gtest/gtest.h>

#include "runtime/host/activity_log.h"
#include "tests/unit/host/temporary_folder.h"

namespace sup::host {
namespace {

TEST(LogFile, AppendsToWhatIsThere) {
  const TemporaryFolder folder;
  folder.write("log", "old\n");
  LogFile log(folder / "log", {});
  ASSERT_TRUE(log.open());
  log.write("new\n");
  EXPECT_EQ(folder.read("log"), "old\nnew\n");
}

TEST(LogFile, RollsOverAfterTheWriteThatReachesTheLimit) {
  const TemporaryFolder folder;
  LogFile log(folder / "log", {.maximum_bytes = 10, .backups = 2});
  ASSERT_TRUE(log.open());
  log.write("123456789");
  EXPECT_FALSE(folder.has("log.1"));
  log.write("a long write is never split");
  EXPECT_EQ(folder.read("log"), "");
  EXPECT_EQ(folder.read("log.1"), "123456789a long write is never split");
  log.write("second 10 bytes");
  log.write("third 10 bytes");
  EXPECT_EQ(folder.read("log.1"), "third 10 bytes");
  EXPECT_EQ(folder.read("log.2"), "second 10 bytes");
  EXPECT_FALSE(folder.has("log.3"));
}

TEST(LogFile, LeavesHigherBackupsAlone) {
  const TemporaryFolder folder;
  folder.write("log.3", "kept");
  LogFile log(folder / "log", {.maximum_bytes = 1, .backups = 2});
  ASSERT_TRUE(log.open());
  log.write("a");
  log.write("b");
  log.write("c");
  EXPECT_EQ(folder.read("log.1"), "c");
  EXPECT_EQ(folder.read("log.2"), "b");
  EXPECT_EQ(folder.read("log.3"), "kept");
}

TEST(LogFile, IsCutWithoutBackups) {
  const TemporaryFolder folder;
  LogFile log(folder / "log", {.maximum_bytes = 4, .backups = 0});
  ASSERT_TRUE(log.open());
  log.write("12345");
  EXPECT_EQ(folder.read("log"), "");
  log.write("12");
  EXPECT_EQ(folder.read("log"), "12");
  EXPECT_FALSE(folder.has("log.1"));
}

TEST(LogFile, NeverRollsOverWithoutALimitOrANegativeOne) {
  for (const std::int64_t limit : {std::int64_t{0}, std::int64_t{-1}}) {
    const TemporaryFolder folder;
    LogFile log(folder / "log", {.maximum_bytes = limit, .backups = 3});
    ASSERT_TRUE(log.open());
    log.write(std::string(100000, 'x'));
    EXPECT_EQ(folder.read("log").size(), 100000U);
    EXPECT_FALSE(folder.has("log.1"));
  }
}

TEST(LogFile, CountsFromTheRealEndAfterAnotherProcessCutTheFile) {
  const TemporaryFolder folder;
  LogFile log(folder / "log", {.maximum_bytes = 10, .backups = 1});
  ASSERT_TRUE(log.open());
  log.write("12345678");
  ASSERT_EQ(::truncate((folder / "log").c_str(), 0), 0);
  log.write("12345");
  EXPECT_EQ(folder.read("log"), "12345");
  EXPECT_FALSE(folder.has("log.1"));
}

TEST(LogFile, KeepsTheModeOverARollOver) {
  const TemporaryFolder folder;
  folder.write("log", "");
  ASSERT_EQ(::chmod((folder / "log").c_str(), 0600), 0);
  LogFile log(folder / "log", {.maximum_bytes = 1, .backups = 1});
  ASSERT_TRUE(log.open());
  log.write("x");

  struct stat status {};

  ASSERT_EQ(::stat((folder / "log").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
}

// A log as a daemon left it that was killed after it had written `written` of `bytes`, and that the
// next daemon writes them to again.
void repeat(const TemporaryFolder& folder, LogLimits limits, const std::string& written,
            const std::string& bytes, std::size_t part) {
  LogFile before(folder / "log", limits);
  ASSERT_TRUE(before.open());
  const std::int64_t size = before.size();
  const std::uint32_t file = before.file();
  for (std::size_t at = 0; at < written.size(); at += part) {
    before.write(std::string_view(written).substr(at, part));
  }
  LogFile after(folder / "log", limits);
  ASSERT_TRUE(after.open());
  after.begin_repeat(size, file);
  for (std::size_t at = 0; at < bytes.size(); at += part) {
    after.write(std::string_view(bytes).substr(at, part));
  }
  after.end_repeat();
}

TEST(LogFile, WhatWasWrittenBeforeTheDaemonWasKilledIsNotWrittenAgain) {
  for (const std::string written : {"", "new", "new line\n"}) {
    const TemporaryFolder folder;
    folder.write("log", "old\n");
    repeat(folder, {}, written, "new line\n", 100);
    EXPECT_EQ(folder.read("log"), "old\nnew line\n") << "written: " << written;
  }
}

TEST(LogFile, WhatOthersWroteToTheSameLogMeanwhileStays) {
  const TemporaryFolder folder;
  repeat(folder, {}, "of others\nnew", "new line\n", 100);
  EXPECT_EQ(folder.read("log"), "of others\nnew line\n");
}

TEST(LogFile, NothingIsWrittenTwiceWhereItRolledOverMeanwhile) {
  const std::string bytes = "0123456789";
  for (const std::string old : {"", "12", "123456789"}) {
    const TemporaryFolder folder;
    folder.write("log", old);
    folder.write("log.1", bytes);  // the program writes the same again and again
    repeat(folder, {.maximum_bytes = 10, .backups = 3}, bytes, bytes, 100);
    EXPECT_EQ(folder.read("log"), "");
    EXPECT_EQ(folder.read("log.1"), old + bytes);
    EXPECT_EQ(folder.read("log.2"), bytes);
    EXPECT_FALSE(folder.has("log.3"));
  }
}

TEST(LogFile, NothingIsMissingWhereItHadRolledOverBefore) {
  const TemporaryFolder folder;
  folder.write("log.1", "0123456789");
  repeat(folder, {.maximum_bytes = 10, .backups = 3}, "", "0123456789", 100);
  EXPECT_EQ(folder.read("log.1"), "0123456789");
  EXPECT_EQ(folder.read("log.2"), "0123456789");
}

TEST(LogFile, NothingIsWrittenTwiceWhereItRolledOverMoreThanOnce) {
  const TemporaryFolder folder;
  folder.write("log", "x");
  repeat(folder, {.maximum_bytes = 4, .backups = 5}, "abcdefghijk", "abcdefghijklm", 3);
  EXPECT_EQ(folder.read("log.3"), "xabc");
  EXPECT_EQ(folder.read("log.2"), "defghi");
  EXPECT_EQ(folder.read("log.1") + folder.read("log"), "jklm");
}

TEST(LogFile, APipeGetsAllOfItAgain) {
  const TemporaryFolder folder;
  const std::string path = folder / "log";
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  const Descriptor reader(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  repeat(folder, {}, "new", "new line\n", 100);
  std::string bytes(100, ' ');
  const ssize_t got = ::read(reader.get(), bytes.data(), bytes.size());
  EXPECT_EQ(bytes.substr(0, static_cast<std::size_t>(std::max<ssize_t>(got, 0))), "newnew line\n");
}

TEST(LogFile, ReopensByName) {
  const TemporaryFolder folder;
  LogFile log(folder / "log", {});
  ASSERT_TRUE(log.open());
  log.write("before");
  ASSERT_EQ(::rename((folder / "log").c_str(), (folder / "moved").c_str()), 0);
  log.write(" between");
  ASSERT_TRUE(log.reopen());
  log.write("after");
  EXPECT_EQ(folder.read("moved"), "before between");
  EXPECT_EQ(folder.read("log"), "after");
}

TEST(LogFile, ClearMakesANewFile) {
  const TemporaryFolder folder;
  LogFile log(folder / "log", {});
  ASSERT_TRUE(log.open());
  log.write("before");
  ASSERT_TRUE(log.clear());
  log.write("after");
  EXPECT_EQ(folder.read("log"), "after");
}

TEST(LogFile, GoesOnInANewFileAlsoWhereTheOneAfterAClearCouldNotBeMade) {
  const TemporaryFolder folder;
  std::vector<std::string> said;
  ASSERT_EQ(::mkdir((folder / "gone").c_str(), 0700), 0);
  LogFile log(folder / "gone/log", {},
              [&](core::Level, const std::string& text) { said.push_back(text); });
  ASSERT_TRUE(log.open());
  std::filesystem::remove_all(folder / "gone");
  EXPECT_FALSE(log.clear());
  log.write("lost");
  log.write("too");
  ASSERT_EQ(said.size(), 1U);
  EXPECT_EQ(said[0],
            "cannot write to log '" + folder / "gone/log" + "': No such file or directory");
  ASSERT_EQ(::mkdir((folder / "gone").c_str(), 0700), 0);
  log.write("there");
  EXPECT_EQ(folder.read("gone/log"), "there");
  ASSERT_EQ(said.size(), 2U);
  EXPECT_EQ(said[1], "log '" + folder / "gone/log" + "' works again, 7 bytes were lost");
}

TEST(LogFile, SaysOncePerOutageThatItCannotWrite) {
  const TemporaryFolder folder;
  std::vector<std::string> said;
  LogFile log("/dev/full", {.maximum_bytes = 5, .backups = 1},
              [&](core::Level, const std::string& text) { said.push_back(text); });
  ASSERT_TRUE(log.open());
  for (int i = 0; i < 5; ++i) {
    log.write("lost");
  }
  ASSERT_EQ(said.size(), 1U);
  EXPECT_EQ(said[0], "cannot write to log '/dev/full': No space left on device");
}

TEST(LogFile, GoesOnInTheOldFileWhenTheFolderVanished) {
  const TemporaryFolder folder;
  std::vector<std::string> said;
  ASSERT_EQ(::mkdir((folder / "gone").c_str(), 0700), 0);
  LogFile log(folder / "gone/log", {.maximum_bytes = 5, .backups = 1},
              [&](core::Level, const std::string& text) { said.push_back(text); });
  ASSERT_TRUE(log.open());
  std::filesystem::remove_all(folder / "gone");
  for (int i = 0; i < 10; ++i) {
    log.write("123456");
  }
  EXPECT_FALSE(log.reopen());
  ASSERT_EQ(said.size(), 2U);
  EXPECT_EQ(said[0],
            "cannot roll over log '" + folder / "gone/log" + "': No such file or directory");
  ASSERT_EQ(::mkdir((folder / "gone").c_str(), 0700), 0);
  for (int i = 0; i < 3; ++i) {
    log.write("123456");
  }
  ASSERT_EQ(said.size(), 3U);
  EXPECT_EQ(said[2], "log '" + folder / "gone/log" + "' rolls over again");
}

TEST(LogFile, FailsToOpenAFolderWithItsErrno) {
  const TemporaryFolder folder;
  LogFile log(folder.path(), {});
  const schema::Status opened = log.open();
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().error_number, EISDIR);
}

TEST(LogFile, NeverRenamesWhatLiesInDev) {
  LogFile log("/dev/null", {.maximum_bytes = 1, .backups = 1});
  ASSERT_TRUE(log.open());
  log.write("xxx");
  EXPECT_FALSE(std::filesystem::exists("/dev/null.1"));
}

TEST(LogFile, DoesNotWaitForAReaderOfAFifo) {
  const TemporaryFolder folder;
  ASSERT_EQ(::mkfifo((folder / "fifo").c_str(), 0600), 0);
  LogFile log(folder / "fifo", {});
  EXPECT_FALSE(log.open());
}

// A FIFO with a reader.
class Fifo {
 public:
  explicit Fifo(const std::string& path) {
    EXPECT_EQ(::mkfifo(path.c_str(), 0600), 0);
    reader_.reset(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  }

  std::string read() const {
    std::string text(std::size_t{4} << 20U, '\0');
    const ssize_t got = ::read(reader_.get(), text.data(), text.size());
    text.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return text;
  }

 private:
  Descriptor reader_;
};

TEST(LogFile, KeepsWhatAFullPipeDoesNotTake) {
  const TemporaryFolder folder;
  const Fifo fifo(folder / "fifo");
  LogFile log(folder / "fifo", {});
  ASSERT_TRUE(log.open());
  std::string sent;
  for (int i = 0; i < 100; ++i) {
    const std::string block(3000, static_cast<char>('a' + i % 26));
    log.write(block);
    sent += block;
  }
  EXPECT_TRUE(log.waits());
  EXPECT_FALSE(log.failing());
  std::string received;
  while (log.waits()) {
    received += fifo.read();
    log.flush();
  }
  received += fifo.read();
  EXPECT_EQ(received, sent);
}

TEST(LogFile, DropsWhatNobodyReadsAndSaysSo) {
  const TemporaryFolder folder;
  const Fifo fifo(folder / "fifo");
  std::vector<std::string> said;
  LogFile log(folder / "fifo", {},
              [&](core::Level, const std::string& text) { said.push_back(text); });
  ASSERT_TRUE(log.open());
  for (int i = 0; i < 40; ++i) {
    log.write(std::string(100000, 'x'));
  }
  ASSERT_EQ(said.size(), 1U);
  EXPECT_EQ(said[0],
            "cannot write to log '" + folder / "fifo" + "': Resource temporarily unavailable");
  // No waiting any more, however long it may.
  log.flush(1000000);
  while (log.waits()) {
    static_cast<void>(fifo.read());
    log.flush();
  }
  ASSERT_EQ(said.size(), 2U);
  EXPECT_NE(said[1].find("works again"), std::string::npos);
}

TEST(LogFile, ClearLeavesADeviceAlone) {
  LogFile log("/dev/null", {});
  ASSERT_TRUE(log.open());
  EXPECT_TRUE(log.clear());
  EXPECT_TRUE(std::filesystem::is_character_file("/dev/null"));
}

TEST(ActivityLog, DoesNotWaitForAStandardOutputThatNobodyReads) {
  auto pipe = make_pipe();
  ASSERT_TRUE(pipe);
  const Descriptor saved(::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3));
  ::dup2(pipe->write_end.get(), STDOUT_FILENO);
  const TemporaryFolder folder;
  {
    ActivityLog log;
    EXPECT_TRUE(log.open({.file = folder / "log", .limits = {}, .to_standard_output = true}));
    for (int i = 0; i < 3000; ++i) {
      log.line(core::Level::info, std::string(100, 'x'));
    }
    log.flush();
  }
  ::dup2(saved.get(), STDOUT_FILENO);
  EXPECT_GT(folder.read("log").size(), 300000U);
}

TEST(ActivityLog, WritesSupervisorsFormat) {
  const TemporaryFolder folder;
  ActivityLog log;
  ASSERT_TRUE(log.open({.file = folder / "log", .limits = {}, .level = core::Level::info}));
  log.line(core::Level::debug, "not this");
  log.line(core::Level::warn, "two\nlines");
  log.flush();
  const std::string text = folder.read("log");
  ASSERT_GT(text.size(), 24U);
  EXPECT_EQ(text.substr(4, 1) + text.substr(10, 1) + text.substr(13, 1) + text.substr(19, 1),
            "- :,");
  EXPECT_EQ(text.substr(23), " WARN two\nlines\n");
}

TEST(ActivityLog, RollsOverWhereItWouldLineByLine) {
  const TemporaryFolder folder;
  ActivityLog log;
  ASSERT_TRUE(log.open({
      .file = folder / "log", .limits = {.maximum_bytes = 60, .backups = 5}
  }));
  for (int i = 0; i < 4; ++i) {
    log.line(core::Level::info, "12");  // 32 bytes each: two lines pass the limit
  }
  log.flush();
  EXPECT_EQ(folder.read("log"), "");
  EXPECT_EQ(folder.read("log.1").size(), 64U);
  EXPECT_EQ(folder.read("log.2").size(), 64U);
}

// A log in a folder that others may write to, in whose place they put a link to a folder of ours.
class GuardedLog : public testing::Test {
 protected:
  GuardedLog() {
    for (const char* name : {"theirs", "theirs/logs", "ours"}) {
      EXPECT_EQ(::mkdir((folder_ / name).c_str(), 0777), 0);
    }
    EXPECT_EQ(::chmod((folder_ / "theirs").c_str(), 0777), 0);
    folder_.write("ours/log", "ours");
    EXPECT_TRUE(log_.open());
    log_.write("first");
  }

  void swap() const {
    ASSERT_EQ(::rename((folder_ / "theirs/logs").c_str(), (folder_ / "theirs/moved").c_str()), 0);
    ASSERT_EQ(::symlink((folder_ / "ours").c_str(), (folder_ / "theirs/logs").c_str()), 0);
  }

  TemporaryFolder folder_;
  LogFile log_{
      folder_ / "theirs/logs/log", {.maximum_bytes = 10, .backups = 2, .is_guarded = true}
  };
};

TEST_F(GuardedLog, RollsOverAndIsClearedInAFolderOfOthers) {
  log_.write("second");
  EXPECT_EQ(folder_.read("theirs/logs/log.1"), "firstsecond");
  log_.write("new");
  ASSERT_TRUE(log_.clear());
  EXPECT_EQ(folder_.read("theirs/logs/log"), "");
}

TEST_F(GuardedLog, ClearsNothingElsewhere) {
  swap();
  EXPECT_FALSE(log_.clear());
  EXPECT_EQ(folder_.read("ours/log"), "ours");
}

TEST_F(GuardedLog, RollsNothingOverElsewhere) {
  swap();
  log_.write("second");
  EXPECT_EQ(folder_.read("ours/log"), "ours");
  EXPECT_FALSE(folder_.has("ours/log.1"));
  EXPECT_EQ(folder_.read("theirs/moved/log"), "firstsecond");
}

}  // namespace
}  // namespace sup::host
