// What supcheck does with paths: finds the files, tells roots from fragments, checks each once.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/compile.h"
#include "compiler/diagnostics.h"
#include "compiler/file_system.h"
#include "lint/options.h"

namespace sup::lint {

// A configuration that was checked: a root with its includes, or a fragment.
struct Checked {
  std::unique_ptr<compiler::Compilation> compilation;
  compiler::Diagnostics diagnostics;  // of compiler and lint, sorted
};

struct CheckResult {
  std::vector<Checked> checked;       // in the order of the paths
  std::vector<std::string> failures;  // paths that cannot be read, one line each
  std::size_t files = 0;              // that were read
};

// Whether the text has a [supervisord] section: it is a root then, else a part of a configuration.
bool is_root(std::string_view text);

// Checks files and folders (*.conf and *.ini in them). What a root includes is not checked again.
CheckResult check_paths(const std::vector<std::string>& paths, const compiler::FileSystem& files,
                        const LintOptions& options);

}  // namespace sup::lint
