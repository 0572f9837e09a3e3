// supcheck lsp: the server on standard input and output.
#pragma once

#include "lint/options.h"

namespace sup::lint::lsp {

// Returns what the program is to end with: 0 after shutdown and exit, else 1.
int serve(const LintOptions& options, int input, int output);

}  // namespace sup::lint::lsp
