#include "runtime/host/children.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <functional>
#include <map>

#include <gtest/gtest.h>

#include "tests/unit/host/system_log.h"
#include "tests/unit/host/temporary_folder.h"

namespace sup::host {
namespace {

// Children with what they tell, and a loop as small as can be.
class ChildrenTest : public testing::Test {
 protected:
  ChildrenTest()
      : children_(
            ChildEvents{
                .output =
                    [this](core::ProcessId id, core::Channel channel, std::string_view bytes) {
                      told_[{id, channel}] += bytes;
                    },
                .stdin_broken = [this](core::ProcessId) { ++broken_; },
                .log = [this](core::Level, const std::string& text) { lines_.push_back(text); },
                .starting =
                    [this](core::ProcessId, const SavedChild&,
                           const std::array<int, 3>& descriptors) {
                      if (starting_) {
                        starting_(descriptors);
                      }
                    }},
            folder_ / "log") {
    ::signal(SIGPIPE, SIG_IGN);
    EXPECT_TRUE(children_.prepare());
    process_.options = schema::ProcessOptions::defaults();
    process_.name = "child";
    process_.group = "child";
    order_.process = &process_;
  }

  int start(const std::string& script) {
    process_.options.command = "/bin/sh -c \"" + script + "\"";
    const auto pid = children_.start(order_);
    EXPECT_TRUE(pid) << pid.error().message;
    return pid ? *pid : 0;
  }

  // Serves the pipes until the child has ended and was reaped.
  void run_to_end(int pid) {
    int status = 0;
    while (::waitpid(pid, &status, WNOHANG) == 0) {
      serve(1);
    }
    status_ = status;
    EXPECT_EQ(children_.ended(pid), std::optional<core::ProcessId>(0));
    children_.release(0);
  }

  void serve(int milliseconds) {
    std::array<pollfd, 2> ready{
        pollfd{.fd = children_.prompt_descriptor(), .events = POLLIN, .revents = 0},
        pollfd{.fd = children_.bulk_descriptor(),   .events = POLLIN, .revents = 0}
    };
    ::poll(ready.data(), ready.size(), milliseconds);
    children_.serve_prompt();
    children_.serve_bulk();
  }

