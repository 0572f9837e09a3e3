// SUP104: the same header twice. Supervisor merges the sections key by key.
#include <map>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "lint/lint.h"

namespace sup::lint {

namespace {

using Place = std::pair<compiler::SourceId, std::uint32_t>;

// For each header, by its place, the keys that it sets and that an earlier one sets differently.
std::map<Place, std::vector<std::string_view>> overriding_keys(const Context& context,
                                                               const ConfigSection& section) {
  struct Last {
    Place header;
    std::string_view value;
  };

  std::map<std::string_view, Last> last;
  std::map<Place, std::vector<std::string_view>> keys;
  for (const ConfigEntry& entry : section.entries) {
    if (entry.from_default) continue;
    const Span& span = context.document(entry).sections[context.written(entry).section].header;
    const Place header = {span.source, span.begin};
    const auto [earlier, is_new] = last.try_emplace(entry.key(), Last{header, entry.value});
    if (is_new) continue;
    if (earlier->second.header != header && earlier->second.value != entry.value) {
      keys[header].push_back(entry.key());
    }
    earlier->second = {header, entry.value};
  }
  return keys;
}

void check_duplicate_section(const Context& context, Diagnostics& out) {
  for (const ConfigSection& section : context.sections()) {
    if (!section.name || section.headers.size() < 2) continue;
    const bool is_named = schema::section_row(section.name->kind).naming == schema::Naming::named;
    auto overriding = overriding_keys(context, section);
    std::set<std::pair<std::string_view, std::uint32_t>> seen;  // in files by path
    for (std::size_t i = 0; i < section.headers.size(); ++i) {
      // A file that is included twice is told as such.
      const std::string_view path = context.sources()[section.headers[i].source].path;
      if (!seen.emplace(path, section.headers[i].begin).second || i == 0) continue;
      // An [include] of an included file is the compiler's, and so is what it would override.
      if (section.name->kind == SectionKind::include && section.header_files[i] != 0) continue;
      const Span& header = section.headers[i];
      const auto& keys = overriding[{header.source, header.begin}];
      // Sections that exist once are completed in other files on purpose; what these override
      // has a rule of its own.
      const bool is_other_file = header.source != section.headers.front().source;
      if (!is_named && (keys.empty() || is_other_file)) continue;
      std::string message = section.display() + " is written twice; Supervisor merges the sections";
      for (const std::string_view key : keys) {
        message +=
            (key.data() == keys.front().data() ? "; this one replaces " : ", ") + in_backticks(key);
      }
      out.report(duplicate_section.rule, header, std::move(message))
          .label(section.headers[0], "first written here");
    }
  }
}

}  // namespace

const LintRule duplicate_section = {
    .rule = {"SUP104", "duplicate-section", Severity::warning, "the same section is written twice"},
    .check = check_duplicate_section
};

}  // namespace sup::lint
