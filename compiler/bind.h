// From documents to a configuration: sections merged over all files, options recognised.
#pragma once

#include "compiler/config.h"
#include "compiler/diagnostics.h"

namespace sup::compiler {

// `files` and `sources` must outlive the result.
Config bind(const LoadedFiles& files, const SourceMap& sources, bool fragment);

}  // namespace sup::compiler
