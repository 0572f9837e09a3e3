#include "lint/lsp/cursor.h"
#include "lint/lsp/features.h"
#include "lint/report.h"

namespace sup::lint::lsp {

namespace {

// Behind the last line of a section that says something.
std::uint32_t end_of_section(const compiler::Document& document, std::size_t section) {
  std::uint32_t line = section + 1 < document.sections.size() ? document.sections[section + 1].line
                                                              : document.line_count();
  const std::uint32_t first = document.sections[section].line;
  while (line > first + 1) {
    const compiler::LineKind kind = document.line_kind(line - 1);
    if (kind != compiler::LineKind::blank && kind != compiler::LineKind::comment) break;
    --line;
  }
  return line;
}

SymbolKind kind_of(std::string_view section) {
  const auto name = schema::classify_section(section);
  if (!name) return SymbolKind::module;
  switch (name->kind) {
    case schema::SectionKind::program:
    case schema::SectionKind::fcgi_program: return SymbolKind::class_;
    case schema::SectionKind::eventlistener: return SymbolKind::event;
    default: return SymbolKind::module;
  }
}

// Names of symbols must not be empty.
std::string shown(std::string_view text) { return text.empty() ? "(none)" : valid_utf8(text); }

}  // namespace

std::vector<DocumentSymbol> symbols(const TextDocument& document, Encoding encoding) {
  const compiler::Document& parsed = document.parsed();
  const std::string_view text = document.text();
  const auto slice = [&](const compiler::Span& span) {
    return text.substr(span.begin, span.end - span.begin);
  };
  const auto range = [&](std::uint32_t begin, std::uint32_t end) {
    return document.lines().range(text, begin, end, encoding);
  };
  std::vector<DocumentSymbol> found;
  found.reserve(parsed.sections.size());
  for (std::size_t i = 0; i < parsed.sections.size(); ++i) {
    const compiler::SectionHeader& section = parsed.sections[i];
    DocumentSymbol symbol;
    symbol.name = shown(slice(section.name));
    symbol.kind = kind_of(slice(section.name));
    const compiler::Line last = parsed.line(end_of_section(parsed, i) - 1);
    symbol.range = range(parsed.line_begin(section.line), last.end);
    symbol.selection = range(section.header.begin, section.header.end);
    for (std::uint32_t k = 0; k < section.entry_count; ++k) {
      const compiler::Entry entry = parsed.entry(section.first_entry + k);
      DocumentSymbol option;
      option.name = shown(slice(entry.key));
      option.kind = SymbolKind::property;
      const std::uint32_t end = std::max(entry.value.end, entry.delimiter.end);
      option.range = range(entry.key.begin, end);
      option.selection = range(entry.key.begin, entry.key.end);
      symbol.children.push_back(std::move(option));
    }
    found.push_back(std::move(symbol));
  }
  return found;
}

std::vector<FoldingRange> foldings(const TextDocument& document, Encoding encoding) {
  const compiler::Document& parsed = document.parsed();
  std::vector<FoldingRange> found;
  for (std::size_t i = 0; i < parsed.sections.size(); ++i) {
    const auto line_of = [&](std::uint32_t index) {
      return document.lines().position(document.text(), parsed.line_begin(index), encoding).line;
    };
    const std::uint32_t start = line_of(parsed.sections[i].line);
    const std::uint32_t end = line_of(end_of_section(parsed, i) - 1);
    if (end > start) found.push_back({start, end});
  }
  return found;
}

}  // namespace sup::lint::lsp
