// SUP318: numbers in process_name that make no difference.
#include <set>

#include "lint/lint.h"
#include "schema/expand.h"
#include "schema/text.h"

namespace sup::lint {

namespace {

// The name of one process; nothing when it depends on what is not known.
std::optional<std::string> name_of(const ConfigSection& section, std::string_view text,
                                   std::int64_t number, std::int64_t count) {
  const std::string program(schema::strip(section.name->name));
  const schema::Expanded name =
      schema::expand(text, [&](std::string_view wanted) -> std::optional<schema::TemplateValue> {
        if (wanted == "program_name") return std::string_view(program);
        if (wanted == "process_num") return number;
        if (wanted == "numprocs") return count;
        return std::nullopt;
      });
  if (!name.errors.empty()) return std::nullopt;
  return name.text;
}

void check(const Context& context, Diagnostics& out, const ConfigSection& section) {
  constexpr std::int64_t tried = 1000;  // a template that tells a thousand apart tells them all
  const ConfigEntry* entry = section.find("process_name");
  if (entry == nullptr || entry->value.find("%(process_num)") == std::string_view::npos) return;
  const std::int64_t count = context.read<schema::Integer>(section, "numprocs").value_or(1);
  std::set<std::string> names;
  for (std::int64_t i = 0; i < std::min(count, tried); ++i) {
    const auto name = name_of(section, entry->value, i, count);
    if (!name) return;
    if (names.insert(*name).second) continue;
    out.report(process_names_collide.rule, context.value_place(*entry),
               section.display() + " process_name: several of the " + std::to_string(count) +
                   " processes are named " + quoted(*name) + "; only the last of them runs")
        .with_hint("write `%(program_name)s_%(process_num)02d`");
    return;
  }
}

}  // namespace

const LintRule process_names_collide = {
    .rule = {"SUP318",         "process-names-collide", Severity::error,
             "several processes of a program with one name"},
    .explanation =
        "Supervisor keeps processes by name: of those with the same one only the last runs.\n"
        "  process_name=x%%(process_num)s    write: process_name=x%(process_num)s\n",
    .check_section = check,
    .options = {"process_name"}
};

}  // namespace sup::lint