  TemporaryFolder folder_;
  schema::Process process_;
  StartOrder order_;
  std::map<std::pair<core::ProcessId, core::Channel>, std::string> told_;
  std::vector<std::string> lines_;
  std::function<void(const std::array<int, 3>&)> starting_;
  int broken_ = 0;
  int status_ = 0;
  Children children_;
};

TEST_F(ChildrenTest, TheSystemLogGetsWholeLines) {
  const SystemLog log(folder_ / "log");
  process_.options.stdout_syslog = true;
  run_to_end(
      start("printf 'a li'; sleep 0.05; printf 'ne\\nanother\\nno e'; sleep 0.05; printf nd"));
  std::vector<std::string> messages;
  log.read(messages);
  EXPECT_EQ(messages, (std::vector<std::string>{"child a line", "child another", "child no end"}));
}

TEST_F(ChildrenTest, ABurstForTheSystemLogIsSentAsItReads) {
  const SystemLog log(folder_ / "log");
  process_.options.stdout_syslog = true;
  const int pid = start("seq 1000; read line");
  std::vector<std::string> expected;
  for (int i = 1; i <= 1000; ++i) expected.push_back("child " + std::to_string(i));
  std::vector<std::string> messages;
  while (messages.size() < expected.size()) {
    serve(1);
    log.read(messages);
  }
  EXPECT_EQ(messages, expected);
  EXPECT_EQ(children_.kill(0, pid, SIGKILL, false), 0);
  run_to_end(pid);
}

TEST_F(ChildrenTest, OutputGoesToTheLogs) {
  order_.log_files = {folder_ / "out", folder_ / "err"};
  run_to_end(start("echo one; echo two >&2"));
  EXPECT_EQ(folder_.read("out"), "one\n");
  EXPECT_EQ(folder_.read("err"), "two\n");
  EXPECT_TRUE(told_.empty());
}

TEST_F(ChildrenTest, StandardErrorMayBeJoined) {
  process_.options.redirect_stderr = true;
  order_.log_files = {folder_ / "out", ""};
  run_to_end(start("echo one; echo two >&2"));
  EXPECT_EQ(folder_.read("out"), "one\ntwo\n");
}

TEST_F(ChildrenTest, NothingIsLostWhenMuchIsWrittenAndTheChildEndsAtOnce) {
  order_.log_files = {folder_ / "out", ""};
  run_to_end(start("head -c 3000000 /dev/zero"));
  EXPECT_EQ(folder_.read("out").size(), 3000000U);
}

TEST_F(ChildrenTest, WhatTheCoreWantsIsToldAndNotWritten) {
  order_.log_files = {folder_ / "out", ""};
  order_.told = {true, false};
  run_to_end(start("echo one"));
  EXPECT_EQ((told_[{0, core::Channel::standard_output}]), "one\n");
  EXPECT_EQ(folder_.read("out"), "");
}

TEST_F(ChildrenTest, AnOutputThatWasClosedIsToldOnceAlsoWhereOthersHaveADuplicate) {
  std::vector<Descriptor> duplicates;  // as the keeper's
  starting_ = [&](const std::array<int, 3>& descriptors) {
    for (const int number : descriptors) {
      duplicates.emplace_back(::dup(number));
    }
  };
  order_.told = {true, false};
  const int pid = start("exec >&- 2>&-; read line");
  while (children_.descriptors(0)[1] >= 0 || children_.descriptors(0)[2] >= 0) {
    serve(100);
  }
  for (const int epoll : {children_.prompt_descriptor(), children_.bulk_descriptor()}) {
    pollfd ended{.fd = epoll, .events = POLLIN, .revents = 0};
    EXPECT_EQ(::poll(&ended, 1, 0), 0);
  }
  children_.write_input(0, "line\n");
  run_to_end(pid);
}

TEST_F(ChildrenTest, AGrandchildThatKeepsThePipeDoesNotHoldUpTheEnd) {
  order_.log_files = {folder_ / "out", ""};
  const int pid = start("(exec sleep 60) & echo $!");
  run_to_end(pid);
  const int grandchild = std::stoi(folder_.read("out"));
  EXPECT_EQ(::kill(grandchild, SIGKILL), 0);
}

TEST_F(ChildrenTest, ALogThatIsAFullPipeIsWrittenWhenItIsReadAgain) {
  const std::string path = folder_ / "fifo";
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  const Descriptor reader(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  order_.log_files = {path, folder_ / "done"};
  const int pid = start("head -c 300000 /dev/zero; echo done >&2; exec sleep 60");
  // The child is not held up by the reader of its log.
  while (folder_.read("done").empty()) {
    serve(10);
  }
  std::size_t total = 0;
  std::string bytes(100000, ' ');
  while (total < 300000) {
    const ssize_t got = ::read(reader.get(), bytes.data(), bytes.size());
    total += got > 0 ? static_cast<std::size_t>(got) : 0;
    serve(10);
  }
  EXPECT_EQ(total, 300000U);
  EXPECT_TRUE(lines_.empty());
  EXPECT_EQ(children_.kill(0, pid, SIGKILL, true), 0);
  run_to_end(pid);
}

TEST_F(ChildrenTest, StandardInputIsKeptUntilItIsRead) {
  order_.log_files = {folder_ / "out", ""};
  const int pid = start("sleep 0.05; head -c 1000000 | wc -c");
  children_.write_input(0, std::string(500000, 'x'));
  children_.write_input(0, std::string(500000, 'y'));
  run_to_end(pid);
  EXPECT_EQ(folder_.read("out"), "1000000\n");
}

TEST_F(ChildrenTest, AClosedStandardInputIsToldOnce) {
  order_.log_files = {folder_ / "out", ""};
  const int pid = start("exec <&-; echo closed; exec sleep 60");
  while (folder_.read("out").empty()) {
    serve(10);
  }
  children_.write_input(0, "lost");
  children_.write_input(0, "lost too");
  EXPECT_EQ(broken_, 1);
  EXPECT_EQ(children_.kill(0, pid, SIGKILL, false), 0);
  run_to_end(pid);
}

TEST_F(ChildrenTest, StandardInputIsBounded) {
  const int pid = start("exec sleep 60");
  for (int i = 0; i < 20; ++i) {
    children_.write_input(0, std::string(std::size_t{1} << 20U, 'x'));
  }
  EXPECT_EQ(lines_.size(), 1U);
  EXPECT_EQ(children_.kill(0, pid, SIGKILL, true), 0);
  run_to_end(pid);
}

TEST_F(ChildrenTest, AStopRightAfterTheStartIsNotLost) {
  for (int i = 0; i < 20; ++i) {
    const int pid = start("exec sleep 60");
    EXPECT_EQ(children_.kill(0, pid, SIGTERM, i % 2 == 0), 0);
    run_to_end(pid);
    EXPECT_TRUE(WIFSIGNALED(status_) && WTERMSIG(status_) == SIGTERM);
  }
}

TEST_F(ChildrenTest, NoSignalIsSentToAPidThatWasReaped) {
  const int pid = start("true");
  run_to_end(pid);
  EXPECT_EQ(children_.kill(0, pid, SIGTERM, false), ESRCH);
}

TEST_F(ChildrenTest, AChildThatCannotBeExecutedSaysSoInItsLog) {
  order_.log_files = {"", folder_ / "err"};
  process_.options.directory = "/nothing/here";
  run_to_end(start("true"));
  EXPECT_EQ(folder_.read("err"),
            "supervisor: couldn't chdir to /nothing/here: ENOENT\n"
            "supervisor: child process was not spawned\n");
  EXPECT_EQ(WEXITSTATUS(status_), 127);
}

TEST_F(ChildrenTest, AnUnknownUserIsAFailureOfTheChild) {
  order_.log_files = {"", folder_ / "err"};
  process_.options.user = "nobody-of-this-name";
  run_to_end(start("true"));
  EXPECT_TRUE(folder_.read("err").starts_with(
      "supervisor: couldn't setuid to nobody-of-this-name: Invalid user name"));
}

TEST_F(ChildrenTest, ALogThatCannotBeOpenedIsASpawnError) {
  process_.options.command = "/bin/true";
  order_.log_files = {folder_.path(), ""};
  const auto pid = children_.start(order_);
  ASSERT_FALSE(pid);
  EXPECT_EQ(pid.error().message, "unknown error making dispatchers for 'child': EISDIR");
}

TEST_F(ChildrenTest, AnotherDaemonGoesOnWithAChildAndWithWhatWasReadOfIt) {
  order_.log_files = {folder_ / "out", ""};
  const int pid = start("echo one; read line; echo $line");
  while (folder_.read("out").empty()) {
    serve(10);
  }
  const SavedChild saved = children_.save(0);
  EXPECT_EQ(saved.pid, pid);
  ChildDescriptors descriptors;
  for (std::size_t i = 0; i < 3; ++i) {
    descriptors[i].reset(::fcntl(children_.descriptors(0)[i], F_DUPFD_CLOEXEC, 3));
  }
  const std::uint32_t log_file = [&] {
    LogFile log(folder_ / "out", {});
    EXPECT_TRUE(log.open());
    return log.file();
  }();
  children_.clear();
  folder_.write("out", "one\nhalf ");  // where the other daemon was killed

  Children next(
      ChildEvents{.output = [](core::ProcessId, core::Channel, std::string_view) {},
                  .stdin_broken = [](core::ProcessId) {},
                  .log = [this](core::Level, const std::string& text) { lines_.push_back(text); }});
  ASSERT_TRUE(next.prepare());
  ASSERT_TRUE(next.adopt(order_, saved, std::move(descriptors)));
  EXPECT_EQ(next.adopted(), 0U);  // it is our child by now, as after an upgrade
  const std::string_view lost = "half of it\n";
  StateMemory::Reading reading{
      .token = saved.token, .log_file = log_file, .size = lost.size(), .log_size = 4};
  EXPECT_TRUE(next.repeat(reading, lost));
  EXPECT_EQ(folder_.read("out"), "one\nhalf of it\n");
  reading.channel = 2;
  EXPECT_FALSE(next.repeat(reading, lost));
  reading.channel = 0;
  ++reading.token;
  EXPECT_FALSE(next.repeat(reading, lost));

  next.write_input(0, "two\n");
  int status = 0;
  while (::waitpid(pid, &status, WNOHANG) == 0) {
    pollfd ready{.fd = next.bulk_descriptor(), .events = POLLIN, .revents = 0};
    ::poll(&ready, 1, 1);
    next.serve_prompt();
    next.serve_bulk();
  }
  EXPECT_EQ(next.ended(pid), std::optional<core::ProcessId>(0));
  next.release(0);
  EXPECT_EQ(folder_.read("out"), "one\nhalf of it\ntwo\n");
  EXPECT_EQ(next.save(0).token, 0U);
  EXPECT_TRUE(lines_.empty());
}

TEST_F(ChildrenTest, FailedStartsLeaveNoDescriptorBehind) {
  const auto open_files = [] {
    return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {});
  };
  process_.options.command = "/nothing/here";
  order_.log_files = {folder_ / "out", folder_ / "err"};
  const auto before = open_files();
  for (int i = 0; i < 10; ++i) {
    EXPECT_FALSE(children_.start(order_));
  }
  EXPECT_EQ(open_files(), before);
}

}  // namespace
}  // namespace sup::host
