// suprun.update: another configuration is taken over while everything runs, and what that does.
#include <utility>

#include "runtime/rpc/calls.h"
#include "runtime/rpc/interface.h"

namespace sup::rpc {

namespace {

void tell(const core::PlanChanges& changes, Writer& out) {
  out.begin_array();
  for (const core::PlanChanges::Process& process : changes.processes) {
    if (process.action == schema::DiffAction::unchanged) {
      continue;
    }
    out.begin_struct();
    out.text_member("group", process.group);
    out.text_member("name", process.name);
    out.text_member("action", schema::diff_action_name(process.action));
    out.member("options");
    out.begin_array();
    for (const schema::OptionId option : process.options) {
      out.text(schema::option_row(option).name);
    }
    out.end_array();
    out.end_struct();
  }
  out.end_array();
}

}  // namespace

Outcome preview_update(Context& context, const Array& /*arguments*/, Writer& out) {
  const auto read = context.machine.read_configuration();
  if (!read) {
    return fault(FaultCode::CANT_REREAD, read.error().message);
  }
  tell(context.supervisor.compare(**read), out);
  return Done{};
}

Outcome update_configuration(Context& context, const Array& /*arguments*/, Writer& out) {
  const auto read = context.machine.read_configuration();
  if (!read) {
    return fault(FaultCode::CANT_REREAD, read.error().message);
  }
  const schema::Status possible = context.machine.check_update(**read);
  if (!possible) {
    return fault(FaultCode::CANT_REREAD, possible.error().message);
  }
  const core::PlanChanges changes = context.supervisor.compare(**read);
  const auto error = context.interface.perform([&](core::Now now, core::Effects& orders) {
    return context.supervisor.update(now, *read, orders);
  });
  if (error != core::RequestError::none) {
    return fault(FaultCode::SHUTDOWN_STATE);
  }
  context.interface.configuration_read(*read);
  tell(changes, out);
  return Done{};
}

}  // namespace sup::rpc
