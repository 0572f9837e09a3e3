// SUP124: a configuration that starts nothing.
#include <algorithm>

#include "lint/lint.h"
#include "lint/names.h"
#include "lint/references.h"

namespace sup::lint {

namespace {

void check_empty_configuration(const Context& context, Diagnostics& out) {
  if (context.config().fragment) return;
  const auto& sections = context.config().sections;
  const ConfigSection* daemon = context.config().find("supervisord");
  // A header that was to be a program is told where it stands.
  const bool is_empty =
      std::none_of(sections.begin(), sections.end(), [](const ConfigSection& section) {
        return section.is_process() ||
               (!section.name && judge_header(section).kind != HeaderKind::accepted);
      });
  if (!is_empty || daemon == nullptr) return;
  // What is included and not here, or not understood, may hold programs, and is told as such.
  if (!context.references().is_complete()) return;
  const bool includes = context.compilation().files.has_include;
  out.report(empty_configuration.rule, daemon->headers.front(),
             includes ? "the configuration and what it includes have no program; Supervisor "
                        "starts nothing"
                      : "the configuration has no program and includes none; Supervisor starts "
                        "nothing")
      .with_hint(includes ? "add a [program:x] to one of the files"
                          : "add a [program:x], or an [include]");
}

}  // namespace

const LintRule empty_configuration = {
    .rule = {"SUP124", "empty-configuration", Severity::warning,
             "a configuration without any program"},
    .check = check_empty_configuration,
    .looks_at_whole = true
};

}  // namespace sup::lint
