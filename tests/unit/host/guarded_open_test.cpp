#include "runtime/host/guarded_open.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include <gtest/gtest.h>

#include "tests/unit/host/temporary_folder.h"

namespace sup::host {
namespace {

constexpr int append = O_WRONLY | O_CREAT | O_APPEND;

// One of our own, and in it one that others may write to.
class GuardedOpen : public testing::Test {
 protected:
  GuardedOpen() {
    folder_.write("secret", "s");
    EXPECT_EQ(::mkdir((folder_ / "theirs").c_str(), 0777), 0);
    EXPECT_EQ(::chmod((folder_ / "theirs").c_str(), 0777), 0);
  }

  void link(const std::string& target, const std::string& name) const {
    ASSERT_EQ(::symlink(target.c_str(), (folder_ / name).c_str()), 0);
  }

  // The errno; 0: it was opened.
  int open(const std::string& name, int flags = append) const {
    errno = 0;
    return guarded_open(folder_ / name, flags, 0600) ? 0 : errno;
  }

  TemporaryFolder folder_;
};

TEST_F(GuardedOpen, PlainFilesAreMadeAndOpenedEverywhere) {
  EXPECT_EQ(open("new"), 0);
  EXPECT_EQ(open("theirs/new"), 0);
  EXPECT_EQ(open("theirs/new", O_RDONLY), 0);
  EXPECT_TRUE(folder_.has("theirs/new"));
  EXPECT_EQ(open("missing/new"), ENOENT);
  EXPECT_EQ(open("theirs/missing", O_RDONLY), ENOENT);
}

TEST_F(GuardedOpen, OurOwnLinksAreFollowed) {
  link("secret", "link");
  link("theirs", "folder");
  link(folder_ / "secret", "absolute");
  EXPECT_EQ(open("link", O_RDONLY), 0);
  EXPECT_EQ(open("absolute", O_RDONLY), 0);
  EXPECT_EQ(open("folder/new"), 0);
  EXPECT_TRUE(folder_.has("theirs/new"));
  link("around", "around");
  EXPECT_EQ(open("around"), ELOOP);
}

TEST_F(GuardedOpen, NoLinkIsFollowedWhereOthersMayHavePutIt) {
  link("../secret", "theirs/log");
  link("../made", "theirs/dangling");
  link("..", "theirs/up");
  EXPECT_EQ(open("theirs/log"), ELOOP);
  EXPECT_EQ(open("theirs/log", O_RDONLY), ELOOP);
  EXPECT_EQ(open("theirs/dangling"), ELOOP);
  EXPECT_FALSE(folder_.has("made"));
  EXPECT_EQ(open("theirs/up/secret", O_RDONLY), ELOOP);
  // Nor on the way from one of ours.
  link("theirs/log", "log");
  EXPECT_EQ(open("log", O_RDONLY), ELOOP);
  EXPECT_EQ(folder_.read("secret"), "s");
}

TEST_F(GuardedOpen, ASecondNameOfAFileOfOursIsNotWrittenTo) {
  ASSERT_EQ(::link((folder_ / "secret").c_str(), (folder_ / "theirs/log").c_str()), 0);
  EXPECT_EQ(open("theirs/log"), EMLINK);
  EXPECT_EQ(open("theirs/log", O_RDONLY), EMLINK);
  EXPECT_EQ(open("theirs/log", append | O_TRUNC), EMLINK);
  EXPECT_EQ(folder_.read("secret"), "s");
  EXPECT_EQ(open("secret"), 0);
}

TEST_F(GuardedOpen, WhatIsOursIsCut) {
  folder_.write("theirs/log", "old");
  EXPECT_EQ(open("theirs/log", append | O_TRUNC), 0);
  EXPECT_EQ(folder_.read("theirs/log"), "");
}

TEST_F(GuardedOpen, LinksOfOpenFilesLeadToThem) {
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  const Descriptor read_end(ends[0]);
  const Descriptor write_end(ends[1]);
  EXPECT_TRUE(guarded_open("/proc/self/fd/" + std::to_string(ends[1]), O_WRONLY | O_NONBLOCK));
}

}  // namespace
}  // namespace sup::host
