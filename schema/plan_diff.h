// What changes when one plan takes the place of another: the one comparison that `supc diff` shows
// and an update of a running daemon obeys. It is pure and compares what the plans mean on a machine
// (their resolved sides), so that another way of writing the same thing is no change; what depends
// on an unknown variable is compared as its template.
//
// A program is told apart by its group and its section: a program that moves to another group is
// removed there and added here, as its processes get another name. A value whose option has the
// flag `restart` in options.def makes its processes start anew; all others change in place:
//
// * an event listener's events, buffer_size, event_length and result_handler: the pool takes the
//   new list from the next event on; a smaller buffer drops its oldest events
// * the socket of an fcgi-program is made anew, and its processes with it
// * members and priority of a group: nothing but the order of later starts and stops
// * [supervisord]: what is not marked is taken over; for the others the daemon itself has to start
//   anew. Its environment= is seen in the processes that inherit it
// * a control server listens anew when its file or port changes, nothing else stops
// * sections that only the client reads concern no process
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "schema/instantiate.h"
#include "schema/plan.h"

namespace sup::schema {

// What happens to something, the weakest first.
enum class DiffAction : std::uint8_t { unchanged, in_place, restart, add, remove };

std::string_view diff_action_name(DiffAction action);

enum class DiffSubject : std::uint8_t { daemon, http_server, rpcinterface, group, program, client };

// A value on one side.
struct DiffValue {
  std::optional<std::string> text;  // canonical; nothing: it has none. Secrets are not hidden
  std::string written;              // the setting as it stands in the plan; empty: not written
  Origin origin;                    // line 0: a default
  bool open = false;                // `text` is a template, its value not known
};

struct ValueChange {
  std::string name;                   // of the option, or a key that only a factory knows
  const OptionRow* option = nullptr;  // null for these keys
  std::string variable;               // one variable of an environment=, else empty
  DiffValue before;
  DiffValue after;
  bool restart = false;      // takes effect when what the section runs is started anew
  bool per_process = false;  // differs from process to process; shown as written, or for the first
};

struct Difference {
  DiffSubject subject = DiffSubject::program;
  DiffAction action = DiffAction::unchanged;
  std::string section;  // "program:web", "supervisord"
  std::string group;    // of programs, the group that runs them
  Origin before;        // of the sections; line 0: not there
  Origin after;
  std::string moved;                // of an added or removed program: its group on the other side
  std::vector<ValueChange> values;  // also those of what is added or removed, as written
  // Of programs, names of processes as "group:name", in order of start:
  std::vector<std::string> added;
  std::vector<std::string> removed;
  std::vector<std::string> restarted;
  std::vector<std::string> in_place;
};

// One process is stopped or started.
struct DiffStep {
  bool start = false;
  std::string process;  // "group:name"
  std::string section;  // of its program
  std::string group;
  std::int64_t group_priority = 0;
  std::int64_t priority = 0;
  // Starts only: an added process without autostart stays down, a restarted one comes back if it
  // ran.
  bool autostart = true;
  bool added = false;
};

struct PlanDiff {
  std::vector<Difference> differences;  // of what differs, the daemon first, programs by start
  std::vector<DiffStep> steps;          // stops in reverse order of start, then starts
  std::size_t unchanged = 0;            // programs
  bool daemon_restart = false;          // some values take effect only with a new daemon

  bool same() const { return differences.empty(); }
};

PlanDiff diff(const Plan& before, const Resolved& before_bound, const Plan& after,
              const Resolved& after_bound);

// "web:web_00", and "web" for the only process of a program's own group, as supervisorctl does.
std::string process_label(const Process& process);

}  // namespace sup::schema
