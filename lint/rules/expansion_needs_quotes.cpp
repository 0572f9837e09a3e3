// SUP410: KEY=%(ENV_X)s in environment= without quotes, which is read again after the expansion.
#include "lint/lint.h"
#include "schema/text.h"

namespace sup::lint {

namespace {

constexpr std::string_view start = "%(ENV_";

// End of the unquoted value that begins at `begin`.
std::size_t value_end(std::string_view text, std::size_t begin) {
  return std::min(text.find_first_of(", \t\r\n\"'#;", begin), text.size());
}

void check_expansion_needs_quotes(const Context& context, Diagnostics& out,
                                  const ConfigSection& section, const ConfigEntry& entry) {
  const std::string_view text = entry.value;
  if (!entry.is_template || text.find(start) == std::string_view::npos) return;
  char open = 0;
  Diagnostic* diagnostic = nullptr;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (open != 0) {
      if (text[i] == open) open = 0;
      continue;
    }
    if (text[i] == '"' || text[i] == '\'') open = text[i];
    if (text[i] != '=') continue;
    const std::size_t begin = i + 1;
    const std::size_t end = value_end(text, begin);
    const std::string_view value = text.substr(begin, end - begin);
    // Quotes in the middle of a word are somebody's own idea.
    const bool is_whole = end == text.size() || (text[end] != '"' && text[end] != '\'');
    if (!is_whole || value.find(start) == std::string_view::npos) continue;
    const Span place = context.value_part(entry, begin, value.size());
    if (diagnostic == nullptr)
      diagnostic = &out.report(expansion_needs_quotes.rule, place,
                               section.display() +
                                   " environment: the value is read again after the expansion; a "
                                   "blank, `,`, `=` or `#` in the variable breaks it");
    else
      diagnostic->label(place, "and here");
    diagnostic->with_hint("write it in quotes");
    if (!context.is_single_line(entry)) continue;
    if (diagnostic->fixes.empty()) diagnostic->fixes.push_back({"write the quotes", {}, true});
    diagnostic->fixes.front().edits.push_back({place, "\"" + std::string(value) + "\""});
    i = end - 1;
  }
}

}  // namespace

const LintRule expansion_needs_quotes = {
    .rule = {"SUP410", "expansion-needs-quotes", Severity::info,
             "%(ENV_X)s without quotes in environment="},
    .check_value = check_expansion_needs_quotes,
    .type = schema::Environment::name
};

}  // namespace sup::lint
