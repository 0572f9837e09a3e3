// Applies fixes to the texts that they were made for. Pure: files are written by the caller.
#pragma once

#include <cstddef>
#include <map>
#include <string>

#include "compiler/diagnostics.h"
#include "compiler/source.h"

namespace sup::lint {

struct FixResult {
  std::map<compiler::SourceId, std::string> texts;  // of the sources that change
  std::size_t applied = 0;
};

// Applies the safe fixes, the first of each diagnostic, in the order of the diagnostics. A fix that
// overlaps one that is applied already is left out; it comes back when the result is checked again.
FixResult apply_fixes(const compiler::Diagnostics& diagnostics, const compiler::SourceMap& sources);

// The first safe fix of a diagnostic, or null.
const compiler::Fix* safe_fix(const compiler::Diagnostic& diagnostic);

}  // namespace sup::lint
