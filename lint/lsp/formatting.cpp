#include "compiler/format.h"
#include "lint/lsp/features.h"

namespace sup::lint::lsp {

std::optional<std::vector<TextEdit>> format_document(const TextDocument& document,
                                                     const std::optional<Range>& range,
                                                     Encoding encoding) {
  const std::string_view text = document.text();
  const compiler::Source source = compiler::formattable({}, compiler::FileText(std::string(text)));
  const compiler::Document parsed = compiler::parse(0, source.bytes);
  const auto formatted = compiler::format(parsed, text, source.markers);
  if (!formatted) return std::nullopt;
  const LineIndex& lines = document.lines();
  std::uint32_t first = 0;
  std::uint32_t last = static_cast<std::uint32_t>(text.size());
  if (range) {
    first = lines.offset(text, {range->start.line, 0}, encoding);
    // A range that ends at the beginning of a line does not mean that line.
    const bool has_part = range->end.character != 0 || range->end <= range->start;
    last = lines.offset(text, {range->end.line + (has_part ? 1 : 0), 0}, encoding);
  }
  std::vector<TextEdit> edits;
  const auto add = [&](std::uint32_t begin, std::uint32_t end, std::string_view replacement) {
    if (begin < first || end > last || text.substr(begin, end - begin) == replacement) return;
    edits.push_back({lines.range(text, begin, end, encoding), std::string(replacement)});
  };
  // Each line of the new text is made of an old one; those between two of them are left out.
  std::uint32_t next = 0;
  std::string inserted;
  std::string_view rest = formatted->text;
  const auto begin_of = [&](std::uint32_t line) {
    return line < parsed.line_count() ? parsed.line_begin(line)
                                      : static_cast<std::uint32_t>(text.size());
  };
  for (const std::uint32_t origin : formatted->origins) {
    const std::string_view line = rest.substr(0, rest.find('\n') + 1);
    rest.remove_prefix(line.size());
    if (origin == compiler::Formatted::inserted) {
      inserted += line;
      continue;
    }
    for (; next < origin; ++next) add(begin_of(next), begin_of(next + 1), {});
    add(begin_of(origin), begin_of(origin + 1), inserted + std::string(line));
    inserted.clear();
    next = origin + 1;
  }
  for (; next < parsed.line_count(); ++next) add(begin_of(next), begin_of(next + 1), {});
  return edits;
}

}  // namespace sup::lint::lsp
