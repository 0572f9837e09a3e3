// What a process uses, from the text of /proc/PID/stat and from /proc.
#include "runtime/host/process_usage.h"

#include <unistd.h>

#include <gtest/gtest.h>

namespace sup::host {
namespace {

constexpr std::string_view text =
    "42 (a ) b (c) S 1 42 42 0 -1 4194560 100 200 0 0 150 50 7 8 20 0 1 0 1234 5000000 300 "
    "18446744073709551615 1 1 0 0 0";

TEST(ProcessUsage, TheNameMayHaveBracketsAndBlanks) {
  const auto usage = read_stat(text, 100, 4096);
  ASSERT_TRUE(usage);
  EXPECT_DOUBLE_EQ(usage->cpu_seconds, 2);
  EXPECT_EQ(usage->resident_bytes, 300 * 4096);
}

TEST(ProcessUsage, WhatIsNoSuchTextIsNothing) {
  EXPECT_FALSE(read_stat("", 100, 4096));
  EXPECT_FALSE(read_stat("42 (a", 100, 4096));
  EXPECT_FALSE(read_stat(text.substr(0, 40), 100, 4096));
}

TEST(ProcessUsage, OfThisProcess) {
  const auto usage = process_usage(::getpid());
  ASSERT_TRUE(usage);
  EXPECT_GT(usage->resident_bytes, 0);
  EXPECT_FALSE(process_usage(-1));
}

}  // namespace
}  // namespace sup::host
