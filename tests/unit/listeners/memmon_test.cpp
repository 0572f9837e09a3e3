// Limits, and memory out of /proc.
#include "runtime/listeners/memmon.h"

#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "runtime/listeners/memory.h"

namespace sup::listeners {
namespace {

ctl::ProcessInfo process(const std::string& group, const std::string& name) {
  ctl::ProcessInfo info;
  info.group = group;
  info.name = name;
  return info;
}

TEST(MemMon, LimitsInTheOrderOfSuperlance) {
  MemMonSettings settings;
  settings.programs = {
      {"web",      1},
      {"shop:web", 2}
  };
  settings.groups = {
      {"shop", 3}
  };
  settings.any = 4;
  EXPECT_EQ(limits_of(settings, process("shop", "web")), (std::vector<std::int64_t>{1, 2, 3, 4}));
  EXPECT_EQ(limits_of(settings, process("bank", "web")), (std::vector<std::int64_t>{1, 4}));
  EXPECT_EQ(limits_of(settings, process("bank", "db")), (std::vector<std::int64_t>{4}));
}

TEST(MemMon, SaysWhatItChecks) {
  MemMonSettings settings;
  EXPECT_EQ(checking_lines(settings), "\n");
  settings.programs = {
      {"g:b", 1024     },
      {"a",   209715200}
  };
  settings.groups = {
      {"g", 104857600}
  };
  settings.any = 1073741824;
  EXPECT_EQ(checking_lines(settings),
            "Checking programs a=209715200, g:b=1024\nChecking groups g=104857600\n"
            "Checking any=1073741824\n");
}

TEST(Memory, NamesOfProcessesMayHoldAnything) {
  const auto memory = parse_stat(
      "12 (a) R 9 (x) S 77 12 12 0 -1 4194304 1 0 0 0 0 0 0 0 20 0 1 0 100 8192 55 1844 1 1 0\n",
      4096);
  ASSERT_TRUE(memory);
  EXPECT_EQ(memory->parent, 77);
  EXPECT_EQ(memory->bytes, 55 * 4096);
  EXPECT_FALSE(parse_stat("", 4096));
  EXPECT_FALSE(parse_stat("12 (a) S 77", 4096));
}

TEST(Memory, TreesAreSummed) {
  const MemoryTable table{
      {1, {0, 1}   },
      {2, {1, 10}  },
      {3, {2, 100} },
      {4, {9, 1000}},
      {5, {6, 1}   },
      {6, {5, 2}   }
  };
  EXPECT_EQ(tree_bytes(table, 1), 111);
  EXPECT_EQ(tree_bytes(table, 2), 110);
  EXPECT_EQ(tree_bytes(table, 4), 1000);
  EXPECT_EQ(tree_bytes(table, 5), 3);
  EXPECT_EQ(tree_bytes(table, 9), std::nullopt);
}

TEST(Memory, OfThisProcess) {
  const auto resident = resident_bytes(::getpid());
  ASSERT_TRUE(resident);
  EXPECT_GT(*resident, 100'000);
  EXPECT_TRUE(read_memory_table().contains(::getpid()));
  EXPECT_EQ(resident_bytes(0), std::nullopt);
}

TEST(Memory, ControlGroupsOfBothVersions) {
  EXPECT_EQ(control_group_folder("0::/system.slice/web.service\n", "/c"),
            "/c/system.slice/web.service");
  EXPECT_EQ(control_group_folder("5:cpu,cpuacct:/a\n4:memory:/b:c\n0::/d\n", "/c"),
            "/c/memory/b:c");
  EXPECT_EQ(control_group_folder("4:cpu:/a\nnonsense\n:\n", "/c"), "");
  EXPECT_EQ(control_group_folder("", "/c"), "");
  std::string folder = testing::TempDir() + "cgroup-XXXXXX";
  ASSERT_NE(::mkdtemp(folder.data()), nullptr);
  EXPECT_FALSE(control_group_bytes(folder));
  std::ofstream(folder + "/memory.current") << "1000000\n";
  EXPECT_EQ(control_group_bytes(folder), 1000000);
  std::ofstream(folder + "/memory.stat") << "anon 700000\ninactive_file 250000\nactive_file 5\n";
  EXPECT_EQ(control_group_bytes(folder), 750000);
  std::ofstream(folder + "/memory.stat") << "inactive_file 2000000\n";
  EXPECT_EQ(control_group_bytes(folder), 0);
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace sup::listeners
