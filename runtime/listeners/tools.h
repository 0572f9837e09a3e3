// The tools, each a main function: arguments[0] is its name, the answer is the exit status.
#pragma once

namespace sup::listeners {

// The status with which crashmail, httpok and memmon refuse their arguments, as superlance's do.
constexpr int exit_refused = 255;

// With which the others do.
constexpr int exit_usage = 2;

#define TOOL(name, function, link, summary) int function(int count, char** arguments);
#include "runtime/listeners/tools.def"
#undef TOOL

}  // namespace sup::listeners
