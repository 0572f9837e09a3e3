#include "runtime/rpc/names.h"

#include "runtime/rpc/arguments.h"
#include "runtime/rpc/interface.h"

namespace sup::rpc {

ProcessName split_name(std::string_view name) {
  const std::size_t colon = name.find(':');
  if (colon == std::string_view::npos) {
    return {.group = name, .process = name};
  }
  ProcessName split{.group = name.substr(0, colon), .process = name.substr(colon + 1)};
  if (split.process->empty() || *split.process == "*") {
    split.process.reset();
  }
  return split;
}

Target find_target(const Context& context, const Value& name) {
  const std::optional<std::string_view> text = text_argument(name);
  if (!text) {
    return fault(FaultCode::INCORRECT_PARAMETERS);
  }
  const ProcessName split = split_name(*text);
  if (split.process) {
    const std::optional<core::ProcessId> found =
        context.supervisor.find(split.group, *split.process);
    if (!found) {
      return fault(FaultCode::BAD_NAME, *text);
    }
    return context.may(*found) ? Target(*found) : Target(context.deny(*text));
  }
  const std::optional<core::GroupId> group = context.supervisor.find_group(split.group);
  return group ? Target(WholeGroup{*group}) : Target(fault(FaultCode::BAD_NAME, *text));
}

std::variant<core::ProcessId, Fault> find_process(const Context& context, const Value& name) {
  const Target target = find_target(context, name);
  if (const auto* process = std::get_if<core::ProcessId>(&target)) {
    return *process;
  }
  if (const auto* refusal = std::get_if<Fault>(&target)) {
    return *refusal;
  }
  return fault(FaultCode::BAD_NAME, text_argument(name).value_or(""));
}

Fault unknown_key(const Value& name) {
  const bool is_key = name.get<Array>() == nullptr && name.get<Struct>() == nullptr;
  return is_key ? fault(FaultCode::BAD_NAME, python_text(name))
                : fault(FaultCode::INCORRECT_PARAMETERS);
}

}  // namespace sup::rpc
