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
#include "lint/judge.h"
#include "lint/policy.h"

namespace sup::lint {

// A configuration that was checked: a root with its includes, or a fragment.
struct Checked {
  std::unique_ptr<compiler::Compilation> compilation;
  compiler::Diagnostics diagnostics;  // what is reported, sorted
  LintOptions options;                // how it was compiled and checked
  Severity failure_threshold = Severity::warning;
  std::size_t rules = 0;  // that were asked

  // Whether anything is reported that is as severe as the threshold.
  bool fails() const;
};

struct CheckResult {
  std::vector<Checked> checked;       // in the order of the paths
  std::vector<std::string> failures;  // paths that cannot be read, one line each
  std::size_t files = 0;              // that were read
  Hidden hidden;                      // findings that are not reported
  bool settings_are_wrong = false;    // `checked` holds what is wrong in settings files only
};

// Whether any of the checked is as severe as its threshold.
bool has_findings(const CheckResult& result);

// Whether the text has a [supervisord] section: it is a root then, else a part of a configuration.
bool is_root(std::string_view text);

// Checks one configuration as its policy says. A failure of the compilation is in there, with no
// diagnostics. Adds to `hidden`.
Checked check_file(const std::string& path, bool is_fragment, const compiler::FileSystem& files,
                   Policies& policies, Hidden& hidden);

// Adds what is wrong with settings files to the result, as a checked text of its own.
void report_settings(Policies& policies, CheckResult& result);

// Checks files and folders (*.conf and *.ini in them, less those that are excluded). What a root
// includes is not checked again. With mistakes in settings files nothing is checked.
CheckResult check_paths(const std::vector<std::string>& paths, const compiler::FileSystem& files,
                        Policies& policies);

}  // namespace sup::lint
