// For tools that read one large input and end: memory in large pages. Page faults are a third of
// the time of checking ten thousand programs otherwise.
#pragma once

#include <string>
#include <vector>

namespace sup::compiler {

// Prepares the heap for what checking these files takes; does nothing for small ones. Failing is
// harmless.
void expect_inputs(const std::vector<std::string>& paths);

}  // namespace sup::compiler
