// The functions behind the rows of methods.def. Where they are:
//
//   daemon_calls.cpp    what the daemon is and does, states, adding and removing groups
//   process_calls.cpp   start, stop, signal, standard input
//   log_calls.cpp       reading and clearing logs
//   config_calls.cpp    settings of the processes
//   plan_calls.cpp      suprun.*: another configuration
//   restart_calls.cpp   suprun.restart*: stop, then start
//   suprun_calls.cpp    suprun.*: listeners, upgrades
//   suprun_info.cpp     suprun.get*: the daemon, groups, histories of processes
//   system_calls.cpp    system.*
#pragma once

#include "runtime/rpc/methods.h"

namespace sup::rpc {

#define METHOD(space, name, shape, function, when, needs, help) \
  Outcome function(Context& context, const Array& arguments, Writer& out);
#include "runtime/rpc/methods.def"
#undef METHOD

}  // namespace sup::rpc
