// From a configuration to a plan: what Supervisor would read of it, each setting once.
#pragma once

#include <vector>

#include "compiler/compile.h"

namespace sup::compiler {

// The plan, and where each of its settings was written, to place what is wrong with them.
struct Lowered {
  schema::Plan plan;
  std::vector<const ConfigSection*> sections;             // by plan section
  std::vector<std::vector<const ConfigEntry*>> settings;  // by plan section and setting
};

Lowered lower(const Config& config, const SourceMap& sources, const CompileOptions& options);

}  // namespace sup::compiler
