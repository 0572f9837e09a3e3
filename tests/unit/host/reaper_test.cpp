#include "runtime/host/reaper.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <vector>

#include <gtest/gtest.h>

namespace sup::host {
namespace {

bool never_enough() { return false; }

// Sleeps until it is killed.
int start_child() {
  const pid_t pid = ::fork();
  if (pid == 0) {
    for (;;) {
      ::pause();
    }
  }
  return pid;
}

// Ends a child and waits until the kernel knows, but leaves it to be reaped.
void end_child(int pid) {
  ::kill(pid, SIGKILL);
  siginfo_t info{};
  ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOWAIT), 0);
}

class ReaperTest : public testing::Test {
 protected:
  void SetUp() override { std::ranges::generate(children_, start_child); }

  void TearDown() override {
    for (const int pid : children_) {
      if (::waitpid(pid, nullptr, WNOHANG) == 0) {
        ::kill(pid, SIGKILL);
        ::waitpid(pid, nullptr, 0);
      }
    }
  }

  std::vector<int> reap(int named) {
    std::vector<int> pids;
    EXPECT_TRUE(reaper_.reap(
        named,
        [&](int pid, int status) {
          EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
          pids.push_back(pid);
        },
        never_enough));
    return pids;
  }

  std::array<int, 4> children_{};
  Reaper reaper_;
};

TEST_F(ReaperTest, TheNamedOneIsFirstThenTheExpectedThenAllOthers) {
  reaper_.expect(children_[3]);
  reaper_.expect(children_[1]);
  for (const int pid : children_) {
    end_child(pid);
  }
  EXPECT_EQ(reap(children_[2]),
            (std::vector{children_[2], children_[3], children_[1], children_[0]}));
}

TEST_F(ReaperTest, WhoDoesNotEndDoesNotHideTheOthers) {
  reaper_.expect(children_[0]);
  reaper_.expect(children_[1]);
  end_child(children_[1]);
  end_child(children_[2]);
  EXPECT_EQ(reap(0), (std::vector{children_[1], children_[2]}));
  end_child(children_[0]);
  EXPECT_EQ(reap(0), std::vector{children_[0]});
}

TEST_F(ReaperTest, NamesAndExpectationsThatAreWrongDoNoHarm) {
  reaper_.expect(children_[0]);
  reaper_.expect(children_[0]);
  reaper_.expect(::getpid());
  reaper_.expect(-1);
  reaper_.expect(0);
  EXPECT_TRUE(reap(::getpid()).empty());
  end_child(children_[0]);
  EXPECT_EQ(reap(children_[1]), std::vector{children_[0]});
  EXPECT_TRUE(reap(children_[0]).empty());
}

TEST_F(ReaperTest, WhatIsExpectedMeanwhileIsNotLost) {
  reaper_.expect(children_[0]);
  end_child(children_[0]);
  std::vector<int> pids;
  EXPECT_TRUE(reaper_.reap(
      0,
      [&](int pid, int) {
        pids.push_back(pid);
        if (pid == children_[0]) {
          reaper_.expect(children_[1]);
          end_child(children_[1]);
        }
      },
      never_enough));
  EXPECT_EQ(pids, (std::vector{children_[0], children_[1]}));
}

TEST_F(ReaperTest, ChildrenThatEndAsFastAsTheyAreStartedDoNotHoldItForEver) {
  end_child(children_[0]);
  int latest = children_[0];
  int count = 0;
  const auto take_and_start = [&](int pid, int) {
    EXPECT_EQ(pid, latest);
    ++count;
    ASSERT_LT(count, 1000) << "it takes and takes";
    latest = start_child();
    end_child(latest);
  };
  EXPECT_FALSE(reaper_.reap(0, take_and_start, [&] { return count == 3; }));
  EXPECT_EQ(count, 3);
  // The one that the signal names is taken in any case.
  EXPECT_FALSE(reaper_.reap(latest, take_and_start, [] { return true; }));
  EXPECT_EQ(count, 4);
  // The last one is taken when none is started any more.
  EXPECT_TRUE(reaper_.reap(
      0, [&](int pid, int) { EXPECT_EQ(pid, latest); }, never_enough));
}

TEST_F(ReaperTest, EnoughIsAllWhenNoOtherHasEnded) {
  end_child(children_[0]);
  const auto is_enough = [] { return true; };
  EXPECT_TRUE(reaper_.reap(
      children_[0], [&](int pid, int) { EXPECT_EQ(pid, children_[0]); }, is_enough));
}

}  // namespace
}  // namespace sup::host
