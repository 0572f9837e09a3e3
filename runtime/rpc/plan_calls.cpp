// Another configuration while everything runs: what would change, taking it over, on trial or for
// good.
#include <chrono>
#include <string>
#include <utility>

#include "runtime/core/concat.h"
#include "runtime/core/line_limit.h"
#include "runtime/rpc/arguments.h"
#include "runtime/rpc/calls.h"
#include "runtime/rpc/interface.h"
#include "runtime/rpc/trial.h"
#include "schema/options.h"
#include "schema/plan_diff.h"

namespace sup::rpc {

namespace {

using ReadPlan = schema::Result<std::shared_ptr<const schema::Resolved>>;

void write_names(std::string_view member, const std::vector<std::string>& names, Writer& out) {
  out.member(member);
  out.begin_array();
  for (const std::string& name : names) {
    out.text(name);
  }
  out.end_array();
}

void write_options(std::string_view member, const std::vector<schema::OptionId>& options,
                   Writer& out) {
  out.member(member);
  out.begin_array();
  for (const schema::OptionId option : options) {
    out.text(schema::option_row(option).name);
  }
  out.end_array();
}

void write_changes(const core::PlanChanges& changes, Writer& out) {
  out.begin_struct();
  write_names("added", changes.added, out);
  write_names("changed", changes.changed, out);
  write_names("removed", changes.removed, out);
  out.member("processes");
  out.begin_array();
  for (const core::PlanChanges::Process& process : changes.processes) {
    if (process.action == schema::DiffAction::unchanged) {
      continue;
    }
    out.begin_struct();
    out.text_member("name", process.name);
    out.text_member("group", process.group);
    out.text_member("action", schema::diff_action_name(process.action));
    write_options("options", process.options, out);
    out.end_struct();
  }
  out.end_array();
  write_names("groups", changes.groups, out);
  out.boolean_member("servers", changes.servers);
  write_options("daemon", changes.daemon, out);
  write_options("daemon_later", changes.daemon_later, out);
  out.end_struct();
}

// Takes over what was read, and writes what that changes. With `confirm` it is taken back unless
// what it starts runs after so long.
Outcome take_over(Context& context, const ReadPlan& read, std::chrono::seconds confirm,
                  Writer& out) {
  if (!read) {
    return fault(FaultCode::CANT_REREAD, read.error().message);
  }
  Trial& trial = context.interface.trial();
  if (trial.state() == TrialState::running) {
    return fault(FaultCode::FAILED,
                 "another update is on trial; it is decided within its time, or by a reload");
  }
  const core::Machine::UpgradeState upgrade = context.machine.upgrade_progress().state;
  if (confirm.count() > 0 && (upgrade == core::Machine::UpgradeState::checking ||
                              upgrade == core::Machine::UpgradeState::ready)) {
    return fault(FaultCode::FAILED, "an upgrade is under way, which would forget the trial");
  }
  const std::shared_ptr<const schema::Resolved> previous = context.supervisor.plan();
  const core::PlanChanges changes = context.supervisor.compare(**read);
  std::vector<Trial::Process> started = Trial::started_by(context.supervisor, **read, changes);
  std::vector<core::AtRest> at_rest = context.supervisor.at_rest();
  const auto error = context.interface.perform([&](core::Now now, core::Effects& orders) {
    return context.supervisor.update_to(now, *read, orders);
  });
  if (error != core::RequestError::none) {
    return fault(FaultCode::SHUTDOWN_STATE);
  }
  if (context.supervisor.plan() != *read) {
    return fault(FaultCode::FAILED, "it could not be taken over; the daemon's log says why");
  }
  if (confirm.count() > 0) {
    trial.begin(previous, *read, std::move(started), std::move(at_rest),
                context.machine.now().steady + confirm);
  }
  write_changes(changes, out);
  return Done{};
}

// A file that somebody names may have the daemon run anything, as its user.
std::optional<Fault> refuse_file(Context& context, const Value& file) {
  const std::optional<std::string_view> path = text_argument(file);
  if (!path || path->empty() || path->front() != '/') {
    return fault(FaultCode::INCORRECT_PARAMETERS, "the file must be an absolute path");
  }
  if (!context.access.may(Role::owner)) {
    return context.interface.deny(
        context.access, {.what = *path, .action = "a file of this machine", .needed = Role::owner});
  }
  return std::nullopt;
}

}  // namespace

Outcome get_plan_changes(Context& context, const Array& arguments, Writer& out) {
  core::PlanSource source;
  if (!arguments.empty()) {
    if (std::optional<Fault> refusal = refuse_file(context, arguments[0])) {
      return std::move(*refusal);
    }
    source.file = *text_argument(arguments[0]);
  }
  const ReadPlan read = context.machine.read_configuration(source);
  if (!read) {
    return fault(FaultCode::CANT_REREAD, read.error().message);
  }
  write_changes(context.supervisor.compare(**read), out);
  return Done{};
}

Outcome update(Context& context, const Array& /*arguments*/, Writer& out) {
  return take_over(context, context.machine.read_configuration({}), {}, out);
}

Outcome apply(Context& context, const Array& arguments, Writer& out) {
  if (std::optional<Fault> refusal = refuse_file(context, arguments[0])) {
    return std::move(*refusal);
  }
  const std::optional<std::int64_t> seconds =
      arguments.size() > 1 ? integer_argument(arguments[1]) : std::optional<std::int64_t>(0);
  constexpr std::int64_t most_seconds = 24 * 3600;
  if (!seconds || *seconds < 0 || *seconds > most_seconds) {
    return fault(FaultCode::INCORRECT_PARAMETERS, "confirm must be 0 to 86400 seconds");
  }
  const std::string file(*text_argument(arguments[0]));
  const ReadPlan read = context.machine.read_configuration({.file = file, .numprocs = {}});
  if (read) {
    context.machine.log(core::Level::info, core::concat("taking over ", core::visible(file),
                                                        " for ", context.access.caller().text()));
  }
  return take_over(context, read, std::chrono::seconds(*seconds), out);
}

Outcome get_trial(Context& context, const Array& /*arguments*/, Writer& out) {
  const Trial& trial = context.interface.trial();
  const core::Instant left = trial.state() == TrialState::running
                                 ? trial.deadline() - context.machine.now().steady
                                 : core::Instant{};
  out.begin_struct();
  out.text_member("state", trial_state_name(trial.state()));
  out.text_member("reason", trial.reason());
  out.integer_member("left", std::chrono::ceil<std::chrono::seconds>(left).count());
  out.end_struct();
  return Done{};
}

Outcome scale(Context& context, const Array& arguments, Writer& out) {
  const Struct* programs = arguments[0].get<Struct>();
  core::PlanSource source;
  for (std::size_t i = 0; programs != nullptr && i < programs->size(); ++i) {
    const Member& program = (*programs)[i];
    // Not true, nor 2.5: what is no number would stop processes.
    const auto* count = program.value.get<std::int64_t>();
    constexpr std::int64_t most = 10000;
    if (count == nullptr || *count < 1 || *count > most) {
      return fault(FaultCode::INCORRECT_PARAMETERS,
                   core::concat(program.name, ": the number must be 1 to ", most));
    }
    source.numprocs[program.name] = *count;
  }
  if (source.numprocs.empty()) {
    return fault(FaultCode::INCORRECT_PARAMETERS, "no programs");
  }
  Scaled& scaled = context.interface.scaled();
  const bool goes_on = scaled.plan != nullptr && scaled.plan == context.supervisor.plan();
  const core::PlanSource asked = source;
  if (goes_on) {
    source.numprocs.insert(scaled.numprocs.begin(), scaled.numprocs.end());
  }
  ReadPlan read = context.machine.read_configuration(source);
  if (!read && goes_on) {  // one of those may have gone from the file
    source = asked;
    read = context.machine.read_configuration(source);
  }
  Outcome outcome = take_over(context, read, {}, out);
  if (read && context.supervisor.plan() == *read) {
    scaled = {.plan = *read, .numprocs = std::move(source.numprocs)};
  }
  return outcome;
}

}  // namespace sup::rpc
