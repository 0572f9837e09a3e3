#include "runtime/listeners/memmon.h"

#include <algorithm>

#include "runtime/ctl/failure.h"
#include "runtime/listeners/mail.h"
#include "runtime/listeners/memory.h"
#include "runtime/listeners/supervisor_client.h"
#include "runtime/listeners/times.h"
#include "runtime/listeners/workers.h"

namespace sup::listeners {

namespace {

std::string limits_text(const std::map<std::string, std::int64_t>& limits) {
  std::string text;
  for (const auto& [name, size] : limits) {
    text += (text.empty() ? "" : ", ") + name + "=" + std::to_string(size);
  }
  return text;
}

std::optional<std::int64_t> memory_of(const MemMonSettings& settings, const MemoryTable& table,
                                      int pid) {
  if (settings.is_by_group) {
    const std::string own = control_group("self");
    const std::string other = control_group(std::to_string(pid));
    // With one group for all, each would be restarted for what the others need.
    if (other.empty() || other == own) return std::nullopt;
    return control_group_bytes(other);
  }
  if (settings.is_cumulative) return tree_bytes(table, pid);
  return settings.is_proportional ? proportional_bytes(pid) : resident_bytes(pid);
}

class Restart {
 public:
  Restart(const MemMonSettings& settings, SupervisorClient& client, const ctl::ProcessInfo& process,
          std::int64_t bytes, CheckReport& report)
      : settings_(settings),
        client_(client),
        name_(process.group + ":" + process.name),
        uptime_(process.now - process.start),
        bytes_(std::to_string(bytes)),
        report_(report) {}

  void run() {
    log_line("", "Restarting " + name_);
    try {
      client_.stop(name_);
    } catch (const ctl::Failure& failure) {
      fail("stop process " + name_, " (RSS " + bytes_ + ")", failure);
      return;
    }
    try {
      client_.start(name_);
    } catch (const ctl::Failure& failure) {
      fail("start process " + name_, " after stopping it", failure);
      return;
    }
    if (settings_.uptime_seconds && uptime_ > *settings_.uptime_seconds) return;
    mail("process " + name_ + " restarted",
         "memmon.py restarted the process named " + name_ + " at " + c_time_stamp(seconds_now()) +
             " because it was consuming too much memory (" + bytes_ + " bytes RSS)");
  }

 private:
  void fail(const std::string& what, const std::string& more, const ctl::Failure& failure) {
    const std::string text =
        "Failed to " + what + more + ", exiting: " + ctl::exception_text(failure);
    log_line("", text);
    mail("failed to " + what + ", exiting", text);
  }

  void mail(const std::string& subject, const std::string& body) {
    report_.letters.push_back(
        {.subject = "memmon" + (settings_.name.empty() ? "" : " [" + settings_.name + "]") + ": " +
                    subject,
         .body = body});
  }

  const MemMonSettings& settings_;
  SupervisorClient& client_;
  std::string name_;
  std::int64_t uptime_;
  std::string bytes_;
  CheckReport& report_;
};

}  // namespace

std::string checking_lines(const MemMonSettings& settings) {
  std::string lines;
  if (!settings.programs.empty()) {
    lines += "Checking programs " + limits_text(settings.programs) + "\n";
  }
  if (!settings.groups.empty()) {
    lines += "Checking groups " + limits_text(settings.groups) + "\n";
  }
  if (settings.any) lines += "Checking any=" + std::to_string(*settings.any) + "\n";
  return lines.empty() ? "\n" : lines;
}

std::vector<std::int64_t> limits_of(const MemMonSettings& settings,
                                    const ctl::ProcessInfo& process) {
  std::vector<std::int64_t> limits;
  const auto add = [&](const std::map<std::string, std::int64_t>& from, const std::string& name) {
    if (const auto found = from.find(name); found != from.end()) limits.push_back(found->second);
  };
  add(settings.programs, process.name);
  add(settings.programs, process.group + ":" + process.name);
  add(settings.groups, process.group);
  if (settings.any) limits.push_back(*settings.any);
  return limits;
}

CheckReport check_memory(const MemMonSettings& settings) {
  CheckReport report;
  std::string lines = checking_lines(settings);
  lines.pop_back();
  log_line("", lines);
  try {
    SupervisorClient client;
    const std::vector<ctl::ProcessInfo> all = client.processes();
    const MemoryTable table = settings.is_cumulative ? read_memory_table() : MemoryTable();
    for (const ctl::ProcessInfo& process : all) {
      const std::vector<std::int64_t> limits = limits_of(settings, process);
      if (process.pid == 0 || limits.empty() || is_own(process)) continue;
      const auto bytes = memory_of(settings, table, static_cast<int>(process.pid));
      if (!bytes) {
        if (settings.is_by_group) {
          log_line("", process.group + ":" + process.name +
                           " has no control group of its own that can be measured");
        }
        continue;
      }
      const std::string name = process.group + ":" + process.name;
      for (const std::int64_t limit : limits) {
        log_line("", "RSS of " + name + " is " + std::to_string(*bytes));
        if (*bytes <= limit) continue;
        if (settings.is_dry_run) {
          log_line("", "Would restart " + name);
        } else {
          Restart(settings, client, process, *bytes, report).run();
        }
        break;
      }
    }
  } catch (const ctl::Failure& failure) {
    log_line("memmon", "the supervisor does not answer: " + ctl::exception_text(failure) +
                           "; the next tick tries again");
  }
  return report;
}

}  // namespace sup::listeners
