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

// A process of the configuration, running or not, and a group of them; index into Supervisor's
// tables. Ids stay the same while others come and go; that of one that was removed may be given to
// a new one later, which has another birth (supervisor.h).
using ProcessId = std::uint32_t;
using GroupId = std::uint32_t;

enum class Channel : std::uint8_t { standard_output, standard_error };

// How a child ended.
struct ExitStatus {
  bool by_signal = false;
  int number = 0;  // exit status 0..255, or the signal
  bool core_dumped = false;
  // It is not known how: the child was not ours any more. Counts as not expected.
  bool unknown = false;
};

// Why the configuration is read again.
enum class LoadPurpose : std::uint8_t {
  update,  // to take it over while everything runs
  restart  // to stop everything and start anew with it
};

// Levels of the activity log.
using Level = schema::LogLevelValue;

}  // namespace sup::core
