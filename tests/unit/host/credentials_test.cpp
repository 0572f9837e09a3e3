#include "runtime/host/credentials.h"

#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include <gtest/gtest.h>

namespace sup::host {
namespace {

TEST(FileOwner, IsFoundByNamesAndByNumbers) {
  const schema::Result<FileOwner> named = find_owner({.user = "daemon", .group = {}});
  ASSERT_TRUE(named);
  const passwd* entry = ::getpwnam("daemon");
  ASSERT_NE(entry, nullptr);
  EXPECT_EQ(named->user, entry->pw_uid);
  EXPECT_EQ(named->group, entry->pw_gid);  // the user's own

  const schema::Result<FileOwner> numbered =
      find_owner({.user = std::to_string(entry->pw_uid), .group = "0"});
  ASSERT_TRUE(numbered);
  EXPECT_EQ(numbered->user, named->user);
  EXPECT_EQ(numbered->group, 0U);

  const schema::Result<FileOwner> with_group = find_owner({.user = "root", .group = "daemon"});
  ASSERT_TRUE(with_group);
  EXPECT_EQ(with_group->user, 0U);
  EXPECT_EQ(with_group->group, ::getgrnam("daemon")->gr_gid);
}

TEST(FileOwner, ThatNobodyKnowsIsRefused) {
  const schema::Result<FileOwner> user = find_owner({.user = "no such user", .group = {}});
  ASSERT_FALSE(user);
  EXPECT_EQ(user.error().message, "Invalid user name no such user");
  const schema::Result<FileOwner> group = find_owner({.user = "root", .group = "no such group"});
  ASSERT_FALSE(group);
  EXPECT_EQ(group.error().message, "Invalid group name no such group");
}

TEST(UserChange, IsNoneToTheCurrentUser) {
  const schema::Result<UserChange> change = find_user(std::to_string(::getuid()));
  ASSERT_TRUE(change);
  EXPECT_EQ(change->user, ::getuid());
  EXPECT_FALSE(change->credentials);
  EXPECT_EQ(change->refusal, "");
}

TEST(UserChange, ToNobodyKnownIsRefused) {
  const schema::Result<UserChange> number = find_user("4000000000");
  ASSERT_FALSE(number);
  EXPECT_EQ(number.error().message, "Can't find uid 4000000000");
  const schema::Result<UserChange> name = find_user("0x0");  // not the number that it begins with
  ASSERT_FALSE(name);
  EXPECT_EQ(name.error().message, "Invalid user name 0x0");
}

TEST(UserChange, IsOnlyForRoot) {
  const schema::Result<UserChange> change = find_user("daemon");
  ASSERT_TRUE(change);
  const passwd* entry = ::getpwnam("daemon");
  ASSERT_NE(entry, nullptr);
  EXPECT_EQ(change->user, entry->pw_uid);
  if (::getuid() != 0) {
    EXPECT_EQ(change->refusal, "Can't drop privilege as nonroot user");
    return;
  }
  ASSERT_TRUE(change->credentials);
  EXPECT_EQ(change->credentials->user, entry->pw_uid);
  EXPECT_EQ(change->credentials->group, entry->pw_gid);
  ASSERT_FALSE(change->credentials->groups.empty());
  EXPECT_EQ(change->credentials->groups.front(), entry->pw_gid);
}

// In a process of its own: there is no way back, which is what is shown.
TEST(UserChangeDeathTest, TakesAwayEverythingOfRoot) {
  if (::getuid() != 0) {
    GTEST_SKIP() << "only root can";
  }
  const auto change_twice = [] {
    const schema::Result<UserChange> change = find_user("daemon");
    if (!become(*change->credentials) || ::getuid() != change->user ||
        ::geteuid() != change->user || ::getegid() != change->credentials->group) {
      ::_exit(1);
    }
    const int groups = ::getgroups(0, nullptr);
    if (groups != static_cast<int>(change->credentials->groups.size())) {
      ::_exit(2);
    }
    const schema::Status again = become({.user = 0, .group = 0, .groups = {0}});
    ::_exit(!again && again.error().message == "Could not set groups of effective user" ? 0 : 3);
  };
  EXPECT_EXIT(change_twice(), testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace sup::host
