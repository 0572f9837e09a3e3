// SUP206: options and sections of other products.
#include <map>
#include <string>
#include <utility>

#include "lint/lint.h"
#include "lint/names.h"

namespace sup::lint {

namespace {

// Sections of another product are told once for each file: it is one mistake to read it here.
void check_headers(const Context& context, Diagnostics& out) {
  std::map<std::pair<compiler::SourceId, std::string_view>, std::size_t> count;
  each_header(context, HeaderKind::foreign,
              [&](const ConfigSection&, const Span& name, const HeaderVerdict& verdict) {
                ++count[{name.source, verdict.product}];
              });
  each_header(context, HeaderKind::foreign,
              [&](const ConfigSection& section, const Span& name, const HeaderVerdict& verdict) {
                const auto found = count.find({name.source, verdict.product});
                if (found == count.end()) return;
                const std::size_t more = found->second - 1;
                count.erase(found);
                auto& diagnostic = out.report(
                    foreign_dialect_option.rule, name,
                    section.display() +
                        (more == 0 ? " is a section of " + std::string(verdict.product) +
                                         "; Supervisor ignores it with all its options"
                                   : " and " + std::to_string(more) + " more are sections of " +
                                         std::string(verdict.product) +
                                         "; Supervisor ignores them with all their options"));
                if (section.full_name == "program-default")
                  diagnostic.with_hint("repeat the options in each [program:x]");
                else if (verdict.product == "circus")
                  diagnostic.with_hint("`supc migrate` translates the file");
              });
}

void check_foreign_dialect_option(const Context& context, Diagnostics& out) {
  each_key(context, KeyKind::foreign,
           [&](const ConfigSection& section, const ConfigEntry& entry, const KeyVerdict& verdict,
               const KeyJudge& judge) {
             const schema::DialectKey& foreign = *verdict.row;
             auto& diagnostic =
                 out.report(foreign_dialect_option.rule, context.key_span(entry),
                            in_backticks(context.key_text(entry)) + " in " + section.display() +
                                " is an option of " + std::string(verdict.product()) +
                                "; Supervisor ignores it");
             if (foreign.option.empty() || !foreign.advice.empty()) {
               diagnostic.with_hint(std::string(foreign.advice));
               return;
             }
             diagnostic.with_hint("Supervisor calls it " + in_backticks(foreign.option));
             if (judge.is_free(foreign.option) && !entry.overridden) {
               diagnostic.fix("write " + in_backticks(foreign.option), context.key_span(entry),
                              std::string(foreign.option), false);
             }
           });

  check_headers(context, out);
}

}  // namespace

const LintRule foreign_dialect_option = {
    .rule = {"SUP206", "foreign-dialect-option", Severity::warning,
             "an option or a section of another product"},
    .check = check_foreign_dialect_option,
    .looks_at_whole = true
};

}  // namespace sup::lint
