#include "runtime/host/auto_logs.h"

#include <sys/stat.h>

#include <vector>

#include <gtest/gtest.h>

#include "tests/unit/host/temporary_folder.h"

namespace sup::host {
namespace {

TEST(AutoLogs, AreNamedAsSupervisorDoesAndPrivate) {
  const TemporaryFolder folder;
  const auto made = make_auto_log(folder.path(), "web", "stdout", "supervisor");
  ASSERT_TRUE(made);
  EXPECT_TRUE(made->starts_with(folder / "web-stdout---supervisor-"));
  EXPECT_TRUE(made->ends_with(".log"));
  EXPECT_EQ(made->size(), (folder / "web-stdout---supervisor-12345678.log").size());

  struct stat status {};

  ASSERT_EQ(::stat(made->c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
  EXPECT_TRUE(is_auto_log_name(made->substr(folder.path().size() + 1), "supervisor"));
}

TEST(AutoLogs, StayInTheirFolder) {
  const TemporaryFolder folder;
  const auto made = make_auto_log(folder.path(), "../../x", "stderr", "a/b");
  ASSERT_TRUE(made);
  EXPECT_TRUE(made->starts_with(folder / ".._.._x-stderr---a_b-"));
}

TEST(AutoLogs, WithLongNamesAreCutToWhatAFolderTakes) {
  const TemporaryFolder folder;
  const std::string identifier(300, 'i');
  const auto made = make_auto_log(folder.path(), std::string(300, 'n'), "stdout", identifier);
  ASSERT_TRUE(made) << made.error().message;
  const std::string name = made->substr(folder.path().size() + 1);
  EXPECT_LE(name.size() + 7, 255U);  // with the number of a backup
  EXPECT_TRUE(is_auto_log_name(name, identifier));
}

TEST(AutoLogs, SaySoWhenTheFolderIsMissing) {
  const TemporaryFolder folder;
  const auto made = make_auto_log(folder / "none", "web", "stdout", "supervisor");
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().error_number, ENOENT);
}

TEST(AutoLogs, AreToldFromOtherFiles) {
  EXPECT_TRUE(is_auto_log_name("a-stdout---supervisor-abc_1234.log", "supervisor"));
  EXPECT_TRUE(is_auto_log_name("a-stderr---supervisor-abc_1234.log.10", "supervisor"));
  EXPECT_FALSE(is_auto_log_name("a-stdout---supervisor-abc_1234.log.gz", "supervisor"));
  EXPECT_FALSE(is_auto_log_name("a-stdout---supervisor-abc_1234.logfoo", "supervisor"));
  EXPECT_FALSE(is_auto_log_name("---supervisor-abc_1234.log", "supervisor"));
  EXPECT_FALSE(is_auto_log_name("a-stdout---other-abc_1234.log", "supervisor"));
  EXPECT_FALSE(is_auto_log_name("notes---supervisor-of-the-web.log", "supervisor"));
  // The identifier is no pattern.
  EXPECT_FALSE(is_auto_log_name("a-stdout---supervisor-abc_1234.log", ".*"));
  EXPECT_TRUE(is_auto_log_name("a-stdout---.*-abc_1234.log", ".*"));
}

TEST(AutoLogs, OfAnEarlierRunAreRemoved) {
  const TemporaryFolder folder;
  folder.write("a-stdout---supervisor-abc_1234.log", "");
  folder.write("a-stdout---supervisor-abc_1234.log.1", "");
  folder.write("a-stdout---other-abc_1234.log", "");
  folder.write("notes.txt", "");
  std::vector<std::string> warnings;
  const auto warn = [&](const std::string& text) { warnings.push_back(text); };
  remove_auto_logs(folder.path(), "supervisor", warn);
  EXPECT_FALSE(folder.has("a-stdout---supervisor-abc_1234.log"));
  EXPECT_FALSE(folder.has("a-stdout---supervisor-abc_1234.log.1"));
  EXPECT_TRUE(folder.has("a-stdout---other-abc_1234.log"));
  EXPECT_TRUE(folder.has("notes.txt"));
  EXPECT_TRUE(warnings.empty());
  remove_auto_logs(folder / "none", "supervisor", warn);
  EXPECT_EQ(warnings, std::vector<std::string>{"Could not clear childlog dir"});
}

}  // namespace
}  // namespace sup::host
