// SUP125: an option of the daemon or its servers that another file sets again.
#include <map>

#include "lint/lint.h"

namespace sup::lint {

namespace {

bool is_global(SectionKind kind) {
  const schema::Naming naming = schema::section_row(kind).naming;
  return kind != SectionKind::include && naming != schema::Naming::named;
}

void check_section(const Context& context, Diagnostics& out, const ConfigSection& section) {
  // What the last file before said; in one file it is another rule's.
  std::map<std::string_view, const ConfigEntry*> earlier;
  for (const ConfigEntry& entry : section.entries) {
    if (entry.from_default || entry.option() == nullptr) continue;
    const auto [known, is_new] = earlier.emplace(entry.key(), &entry);
    if (is_new) continue;
    const ConfigEntry& before = *known->second;
    known->second = &entry;
    const bool is_same_file = context.sources()[context.key_span(before).source].path ==
                              context.sources()[context.key_span(entry).source].path;
    if (is_same_file || before.value == entry.value) continue;
    auto& diagnostic = out.report(global_option_overridden_by_include.rule, context.key_span(entry),
                                  in_backticks(entry.key()) + " of " + section.display() +
                                      " is set in two files; this one, read later, counts");
    diagnostic.with_hint("set it in one place");
    if (entry.option()->has(schema::OptionFlags::secret)) {
      diagnostic.hidden = context.value_span(entry);
    } else {
      diagnostic.label(context.key_span(before), "does not count");
    }
  }
}

void check_global_option_overridden_by_include(const Context& context, Diagnostics& out) {
  if (context.config().fragment) return;
  for (const ConfigSection* section : context.config().besides_programs)
    if (section->name && section->headers.size() > 1 && section->has_overridden &&
        is_global(section->name->kind))
      check_section(context, out, *section);
}

}  // namespace

const LintRule global_option_overridden_by_include = {
    .rule = {"SUP125", "global-option-overridden-by-include", Severity::warning,
             "an option of the daemon that an included file changes"},
    .check = check_global_option_overridden_by_include,
    .looks_at_whole = true
};

}  // namespace sup::lint
