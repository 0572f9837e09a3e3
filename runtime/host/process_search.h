// Processes that another daemon started, looked for in /proc.
#pragma once

#include <optional>
#include <vector>

#include "runtime/host/children.h"
#include "runtime/host/system.h"
#include "schema/result.h"

namespace sup::host {

// A pidfd of the process; nothing if it is gone and the number perhaps another one's. It may have
// ended and be a zombie.
schema::Result<Descriptor> open_process(const SavedChild& child);

struct FoundProcess {
  int pid = 0;
  core::Instant started{};  // by the clock of /proc/PID/stat
  Descriptor descriptor;    // a pidfd
};

// The process that leads a group and has the other end of one of these pipes as its standard input,
// output or error; of several the one that was started first. Nothing where there is none, or /proc
// does not tell.
std::optional<FoundProcess> find_holder(const std::vector<Descriptor>& pipes);

}  // namespace sup::host
