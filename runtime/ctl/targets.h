// Names that a command was given, as the processes that they stand for.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "runtime/ctl/process_info.h"
#include "runtime/ctl/session.h"

namespace sup::ctl {

// The states of all processes; of suprun in its brief form.
std::vector<ProcessInfo> all_statuses(Session& session);

// The processes among `all` that are named, in the order of the names; `all` and no name stand for
// all of them. What does not exist is complained of, with `exit` as status.
std::vector<const ProcessInfo*> named(Session& session, const std::vector<ProcessInfo>& all,
                                      const std::vector<std::string>& names, int exit);

// Whether those are all that the daemon has, and not only what the caller may see: suprun tells
// everybody how many there are.
bool sees_all(Session& session, std::size_t seen);

// Sleeps; Interrupted after Ctrl-C.
void pause_for(std::chrono::milliseconds time);

}  // namespace sup::ctl
