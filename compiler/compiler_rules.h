// The rules of errors.def by name. Mistakes that schema finds carry a name only, as schema knows
// nothing of diagnostics.
#pragma once

#include <string_view>

#include "compiler/diagnostics.h"

namespace sup::compiler {

const Rule& compiler_rule(std::string_view name);

// Whether the fix that comes with this mistake may be applied unasked.
bool compiler_fix_is_safe(std::string_view name);

}  // namespace sup::compiler
