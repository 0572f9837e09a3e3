// The rows of the supervisor's tables: what it remembers of processes, groups and listener pools.
// Plain data: numbers, texts and indexes, so that it can be written down and read back.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "runtime/core/event_pool.h"
#include "runtime/core/listener_protocol.h"
#include "runtime/core/output_channel.h"
#include "runtime/core/process_machine.h"
#include "runtime/core/types.h"

namespace sup::core {

struct ListenerEntry {
  ListenerProtocol protocol;
  bool stdin_broken = false;
  std::optional<QueuedEvent> held;
  Instant armed = never;  // when it is told that there is no answer
};

struct ProcessEntry {
  std::uint32_t group = 0;   // index into Resolved::groups
  std::uint32_t member = 0;  // index into its processes
  ProcessRecord record;
  Instant armed = never;
  std::array<std::optional<OutputChannel>, 2> channels;  // by Channel, where output is seen
  std::optional<ListenerEntry> listener;
};

struct GroupEntry {
  ProcessId first = 0;
  std::uint32_t count = 0;
  std::uint32_t unstopped = 0;
  std::optional<std::uint32_t> pool;
};

struct PoolEntry {
  std::uint32_t group = 0;
  EventPool events;
  Instant armed = never;
  bool touched = false;     // something may be given out
  bool delay_told = false;  // that rejected events are delayed; until one is processed
};

}  // namespace sup::core
