// What a language server speaks of, as the Language Server Protocol 3.17 names it. JSON is made of
// these in protocol.cpp alone.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace sup::lint::lsp {

// In what units a position counts the characters of its line; negotiated at the start.
enum class Encoding : std::uint8_t { utf8, utf16, utf32 };

// Both count from 0.
struct Position {
  std::uint32_t line = 0;
  std::uint32_t character = 0;
  auto operator<=>(const Position&) const = default;
};

// Half-open.
struct Range {
  Position start;
  Position end;
  bool operator==(const Range&) const = default;
};

struct Location {
  std::string uri;
  Range range;
  bool operator==(const Location&) const = default;
};

struct TextEdit {
  Range range;
  std::string new_text;
  bool operator==(const TextEdit&) const = default;
};

// By URI.
using WorkspaceEdit = std::map<std::string, std::vector<TextEdit>>;

// A change of a document that a client reports; without a range the whole text is new.
struct ContentChange {
  std::optional<Range> range;
  std::string text;
};

enum class DiagnosticSeverity : std::uint8_t { error = 1, warning, information, hint };
enum class DiagnosticTag : std::uint8_t { unnecessary = 1, deprecated };

struct RelatedInformation {
  Location location;
  std::string message;
  bool operator==(const RelatedInformation&) const = default;
};

struct Diagnostic {
  Range range;
  DiagnosticSeverity severity = DiagnosticSeverity::error;
  std::string code;  // "SUP202"
  std::string message;
  std::vector<RelatedInformation> related;
  std::optional<DiagnosticTag> tag;
  bool operator==(const Diagnostic&) const = default;
};

struct Hover {
  std::string text;  // Markdown
  Range range;
};

// The protocol's numbers.
enum class CompletionKind : std::uint8_t {
  property = 10,
  value = 12,
  variable = 6,
  module = 9,
  keyword = 14,
  reference = 18,
  event = 23
};

struct CompletionItem {
  std::string label;
  CompletionKind kind = CompletionKind::value;
  std::string detail;
  std::string documentation;  // Markdown
  std::string sort_text;      // empty: as the label
  TextEdit edit;
  bool is_snippet = false;
};

enum class SymbolKind : std::uint8_t { module = 2, class_ = 5, property = 7, event = 24 };

struct DocumentSymbol {
  std::string name;
  std::string detail;
  SymbolKind kind = SymbolKind::module;
  Range range;
  Range selection;
  std::vector<DocumentSymbol> children;
};

struct FoldingRange {
  std::uint32_t start_line = 0;
  std::uint32_t end_line = 0;  // inclusive
};

struct CodeAction {
  std::string title;
  std::string kind;  // "quickfix", "source.fixAll.supcheck"
  bool is_preferred = false;
  std::vector<Diagnostic> diagnostics;
  WorkspaceEdit edit;
};

// What a client can do, and what it wants.
struct ClientCapabilities {
  Encoding encoding = Encoding::utf16;
  bool snippets = false;
  bool markdown_in_hover = true;
  bool markdown_in_completion = true;
  bool hierarchical_symbols = false;
  bool code_action_literals = false;
  bool push_diagnostics = true;
  bool related_information = false;
  bool tags = false;
  bool versions = false;  // of diagnostics
  bool dynamic_watched_files = false;
};

}  // namespace sup::lint::lsp
