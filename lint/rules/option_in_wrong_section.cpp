// SUP203: an option that another kind of section reads.
#include "lint/lint.h"
#include "lint/names.h"

namespace sup::lint {

namespace {

void check_option_in_wrong_section(const Context& context, Diagnostics& out) {
  each_key(context, KeyKind::misplaced,
           [&](const ConfigSection& section, const ConfigEntry& entry, const KeyVerdict& verdict,
               const KeyJudge&) {
             out.report(option_in_wrong_section.rule, context.key_span(entry),
                        in_backticks(context.key_text(entry)) + " is not an option of " +
                            section.display() + ", where it is ignored")
                 .with_hint("it belongs in " + section_form(*verdict.home));
           });
}

}  // namespace

const LintRule option_in_wrong_section = {
    .rule = {"SUP203", "option-in-wrong-section", Severity::warning,
             "an option that another kind of section reads"},
    .check = check_option_in_wrong_section
};

}  // namespace sup::lint
