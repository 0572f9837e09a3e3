// Binding a plan with assumed facts, to find early what would fail at boot.
#pragma once

#include "compiler/lower.h"

namespace sup::compiler {

// Reports every fault at the place of the setting that has it; returns the bound plan.
schema::Resolved check(Lowering& lowering, const Config& config, const SourceMap& sources,
                       const CompileOptions& options, Diagnostics& diagnostics);

}  // namespace sup::compiler
