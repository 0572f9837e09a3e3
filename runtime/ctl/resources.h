// What processes of this machine use, from /proc.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/ctl/session.h"

namespace sup::ctl {

// Of a process and all its descendants.
struct Usage {
  double cpu_seconds = 0;         // used since they began
  std::int64_t memory_bytes = 0;  // resident; what they share is counted once for each
  int processes = 0;
};

// All processes at one moment.
class ProcessTable {
 public:
  static ProcessTable read();

  // Nothing if there is no such child of `daemon`: the number then is one of another machine, or of
  // another container.
  std::optional<Usage> usage(std::int64_t pid, std::int64_t daemon) const;

  std::chrono::steady_clock::time_point when() const { return when_; }

 private:
  struct Entry {
    std::int64_t parent = 0;
    double cpu_seconds = 0;
    std::int64_t memory_bytes = 0;
  };

  void add(std::int64_t pid, Usage& usage) const;

  std::map<std::int64_t, Entry> entries_;
  std::multimap<std::int64_t, std::int64_t> children_;
  std::chrono::steady_clock::time_point when_;
};

// What is used between two moments.
struct Load {
  double cpu_percent = 0;  // of one processor
  std::int64_t memory_bytes = 0;
  int processes = 0;
};

std::optional<Load> load_between(const ProcessTable& before, const ProcessTable& after,
                                 std::int64_t pid, std::int64_t daemon);

// "12.3 MB".
std::string size_text(std::int64_t bytes);
// A column for status lines, as wide for each: "cpu   1.2%  mem  12.3 MB  ".
std::string load_text(const std::optional<Load>& load);
void add_load(const std::optional<Load>& load, rpc::Struct& record);

// The process id of the daemon, or 0 if it is elsewhere.
std::int64_t local_daemon(Session& session);

}  // namespace sup::ctl
