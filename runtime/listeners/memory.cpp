#include "runtime/listeners/memory.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <vector>

#include "schema/text.h"

namespace sup::listeners {

namespace {

// Fields of /proc/PID/stat, counted from behind the name.
constexpr std::size_t parent_field = 1;
constexpr std::size_t resident_field = 21;

std::string file_text(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::string place_of(int pid, const char* file) {
  return "/proc/" + std::to_string(pid) + "/" + file;
}

}  // namespace

std::optional<ProcessMemory> parse_stat(std::string_view stat, std::int64_t page_bytes) {
  const std::size_t name_end = stat.rfind(')');
  if (name_end == std::string_view::npos) return std::nullopt;
  stat.remove_prefix(name_end + 1);
  ProcessMemory memory;
  for (std::size_t field = 0; field <= resident_field; ++field) {
    stat.remove_prefix(std::min(stat.find_first_not_of(' '), stat.size()));
    const std::size_t size = std::min(stat.find_first_of(" \n"), stat.size());
    if (size == 0) return std::nullopt;
    const char* const end = stat.data() + size;
    std::from_chars_result result{stat.data(), std::errc()};
    if (field == parent_field) result = std::from_chars(stat.data(), end, memory.parent);
    if (field == resident_field) result = std::from_chars(stat.data(), end, memory.bytes);
    if (result.ec != std::errc()) return std::nullopt;
    stat.remove_prefix(size);
  }
  memory.bytes *= page_bytes;
  return memory;
}

MemoryTable read_memory_table() {
  MemoryTable table;
  std::error_code error;
  const long page = ::sysconf(_SC_PAGESIZE);
  for (const auto& entry : std::filesystem::directory_iterator("/proc", error)) {
    const std::string name = entry.path().filename().string();
    int pid = 0;
    const char* const end = name.data() + name.size();
    if (std::from_chars(name.data(), end, pid) != std::from_chars_result{end, std::errc()}) {
      continue;
    }
    if (const auto memory = parse_stat(file_text(place_of(pid, "stat")), page)) {
      table.emplace(pid, *memory);
    }
  }
  return table;
}

std::optional<std::int64_t> resident_bytes(int pid) {
  const auto memory = parse_stat(file_text(place_of(pid, "stat")), ::sysconf(_SC_PAGESIZE));
  return memory ? std::optional(memory->bytes) : std::nullopt;
}

std::optional<std::int64_t> proportional_bytes(int pid) {
  std::ifstream file(place_of(pid, "smaps_rollup"));
  std::string line;
  while (std::getline(file, line)) {
    constexpr std::string_view key = "Pss:";
    if (!line.starts_with(key)) continue;
    return std::stoll(line.substr(key.size())) * 1024;
  }
  return std::nullopt;
}

std::optional<std::int64_t> tree_bytes(const MemoryTable& table, int pid) {
  if (!table.contains(pid)) return std::nullopt;
  std::multimap<int, int> children;
  for (const auto& [child, memory] : table) children.emplace(memory.parent, child);
  std::int64_t sum = 0;
  std::set<int> seen;  // pids are used again: a table that was read in pieces may hold a circle
  std::vector<int> left{pid};
  while (!left.empty()) {
    const int next = left.back();
    left.pop_back();
    if (!seen.insert(next).second) continue;
    sum += table.at(next).bytes;
    const auto [begin, end] = children.equal_range(next);
    for (auto child = begin; child != end; ++child) left.push_back(child->second);
  }
  return sum;
}

std::string control_group_folder(std::string_view cgroup, const std::string& root) {
  std::string unified;
  while (!cgroup.empty()) {
    const std::size_t end = std::min(cgroup.find('\n'), cgroup.size());
    const std::string_view line = cgroup.substr(0, end);
    cgroup.remove_prefix(std::min(end + 1, cgroup.size()));
    const std::size_t first = line.find(':');
    const std::size_t second = first == std::string_view::npos ? first : line.find(':', first + 1);
    if (second == std::string_view::npos) continue;
    const std::string_view controllers = line.substr(first + 1, second - first - 1);
    const std::string path(line.substr(second + 1));
    // With both versions, memory is where it is named.
    const std::vector<std::string_view> names = schema::split_list(controllers);
    if (std::find(names.begin(), names.end(), "memory") != names.end()) {
      return root + "/memory" + path;
    }
    if (controllers.empty()) unified = root + path;
  }
  return unified;
}

std::string control_group(const std::string& pid) {
  return control_group_folder(file_text("/proc/" + pid + "/cgroup"), "/sys/fs/cgroup");
}

std::optional<std::int64_t> control_group_bytes(const std::string& folder) {
  std::int64_t bytes = 0;
  if (!(std::ifstream(folder + "/memory.current") >> bytes) &&
      !(std::ifstream(folder + "/memory.usage_in_bytes") >> bytes)) {
    return std::nullopt;
  }
  std::ifstream statistics(folder + "/memory.stat");
  std::int64_t inactive = 0;
  std::string name;
  for (std::int64_t value = 0; statistics >> name >> value;) {
    // Of version 1, the total with all groups below.
    if (name == "total_inactive_file") inactive = value;
    if (name == "inactive_file" && inactive == 0) inactive = value;
  }
  return std::max<std::int64_t>(bytes - inactive, 0);
}

}  // namespace sup::listeners
