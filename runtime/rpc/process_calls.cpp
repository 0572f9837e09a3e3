#include <algorithm>
#include <utility>

#include "runtime/core/concat.h"
#include "runtime/rpc/arguments.h"
#include "runtime/rpc/calls.h"
#include "runtime/rpc/group_call.h"
#include "runtime/rpc/interface.h"
#include "runtime/rpc/names.h"
#include "schema/text.h"
#include "schema/values.h"

namespace sup::rpc {

namespace {

using core::RequestError;
using schema::ProcessState;

// Tells when a process is where a call wants it.
using Wait = Progress (*)(const Context& context, core::ProcessId process, std::string_view name);

Progress wait_for_start(const Context& context, core::ProcessId process, std::string_view name) {
  const core::ProcessStatus status = context.supervisor.status(process);
  if (!status.spawn_error.empty()) {
    return fault(FaultCode::SPAWN_ERROR, name);
  }
  if (status.state == ProcessState::RUNNING) {
    return Done{};
  }
  if (status.state == ProcessState::STARTING) {
    return Waiting{};
  }
  return fault(FaultCode::ABNORMAL_TERMINATION, name);
}

Progress wait_for_stop(const Context& context, core::ProcessId process, std::string_view /*name*/) {
  return schema::is_stopped(context.supervisor.status(process).state) ? Progress(Done{})
                                                                      : Progress(Waiting{});
}

// One process, for somebody who called for it by name.
class ProcessCall final : public Pending {
 public:
  ProcessCall(Awaited process, std::string name, Wait wait)
      : process_(process), name_(std::move(name)), wait_(wait) {}

  Progress resume(Context& context, Writer& out) override {
    Progress progress = process_.exists(context.supervisor)
                            ? wait_(context, process_.id, name_)
                            : Progress(fault(FaultCode::BAD_NAME, name_));
    if (std::holds_alternative<Done>(progress)) {
      out.boolean(true);
    }
    return progress;
  }

