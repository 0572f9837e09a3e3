// What the daemon is, the states of its processes, and groups that come and go.
#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "runtime/rpc/arguments.h"
#include "runtime/rpc/calls.h"
#include "runtime/rpc/interface.h"
#include "runtime/rpc/names.h"
#include "runtime/rpc/process_info.h"

namespace sup::rpc {

namespace {

// What clients compare: of the interface, and of the Supervisor whose behaviour this is.
constexpr std::string_view api_version = "3.0";
constexpr std::string_view supervisor_version = "4.4.0";

}  // namespace

Outcome get_api_version(Context& /*context*/, const Array& /*arguments*/, Writer& out) {
  out.text(api_version);
  return Done{};
}

Outcome get_supervisor_version(Context& /*context*/, const Array& /*arguments*/, Writer& out) {
  out.text(supervisor_version);
  return Done{};
}

Outcome get_identification(Context& context, const Array& /*arguments*/, Writer& out) {
  out.text(context.supervisor.resolved().supervisord.identifier);
  return Done{};
}

Outcome get_pid(Context& context, const Array& /*arguments*/, Writer& out) {
  out.integer(context.machine.pid());
  return Done{};
}

// While it stops nobody gets here, so that there is one answer.
Outcome get_state(Context& context, const Array& /*arguments*/, Writer& out) {
  out.begin_struct();
  out.integer_member("statecode", static_cast<std::int64_t>(context.supervisor.state()));
  out.text_member("statename", "RUNNING");
  out.end_struct();
  return Done{};
}

Outcome get_process_info(Context& context, const Array& arguments, Writer& out) {
  auto target = find_process(context, arguments[0]);
  if (auto* refusal = std::get_if<Fault>(&target)) {
    return std::move(*refusal);
  }
  write_process_info(context, std::get<core::ProcessId>(target), context.machine.now(), out);
  return Done{};
}

Outcome get_all_process_info(Context& context, const Array& /*arguments*/, Writer& out) {
  const core::Now now = context.machine.now();
  // Who may see all processes is told the same as all others who may.
  if (context.access.may(Role::read) && out.has({.revision = context.supervisor.revision(),
                                                 .generation = context.machine.table_generation(),
                                                 .second = whole_seconds(now.wall)})) {
    return Done{};
  }
  out.begin_array();
  for (const core::ProcessId process : context.interface.lexical_order()) {
    if (context.sees(process)) {
      write_process_info(context, process, now, out);
    }
  }
  out.end_array();
  return Done{};
}

Outcome get_all_status(Context& context, const Array& /*arguments*/, Writer& out) {
  const core::Now now = context.machine.now();
  std::string table;
  for (const core::ProcessId process : context.interface.lexical_order()) {
    if (context.sees(process)) {
      append_status(context, process, now, table);
    }
  }
  out.text(table);
  return Done{};
}

Outcome shut_down(Context& context, const Array& /*arguments*/, Writer& out) {
  context.interface.perform([&](core::Now now, core::Effects& orders) {
    return context.supervisor.shut_down(now, orders);
  });
  out.boolean(true);
  return Done{};
}

Outcome restart(Context& context, const Array& /*arguments*/, Writer& out) {
  // With one that is refused everything would go on as before: whoever asked has to hear of it.
  const auto read = context.machine.read_configuration({});
  if (!read) {
    return fault(FaultCode::CANT_REREAD, read.error().message);
  }
  context.interface.perform([&](core::Now now, core::Effects& orders) {
    return context.supervisor.restart(now, orders);
  });
  out.boolean(true);
  return Done{};
}

Outcome send_remote_event(Context& context, const Array& arguments, Writer& out) {
  context.interface.perform([&](core::Now now, core::Effects& orders) {
    return context.supervisor.send_remote_event(now, python_text(arguments[0]),
                                                python_text(arguments[1]), orders);
  });
  out.boolean(true);
  return Done{};
}

Outcome reload_config(Context& context, const Array& /*arguments*/, Writer& out) {
  schema::Result<std::shared_ptr<const schema::Resolved>> read =
      context.machine.read_configuration({});
  if (!read) {
    return fault(FaultCode::CANT_REREAD, read.error().message);
  }
  const core::PlanChanges changes = context.supervisor.compare(**read);
  context.interface.configuration_read(std::move(*read));
  out.begin_array();
  out.begin_array();
  for (const std::vector<std::string>* names :
       {&changes.added, &changes.changed, &changes.removed}) {
    out.begin_array();
    for (const std::string& name : *names) {
      out.text(name);
    }
    out.end_array();
  }
  out.end_array();
  out.end_array();
  return Done{};
}

Outcome add_process_group(Context& context, const Array& arguments, Writer& out) {
  const std::optional<std::string_view> name = text_argument(arguments[0]);
  const std::shared_ptr<const schema::Resolved> plan = context.interface.last_read();
  const auto found = std::ranges::find_if(
      plan->groups, [&](const schema::Group& group) { return name && group.name == *name; });
  if (found == plan->groups.end()) {
    return fault(FaultCode::BAD_NAME, python_text(arguments[0]));
  }
  const auto error = context.interface.perform([&](core::Now now, core::Effects& orders) {
    return context.supervisor.add_group(
        now, plan, static_cast<std::size_t>(found - plan->groups.begin()), orders);
  });
  if (error == core::RequestError::shutting_down) {
    return fault(FaultCode::SHUTDOWN_STATE);
  }
  if (error != core::RequestError::none) {
    return fault(FaultCode::ALREADY_ADDED, *name);
  }
  out.boolean(true);
  return Done{};
}

Outcome remove_process_group(Context& context, const Array& arguments, Writer& out) {
  const std::optional<std::string_view> name = text_argument(arguments[0]);
  const std::optional<core::GroupId> group =
      name ? context.supervisor.find_group(*name) : std::nullopt;
  if (!group) {
    return unknown_key(arguments[0]);
  }
  const auto error = context.interface.perform([&](core::Now now, core::Effects& orders) {
    return context.supervisor.remove_group(now, *group, orders);
  });
  if (error != core::RequestError::none) {
    return fault(FaultCode::STILL_RUNNING, *name);
  }
  out.boolean(true);
  return Done{};
}

}  // namespace sup::rpc
