// SUP107: the same option twice below one header.
#include <cstdint>
#include <map>
#include <set>
#include <string_view>
#include <tuple>
#include <utility>

#include "lint/lint.h"

namespace sup::lint {

namespace {

// Whether two texts of environment= can be joined by a comma.
bool is_joinable(const Context& context, const ConfigSection& section, const ConfigEntry& entry) {
  return context.is_single_line(entry) && !entry.value.empty() && !entry.value.ends_with(',') &&
         context.read<schema::Environment>(section, entry).has_value();
}

void offer_joining(const Context& context, Diagnostic& diagnostic, const ConfigSection& section,
                   const ConfigEntry& first, const ConfigEntry& second) {
  if (!is_joinable(context, section, first) || !is_joinable(context, section, second)) return;
  compiler::Fix fix;
  fix.title = "join both with a comma";
  fix.edits.push_back({context.whole_lines(first), ""});
  fix.edits.push_back({
      {context.value_span(second).source, context.value_span(second).begin,
       context.value_span(second).begin},
      std::string(first.value) + ","
  });
  fix.safe = true;
  diagnostic.fixes.push_back(std::move(fix));
}

void check_duplicate_option(const Context& context, Diagnostics& out) {
  for (const ConfigSection& section : context.sections()) {
    if (!section.name || !section.has_overridden) continue;
    // The last one of each key below each header.
    std::map<std::tuple<std::uint32_t, std::uint32_t, std::string_view>, const ConfigEntry*> last;
    std::set<std::pair<std::uint32_t, std::uint32_t>> open;
    for (const ConfigEntry& entry : section.entries) {
      if (entry.from_default) continue;
      // What follows a header without its bracket was not meant for this section.
      const std::pair place = {entry.file, context.written(entry).section};
      if (entry.key().starts_with('[')) open.insert(place);
      if (open.contains(place)) continue;
      const ConfigEntry*& slot = last[{entry.file, context.written(entry).section, entry.key()}];
      const ConfigEntry* first = std::exchange(slot, &entry);
      if (first == nullptr) continue;
      const ConfigEntry* second = &entry;
      const bool is_same = first->value == second->value;
      auto& diagnostic =
          out.report(duplicate_option.rule, is_same ? Severity::style : Severity::warning,
                     context.key_span(*second),
                     in_backticks(context.key_text(*second)) + " is written twice in " +
                         section.display() + (is_same ? "" : "; the first value is lost"));
      diagnostic.label(context.key_span(*first), "first written here");
      if (is_same) {
        add_removal(context, diagnostic, *first, false);
      } else if (second->key() == "environment") {
        offer_joining(context, diagnostic, section, *first, *second);
      } else {
        add_removal(context, diagnostic, *first, false);
      }
    }
  }
}

}  // namespace

const LintRule duplicate_option = {
    .rule = {"SUP107", "duplicate-option", Severity::warning,
             "the same option is written twice in a section"},
    .check = check_duplicate_option
};

}  // namespace sup::lint
