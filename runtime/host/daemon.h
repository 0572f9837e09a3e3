// The daemon: the loop that joins the core (what should happen) with Linux (what happens). Facts
// from signals, pipes and timers go into core::Supervisor, its orders are executed here. One
// thread, and nothing wakes it but an event or the core's deadline.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "runtime/core/compat.h"
#include "runtime/core/exit_rule.h"
#include "runtime/host/servers.h"
#include "schema/instantiate.h"
#include "schema/result.h"

namespace sup::host {

// What the daemon runs.
struct Configuration {
  std::shared_ptr<const schema::Resolved> resolved;
  // Come first in the activity log, at INFO: which plan it is.
  std::vector<std::string> first_lines;
  // That origins in it point into; may be empty.
  std::vector<std::string> files{};
};

struct DaemonOptions {
  // Reads the configuration again, for a restart.
  std::function<schema::Result<Configuration>(const core::PlanSource& source)> load;
  // What is as in Supervisor although suprun does better.
  core::Compat compat;
  // Programs that the daemon ends with.
  core::ExitRule exit_rule;
  // Makes the control servers; unset: there are none.
  MakeServers make_servers;
  // Children outlive a sudden end of the daemon, for so many seconds.
  bool keeper = true;
  int keeper_seconds = 600;
  // How this program was started: for an upgrade in place.
  std::vector<std::string> arguments;
  // Stays in the foreground whatever the configuration says.
  bool foreground = false;
};

// Runs until it is told to leave; the exit status. The error is of the start, when nothing was
// started yet.
schema::Result<int> run_daemon(Configuration configuration, DaemonOptions options);

// Signals that come from now on wait for run_daemon. The kernel would throw those away that come to
// PID 1 before it takes them, and a container that is stopped as it starts would be killed later.
void keep_signals();

// The arguments, behind the others, by which the image before this one hands over to it, or asks
// whether it could: followed by the number of a descriptor.
constexpr const char* resume_argument = "--resume";
constexpr const char* check_argument = "--check-handover";

// Goes on as the image before this one.
schema::Result<int> resume_daemon(int descriptor, DaemonOptions options);

// Whether resume_daemon would.
schema::Status check_handover(int descriptor, const core::Compat& compat);

}  // namespace sup::host
