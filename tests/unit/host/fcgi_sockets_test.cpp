#include "runtime/host/fcgi_sockets.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <functional>
#include <memory>
#include <vector>

#include <gtest/gtest.h>

#include "tests/unit/host/temporary_folder.h"

namespace sup::host {
namespace {

using Change = std::function<void(schema::FcgiOptions&)>;

schema::Process process_at(const std::string& path, const Change& change = {}) {
  schema::Process process;
  process.name = "web";
  process.group = "web";
  process.options = schema::ProcessOptions::defaults();
  schema::FcgiOptions options = schema::FcgiOptions::defaults();
  options.socket = schema::FcgiSocketValue{.path = path, .host = "", .port = 0};
  if (change) change(options);
  process.fcgi = std::make_shared<const schema::FcgiOptions>(options);
  return process;
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
  const schema::Process process = process_at(folder / "s");
  const auto first = sockets.acquire(process);
  const auto second = sockets.acquire(process);
  ASSERT_TRUE(first);
  ASSERT_TRUE(second);
  EXPECT_EQ(*first, *second);
  EXPECT_EQ(mode_of(folder / "s"), 0700U);
  sockets.release(FcgiSockets::key_of(process));
  EXPECT_EQ(lines.size(), 1U);
  sockets.release(FcgiSockets::key_of(process));
  const std::string url = "unix://" + folder / "s";
  EXPECT_EQ(lines, (std::vector<std::string>{"Creating socket " + url, "Closing socket " + url}));
}

TEST(FcgiSockets, FilesAreRemovedInTheEndUnlessSomebodyElseMadeThem) {
  const TemporaryFolder folder;
  FcgiSockets sockets([](const std::string&) {});
  schema::Process other = process_at(folder / "other");
  other.group = "other";
  ASSERT_TRUE(sockets.probe(process_at(folder / "s")));
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
  const schema::Process process = process_at(folder / "s", [](auto& o) { o.socket_mode = 0766; });
  const mode_t before = ::umask(027);
  EXPECT_TRUE(sockets.acquire(process));
  EXPECT_EQ(::umask(before), 027U);
  EXPECT_EQ(mode_of(folder / "s"), 0766U);
}

TEST(FcgiSockets, ReplaceAnOldSocketButNoFile) {
  const TemporaryFolder folder;
  FcgiSockets sockets([](const std::string&) {});
  const schema::Process process = process_at(folder / "s");
  EXPECT_TRUE(sockets.acquire(process));
  sockets.release(FcgiSockets::key_of(process));
  EXPECT_TRUE(sockets.probe(process));
  const schema::Process mistaken = process_at(folder / "file");
  folder.write("file", "dear");
  const schema::Status probed = sockets.probe(mistaken);
  ASSERT_FALSE(probed);
  EXPECT_EQ(probed.error().error_number, EADDRINUSE);
  EXPECT_EQ(folder.read("file"), "dear");
}

TEST(FcgiSockets, WithAnImpossibleOwnerAreErrors) {
  const TemporaryFolder folder;
  FcgiSockets sockets([](const std::string&) {});
  const schema::Process process = process_at(folder / "s", [](auto& o) {
    o.socket_owner = schema::UserGroupValue{.user = "99999999999999999999999", .group = {}};
  });
  const schema::Status probed = sockets.probe(process);
  ASSERT_FALSE(probed);
  EXPECT_EQ(probed.error().error_number, EINVAL);
}

TEST(FcgiSockets, ListenOnTcp) {
  FcgiSockets sockets([](const std::string&) {});
  const schema::Process process = process_at("", [](auto& o) {
    o.socket = schema::FcgiSocketValue{.path = "", .host = "localhost", .port = 0};
  });
  const auto made = sockets.acquire(process);
  ASSERT_TRUE(made) << made.error().message;
  int listening = 0;
  socklen_t length = sizeof listening;
  ASSERT_EQ(::getsockopt(*made, SOL_SOCKET, SO_ACCEPTCONN, &listening, &length), 0);
  EXPECT_EQ(listening, 1);
}

TEST(FcgiSockets, ThatCannotBeMadeAreErrors) {
  const TemporaryFolder folder;
  FcgiSockets sockets([](const std::string&) {});
  const auto made = sockets.acquire(process_at(folder / "none/s"));
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().message, "Could not create FastCGI socket unix://" + folder / "none/s" +
                                      ": No such file or directory");
}

}  // namespace
}  // namespace sup::host
