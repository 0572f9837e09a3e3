// Memory of processes, from /proc.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace sup::listeners {

struct ProcessMemory {
  int parent = 0;
  std::int64_t bytes = 0;
};

using MemoryTable = std::map<int, ProcessMemory>;

// From the text of /proc/PID/stat; nothing if it is not understood. The name in it may hold
// anything.
std::optional<ProcessMemory> parse_stat(std::string_view stat, std::int64_t page_bytes);

// All processes that can be seen.
MemoryTable read_memory_table();

// Resident memory of one.
std::optional<std::int64_t> resident_bytes(int pid);

// Its share of memory that it has in common with others counted by halves, thirds … (PSS).
std::optional<std::int64_t> proportional_bytes(int pid);

// Of the process and all that descend from it; nothing if it is not there.
std::optional<std::int64_t> tree_bytes(const MemoryTable& table, int pid);

// The control group of a process ("self" or a pid), as the folder of its memory controller; empty
// if that is not known. Version 2 of control groups, or version 1.
std::string control_group(const std::string& pid);

// From the text of /proc/PID/cgroup; `root` is where control groups are mounted.
std::string control_group_folder(std::string_view cgroup, const std::string& root);

// Memory of a control group, less file pages that the kernel may take back: what would be left
// under pressure.
std::optional<std::int64_t> control_group_bytes(const std::string& folder);

}  // namespace sup::listeners
