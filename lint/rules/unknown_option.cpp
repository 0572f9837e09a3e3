// SUP202: a key that no section of Supervisor reads, with the option that it probably means.
#include <algorithm>
#include <set>
#include <utility>

#include "lint/lint.h"
#include "lint/names.h"
#include "schema/suggest.h"

namespace sup::lint {

namespace {

using Headers = std::set<std::pair<compiler::SourceId, std::uint32_t>>;

// Headers of sections that lack an option, by the compiler.
Headers headers_in_need(const Context& context) {
  Headers headers;
  for (const Diagnostic& error : context.compilation().diagnostics.all()) {
    if (is_about_missing_option(error.rule->id)) {
      headers.emplace(error.span.source, error.span.begin);
    }
  }
  return headers;
}

// Whether the section must have the option and is in need of one.
bool is_missed(const Headers& in_need, const ConfigSection& section, std::string_view option) {
  const schema::OptionRow* row = schema::find_option(section.name->kind, option);
  if (row == nullptr || !row->has(schema::required)) return false;
  return std::any_of(section.headers.begin(), section.headers.end(), [&](const Span& header) {
    return in_need.count({header.source, header.begin}) != 0 ||
           in_need.count({header.source, header.begin + 1}) != 0;
  });
}

// Whether another option of the section is refused as this one is not there.
bool is_missed_by_others(const Context& context, const ConfigSection& section,
                         std::string_view option) {
  const std::string_view id = option == "process_name"                       ? "SUP317"
                              : option == "username" || option == "password" ? "SUP325"
                                                                             : "";
  if (id.empty()) return false;
  const auto& all = context.compilation().diagnostics.all();
  return std::any_of(all.begin(), all.end(), [&](const Diagnostic& error) {
    return error.rule->id == id && std::any_of(section.entries.begin(), section.entries.end(),
                                               [&](const ConfigEntry& entry) {
                                                 return !entry.from_default &&
                                                        context.value_span(entry) == error.span;
                                               });
  });
}

void check_unknown_option(const Context& context, Diagnostics& out) {
  const Headers in_need = headers_in_need(context);
  each_key(
      context, KeyKind::unknown,
      [&](const ConfigSection& section, const ConfigEntry& entry, const KeyVerdict& verdict,
          const KeyJudge& judge) {
        const std::string_view option = judge.suggest(entry.key());
        const bool is_free = judge.is_free(option);
        const bool is_needed = is_free && (is_missed(in_need, section, option) ||
                                           is_missed_by_others(context, section, option));
        auto& diagnostic = out.report(
            unknown_option.rule, is_needed ? Severity::error : Severity::warning,
            context.key_span(entry),
            "unknown option " + in_backticks(context.key_text(entry)) + " in " + section.display() +
                (is_needed ? ", which must have " + in_backticks(option) : ""));
        // A key that is asked for again and again is no misspelling.
        if (verdict.row != nullptr) {
          diagnostic.with_hint("Supervisor has no such option: " +
                               std::string(verdict.row->advice));
        } else if (!option.empty() && !is_free) {
          diagnostic.with_hint("did you mean " + in_backticks(option) + ", which is set, too?");
        } else if (!option.empty()) {
          diagnostic.with_hint("did you mean " + in_backticks(option) + "?");
          const bool is_safe =
              schema::edit_distance(entry.key(), option, 2) <= 2 && !entry.overridden;
          diagnostic.fix("write " + in_backticks(option), context.key_span(entry),
                         std::string(option), is_safe);
        } else {
          diagnostic.with_hint("Supervisor ignores it");
        }
      });

  // A header that lacks its bracket is an option to Supervisor, and what follows goes astray.
  each_key(context, KeyKind::open_header,
           [&](const ConfigSection& section, const ConfigEntry& entry, const KeyVerdict&,
               const KeyJudge&) {
             out.report(unknown_option.rule, Severity::error, context.key_span(entry),
                        "this looks like a section header without its `]`; Supervisor takes it and "
                        "the lines below as options of " +
                            section.display())
                 .with_hint("close the bracket")
                 .fix("add `]`",
                      {context.value_span(entry).source, context.value_span(entry).end,
                       context.value_span(entry).end},
                      "]", false);
           });
}

}  // namespace

const LintRule unknown_option = {
    .rule = {"SUP202", "unknown-option", Severity::warning,
             "an option that Supervisor does not know"},
    .check = check_unknown_option
};

}  // namespace sup::lint
