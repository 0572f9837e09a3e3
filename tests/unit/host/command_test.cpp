#include "runtime/host/command.h"

#include <sys/stat.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "tests/unit/host/temporary_folder.h"

namespace sup::host {
namespace {

std::string failure(const std::string& line, const std::string& path) {
  const auto found = find_command(line, path, {});
  return found ? "found " + found->file : found.error().message;
}

TEST(Command, IsFoundInTheFirstFolderThatHasIt) {
  const TemporaryFolder folder;
  for (const char* name : {"a", "b"}) {
    ASSERT_EQ(::mkdir((folder / name).c_str(), 0700), 0);
  }
  folder.write("b/tool", "");
  ASSERT_EQ(::chmod((folder / "b/tool").c_str(), 0700), 0);
  const auto found = find_command("tool 'an argument'", folder / "a" + ":" + folder / "b", {});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->file, folder / "b/tool");
  EXPECT_EQ(found->arguments, (std::vector<std::string>{"tool", "an argument"}));
}

TEST(Command, FailuresAreToldInSupervisorsWords) {
  const TemporaryFolder folder;
  ASSERT_EQ(::mkdir((folder / "directory").c_str(), 0700), 0);
  folder.write("plain", "");
  EXPECT_EQ(failure("", "/bin"), "command is empty");
  EXPECT_EQ(failure("cat 'x", "/bin"), "can't parse command \"cat 'x\": No closing quotation");
  EXPECT_EQ(failure("nothing-of-this-name x", "/bin"), "can't find command 'nothing-of-this-name'");
  EXPECT_EQ(failure("/nothing/here", "/bin"), "can't find command '/nothing/here'");
  EXPECT_EQ(failure(folder / "directory", ""),
            "command at '" + folder / "directory" + "' is a directory");
  EXPECT_EQ(failure(folder / "plain", ""),
            "command at '" + folder / "plain" + "' is not executable");
}

TEST(Command, ThatOnlyOthersMayRunIsRefused) {
  if (::getuid() == 0) {
    GTEST_SKIP() << "root may run everything";
  }
  const TemporaryFolder folder;
  folder.write("others", "");
  ASSERT_EQ(::chmod((folder / "others").c_str(), 0601), 0);
  EXPECT_EQ(failure(folder / "others", ""),
            "no permission to run command '" + folder / "others" + "'");
}

TEST(Command, WhatCannotRunIsPassedOverForSomethingBetter) {
  const TemporaryFolder folder;
  ASSERT_EQ(::mkdir((folder / "cat").c_str(), 0700), 0);
  EXPECT_EQ(failure("cat", folder.path() + ":/bin"), "found /bin/cat");
  EXPECT_EQ(failure("cat", folder.path() + ":/no/such/folder"),
            "command at '" + folder / "cat" + "' is a directory");
}

TEST(Command, ThatIsRelativeIsLookedUpWhereItWillRun) {
  const TemporaryFolder folder;
  folder.write("tool", "");
  ASSERT_EQ(::chmod((folder / "tool").c_str(), 0700), 0);
  const auto found = find_command("./tool", "/bin", folder.path());
  ASSERT_TRUE(found);
  EXPECT_EQ(found->file, "./tool");
  EXPECT_FALSE(find_command("./tool", "/bin", "/no/such/folder"));
}

}  // namespace
}  // namespace sup::host
