// The rows of the supervisor's tables: what it remembers of processes, groups and listener pools.
// Plain data: numbers, texts and indexes, so that it can be written down and read back; a `spec` is
// found again in the plan by the names of group and process.
//
// A row keeps its place, the id, as long as it exists. One whose `spec` is null is free.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runtime/core/event_pool.h"
#include "runtime/core/listener_protocol.h"
#include "runtime/core/output_channel.h"
#include "runtime/core/process_machine.h"
#include "runtime/core/rare.h"
#include "runtime/core/status.h"
#include "runtime/core/types.h"
#include "schema/instantiate.h"

namespace sup::core {

struct ListenerEntry {
  ListenerProtocol protocol;
  bool stdin_broken = false;
  std::optional<QueuedEvent> held;
  Instant held_since{};
  Instant armed = never;  // when it is told that there is no answer, or killed
  std::uint64_t delivered = 0;
  std::uint64_t rejected = 0;
  std::uint64_t violations = 0;
  std::string last_bytes;
};

// What is done with a process once it is stopped; an update asks for it.
enum class WhenStopped : std::uint8_t { stay, start_again, vanish };

struct ProcessEntry {
  std::shared_ptr<const schema::Process> spec;  // of the child, while there is one
  std::shared_ptr<const schema::Process> next;  // takes its place when the child is gone
  std::uint64_t birth = 0;                      // no other process of this daemon has this number
  GroupId group = 0;
  std::uint32_t place = 0;  // in its group
  WhenStopped when_stopped = WhenStopped::stay;
  bool waits_for_siblings = false;  // starts again when its siblings that do so are stopped, too
  bool waits_for_leaving = false;   // starts when what was removed is gone
  ProcessRecord record;
  std::uint64_t starts = 0;
  std::uint64_t spawn_failures = 0;
  std::vector<ProcessExit> exits;  // the last ones
  Instant armed = never;
  bool noted = false;                           // among the changes that nobody took yet
  std::array<Rare<OutputChannel>, 2> channels;  // by Channel, where output is seen
  Rare<ListenerEntry> listener;
};

// The events of an eventlistener's group.
struct PoolEntry {
  EventPool events;
  Instant armed = never;
  bool had_spool = false;   // when it was told to be opened
  bool touched = false;     // something may be given out
  bool delay_told = false;  // that rejected events are delayed; until one is processed
  std::uint64_t accepted = 0;
  std::uint64_t delivered = 0;
  std::uint64_t rejected = 0;
  std::uint64_t dropped = 0;
  Durations durations{};  // of those delivered
};

struct GroupEntry {
  std::shared_ptr<const schema::Group> spec;
  std::vector<ProcessId> members;  // in the order of the spec, then those that leave
  std::uint32_t unstopped = 0;
  Rare<PoolEntry> pool;
  bool leaving = false;  // vanishes with its last process
};

}  // namespace sup::core
