#include "lint/rules/continuation.h"

#include <algorithm>

#include "schema/text.h"

namespace sup::lint {

using compiler::LineKind;

bool looks_independent(const ConfigSection& section, const ConfigEntry& entry,
                       std::string_view content) {
  if (content.starts_with('[')) {
    const std::size_t end = content.rfind(']');
    if (end == std::string_view::npos) return false;
    const std::string_view name = content.substr(1, end - 1);
    // A name with blanks is rather a test in a shell script.
    return name.find(' ') == std::string_view::npos && schema::classify_section(name).has_value();
  }
  if (entry.key() == "environment" || !section.name) return false;
  const std::size_t delimiter = content.find_first_of("=:");
  if (delimiter == std::string_view::npos) return false;
  const std::string_view key = schema::strip_right(content.substr(0, delimiter));
  return schema::find_option(section.name->kind, key) != nullptr;
}

bool has_invisible_indentation(const Context& context, const compiler::Document& document,
                               const compiler::Line& line) {
  const auto indentation = context.source_text({document.source, line.begin, line.content_begin});
  return std::any_of(indentation.begin(), indentation.end(),
                     [](char byte) { return static_cast<unsigned char>(byte) >= 0x80U; });
}

std::vector<std::uint32_t> continuation_lines(const Context& context, const ConfigEntry& entry) {
  std::vector<std::uint32_t> found;
  const compiler::Document& document = context.document(entry);
  if (!document.has_continuation(entry.entry)) return found;
  for (std::uint32_t i = document.entry_line(entry.entry) + 1; i < document.line_count(); ++i) {
    const LineKind kind = document.line_kind(i);
    if (kind == LineKind::continuation) {
      const compiler::Line line = document.line(i);
      if (line.content_begin < line.content_end) found.push_back(i);
    } else if (kind != LineKind::blank && kind != LineKind::comment) {
      break;
    }
  }
  return found;
}

}  // namespace sup::lint
