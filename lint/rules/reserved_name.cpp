// SUP515: names that mean something else to supervisorctl.
#include "lint/lint.h"
#include "schema/text.h"

namespace sup::lint {

namespace {

void check_reserved_name(const Context& context, Diagnostics& out) {
  for (const ConfigSection& section : context.sections()) {
    if (!section.is_process() && (!section.name || section.name->kind != SectionKind::group))
      continue;
    const std::string_view name = schema::strip(section.name->name);
    if (name == "all") {
      out.report(reserved_name.rule, section.headers.front(),
                 section.display() +
                     " has the name that means everything to supervisorctl; it cannot be started "
                     "or stopped alone")
          .with_hint("write another name");
    } else if (name.find('*') != std::string_view::npos) {
      out.report(reserved_name.rule, section.headers.front(),
                 section.display() +
                     " has a `*` in its name, which means all of a group to supervisorctl and all "
                     "files to the shell")
          .with_hint("write a name without `*`");
    }
  }
}

}  // namespace

const LintRule reserved_name = {
    .rule = {"SUP515", "reserved-name", Severity::warning,
             "a name that supervisorctl reads otherwise"},
    .check = check_reserved_name
};

}  // namespace sup::lint
