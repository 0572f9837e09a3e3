// Process and daemon states with Supervisor's names and numbers.
#pragma once

#include <cstdint>
#include <string_view>

namespace sup::schema {

enum class ProcessState : std::uint16_t {
  STOPPED = 0,
  STARTING = 10,
  RUNNING = 20,
  BACKOFF = 30,
  STOPPING = 40,
  EXITED = 100,
  FATAL = 200,
  UNKNOWN = 1000
};

enum class SupervisorState : std::int8_t { FATAL = 2, RUNNING = 1, RESTARTING = 0, SHUTDOWN = -1 };

constexpr std::string_view state_name(ProcessState state) {
  switch (state) {
    case ProcessState::STOPPED: return "STOPPED";
    case ProcessState::STARTING: return "STARTING";
    case ProcessState::RUNNING: return "RUNNING";
    case ProcessState::BACKOFF: return "BACKOFF";
    case ProcessState::STOPPING: return "STOPPING";
    case ProcessState::EXITED: return "EXITED";
    case ProcessState::FATAL: return "FATAL";
    case ProcessState::UNKNOWN: return "UNKNOWN";
  }
  return "UNKNOWN";
}

// Counts as done at shutdown, may be removed, may be started.
constexpr bool is_stopped(ProcessState state) {
  return state == ProcessState::STOPPED || state == ProcessState::EXITED ||
         state == ProcessState::FATAL || state == ProcessState::UNKNOWN;
}

// A start is refused, a stop is allowed.
constexpr bool is_running(ProcessState state) {
  return state == ProcessState::STARTING || state == ProcessState::RUNNING ||
         state == ProcessState::BACKOFF;
}

// Has a process that a signal can reach.
constexpr bool is_signallable(ProcessState state) {
  return state == ProcessState::STARTING || state == ProcessState::RUNNING ||
         state == ProcessState::STOPPING;
}

}  // namespace sup::schema
