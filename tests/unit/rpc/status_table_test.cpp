#include "runtime/rpc/status_table.h"

#include <gtest/gtest.h>

namespace sup::rpc {
namespace {

using schema::ProcessState;

TEST(StatusTable, IsALineForEachProcess) {
  std::string table;
  append_status_row("web", "web_0", ProcessState::RUNNING, 4711, "pid 4711, uptime 0:00:05", table);
  append_status_row("cat", "cat", ProcessState::STOPPED, 0, "Not started", table);
  EXPECT_EQ(table,
            "web\tweb_0\t20\tRUNNING\t4711\tpid 4711, uptime 0:00:05\n"
            "cat\tcat\t0\tSTOPPED\t0\tNot started\n");
}

TEST(StatusTable, WhatIsWrittenIsRead) {
  // A name, and what the system or a script says of it, may be any bytes.
  const std::string odd = "\\a\tb\nc\rd\\\\n\xC3\xA9\\";
  std::string table;
  append_status_row(odd, "", ProcessState::FATAL, -1, odd + odd, table);
  append_status_row("last", "one", ProcessState::UNKNOWN, 1LL << 40U, "", table);
  std::string_view rest = table;
  const auto first = take_status_row(rest);
  ASSERT_TRUE(first.has_value());
  EXPECT_EQ(first->group, odd);
  EXPECT_EQ(first->name, "");
  EXPECT_EQ(first->state, 200);
  EXPECT_EQ(first->state_name, "FATAL");
  EXPECT_EQ(first->pid, -1);
  EXPECT_EQ(first->description, odd + odd);
  const auto second = take_status_row(rest);
  ASSERT_TRUE(second.has_value());
  EXPECT_EQ(second->group + ":" + second->name, "last:one");
  EXPECT_EQ(second->pid, 1LL << 40U);
  EXPECT_FALSE(take_status_row(rest).has_value());
}

TEST(StatusTable, ALineOfAnotherMakeHasEmptyColumns) {
  std::string_view table = "group\n\tname\tten\t\\x\\";
  const auto first = take_status_row(table);
  ASSERT_TRUE(first.has_value());
  EXPECT_EQ(first->group, "group");
  EXPECT_EQ(first->name, "");
  EXPECT_EQ(first->state_name, "");
  const auto second = take_status_row(table);
  ASSERT_TRUE(second.has_value());
  EXPECT_EQ(second->group, "");
  EXPECT_EQ(second->name, "name");
  EXPECT_EQ(second->state, 0);
  EXPECT_EQ(second->state_name, "x");
  EXPECT_EQ(second->description, "");
  EXPECT_FALSE(take_status_row(table).has_value());
}

}  // namespace
}  // namespace sup::rpc
