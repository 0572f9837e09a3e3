// Small types shared by the machines of the core: time, process ids, exit statuses, log levels.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "schema/values.h"

namespace sup::core {

// A point in steady time since an epoch that the host chooses (its boot clock). Deadlines are
// these; wall-clock jumps do not move them.
using Instant = std::chrono::nanoseconds;

constexpr Instant never = Instant::max();

// Time as the host tells it with each input.
struct Now {
  Instant steady{};
  std::chrono::nanoseconds wall{};  // since 1970, for what people and TICK events read
};

// A process of the configuration, running or not; index into Supervisor's table.
using ProcessId = std::uint32_t;

enum class Channel : std::uint8_t { standard_output, standard_error };

// How a child ended.
struct ExitStatus {
  bool by_signal = false;
  int number = 0;  // exit status 0..255, or the signal
  bool core_dumped = false;
};

// Levels of the activity log.
using Level = schema::LogLevelValue;

}  // namespace sup::core
