// How a configuration is checked: how it is compiled, and what the rules are told besides.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <utility>

#include "compiler/compile.h"
#include "compiler/migrate/view.h"

namespace sup::lint {

struct LintOptions : compiler::CompileOptions {
  LintOptions() = default;

  // All that is not about compiling as it is by default.
  LintOptions(compiler::CompileOptions compile)  // NOLINT(google-explicit-constructor)
      : compiler::CompileOptions(std::move(compile)) {}

  // Rules whose severity is style are asked, too.
  bool style = false;
  // The daemon is to run as the main process of a container.
  bool container = false;
  // Seconds that the container has from SIGTERM to SIGKILL.
  std::optional<std::int64_t> stop_timeout;
  // Bytes that all logs together may take.
  std::optional<std::int64_t> log_limit;
  // All edits of a fix are wanted; else one is enough of a fix that has one for each program.
  bool all_edits = true;
  // The files are translations, made by this; null: they are as written.
  const compiler::MigratedFiles* migrated = nullptr;
  // Whether a rule of lint is to be asked. Empty: those that are not optional, and these, too, with
  // `style`.
  std::function<bool(const compiler::Rule& rule)> enabled;
  // Whether a finding of a rule remains in lint()'s answer; only such a one explains errors of the
  // compiler. Empty: all remain.
  std::function<bool(const compiler::Diagnostic& finding)> keeps;
};

}  // namespace sup::lint
