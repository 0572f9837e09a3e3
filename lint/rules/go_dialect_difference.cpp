// SUP1310: what the Go supervisord makes of a configuration in another way than Supervisor.
#include <algorithm>
#include <string>

#include "compiler/migrate/view.h"
#include "lint/lint.h"

namespace sup::lint {

namespace {

// From the offset to the end of a key or a header.
Span place_at(const Context& context, compiler::SourceId source, std::uint32_t offset) {
  const std::string_view text = context.sources()[source].bytes;
  std::size_t end = text.find_first_of(" \t\r\n=:", offset);
  if (offset < text.size() && text[offset] == '[') end = text.find_first_of("]\r\n", offset) + 1;
  return {source, offset,
          static_cast<std::uint32_t>(std::min(std::max<std::size_t>(end, offset), text.size()))};
}

void check_go_dialect_difference(const Context& context, Diagnostics& out) {
  const compiler::MigratedFiles* migrated = context.options().migrated;
  if (migrated == nullptr) return;
  for (compiler::SourceId id = 0; id < context.sources().size(); ++id) {
    for (const schema::Dialect dialect : {schema::Dialect::go, schema::Dialect::rsupervisord}) {
      for (const auto& each : migrated->differences(context.sources()[id].path, dialect))
        out.report(go_dialect_difference.rule, place_at(context, id, each.offset), each.message);
    }
  }
}

}  // namespace

const LintRule go_dialect_difference = {
    .rule = {"SUP1310", "go-dialect-difference", Severity::info,
             "a setting that the Go supervisord takes in another way"},
    .check = check_go_dialect_difference,
    .looks_at_whole = true
};

}  // namespace sup::lint
