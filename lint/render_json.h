// Diagnostics as JSON, for other programs:
//
//   [{"file": "web.conf", "line": 4, "column": 1, "end_line": 4, "end_column": 9,
//     "rule": "SUP202", "name": "unknown-option", "severity": "warning", "message": "...",
//     "hint": "...", "labels": [...], "notes": [...], "fixes": [...]}]
//
// Lines and columns count from 1, columns in bytes; the end is behind the last byte.
#pragma once

#include <string>
#include <vector>

#include "compiler/diagnostics.h"
#include "compiler/source.h"

namespace sup::lint {

// One diagnostic as an object, on one line.
std::string render_json(const compiler::Diagnostic& diagnostic, const compiler::SourceMap& sources);

// A list of objects that were rendered before, one a line.
std::string json_list(const std::vector<std::string>& objects);

}  // namespace sup::lint
