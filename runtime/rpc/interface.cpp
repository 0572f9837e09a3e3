#include "runtime/rpc/interface.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "runtime/core/concat.h"
#include "schema/extensions.h"

namespace sup::rpc {

bool is_stock(const schema::RpcInterface& interface) {
  return interface.factory == schema::main_interface_factory;
}

Interface::Interface(core::Supervisor& supervisor, core::Machine& machine)
    : supervisor_(supervisor),
      machine_(machine),
      figures_(methods().size()),
      since_(machine.now().wall) {
  for (const MethodRow& row : methods()) {
    const Shape shape = read_shape(row.shape);
    counts_.push_back({shape.required, shape.parameters.size()});
  }
}

void Interface::configure(const std::shared_ptr<const schema::Resolved>& plan) {
  methods_.clear();
  ordered_.reset();
  last_read_ = plan;
  const auto add = [this](const std::string& as, std::string_view space) {
    for (const MethodRow& row : methods()) {
      if (row.space == space) {
        methods_[as + "." + std::string(row.name)] = &row;
      }
    }
  };
  for (const schema::RpcInterface& interface : plan->rpcinterfaces) {
    if (is_stock(interface)) {
      add(interface.name, "supervisor");
    } else {
      // An image that goes on after another one is not told the files before it serves.
      const std::string place = machine_.place(interface.origin);
      machine_.log(core::Level::error,
                   core::concat(place, place.empty() ? "" : ": ", "[rpcinterface:", interface.name,
                                "] ", interface.factory,
                                " is an extension in Python, which is not run here: there are no "
                                "methods ",
                                interface.name, ".*"));
    }
  }
  add("suprun", "suprun");
  add("system", "system");
}

const MethodRow* Interface::find(const std::string& name) const {
  const auto found = methods_.find(name);
  return found != methods_.end() ? found->second : nullptr;
}

std::vector<std::string> Interface::method_names() const {
  std::vector<std::string> names;
  names.reserve(methods_.size());
  for (const auto& [name, entry] : methods_) {
    names.push_back(name);
  }
  std::ranges::sort(names);
  return names;
}

Outcome Interface::call(const std::string& method, const Array& arguments, const Access& access,
                        Writer& out) {
  const auto found = methods_.find(method);
  if (found == methods_.end()) {
    return fault(FaultCode::UNKNOWN_METHOD);
  }
  return call(*found->second, arguments, access, out);
}

Outcome Interface::call(const MethodRow& row, const Array& arguments, const Access& access,
                        Writer& out) {
  const core::Instant begun = machine_.now().steady;
  const Counts& counts = counts_[static_cast<std::size_t>(&row - methods().data())];
  Outcome outcome =
      arguments.size() < counts.fewest || arguments.size() > counts.most
          ? Outcome(fault(FaultCode::INCORRECT_PARAMETERS))
      : row.when == When::running && supervisor_.state() != schema::SupervisorState::RUNNING
          ? Outcome(fault(FaultCode::SHUTDOWN_STATE))
          : call_permitted(row, arguments, access, out);
  if (auto* pending = std::get_if<std::unique_ptr<Pending>>(&outcome)) {
    (*pending)->row = &row;
    (*pending)->begun = begun;
  } else {
    finished(row, begun, std::holds_alternative<Fault>(outcome));
  }
  return outcome;
}

Outcome Interface::call_permitted(const MethodRow& row, const Array& arguments,
                                  const Access& access, Writer& out) {
  const Role needed = role_of(row.needs);
  const bool for_each = row.needs == Needs::see || row.needs == Needs::handle;
  if (!for_each && !access.may(needed)) {
    return deny(access, {.what = core::concat(row.space, ".", row.name), .needed = needed});
  }
  Context context{supervisor_, machine_, *this, access, needed, &row};
  return row.function(context, arguments, out);
}

void Interface::finished(const MethodRow& row, core::Instant begun, bool is_fault) {
  CallFigures& figures = figures_[static_cast<std::size_t>(&row - methods().data())];
  figures.answers.add(std::chrono::duration<double>(machine_.now().steady - begun).count());
  figures.faults += is_fault ? 1 : 0;
}

Progress Interface::resume(Pending& pending, const Access& access, Writer& out) {
  // What it does later needs the same as what it began with.
  const Role needed = pending.row != nullptr ? role_of(pending.row->needs) : Role::owner;
  Context context{supervisor_, machine_, *this, access, needed, pending.row};
  Progress progress = pending.resume(context, out);
  if (pending.row != nullptr && !std::holds_alternative<Waiting>(progress)) {
    finished(*pending.row, pending.begun, std::holds_alternative<Fault>(progress));
  }
  return progress;
}

core::Instant Interface::look() {
  const core::Instant next = judge_trial();
  const core::Instant time = machine_.now().steady;
  round_ = time;
  while (!stops_.empty() && stops_.front().next <= time) {
    const Stop stop = stops_.front();
    stops_.pop_front();
    report_stop(stop.process);
  }
  return stops_.empty() ? next : std::min(next, stops_.front().next);
}

void Interface::waits_for_stop(core::ProcessId process) {
  report_stop(Awaited(supervisor_, process));
}

void Interface::report_stop(const Awaited& process) {
  constexpr core::Instant distance = std::chrono::seconds(2);
  if (!process.exists(supervisor_) ||
      supervisor_.status(process.id).state != schema::ProcessState::STOPPING) {
    return;
  }
  machine_.log(core::Level::info,
               core::concat("waiting for ", supervisor_.spec(process.id).name, " to stop"));
  stops_.push_back({process, machine_.now().steady + distance});
}

core::Instant Interface::judge_trial() {
  if (trial_.state() != TrialState::running) {
    return core::never;
  }
  switch (trial_.judge(supervisor_, machine_.now().steady)) {
    case TrialState::kept:
      machine_.log(core::Level::info, "the update is kept: " + trial_.reason());
      break;
    case TrialState::rolled_back:
      machine_.log(core::Level::error, "the update is taken back: " + trial_.reason());
      perform([&](core::Now now, core::Effects& orders) {
        return supervisor_.update_to(now, trial_.previous(), orders, trial_.take_at_rest());
      });
      break;
    case TrialState::superseded:
      machine_.log(core::Level::warn, "the update is not on trial any more: " + trial_.reason());
      break;
    default: break;
  }
  return trial_.deadline();
}

namespace {

// What would have let in who was denied it.
std::string remedy(const Interface::Denial& denial) {
  std::string_view role;
  switch (denial.needed) {
    case Role::none:
    case Role::read: role = "read"; break;
    case Role::operate: role = "operate"; break;
    case Role::admin: role = "admin"; break;
    case Role::owner: return "only root and the daemon's user may";
  }
  return core::concat("role=", role, denial.is_of_process ? " or control= of the program" : "",
                      " allows it");
}

}  // namespace

std::string Interface::reason(const Access& access, const Denial& denial) {
  return core::concat(denial.what, ": ", access.caller().text(), " may not; ", remedy(denial));
}

Fault Interface::deny(const Access& access, const Denial& denial) {
  const std::string_view action = denial.action.empty() ? denial.what : denial.action;
  const std::string key = core::concat(access.caller().account, "\n", action);
  Denial shown = denial;
  const std::string what = core::visible(denial.what);
  shown.what = what;
  std::string line = core::concat("denied ", reason(access, shown));
  if (!denial.action.empty()) {
    line.append(" (").append(denial.action).append(")");
  }
  if (const auto told = denials_.add(machine_.now().steady, key, line)) {
    machine_.log(core::Level::warn, *told);
  }
  return fault(FaultCode::NOT_PERMITTED, reason(access, denial));
}

Fault Context::deny(std::string_view name) const {
  const std::string method =
      row == nullptr ? std::string() : core::concat(row->space, ".", row->name);
  return interface.deny(access,
                        {.what = name, .action = method, .needed = needed, .is_of_process = true});
}

const std::vector<core::ProcessId>& Interface::lexical_order() {
  const std::uint64_t generation = machine_.table_generation();
  if (ordered_ != generation) {
    ordered_ = generation;
    lexical_order_ = supervisor_.processes();
    std::ranges::sort(lexical_order_, {}, [this](core::ProcessId id) {
      const schema::Process& process = supervisor_.spec(id);
      return std::pair<std::string_view, std::string_view>(process.group, process.name);
    });
  }
  return lexical_order_;
}

std::vector<core::ProcessId> Interface::priority_order(std::optional<core::GroupId> group) const {
  std::vector<core::ProcessId> ids;
  const auto add = [&](core::GroupId one) {
    std::vector<core::ProcessId> members = supervisor_.processes(one);
    std::ranges::stable_sort(
        members, {}, [this](core::ProcessId id) { return supervisor_.spec(id).options.priority; });
    ids.insert(ids.end(), members.begin(), members.end());
  };
  if (group) {
    add(*group);
  } else {
    for (const core::GroupId each : supervisor_.groups()) {
      add(each);
    }
  }
  return ids;
}

}  // namespace sup::rpc
