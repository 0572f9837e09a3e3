// SUP206: options and sections of other products.
#include "lint/lint.h"
#include "lint/names.h"

namespace sup::lint {

namespace {

void check(const Context& context, Diagnostics& out) {
  each_key(context, KeyKind::foreign,
           [&](const ConfigSection& section, const ConfigEntry& entry, const KeyVerdict& verdict,
               const KeyJudge& judge) {
             const schema::DialectKey& foreign = *verdict.row;
             auto& diagnostic =
                 out.report(foreign_dialect_option.rule, context.key_span(entry),
                            quoted(context.key_text(entry)) + " in " + section.display() +
                                " is an option of " + std::string(verdict.product()) +
                                "; Supervisor ignores it");
             if (foreign.option.empty() || !foreign.advice.empty()) {
               diagnostic.with_hint(std::string(foreign.advice));
               return;
             }
             diagnostic.with_hint("Supervisor calls it " + quoted(foreign.option));
             if (judge.is_free(foreign.option) && !entry.overridden) {
               diagnostic.fix("write " + quoted(foreign.option), context.key_span(entry),
                              std::string(foreign.option), false);
             }
           });

  each_header(context, HeaderKind::foreign,
              [&](const ConfigSection& section, const Span& name, const HeaderVerdict& verdict) {
                auto& diagnostic = out.report(foreign_dialect_option.rule, name,
                                              section.display() + " is a section of " +
                                                  std::string(verdict.product) +
                                                  "; Supervisor ignores it with all its options");
                if (section.full_name == "program-default") {
                  diagnostic.with_hint("repeat the options in each [program:x]");
                }
              });
}

}  // namespace

const LintRule foreign_dialect_option = {
    .rule = {"SUP206", "foreign-dialect-option", Severity::warning,
             "an option or a section of another product"},
    .check = check
};

}  // namespace sup::lint
