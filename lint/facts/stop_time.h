// How long it may take to stop all programs.
#pragma once

#include <cstdint>
#include <vector>

#include "lint/facts/layout.h"

namespace sup::lint {

// The members of a group are asked to stop at once; the next group waits until all have ended, or
// with shutdown_by_priority= only one of another priority does.
struct StopWave {
  std::size_t group = 0;     // index into Layout::groups()
  std::int64_t seconds = 0;  // the longest stopwaitsecs=, behind it comes SIGKILL
  std::int64_t before = 0;   // seconds that the waves before it take
  const ConfigSection* slowest = nullptr;
  const ConfigEntry* entry = nullptr;  // that says so; null: by default
};

// Seconds that a program has; what is not known has no value.
KnownNumber stop_seconds(const Context& context, const ConfigSection& section);

// shutdown_by_priority= of [supervisord]; what is not known counts as its default.
bool stops_by_priority(const Context& context);

// The groups in the order in which they stop; those without processes are left out. Seconds that
// are not known count as none.
std::vector<StopWave> stop_waves(const Context& context);

// When the last one has ended.
std::int64_t stop_time(const std::vector<StopWave>& waves);

}  // namespace sup::lint
