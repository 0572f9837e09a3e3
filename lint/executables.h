// Whether the machine can run a program, asked in Supervisor's way.
#pragma once

#include <string>

#include "lint/commands.h"
#include "lint/context.h"

namespace sup::lint {

// Why the first word of a command cannot be run: "`/opt/x` does not exist". Empty when it can be,
// and when that is not known: without --host, for a path from the folder that supervisord is
// started in, or when the machine does not tell.
std::string executable_problem(const Context& context, const Word& word);

}  // namespace sup::lint
