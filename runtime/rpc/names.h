// NAME arguments: `web`, `group:web`, and where a group is allowed `group:*` and `group:`.
#pragma once

#include <optional>
#include <string_view>
#include <variant>

#include "runtime/rpc/methods.h"

namespace sup::rpc {

struct ProcessName {
  std::string_view group;
  std::optional<std::string_view> process;  // nothing: all of the group
};

ProcessName split_name(std::string_view name);

// A group that is meant as a whole, or a process.
struct WholeGroup {
  core::GroupId id;
};

using Target = std::variant<WholeGroup, core::ProcessId, Fault>;

// The fault is BAD_NAME: the argument, INCORRECT_PARAMETERS if it is no text, or NOT_PERMITTED if
// it is a process that the caller may not have to do with. Of a group each is looked at for itself.
Target find_target(const Context& context, const Value& name);

// The same where no group is allowed.
std::variant<core::ProcessId, Fault> find_process(const Context& context, const Value& name);

// For the name of a group that there is none of. Supervisor looks it up in a dict, which knows
// neither lists nor dicts.
Fault unknown_key(const Value& name);

}  // namespace sup::rpc
