// What can be asked about processes and listeners; snapshots.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "runtime/core/durations.h"
#include "runtime/core/listener_protocol.h"
#include "runtime/core/types.h"
#include "schema/states.h"

namespace sup::core {

struct ProcessStatus {
  schema::ProcessState state = schema::ProcessState::STOPPED;
  int pid = 0;
  Instant started{};    // of the last start
  Instant stopped{};    // of the last end
  int exit_status = 0;  // of the last end; -1 by a signal
  std::string spawn_error;
  // No other process of this daemon has the same: who waits for a process sees by it that the id
  // went to another one.
  std::uint64_t birth = 0;
  // The same times by the wall clock, for people; 0: never.
  std::chrono::nanoseconds started_wall{};
  std::chrono::nanoseconds stopped_wall{};
};

// How a child ended.
struct ProcessExit {
  ExitStatus status;
  std::chrono::nanoseconds wall{};
  Instant lasted{};  // since its start
};

struct ProcessHistory {
  std::uint64_t starts = 0;  // attempts, also those that failed
  std::uint64_t spawn_failures = 0;
  std::vector<ProcessExit> exits;  // the last ones, the newest at the end
};

constexpr std::size_t most_exits = 10;

// A process that nobody runs, as it is remembered when its program goes.
struct AtRest {
  std::string group;
  std::string name;
  ProcessStatus status;
  ProcessHistory history;
};

struct ListenerStatus {
  ProcessId process = 0;
  ListenerState state = ListenerState::ACKNOWLEDGED;
  bool stdin_closed = false;
  std::optional<std::int64_t> held;  // serial of the event that it works on
  Instant held_since{};
  // Since the daemon knows the process:
  std::uint64_t delivered = 0;   // events that it was done with
  std::uint64_t rejected = 0;    // answers that were not OK
  std::uint64_t violations = 0;  // how often it broke the protocol
  std::string last_bytes;        // what it said last, the end of it
};

// The events of an eventlistener's group.
struct PoolStatus {
  std::size_t queued = 0;  // without those that listeners hold
  std::int64_t buffer_size = 0;
  std::size_t limit = 0;  // of those in memory: buffer_size, and more while the daemon starts
  bool has_spool = false;
  std::size_t stored = 0;         // of those queued: in the spool alone
  std::optional<Instant> oldest;  // since when the oldest of them waits
  // Since the pool exists:
  std::uint64_t accepted = 0;
  std::uint64_t delivered = 0;
  std::uint64_t rejected = 0;
  std::uint64_t dropped = 0;
  // From an event's coming to the answer of the listener that was done with it; since this daemon,
  // or image of it, began.
  Durations durations;
  std::vector<ListenerStatus> listeners;  // in the order in which they get events
};

}  // namespace sup::core
