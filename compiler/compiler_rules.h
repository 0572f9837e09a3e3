// The rules of errors.def by name. Mistakes that schema finds carry a name only, as schema knows
// nothing of diagnostics.
#pragma once

#include <string>
#include <string_view>

#include "compiler/diagnostics.h"

namespace sup::compiler {

const Rule& compiler_rule(std::string_view name);

// Whether the fix that comes with this mistake may be applied unasked.
bool compiler_fix_is_safe(std::string_view name);

// A mistake that schema found, with what follows from it; is_ours: a limit of suprun alone, of
// which the message says so.
std::string compiler_message(std::string_view name, std::string message, bool is_ours = false);

// What to write where nothing nearer is known; may be empty.
std::string_view compiler_advice(std::string_view name);

}  // namespace sup::compiler
