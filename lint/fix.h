// Applies fixes to the texts that they were made for. Pure: files are written by the caller.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "compiler/diagnostics.h"
#include "compiler/source.h"

namespace sup::lint {

enum class FixKinds : std::uint8_t {
  safe,  // that may be applied unasked
  all    // also those that may not be what was meant
};

struct FixResult {
  std::map<compiler::SourceId, std::string> texts;  // of the sources that change
  std::size_t applied = 0;
};

// Applies the chosen fix of each diagnostic in the order of the diagnostics. A fix that overlaps
// one that is applied already is left out; it comes back when the result is checked again. So is
// one that touches a source which `is_open`, if given, is false for.
FixResult apply_fixes(const compiler::Diagnostics& diagnostics, const compiler::SourceMap& sources,
                      FixKinds kinds,
                      const std::function<bool(compiler::SourceId)>& is_open = nullptr);

// The first safe fix of a diagnostic; if it has none and unsafe ones count, the first of these.
// Null if there is none.
const compiler::Fix* chosen_fix(const compiler::Diagnostic& diagnostic, FixKinds kinds);

}  // namespace sup::lint
