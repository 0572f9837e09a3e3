// What memmon checks, and what it does then.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "runtime/ctl/process_info.h"
#include "runtime/listeners/check_report.h"

namespace sup::listeners {

// Sizes in bytes.
struct MemMonSettings {
  std::map<std::string, std::int64_t> programs;  // NAME or GROUP:NAME
  std::map<std::string, std::int64_t> groups;
  std::optional<std::int64_t> any;
  bool is_cumulative = false;
  bool is_proportional = false;
  bool is_by_group = false;                    // control groups
  std::optional<std::int64_t> uptime_seconds;  // a mail only if it ran no longer
  std::string name;                            // in the subject
  bool is_dry_run = false;
};

// "Checking programs a=1, g:b=2" and so on, a line each.
std::string checking_lines(const MemMonSettings& settings);

// The limits that go for a process, in the order in which they are compared.
std::vector<std::int64_t> limits_of(const MemMonSettings& settings,
                                    const ctl::ProcessInfo& process);

// One check, in a child.
CheckReport check_memory(const MemMonSettings& settings);

}  // namespace sup::listeners
