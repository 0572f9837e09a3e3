// One thing done to several processes: the array of results that startProcessGroup and its like
// answer with. What can be said at once comes first, then those that had to be waited for, each in
// the order of the processes.
#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "runtime/rpc/methods.h"

namespace sup::rpc {

struct GroupCall {
  // Whether there is something to do for a process in this state; the others are left out.
  bool (*applies)(schema::ProcessState state);
  // Waiting: `wait` tells when it is over.
  std::function<Progress(const Context&, core::ProcessId, std::string_view name)> begin;
  Progress (*wait)(const Context& context, core::ProcessId process, std::string_view name);
};

// `named`: the caller said which they are, and is told of those, too, that it does not see; whoever
// means all means those that it sees.
Outcome call_on_several(Context& context, const std::vector<core::ProcessId>& processes, bool named,
                        const GroupCall& call, Writer& out);

// The result of one process: name, group, status, description. Without a fault it is OK.
Value result_of(const std::string& group, const std::string& name, const Fault* fault);
Value result_of(const Context& context, core::ProcessId process, const Fault* fault);

}  // namespace sup::rpc
