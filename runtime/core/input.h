// What the host tells the core: facts, each once, in the order in which they happened.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "runtime/core/event_pool.h"
#include "runtime/core/types.h"
#include "schema/instantiate.h"

namespace sup::core::input {

// The host is ready: logs are open, signals are caught. Groups come to life, programs start.
struct Boot {};

// Answer to effect::Spawn: the child exists.
struct Spawned {
  ProcessId process = 0;
  int pid = 0;
  // When the host began with it, which may be long after it was asked to: a thousand are started
  // one after the other. Nothing: at once.
  std::optional<Now> begun{};
};

// Answer to effect::Spawn: it could not be started. `reason` is the text of the spawn error, as
// "can't find command 'x'".
struct SpawnFailed {
  ProcessId process = 0;
  std::string reason;
};

// A child was reaped. Its pipes were drained before, and the output was told. `pid` may be
// an orphan that was adopted.
struct Exited {
  int pid = 0;
  ExitStatus status;
};

// Bytes that a child wrote. Told only for channels with Supervisor::wants_output; the rest goes
// from pipe to file without the core. The bytes are valid during the call.
struct Output {
  ProcessId process = 0;
  Channel channel = Channel::standard_output;
  std::string_view bytes;
};

// The other end of a child's standard input is closed (EPIPE): what was written since is lost.
struct StdinBroken {
  ProcessId process = 0;
};

// Answer to effect::Kill that failed; ESRCH included.
struct KillFailed {
  ProcessId process = 0;
  int error_number = 0;
};

// A signal to the daemon: TERM, INT, QUIT, HUP, USR2 (and any other, which is only logged).
struct DaemonSignal {
  int signal = 0;
};

// Nothing happened but time; sent at deadline().
struct Tick {};

// The wall clock was set, or the machine slept.
struct ClockSet {};

// Answer to effect::LoadPlan, with its purpose.
struct PlanLoaded {
  std::shared_ptr<const schema::Resolved> resolved;
  LoadPurpose purpose = LoadPurpose::update;
};

struct PlanRefused {
  std::string reason;
};

// Comes before Boot, and before everything else when another daemon's work goes on: where pools
// have a spool, it is to be opened.
struct OpenSpools {
  std::optional<GroupId> pool{};  // this one alone, as it could not be opened before
};

// Answer to effect::OpenSpool.
struct SpoolOpened {
  GroupId pool = 0;
  std::size_t stored = 0;             // events that wait there and not in the pool
  std::int64_t next_pool_serial = 0;  // behind all that are there
  std::int64_t next_serial = 0;
};

// Answer to effect::LoadSpool.
struct SpoolLoaded {
  GroupId pool = 0;
  std::vector<QueuedEvent> events;  // in order
  std::size_t stored = 0;           // that are left there
};

// There was no room in the spool: all up to this serial of the pool are no longer there.
struct SpoolDropped {
  GroupId pool = 0;
  std::int64_t through = 0;
  std::size_t stored = 0;  // that are left there
};

}  // namespace sup::core::input

namespace sup::core {

using Input =
    std::variant<input::Boot, input::Spawned, input::SpawnFailed, input::Exited, input::Output,
                 input::StdinBroken, input::KillFailed, input::DaemonSignal, input::Tick,
                 input::ClockSet, input::PlanLoaded, input::PlanRefused, input::OpenSpools,
                 input::SpoolOpened, input::SpoolLoaded, input::SpoolDropped>;

}  // namespace sup::core
