// SUP109: a program, group, listener or process without a name.
#include "lint/lint.h"
#include "schema/text.h"

namespace sup::lint {

namespace {

void check_empty_name(const Context& context, Diagnostics& out) {
  for (const ConfigSection& section : context.sections()) {
    if (!section.name || schema::section_row(section.name->kind).naming != schema::Naming::named)
      continue;
    if (schema::strip(section.name->name).empty())
      out.report(empty_name.rule, section.headers.front(),
                 section.display() +
                     " has an empty name; Supervisor loads it and nothing can address it")
          .with_hint("write a name before the `]`");
    if (!section.is_process()) continue;
    const ConfigEntry* name = section.find("process_name");
    if (name != nullptr && !name->from_default && name->value.empty())
      out.report(empty_name.rule,
                 {context.key_span(*name).source, context.key_span(*name).begin,
                  context.value_span(*name).end},
                 section.display() +
                     " process_name: the name is empty; nothing can address the process")
          .with_hint("remove the line, or write a name");
  }
}

}  // namespace

const LintRule empty_name = {
    .rule = {"SUP109", "empty-name", Severity::error, "a section or process whose name is empty"},
    .check = check_empty_name
};

}  // namespace sup::lint
