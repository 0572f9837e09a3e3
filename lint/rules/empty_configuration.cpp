// SUP124: a configuration that starts nothing.
#include <algorithm>

#include "lint/include_patterns.h"
#include "lint/lint.h"
#include "lint/names.h"
#include "lint/references.h"

namespace sup::lint {

namespace {

void check(const Context& context, Diagnostics& out) {
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
  // Errors may hide programs, and so may variables in [include].
  const auto& errors = context.compilation().diagnostics.all();
  const auto hides = [](const Diagnostic& diagnostic) {
    return diagnostic.rule->name != std::string_view("include-matches-nothing");
  };
  const bool is_complete = context.references().is_complete();
  if (!is_complete && std::any_of(errors.begin(), errors.end(), hides)) return;
  const ConfigEntry* include = include_entry(context);
  auto& diagnostic = out.report(
      empty_configuration.rule, include != nullptr ? Severity::info : Severity::warning,
      daemon->headers.front(),
      include != nullptr
          ? "the configuration and what it includes have no program; Supervisor starts nothing"
          : "the configuration has no program and includes none; Supervisor starts nothing");
  diagnostic.with_hint(include != nullptr ? "add a [program:x] to the included files"
                                          : "add a [program:x], or an [include]");
}

}  // namespace

const LintRule empty_configuration = {
    .rule = {"SUP124", "empty-configuration", Severity::warning,
             "a configuration without any program"},
    .explanation =
        "Without a program, fcgi-program or eventlistener Supervisor starts and does nothing. Where\n"
        "an [include] is there, programs may come later, and this is a remark only.\n",
    .check = check,
    .looks_at_whole = true
};

}  // namespace sup::lint
