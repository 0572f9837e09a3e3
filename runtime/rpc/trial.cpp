#include "runtime/rpc/trial.h"

#include <optional>
#include <utility>

#include "runtime/core/concat.h"

namespace sup::rpc {

namespace {

using schema::ProcessState;

const schema::Process* find(const schema::Resolved& plan, const Trial::Process& wanted) {
  for (const schema::Group& group : plan.groups) {
    for (const schema::Process& process : group.processes) {
      if (group.name == wanted.group && process.name == wanted.name) {
        return &process;
      }
    }
  }
  return nullptr;
}

std::string full_name(const Trial::Process& process) {
  return process.group == process.name ? process.name
                                       : core::concat(process.group, ":", process.name);
}

}  // namespace

std::string_view trial_state_name(TrialState state) {
  switch (state) {
    case TrialState::running: return "running";
    case TrialState::kept: return "kept";
    case TrialState::rolled_back: return "rolled back";
    case TrialState::superseded: return "superseded";
    default: return "none";
  }
}

std::vector<Trial::Process> Trial::started_by(const core::Supervisor& supervisor,
                                              const schema::Resolved& next,
                                              const core::PlanChanges& changes) {
  std::vector<Process> started;
  for (const core::PlanChanges::Process& change : changes.processes) {
    if (change.action != schema::DiffAction::add && change.action != schema::DiffAction::restart) {
      continue;
    }
    Process process{.group = change.group, .name = change.name};
    const schema::Process* spec = find(next, process);
    const bool starts_itself = spec != nullptr && spec->options.autostart;
    const ProcessState before =
        change.id ? supervisor.status(*change.id).state : ProcessState::EXITED;
    // What was stopped by hand stays so.
    if (schema::is_running(before) || (starts_itself && before != ProcessState::STOPPED)) {
      started.push_back(std::move(process));
    }
  }
  return started;
}

void Trial::begin(std::shared_ptr<const schema::Resolved> previous,
                  std::shared_ptr<const schema::Resolved> taken, std::vector<Process> watched,
                  std::vector<core::AtRest> at_rest, core::Instant deadline) {
  state_ = TrialState::running;
  previous_ = std::move(previous);
  taken_ = std::move(taken);
  watched_ = std::move(watched);
  at_rest_ = std::move(at_rest);
  deadline_ = deadline;
  reason_.clear();
}

TrialState Trial::decide(TrialState state, std::string reason) {
  state_ = state;
  reason_ = std::move(reason);
  taken_.reset();
  watched_.clear();
  deadline_ = core::never;
  if (state != TrialState::rolled_back) {
    previous_.reset();
    at_rest_.clear();
  }
  return state;
}

TrialState Trial::judge(const core::Supervisor& supervisor, core::Instant now) {
  if (state_ != TrialState::running) {
    return state_;
  }
  if (supervisor.plan() != taken_) {
    return decide(TrialState::superseded, "another configuration was taken over meanwhile");
  }
  const Process* late = nullptr;
  for (const Process& process : watched_) {
    const std::optional<core::ProcessId> id = supervisor.find(process.group, process.name);
    if (!id) {
      return decide(TrialState::kept, core::concat(full_name(process), " was removed meanwhile"));
    }
    const core::ProcessStatus status = supervisor.status(*id);
    const bool is_there =
        status.state == ProcessState::RUNNING ||
        (status.state == ProcessState::EXITED && status.exit_status == 0);  // it was a short one
    if (status.state == ProcessState::FATAL) {
      return decide(TrialState::rolled_back,
                    core::concat(full_name(process), " is FATAL",
                                 status.spawn_error.empty() ? "" : ": ", status.spawn_error));
    }
    late = is_there ? late : &process;
  }
  if (late == nullptr) {
    return decide(TrialState::kept, "all that it started runs");
  }
  if (now >= deadline_) {
    const core::ProcessStatus status = supervisor.status(*supervisor.find(late->group, late->name));
    return decide(TrialState::rolled_back,
                  core::concat(full_name(*late), " is still ", schema::state_name(status.state)));
  }
  return state_;
}

}  // namespace sup::rpc
