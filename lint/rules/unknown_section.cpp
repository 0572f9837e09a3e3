// SUP201: a section that nothing reads, with the kind that it probably means.
#include "lint/lint.h"
#include "lint/names.h"
#include "schema/suggest.h"

namespace sup::lint {

namespace {

void check_unknown_section(const Context& context, Diagnostics& out) {
  each_header(
      context, HeaderKind::unknown,
      [&](const ConfigSection& section, const Span& name, const HeaderVerdict& verdict) {
        const bool is_missed = is_missed_daemon(context, verdict);
        auto& diagnostic = out.report(
            unknown_section.rule, is_missed ? Severity::error : Severity::warning, name,
            "unknown section " + section.display() + "; Supervisor ignores all its options");
        if (verdict.meant.empty()) return;
        diagnostic.with_hint("did you mean `[" + verdict.meant + "]`?");
        const bool is_named = section.full_name.find(':') != std::string_view::npos;
        const bool is_complete = is_named || !verdict.meant.ends_with(":x");
        const bool is_new = !context.has_section(verdict.meant);
        if (is_complete) {
          diagnostic.fix("write `[" + verdict.meant + "]`", name, verdict.meant,
                         is_new && is_named == (verdict.meant.find(':') != std::string::npos) &&
                             schema::edit_distance(section.full_name, verdict.meant, 2) <= 2);
        }
      });
}

}  // namespace

const LintRule unknown_section = {
    .rule = {"SUP201", "unknown-section", Severity::warning,
             "a section that Supervisor does not know"},
    .check = check_unknown_section
};

}  // namespace sup::lint
