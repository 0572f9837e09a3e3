// What Supervisor does not tell: the daemon as a whole, groups with the places where they are
// written, and the histories of processes.
#include <chrono>
#include <map>
#include <string>

#include "runtime/rpc/calls.h"
#include "runtime/rpc/interface.h"
#include "runtime/rpc/names.h"
#include "runtime/rpc/process_info.h"

namespace sup::rpc {

namespace {

std::string_view state_text(schema::SupervisorState state) {
  switch (state) {
    case schema::SupervisorState::FATAL: return "FATAL";
    case schema::SupervisorState::RUNNING: return "RUNNING";
    case schema::SupervisorState::RESTARTING: return "RESTARTING";
    case schema::SupervisorState::SHUTDOWN: return "SHUTDOWN";
  }
  return "UNKNOWN";
}

void write_exit(const core::ProcessExit& exit, Writer& out) {
  const core::ExitStatus& status = exit.status;
  out.begin_struct();
  out.integer_member("at", whole_seconds(exit.wall));
  out.member("lasted");
  out.real(std::chrono::duration<double>(exit.lasted).count());
  // -1: it was not that way.
  out.integer_member("status", status.by_signal || status.unknown ? -1 : status.number);
  out.integer_member("signal", status.by_signal ? status.number : -1);
  out.boolean_member("core_dumped", status.core_dumped);
  out.boolean_member("unknown", status.unknown);
  out.end_struct();
}

void write_member(const Context& context, core::ProcessId process, Writer& out) {
  const schema::Process& spec = context.supervisor.spec(process);
  out.begin_struct();
  out.text_member("name", spec.name);
  out.text_member("state", schema::state_name(context.supervisor.status(process).state));
  out.text_member("command", spec.options.command.value_or(""));
  out.boolean_member("autostart", spec.options.autostart);
  out.text_member("place", context.machine.place(spec.origin));
  out.end_struct();
}

}  // namespace

Outcome get_daemon(Context& context, const Array& /*arguments*/, Writer& out) {
  std::map<schema::ProcessState, std::int64_t> counts;
  for (const core::ProcessId process : context.supervisor.processes()) {
    ++counts[context.supervisor.status(process).state];
  }
  out.begin_struct();
  out.text_member("name", "suprun");
  out.text_member("version", SUP_VERSION);
  out.integer_member("pid", context.machine.pid());
  out.text_member("identifier", context.supervisor.resolved().supervisord.identifier);
  out.text_member("plan", context.supervisor.resolved().plan_hash);
  out.text_member("state", state_text(context.supervisor.state()));
  out.integer_member("now", whole_seconds(context.machine.now().wall));
  out.integer_member("serving_since", whole_seconds(context.interface.since()));
  out.member("processes");
  out.begin_struct();
  for (const auto& [state, count] : counts) {
    out.integer_member(schema::state_name(state), count);
  }
  out.end_struct();
  out.end_struct();
  return Done{};
}

Outcome get_groups(Context& context, const Array& /*arguments*/, Writer& out) {
  out.begin_array();
  for (const core::GroupId group : context.supervisor.groups()) {
    const schema::Group& spec = context.supervisor.group_spec(group);
    out.begin_struct();
    out.text_member("name", spec.name);
    out.text_member("kind", schema::group_kind_name(spec.kind));
    out.integer_member("priority", spec.priority);
    out.text_member("place", context.machine.place(spec.origin));
    out.member("processes");
    out.begin_array();
    for (const core::ProcessId process : context.supervisor.processes(group)) {
      write_member(context, process, out);
    }
    out.end_array();
    out.end_struct();
  }
  out.end_array();
  return Done{};
}

Outcome get_process_history(Context& context, const Array& arguments, Writer& out) {
  auto target = find_process(context, arguments[0]);
  if (auto* refusal = std::get_if<Fault>(&target)) {
    return std::move(*refusal);
  }
  const core::ProcessHistory history =
      context.supervisor.history(std::get<core::ProcessId>(target));
  out.begin_struct();
  out.integer_member("starts", static_cast<std::int64_t>(history.starts));
  out.integer_member("spawn_failures", static_cast<std::int64_t>(history.spawn_failures));
  out.member("exits");
  out.begin_array();
  for (const core::ProcessExit& exit : history.exits) {
    write_exit(exit, out);
  }
  out.end_array();
  out.end_struct();
  return Done{};
}

}  // namespace sup::rpc
