#include "runtime/ctl/resources.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cmath>
#include <cstdio>

#include "runtime/ctl/failure.h"
#include "runtime/ctl/process_info.h"

namespace sup::ctl {

namespace {

// The line of /proc/PID/stat behind the name, which may hold anything: state, parent, …
std::vector<std::string> stat_fields(const std::string& pid) {
  const int descriptor = ::open(("/proc/" + pid + "/stat").c_str(), O_RDONLY | O_CLOEXEC);
  std::array<char, 1024> bytes{};
  const ssize_t count = descriptor < 0 ? 0 : ::read(descriptor, bytes.data(), bytes.size());
  ::close(descriptor);
  std::string_view text(bytes.data(), count > 0 ? static_cast<std::size_t>(count) : 0);
  const std::size_t end_of_name = text.rfind(')');
  return end_of_name == std::string_view::npos ? std::vector<std::string>()
                                               : words_of(text.substr(end_of_name + 1));
}

std::int64_t number(const std::string& text) { return std::strtoll(text.c_str(), nullptr, 10); }

}  // namespace

ProcessTable ProcessTable::read() {
  // Places behind the name, as proc(5) numbers them less three.
  constexpr std::size_t parent = 1;
  constexpr std::size_t user_time = 11;
  constexpr std::size_t system_time = 12;
  constexpr std::size_t resident_pages = 21;
  const auto ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
  const std::int64_t page = ::sysconf(_SC_PAGESIZE);
  ProcessTable table;
  table.when_ = std::chrono::steady_clock::now();
  DIR* folder = ::opendir("/proc");
  while (const dirent* each = folder != nullptr ? ::readdir(folder) : nullptr) {
    const std::string name = each->d_name;
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    const std::vector<std::string> fields = stat_fields(name);
    if (fields.size() <= resident_pages) continue;
    const Entry entry{
        .parent = number(fields[parent]),
        .cpu_seconds =
            static_cast<double>(number(fields[user_time]) + number(fields[system_time])) / ticks,
        .memory_bytes = number(fields[resident_pages]) * page};
    table.entries_.emplace(number(name), entry);
    table.children_.emplace(entry.parent, number(name));
  }
  if (folder != nullptr) ::closedir(folder);
  return table;
}

void ProcessTable::add(std::int64_t pid, Usage& usage) const {
  std::vector<std::int64_t> open{pid};
  while (!open.empty()) {
    const std::int64_t next = open.back();
    open.pop_back();
    const auto entry = entries_.find(next);
    if (entry == entries_.end()) continue;
    usage.cpu_seconds += entry->second.cpu_seconds;
    usage.memory_bytes += entry->second.memory_bytes;
    ++usage.processes;
    const auto [begin, end] = children_.equal_range(next);
    for (auto child = begin; child != end; ++child) open.push_back(child->second);
  }
}

std::optional<Usage> ProcessTable::usage(std::int64_t pid, std::int64_t daemon) const {
  const auto entry = entries_.find(pid);
  if (pid == 0 || daemon == 0 || entry == entries_.end() || entry->second.parent != daemon) {
    return std::nullopt;
  }
  Usage usage;
  add(pid, usage);
  return usage;
}

std::optional<Load> load_between(const ProcessTable& before, const ProcessTable& after,
                                 std::int64_t pid, std::int64_t daemon) {
  const std::optional<Usage> first = before.usage(pid, daemon);
  const std::optional<Usage> second = after.usage(pid, daemon);
  if (!second) {
    return std::nullopt;
  }
  const double seconds = std::chrono::duration<double>(after.when() - before.when()).count();
  const double used = first ? second->cpu_seconds - first->cpu_seconds : 0;
  return Load{.cpu_percent = seconds > 0 ? std::max(0.0, 100 * used / seconds) : 0,
              .memory_bytes = second->memory_bytes,
              .processes = second->processes};
}

std::string size_text(std::int64_t bytes) {
  constexpr std::array units{"B", "KB", "MB", "GB", "TB"};
  auto size = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (size >= 1000 && unit + 1 < units.size()) {
    size /= 1024;
    ++unit;
  }
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), unit == 0 ? "%.0f %s" : "%.1f %s", size, units[unit]);
  return text.data();
}

std::string load_text(const std::optional<Load>& load) {
  std::array<char, 64> text{};
  if (load) {
    std::snprintf(text.data(), text.size(), "cpu %5.1f%%  mem %9s  ", load->cpu_percent,
                  size_text(load->memory_bytes).c_str());
  } else {
    std::snprintf(text.data(), text.size(), "cpu      -  mem         -  ");
  }
  return text.data();
}

void add_load(const std::optional<Load>& load, rpc::Struct& record) {
  record.push_back({"cpu_percent", load ? rpc::Value(load->cpu_percent) : rpc::Value()});
  record.push_back({"memory_bytes", load ? rpc::Value(load->memory_bytes) : rpc::Value()});
  record.push_back({"processes", load ? rpc::Value(load->processes) : rpc::Value()});
}

std::int64_t local_daemon(Session& session) {
  const Address address = parse_address(session.settings.url);
  const bool is_local = address.is_unix() || address.host == "localhost" || address.host == "::1" ||
                        address.host.starts_with("127.");
  if (!is_local) {
    return 0;
  }
  if (session.is_suprun()) {
    // Which tells everybody; Supervisor's method is not for those who manage single programs, and
    // a denial would be logged.
    try {
      return number_member(session.call("suprun.getDaemon"), "pid");
    } catch (const Failure& failure) {
      if (!failure.is_fault(rpc::FaultCode::UNKNOWN_METHOD)) throw;
    }
  }
  const rpc::Value pid = session.call("supervisor.getPID");
  return pid.is<std::int64_t>() ? *pid.get<std::int64_t>() : 0;
}

}  // namespace sup::ctl
