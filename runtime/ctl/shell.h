// The shell that supctl is without a command.
#pragma once

#include "runtime/ctl/session.h"

namespace sup::ctl {

// Until quit, the end of input or Ctrl-C. On a terminal with history and completion.
void run_shell(Session& session);

}  // namespace sup::ctl
