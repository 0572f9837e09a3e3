// The functions behind the rows of commands.def; command.h says how they are called.
#pragma once

#include <string>

namespace sup::ctl {

class Session;

#define COMMAND(name, completes, origin, description, help) \
  bool run_##name(Session& session, const std::string& argument);
#include "runtime/ctl/commands.def"

}  // namespace sup::ctl
