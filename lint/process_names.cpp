#include "lint/process_names.h"

#include <algorithm>

#include "schema/expand.h"
#include "schema/text.h"

namespace sup::lint {

std::optional<ProcessNames> process_names(const Context& context, const ConfigSection& section) {
  constexpr std::int64_t most = 1000;  // a template that tells a thousand apart tells them all
  const std::string program(schema::strip(section.name->name));
  const ConfigEntry* entry = section.find("process_name");
  const ConfigEntry* numprocs = section.find("numprocs");
  ProcessNames result;
  if (numprocs != nullptr) {
    const auto count = context.read<schema::Integer>(section, *numprocs);
    if (!count) return std::nullopt;
    result.count = *count;
  }
  if (entry == nullptr) {
    if (result.count > 0) result.names.push_back(program);
    return result;
  }
  const std::int64_t first = context.read<schema::Integer>(section, "numprocs_start").value_or(0);
  for (std::int64_t i = 0; i < std::min(result.count, most); ++i) {
    const schema::Expanded name = schema::expand(
        entry->value, [&](std::string_view wanted) -> std::optional<schema::TemplateValue> {
          if (wanted == "program_name") return std::string_view(program);
          if (wanted == "process_num") return first + i;
          if (wanted == "numprocs") return result.count;
          return std::nullopt;
        });
    if (!name.errors.empty()) return std::nullopt;
    result.names.emplace_back(schema::strip(name.text));
    if (entry->value.find('%') == std::string_view::npos) break;  // all are named so
  }
  return result;
}

}  // namespace sup::lint
