// What the server answers about a document: one function a question, pure. A file each.
//
// `document` is open in `workspace`. Where the answer hangs on other files or on values, the
// workspace must have been checked before; completion and what asks for one document alone work on
// the text as it is.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lint/lsp/documents.h"
#include "lint/lsp/types.h"
#include "lint/lsp/workspace.h"

namespace sup::lint::lsp {

// About options, sections, events, expansions, programs and rules.
std::optional<Hover> hover(Workspace& workspace, const TextDocument& document, Position at);

struct CompletionStyle {
  Encoding encoding = Encoding::utf16;
  bool snippets = false;
};

// Sections, options, values. `snippets`: edits may have places to fill in.
std::vector<CompletionItem> complete(const Workspace& workspace, const TextDocument& document,
                                     Position at, const CompletionStyle& style);

// From what names a program, a server or files to where these are.
std::vector<Location> definition(Workspace& workspace, const TextDocument& document, Position at);

// All places that name the program at this place.
std::vector<Location> references(Workspace& workspace, const TextDocument& document, Position at,
                                 bool with_declaration);

// The name of a program at this place, if it can be renamed.
std::optional<Range> renamable(Workspace& workspace, const TextDocument& document, Position at);

// The edits that rename it. What is wrong with the new name goes to `refusal`.
WorkspaceEdit rename(Workspace& workspace, const TextDocument& document, Position at,
                     const std::string& name, std::string& refusal);

// Sections with their options.
std::vector<DocumentSymbol> symbols(const TextDocument& document, Encoding encoding);

std::vector<FoldingRange> foldings(const TextDocument& document, Encoding encoding);

// As `supc fmt` does it, line by line; with a range only lines in it. Nothing for a text that has
// lines that are nothing.
std::optional<std::vector<TextEdit>> format_document(const TextDocument& document,
                                                     const std::optional<Range>& range,
                                                     Encoding encoding);

constexpr std::string_view quick_fix_kind = "quickfix";
constexpr std::string_view fix_all_kind = "source.fixAll.supcheck";

// Fixes of what is found in the range, and all safe ones of the document at once. `only`: kinds
// that are wanted, with those below them; empty: all.
std::vector<CodeAction> code_actions(Workspace& workspace, const TextDocument& document,
                                     const Range& range, std::span<const std::string> only);

}  // namespace sup::lint::lsp
