#include "runtime/host/fcgi_sockets.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <vector>

#include <gtest/gtest.h>

#include "tests/unit/host/temporary_folder.h"

namespace sup::host {
namespace {

schema::Group group_at(const std::string& path) {
  schema::Group group;
  group.name = "web";
  group.kind = schema::GroupKind::fcgi_program;
  group.fcgi = schema::FcgiOptions::defaults();
  group.fcgi.socket = schema::FcgiSocketValue{.path = path, .host = "", .port = 0};
  return group;
}

mode_t mode_of(const std::string& path) {
  struct stat status {};

  EXPECT_EQ(::stat(path.c_str(), &status), 0);
  return status.st_mode & 0777U;
}

TEST(FcgiSockets, AreSharedAndClosedByTheLastUser) {
  const TemporaryFolder folder;
  std::vector<std::string> lines;
  FcgiSockets sockets([&](const std::string& text) { lines.push_back(text); });
  const schema::Group group = group_at(folder / "s");
  const auto first = sockets.acquire(group);
  const auto second = sockets.acquire(group);
  ASSERT_TRUE(first);
  ASSERT_TRUE(second);
  EXPECT_EQ(*first, *second);
  EXPECT_EQ(mode_of(folder / "s"), 0700U);
  sockets.release("web");
  EXPECT_EQ(lines.size(), 1U);
  sockets.release("web");
  const std::string url = "unix://" + folder / "s";
  EXPECT_EQ(lines, (std::vector<std::string>{"Creating socket " + url, "Closing socket " + url}));
}

TEST(FcgiSockets, FilesAreRemovedInTheEndUnlessSomebodyElseMadeThem) {
  const TemporaryFolder folder;
  FcgiSockets sockets([](const std::string&) {});
  schema::Group other = group_at(folder / "other");
  other.name = "other";
  ASSERT_TRUE(sockets.probe(group_at(folder / "s")));
  ASSERT_TRUE(sockets.acquire(other));
  ASSERT_EQ(::unlink((folder / "other").c_str()), 0);
  folder.write("other", "not ours");
  sockets.clear();
  EXPECT_NE(::access((folder / "s").c_str(), F_OK), 0);
  EXPECT_EQ(::access((folder / "other").c_str(), F_OK), 0);
}

TEST(FcgiSockets, AreBornWithTheirModeAndLeaveTheUmask) {
  const TemporaryFolder folder;
  FcgiSockets sockets([](const std::string&) {});
  schema::Group group = group_at(folder / "s");
  group.fcgi.socket_mode = 0766;
  const mode_t before = ::umask(027);
  EXPECT_TRUE(sockets.acquire(group));
  EXPECT_EQ(::umask(before), 027U);
  EXPECT_EQ(mode_of(folder / "s"), 0766U);
}

TEST(FcgiSockets, ReplaceAnOldSocketButNoFile) {
  const TemporaryFolder folder;
  FcgiSockets sockets([](const std::string&) {});
  const schema::Group group = group_at(folder / "s");
  EXPECT_TRUE(sockets.acquire(group));
  sockets.release("web");
  EXPECT_TRUE(sockets.probe(group));
  const schema::Group mistaken = group_at(folder / "file");
  folder.write("file", "dear");
  const schema::Status probed = sockets.probe(mistaken);
  ASSERT_FALSE(probed);
  EXPECT_EQ(probed.error().error_number, EADDRINUSE);
  EXPECT_EQ(folder.read("file"), "dear");
}

TEST(FcgiSockets, WithAnImpossibleOwnerAreErrors) {
  const TemporaryFolder folder;
  FcgiSockets sockets([](const std::string&) {});
  schema::Group group = group_at(folder / "s");
  group.fcgi.socket_owner = schema::UserGroupValue{.user = "99999999999999999999999", .group = {}};
  const schema::Status probed = sockets.probe(group);
  ASSERT_FALSE(probed);
  EXPECT_EQ(probed.error().error_number, EINVAL);
}

TEST(FcgiSockets, ListenOnTcp) {
  FcgiSockets sockets([](const std::string&) {});
  schema::Group group = group_at("");
  group.fcgi.socket = schema::FcgiSocketValue{.path = "", .host = "localhost", .port = 0};
  const auto made = sockets.acquire(group);
  ASSERT_TRUE(made) << made.error().message;
  int listening = 0;
  socklen_t length = sizeof listening;
  ASSERT_EQ(::getsockopt(*made, SOL_SOCKET, SO_ACCEPTCONN, &listening, &length), 0);
  EXPECT_EQ(listening, 1);
}

TEST(FcgiSockets, ThatCannotBeMadeAreErrors) {
  const TemporaryFolder folder;
  FcgiSockets sockets([](const std::string&) {});
  const auto made = sockets.acquire(group_at(folder / "none/s"));
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().message, "Could not create FastCGI socket unix://" + folder / "none/s" +
                                      ": No such file or directory");
}

}  // namespace
}  // namespace sup::host
