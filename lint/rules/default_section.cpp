// SUP123: [DEFAULT], whose options Python adds to every other section.
#include <algorithm>

#include "lint/lint.h"

namespace sup::lint {

namespace {

void check_default_section(const Context& context, Diagnostics& out) {
  const auto& sections = context.config().sections;
  const auto victim = std::find_if(sections.begin(), sections.end(), [](const auto& section) {
    return section.name && schema::takes_any_key(section.name->kind);
  });
  const bool breaks = victim != sections.end();
  for (const compiler::LoadedFile& file : context.compilation().files.files) {
    for (const compiler::SectionHeader& header : file.document.sections) {
      if (header.entry_count == 0 || context.source_text(header.name) != "DEFAULT") continue;
      auto& diagnostic = out.report(
          default_section.rule, breaks ? Severity::error : Severity::warning, header.header,
          breaks ? "options of [DEFAULT] are added to every section, and " + victim->display() +
                       " hands them to its factory, which fails"
                 : "options of [DEFAULT] are added to every section, listeners and "
                   "[supervisord] included");
      diagnostic.with_hint("write them where they are meant");
      if (breaks && !victim->headers.empty()) {
        diagnostic.label(victim->headers[0], "gets them as arguments");
      }
    }
  }
}

}  // namespace

const LintRule default_section = {
    .rule = {"SUP123", "default-section", Severity::warning,
             "a [DEFAULT] section, which changes every other one"},
    .check = check_default_section,
    .looks_at_whole = true
};

}  // namespace sup::lint
