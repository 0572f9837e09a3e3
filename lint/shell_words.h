// Words that mean something to a shell only.
#pragma once

#include <string_view>

#include "lint/shell_script.h"

namespace sup::lint {

// A command of the shell that is no program, or a keyword: cd, source, export, if...
bool is_shell_builtin(std::string_view word);

// An unquoted word such as `&&`, `|`, `>`, `2>&1` or `>log`. `&` alone is not among them.
bool is_shell_operator(const Word& word);

}  // namespace sup::lint
