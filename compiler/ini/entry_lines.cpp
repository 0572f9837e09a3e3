#include "compiler/ini/entry_lines.h"

namespace sup::compiler {

std::uint32_t last_line(const Document& document, const Entry& entry) {
  std::uint32_t last = entry.line;
  if (entry.continuation_count == 0) return last;
  for (std::uint32_t i = entry.line + 1; i < document.line_count(); ++i) {
    const LineKind kind = document.line_kind(i);
    if (kind == LineKind::continuation) {
      last = i;
    } else if (kind != LineKind::blank && kind != LineKind::comment) {
      break;
    }
  }
  return last;
}

Span whole_lines(const Document& document, const Entry& entry) {
  return {document.source, document.line_begin(entry.line),
          document.line(last_line(document, entry)).end};
}

Span indentation(const Document& document, const Entry& entry) {
  const Line line = document.line(entry.line);
  return {document.source, line.begin, line.content_begin};
}

}  // namespace sup::compiler
