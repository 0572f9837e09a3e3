#include "runtime/host/setup.h"

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <limits>

#include <gtest/gtest.h>

#include "runtime/host/environment.h"
#include "tests/unit/host/temporary_folder.h"

namespace sup::host {
namespace {

TEST(Pidfile, HoldsThePidAndIsRemoved) {
  const TemporaryFolder folder;
  {
    Pidfile pidfile;
    ASSERT_TRUE(pidfile.write(folder / "pid"));
    EXPECT_EQ(folder.read("pid"), std::to_string(::getpid()) + "\n");
  }
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(Pidfile, OfSomebodyElseStays) {
  const TemporaryFolder folder;
  {
    Pidfile pidfile;
    ASSERT_TRUE(pidfile.write(folder / "pid"));
    folder.write("pid", "1\n");
  }
  EXPECT_EQ(folder.read("pid"), "1\n");
}

TEST(Pidfile, IsLockedAsLongAsItsDaemonLives) {
  const TemporaryFolder folder;
  EXPECT_TRUE(Pidfile::check(folder / "pid"));
  {
    Pidfile file;
    ASSERT_TRUE(file.write(folder / "pid"));
    const schema::Status second = Pidfile::check(folder / "pid");
    ASSERT_FALSE(second);
    EXPECT_NE(second.error().message.find(std::to_string(::getpid())), std::string::npos);
  }
  folder.write("pid", "1\n");  // left by one that was killed
  EXPECT_TRUE(Pidfile::check(folder / "pid"));
}

TEST(Pidfile, ThatCannotBeWrittenIsAnError) {
  const TemporaryFolder folder;
  Pidfile pidfile;
  EXPECT_FALSE(pidfile.write(folder / "none/pid"));
}

TEST(Pidfile, ReplacesALinkInsteadOfFollowingIt) {
  const TemporaryFolder folder;
  folder.write("dear", "content");
  ASSERT_EQ(::symlink((folder / "dear").c_str(), (folder / "pid").c_str()), 0);
  Pidfile pidfile;
  ASSERT_TRUE(pidfile.write(folder / "pid"));
  EXPECT_EQ(folder.read("dear"), "content");
  EXPECT_EQ(folder.read("pid"), std::to_string(::getpid()) + "\n");
}

TEST(Pidfile, DoesNotWaitForTheReaderOfAFifo) {
  const TemporaryFolder folder;
  ASSERT_EQ(::mkfifo((folder / "pid").c_str(), 0600), 0);
  Pidfile pidfile;
  EXPECT_FALSE(pidfile.write(folder / "pid"));
}

TEST(Paths, AreMadeAbsoluteWithTheFolderThatIsGiven) {
  EXPECT_EQ(absolute_path("a/b", "/c"), "/c/a/b");
  EXPECT_EQ(absolute_path("/a", "/c"), "/a");
  EXPECT_EQ(absolute_path("", "/c"), "");
  EXPECT_EQ(absolute_path("a"), current_directory() + "/a");
}

TEST(Pidfile, MayBeADevice) {
  Pidfile pidfile;
  EXPECT_TRUE(pidfile.write("/dev/null"));
  pidfile.remove();
  EXPECT_TRUE(std::filesystem::exists("/dev/null"));
}

TEST(Limits, ThatAreHighEnoughStay) {
  const auto lines = raise_limits(1, 1);
  ASSERT_TRUE(lines);
  EXPECT_TRUE(lines->empty());
}

TEST(Limits, OutOfReachAreRefusedInSupervisorsWords) {
  const auto lines = raise_limits(std::numeric_limits<std::int64_t>::max() / 2, 1);
  ASSERT_FALSE(lines);
  EXPECT_TRUE(lines.error().message.starts_with(
      "The minimum number of file descriptors required to run this process is "));
}

schema::Process process_of(const std::string& name) {
  schema::Process process;
  process.name = name;
  process.group = "group";
  process.options = schema::ProcessOptions::defaults();
  return process;
}

TEST(ChildEnvironment, LaterSettingsReplaceEarlierOnes) {
  schema::Process process = process_of("web");
  process.options.environment = {
      {"A",                     "config"},
      {"SUPERVISOR_GROUP_NAME", "mine"  }
  };
  const std::vector<std::string> base{"A=daemon", "AB=other"};
  const ChildEnvironment environment(base, process, "unix:///s");
  const std::vector<std::string> entries(environment.entries().begin(),
                                         environment.entries().end());
  EXPECT_EQ(entries,
            (std::vector<std::string>{
                "A=config", "AB=other", "SUPERVISOR_ENABLED=1", "SUPERVISOR_SERVER_URL=unix:///s",
                "SUPERVISOR_PROCESS_NAME=web", "SUPERVISOR_GROUP_NAME=mine"}));
  EXPECT_EQ(environment.search_path(), "/bin:/usr/bin:/usr/local/bin");
}

TEST(ChildEnvironment, ServerUrlIsTheFirstUnixServerElseTheFirstInetServer) {
  schema::Resolved resolved;
  EXPECT_EQ(default_server_url(resolved), "");
  schema::HttpServer inet;
  inet.inet_options.port = schema::InetAddressValue{.host = "", .port = 9001};
  resolved.http_servers.push_back(inet);
  EXPECT_EQ(default_server_url(resolved), "http://localhost:9001");
  schema::HttpServer local;
  local.is_unix = true;
  local.unix_options.file = "/run/s.sock";
  resolved.http_servers.push_back(local);
  EXPECT_EQ(default_server_url(resolved), "unix:///run/s.sock");
}

}  // namespace
}  // namespace sup::host
