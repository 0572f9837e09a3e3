#include "runtime/host/upgrade.h"

#include <sys/stat.h>
#include <sys/wait.h>

#include <cstdlib>

#include <gtest/gtest.h>

#include "runtime/host/setup.h"
#include "tests/unit/host/temporary_folder.h"

namespace sup::host {
namespace {

class UpgradeTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_EQ(::setenv("PATH", folder_.path().c_str(), 1), 0); }

  // A new program: a script.
  void make_program(const std::string& name, const std::string& script) const {
    folder_.write(name, "#!/bin/sh\n" + script + "\n");
    ASSERT_EQ(::chmod((folder_ / name).c_str(), 0755), 0);
  }

  static std::optional<UpgradeNotes> notes() {
    schema::Result<std::unique_ptr<StateMemory>> memory = StateMemory::make();
    UpgradeNotes made{.memory = memory ? std::move(*memory) : nullptr, .descriptors = {}};
    return made;
  }

  // Waits for the program that was asked.
  schema::Status answer() {
    int status = 0;
    const pid_t pid = ::waitpid(-1, &status, 0);
    EXPECT_TRUE(upgrade_.is_checker(pid));
    schema::Status checked = upgrade_.checked(status);
    EXPECT_FALSE(upgrade_.is_checker(pid));
    return checked;
  }

  TemporaryFolder folder_;
  Upgrade upgrade_;
};

TEST_F(UpgradeTest, IsReadyWhenTheNewProgramAgrees) {
  make_program("new", "[ $1 = -c ] && [ $2 = x.conf ] && [ $# = 4 ] && [ -e /proc/self/fd/$4 ]");
  ASSERT_TRUE(upgrade_.begin({"new", "-c", "x.conf"}, folder_.path(), notes()));
  EXPECT_FALSE(upgrade_.is_ready());
  const schema::Status agreed = answer();
  EXPECT_TRUE(agreed) << agreed.error().message;
  EXPECT_TRUE(upgrade_.is_ready());
  EXPECT_EQ(upgrade_.file(), folder_ / "new");
}

TEST_F(UpgradeTest, IsNotWhenItRefusesAndTellsWhy) {
  make_program("new", "echo 'this is older' >&2; exit 1");
  ASSERT_TRUE(upgrade_.begin({"./new"}, folder_.path(), notes()));
  const schema::Status refused = answer();
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("new cannot go on from here: this is older"),
            std::string::npos)
      << refused.error().message;
  EXPECT_FALSE(upgrade_.is_ready());
}

TEST_F(UpgradeTest, IsNotWhenItSaysNothing) {
  make_program("new", "exit 3");
  ASSERT_TRUE(upgrade_.begin({"new"}, folder_.path(), notes()));
  const schema::Status refused = answer();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message,
            (folder_ / "new") + " cannot go on from here: it ended without a word");
}

TEST_F(UpgradeTest, IsNotWhenItCannotBeExecuted) {
  ASSERT_TRUE(upgrade_.begin({folder_ / "none"}, folder_.path(), notes()));
  const schema::Status refused = answer();
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("No such file or directory"), std::string::npos)
      << refused.error().message;
}

TEST_F(UpgradeTest, NeedsAProgramAndSomethingToHandOver) {
  const schema::Status lost = upgrade_.begin({"none"}, folder_.path(), notes());
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().message, "cannot find none in PATH");
  EXPECT_FALSE(upgrade_.begin({}, folder_.path(), notes()));
  EXPECT_FALSE(upgrade_.begin({"none"}, folder_.path(), std::nullopt));
}

TEST_F(UpgradeTest, IsOneAtATime) {
  make_program("new", "exit 0");
  ASSERT_TRUE(upgrade_.begin({"new"}, folder_.path(), notes()));
  const schema::Status second = upgrade_.begin({"new"}, folder_.path(), notes());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().message, "another one is being prepared");
  EXPECT_TRUE(answer());
}

TEST_F(UpgradeTest, ThatFailsLeavesEverythingAsItWas) {
  make_program("new", "exit 0");
  ASSERT_TRUE(upgrade_.begin({"new"}, folder_.path(), notes()));
  ASSERT_TRUE(answer());
  std::filesystem::remove(folder_ / "new");  // after it was asked
  const std::string before = std::filesystem::current_path();
  const schema::Error failed = upgrade_.execute({"new"}, folder_.path(), notes());
  EXPECT_EQ(failed.error_number, ENOENT);
  EXPECT_NE(failed.message.find("execute " + (folder_ / "new")), std::string::npos);
  EXPECT_EQ(std::filesystem::current_path(), before);
  EXPECT_FALSE(upgrade_.is_ready());
  EXPECT_EQ(upgrade_.execute({"new"}, folder_.path(), std::nullopt).message,
            "its state cannot be handed over");
}

}  // namespace
}  // namespace sup::host
