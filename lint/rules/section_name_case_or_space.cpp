// SUP207: headers that only case or blanks keep from being known.
#include "lint/lint.h"
#include "lint/names.h"

namespace sup::lint {

namespace {

void check_section_name_case_or_space(const Context& context, Diagnostics& out) {
  each_header(
      context, HeaderKind::case_or_space,
      [&](const ConfigSection& section, const Span& name, const HeaderVerdict& verdict) {
        const bool is_missed = is_missed_daemon(context, verdict);
        out.report(section_name_case_or_space.rule, is_missed ? Severity::error : Severity::warning,
                   name,
                   section.display() +
                       " is not known to Supervisor, which minds case and blanks in the names of "
                       "sections; it ignores all options of this one")
            .with_hint("write `[" + verdict.meant + "]`")
            .fix("write `[" + verdict.meant + "]`", name, verdict.meant,
                 !context.has_section(verdict.meant));
      });
}

}  // namespace

const LintRule section_name_case_or_space = {
    .rule = {"SUP207", "section-name-case-or-space", Severity::warning,
             "a section header with wrong case or blanks"},
    .check = check_section_name_case_or_space
};

}  // namespace sup::lint
