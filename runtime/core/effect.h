// What the core orders the host to do, in order. The host answers some of them with inputs, either
// at once after the batch or later.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "runtime/core/types.h"
#include "schema/instantiate.h"

namespace sup::core::effect {

// Start the process (Supervisor::spec tells how); answered by Spawned or SpawnFailed.
struct Spawn {
  ProcessId process = 0;
};

// Send a signal to the child, or to its process group; answered by KillFailed if it fails.
struct Kill {
  ProcessId process = 0;
  int pid = 0;
  int signal = 0;
  bool whole_group = false;
};

// Write to the child's standard input; what does not fit the pipe is kept and written later.
// Answered by StdinBroken if the other end is closed.
struct WriteStdin {
  ProcessId process = 0;
  std::string bytes;
};

// Append to the log of a channel that wants_output: what is left of the output after capture and
// strip_ansi.
struct AppendLog {
  ProcessId process = 0;
  Channel channel = Channel::standard_output;
  std::string bytes;
};

// A line of the activity log, without time and level.
struct LogLine {
  Level level = Level::info;
  std::string text;
};

// Close and open again all log files by name.
struct ReopenLogs {};

// Read and check the configuration again; answered by PlanLoaded or PlanRefused.
struct LoadPlan {
  LoadPurpose purpose = LoadPurpose::update;
  std::shared_ptr<const schema::Resolved> read{};  // it was read already; null: it was not
};

// There is a new process, which was not started yet.
struct Added {
  ProcessId process = 0;
};

// The process goes on with other settings (Supervisor::spec), which need no new child: logs, and
// whether its output wants to be seen.
struct Changed {
  ProcessId process = 0;
};

// The process is gone, and has no child. Its id may be given to another one later.
struct Removed {
  ProcessId process = 0;
};

// Another plan was taken over while everything runs: Supervisor::resolved and ::settings are new.
// Comes before what it does to processes.
struct Updated {};

// The daemon takes on a new configuration: everything was stopped and the process table is new. The
// host forgets what it holds for the old ids and sends Boot.
struct Restarted {};

// Open the spool of a pool (schema: events_spool); answered by SpoolOpened, or by nothing if that
// cannot be. What is in there and waits in the pool already is told: of the events up to
// `loaded_through` these.
struct OpenSpool {
  GroupId pool = 0;
  std::int64_t loaded_through = -1;  // serials of the pool
  std::vector<std::int64_t> in_memory;
};

// Bring the next events, at most so many, from the spool; answered by SpoolLoaded.
struct LoadSpool {
  GroupId pool = 0;
  std::size_t count = 0;
};

// The pool has no spool any more, or is gone. What waits there stays.
struct CloseSpool {
  GroupId pool = 0;
};

// Everything is stopped: remove pidfile and sockets, leave with this status.
struct Quit {
  int status = 0;
};

}  // namespace sup::core::effect

namespace sup::core {

using Effect = std::variant<effect::Spawn, effect::Kill, effect::WriteStdin, effect::AppendLog,
                            effect::LogLine, effect::ReopenLogs, effect::LoadPlan, effect::Added,
                            effect::Changed, effect::Removed, effect::Updated, effect::Restarted,
                            effect::OpenSpool, effect::LoadSpool, effect::CloseSpool, effect::Quit>;

using Effects = std::vector<Effect>;

}  // namespace sup::core