 private:
  Awaited process_;
  std::string name_;
  Wait wait_;
};

// The same steps for startProcess and for each process of a group.
Progress begin_start(const Context& context, core::ProcessId process, std::string_view name,
                     bool wait) {
  if (const auto problem = context.machine.command_problem(process)) {
    return fault(problem->not_found ? FaultCode::NO_FILE : FaultCode::NOT_EXECUTABLE,
                 problem->text);
  }
  const auto error = context.interface.perform([&](core::Now now, core::Effects& orders) {
    return context.supervisor.start_process(now, process, orders);
  });
  switch (error) {
    case RequestError::none: break;
    case RequestError::already_started: return fault(FaultCode::ALREADY_STARTED, name);
    case RequestError::shutting_down: return fault(FaultCode::SHUTDOWN_STATE);
    case RequestError::still_stopping:
      // It is no error to Supervisor; who waits learns that nothing came of it.
      context.machine.log(
          core::Level::warn,
          core::concat("process '", context.supervisor.spec(process).name, "' already running"));
      break;
    default: return fault(FaultCode::FAILED, core::concat(name, " is in an unknown process state"));
  }
  if (!context.supervisor.status(process).spawn_error.empty()) {
    return fault(FaultCode::SPAWN_ERROR, name);
  }
  return wait ? wait_for_start(context, process, name) : Progress(Done{});
}

Fault kill_failed(const Context& context, core::ProcessId process) {
  return fault(FaultCode::FAILED,
               core::concat("unknown problem killing ", context.supervisor.spec(process).name, " (",
                            context.supervisor.status(process).pid, ")"));
}

Progress begin_stop(const Context& context, core::ProcessId process, std::string_view name,
                    bool wait) {
  // Supervisor knows one in UNKNOWN as not running, so that nobody could ever end its child.
  const core::ProcessStatus status = context.supervisor.status(process);
  const bool lives = status.state == ProcessState::UNKNOWN && status.pid != 0;
  if (!schema::is_running(status.state) && !lives) {
    return fault(FaultCode::NOT_RUNNING, name);
  }
  const auto error = context.interface.perform([&](core::Now now, core::Effects& orders) {
    return context.supervisor.stop_process(now, process, orders);
  });
  if (error == RequestError::shutting_down) {
    return fault(FaultCode::SHUTDOWN_STATE);
  }
  if (error != RequestError::none) {
    return fault(FaultCode::NOT_RUNNING, name);
  }
  if (context.supervisor.status(process).state == ProcessState::UNKNOWN) {
    return kill_failed(context, process);
  }
  if (!wait) {
    return Done{};
  }
  context.interface.waits_for_stop(process);
  return wait_for_stop(context, process, name);
}

Progress send_signal(const Context& context, core::ProcessId process, std::string_view name,
                     std::optional<int> signal, std::string_view as_given) {
  if (!signal) {
    return fault(FaultCode::BAD_SIGNAL, as_given);
  }
  if (!schema::is_signallable(context.supervisor.status(process).state)) {
    return fault(FaultCode::NOT_RUNNING, name);
  }
  const auto error = context.interface.perform([&](core::Now now, core::Effects& orders) {
    return context.supervisor.signal_process(now, process, *signal, orders);
  });
  if (error == RequestError::shutting_down) {
    return fault(FaultCode::SHUTDOWN_STATE);
  }
  if (error != RequestError::none) {
    return fault(FaultCode::NOT_RUNNING, name);
  }
  if (context.supervisor.status(process).state == ProcessState::UNKNOWN) {
    return kill_failed(context, process);
  }
  return Done{};
}

// A number that is a signal, or a name with or without SIG.
std::optional<int> signal_number(const Value& value) {
  const std::optional<std::int64_t> number = integer_argument(value);
  const std::optional<std::string_view> text = text_argument(value);
  int signal = 0;
  if ((!number && !text) ||
      schema::Signal::read(number ? std::to_string(*number) : std::string(*text), {}, signal)) {
    return std::nullopt;
  }
  return signal;
}

Outcome finish(Context& context, core::ProcessId process, const Value& name, Progress&& progress,
               Wait wait, Writer& out) {
  if (std::holds_alternative<Waiting>(progress)) {
    return std::make_unique<ProcessCall>(Awaited(context.supervisor, process),
                                         std::string(*text_argument(name)), wait);
  }
  if (auto* refusal = std::get_if<Fault>(&progress)) {
    return std::move(*refusal);
  }
  out.boolean(true);
  return Done{};
}

bool waits(const Array& arguments, std::size_t index) {
  return arguments.size() <= index || truth(arguments[index]);
}

// Which group an argument names.
std::variant<core::GroupId, Fault> group_argument(const Context& context, const Value& name) {
  const std::optional<std::string_view> text = text_argument(name);
  const std::optional<core::GroupId> group =
      text ? context.supervisor.find_group(*text) : std::nullopt;
  if (!group) {
    return unknown_key(name);
  }
  return *group;
}

// What is done with a process, or with each of several that it applies to.
GroupCall starting(bool wait) {
  return {
      .applies = [](ProcessState state) { return !schema::is_running(state); },
      .begin = [wait](const Context& context, core::ProcessId process,
                      std::string_view name) { return begin_start(context, process, name, wait); },
      .wait = wait_for_start};
}

GroupCall stopping(bool wait) {
  return {
      .applies = [](ProcessState state) { return schema::is_running(state); },
      .begin = [wait](const Context& context, core::ProcessId process,
                      std::string_view name) { return begin_stop(context, process, name, wait); },
      .wait = wait_for_stop};
}

// It is told for each process.
std::string shortened(std::string text) {
  constexpr std::size_t longest = 1000;
  if (text.size() > longest) {
    text.resize(longest);
    text += "...";
  }
  return text;
}

GroupCall signalling(const Value& signal) {
  return {.applies = [](ProcessState state) { return schema::is_signallable(state); },
          .begin =
              [number = signal_number(signal), as_given = shortened(python_text(signal))](
                  const Context& context, core::ProcessId process, std::string_view name) {
                return send_signal(context, process, name, number, as_given);
              },
          .wait = nullptr};
}

Outcome call_on_all(Context& context, const GroupCall& call, Writer& out) {
  return call_on_several(context, context.interface.priority_order(std::nullopt), false, call, out);
}

Outcome call_on_group(Context& context, const Value& name, const GroupCall& call, Writer& out) {
  auto group = group_argument(context, name);
  if (auto* refusal = std::get_if<Fault>(&group)) {
    return std::move(*refusal);
  }
  return call_on_several(context, context.interface.priority_order(std::get<core::GroupId>(group)),
                         true, call, out);
}

// The name is that of a process, or a group with `:*`.
Outcome call_on_target(Context& context, const Value& name, const GroupCall& call, Writer& out) {
  Target target = find_target(context, name);
  if (auto* refusal = std::get_if<Fault>(&target)) {
    return std::move(*refusal);
  }
  if (const auto* group = std::get_if<WholeGroup>(&target)) {
    return call_on_several(context, context.interface.priority_order(group->id), true, call, out);
  }
  const core::ProcessId process = std::get<core::ProcessId>(target);
  return finish(context, process, name, call.begin(context, process, *text_argument(name)),
                call.wait, out);
}

}  // namespace

Outcome start_process(Context& context, const Array& arguments, Writer& out) {
  return call_on_target(context, arguments[0], starting(waits(arguments, 1)), out);
}

Outcome start_process_group(Context& context, const Array& arguments, Writer& out) {
  return call_on_group(context, arguments[0], starting(waits(arguments, 1)), out);
}

Outcome start_all_processes(Context& context, const Array& arguments, Writer& out) {
  return call_on_all(context, starting(waits(arguments, 0)), out);
}

Outcome stop_process(Context& context, const Array& arguments, Writer& out) {
  return call_on_target(context, arguments[0], stopping(waits(arguments, 1)), out);
}

Outcome stop_process_group(Context& context, const Array& arguments, Writer& out) {
  return call_on_group(context, arguments[0], stopping(waits(arguments, 1)), out);
}

Outcome stop_all_processes(Context& context, const Array& arguments, Writer& out) {
  return call_on_all(context, stopping(waits(arguments, 0)), out);
}

Outcome signal_process(Context& context, const Array& arguments, Writer& out) {
  return call_on_target(context, arguments[0], signalling(arguments[1]), out);
}

Outcome signal_process_group(Context& context, const Array& arguments, Writer& out) {
  return call_on_group(context, arguments[0], signalling(arguments[1]), out);
}

Outcome signal_all_processes(Context& context, const Array& arguments, Writer& out) {
  return call_on_all(context, signalling(arguments[0]), out);
}

Outcome send_process_stdin(Context& context, const Array& arguments, Writer& out) {
  const std::optional<std::string_view> bytes = text_argument(arguments[1]);
  if (!bytes) {
    return fault(FaultCode::INCORRECT_PARAMETERS, python_text(arguments[1]));
  }
  auto target = find_process(context, arguments[0]);
  if (auto* refusal = std::get_if<Fault>(&target)) {
    return std::move(*refusal);
  }
  const core::ProcessId process = std::get<core::ProcessId>(target);
  const std::string_view name = text_argument(arguments[0]).value_or("");
  // All or nothing: who is told that a part was taken cannot know which.
  if (context.machine.takes_input(process) && bytes->size() > context.machine.input_room(process)) {
    return fault(FaultCode::FAILED,
                 core::concat(name, " does not read its standard input: the buffer of ",
                              core::most_input >> 20U, " MB that is kept for it has no room for ",
                              bytes->size(), " more bytes"));
  }
  const auto error = context.interface.perform([&](core::Now now, core::Effects& orders) {
    return context.supervisor.write_stdin(now, process, *bytes, orders);
  });
  switch (error) {
    case RequestError::none: break;
    case RequestError::not_running: return fault(FaultCode::NOT_RUNNING, name);
    case RequestError::shutting_down: return fault(FaultCode::SHUTDOWN_STATE);
    default: return fault(FaultCode::NO_FILE, name);
  }
  if (!context.machine.takes_input(process)) {
    return fault(FaultCode::NO_FILE, name);
  }
  out.boolean(true);
  return Done{};
}

}  // namespace sup::rpc
