// What anybody can make happen does not fill the log, nor forge lines of it.
#include "runtime/core/line_limit.h"

#include <gtest/gtest.h>

namespace sup::core {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(LineLimit, AFewInARowThenOneASecond) {
  LineLimit limit;
  Instant now = seconds(100);
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(limit.add(now, "a"), "a");
  }
  for (int i = 0; i < 70000; ++i) {
    ASSERT_EQ(limit.add(now, "a"), std::nullopt);
  }
  now += milliseconds(999);
  EXPECT_EQ(limit.add(now, "a"), std::nullopt);
  now += milliseconds(1);
  EXPECT_EQ(limit.add(now, "b"), "b (70001 more since the last such line)");
  EXPECT_EQ(limit.add(now, "c"), std::nullopt);
  now += seconds(3600);
  EXPECT_EQ(limit.add(now, "d"), "d (1 more since the last such line)");
  for (int i = 0; i < 9; ++i) {
    EXPECT_EQ(limit.add(now, "e"), "e");
  }
  EXPECT_EQ(limit.add(now, "e"), std::nullopt);
}

TEST(LineLimits, NobodyHidesWhatAnotherDoes) {
  LineLimits limits;
  Instant now = seconds(100);
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(limits.add(now, "bob", "b"), "b");
  }
  EXPECT_EQ(limits.add(now, "bob", "b"), std::nullopt);
  EXPECT_EQ(limits.add(now, "alice", "a"), "a");
  now += seconds(5);
  EXPECT_EQ(limits.add(now, "bob", "b"), "b (1 more since the last such line)");
  EXPECT_EQ(limits.add(now, "bob", "b"), std::nullopt);
}

TEST(LineLimits, VeryManyShareTheRest) {
  LineLimits limits;
  Instant now = seconds(100);
  int told = 0;
  for (int who = 0; who < 10000; ++who) {
    told += limits.add(now, std::to_string(who), "x") ? 1 : 0;
  }
  EXPECT_EQ(told, 256 + 10);
  // Those of old make room.
  now += seconds(60);
  told = 0;
  for (int who = 20000; who < 30000; ++who) {
    told += limits.add(now, std::to_string(who), "x") ? 1 : 0;
  }
  EXPECT_EQ(told, 256 + 10);
}

TEST(LineLimit, TextsOfStrangersStayOnTheirLine) {
  EXPECT_EQ(visible("web:a-1_0.b/c d"), "web:a-1_0.b/c d");
  EXPECT_EQ(visible(""), "");
  EXPECT_EQ(visible("a\nCRIT b"), "'a\\nCRIT b'");
  EXPECT_EQ(visible("\x1B[31m"), "'\\x1b[31m'");
  EXPECT_EQ(visible(std::string(200, 'a')), std::string(200, 'a'));
  EXPECT_EQ(visible(std::string(1000000, 'a')), "'" + std::string(200, 'a') + "'...");
}

}  // namespace
}  // namespace sup::core
