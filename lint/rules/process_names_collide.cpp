// SUP318: numbers in process_name that make no difference.
#include <set>

#include "lint/lint.h"
#include "lint/process_names.h"

namespace sup::lint {

namespace {

void check_process_names_collide(const Context& context, Diagnostics& out,
                                 const ConfigSection& section) {
  const ConfigEntry* entry = section.find("process_name");
  if (entry == nullptr || entry->value.find("%(process_num)") == std::string_view::npos) return;
  const auto processes = process_names(context, section);
  if (!processes) return;
  std::set<std::string_view> seen;
  for (const std::string& name : processes->names) {
    if (seen.insert(name).second) continue;
    out.report(process_names_collide.rule, context.value_place(*entry),
               section.display() + " process_name: several of the " +
                   std::to_string(processes->count) + " processes are named " + in_backticks(name) +
                   "; only the last of them runs")
        .with_hint("write `%(program_name)s_%(process_num)02d`");
    return;
  }
}

}  // namespace

const LintRule process_names_collide = {
    .rule = {"SUP318",         "process-names-collide", Severity::error,
             "several processes of a program with one name"},
    .check_section = check_process_names_collide,
    .options = {"process_name"}
};

}  // namespace sup::lint
