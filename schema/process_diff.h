// What new values of options do to a process that runs: the one judgement that plan_diff shows and
// that the update of a running daemon obeys. It reads the flags of options.def and knows no option
// by name.
#pragma once

#include <vector>

#include "schema/instantiate.h"
#include "schema/plan_diff.h"

namespace sup::schema {

// What taking over a new value of this option needs; `unchanged` for those that only decide which
// processes there are.
DiffAction action_of(const OptionRow& option);

struct ProcessDifference {
  DiffAction action = DiffAction::unchanged;  // or in_place, or restart
  std::vector<OptionId> options;              // whose values differ, in the order of the table
  bool other_kind = false;                    // another kind of program: it restarts, too
};

// The same process of two bound plans, with the groups that run it.
ProcessDifference compare_processes(const Group& before_group, const Process& before,
                                    const Group& after_group, const Process& after);

// Options of [supervisord] that differ.
std::vector<OptionId> compare_daemons(const SupervisordOptions& before,
                                      const SupervisordOptions& after);

// The settings of a running daemon that takes over `after`: those that need a new daemon stay.
SupervisordOptions updated_daemon(const SupervisordOptions& before,
                                  const SupervisordOptions& after);

// Whether Supervisor's reloadConfig calls a group changed: priority, processes and what belongs to
// listeners count; an AUTO log on either side matches any; of FastCGI only the URL of the socket
// counts. The names are the same.
bool is_changed_for_reread(const Group& before, const Group& after);

// Whether something of the group itself changes that its processes do not show: its priority, or
// how its pool of listeners is served.
bool is_changed_in_place(const Group& before, const Group& after);

// Whether the settings of a control server are the same, and of all of them.
bool same_server(const HttpServer& before, const HttpServer& after);
bool same_servers(const Resolved& before, const Resolved& after);

}  // namespace sup::schema
