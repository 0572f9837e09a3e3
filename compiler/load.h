// Reading a configuration: the main file, and what its [include] names.
#pragma once

#include <optional>
#include <string>

#include "compiler/compile.h"

namespace sup::compiler {

// Reads `path` and its includes into `sources`. Mistakes in the files go to the sink; when the main
// file itself cannot be read, `failure` says why and nothing else happens.
LoadedFiles load(const std::string& path, const FileSystem& files, const CompileOptions& options,
                 SourceMap& sources, Diagnostics& diagnostics, std::optional<std::string>& failure);

}  // namespace sup::compiler
