// The canonical form of a configuration file: another text that means the same. Comments, order and
// the words of keys and values stay; blanks, blank lines and line ends are set right:
//
//   [program:web]              ; a header stands behind one blank line, comments directly above it
//   command=/usr/bin/web       ; go with it; inline comments that are set apart keep their column
//       --port 80              ; continuation lines are indented by four
//
// Lines end with LF, or with CRLF if all of the file did; a value keeps its blank lines, elsewhere
// one is left of several. Formatting twice changes nothing. Used by supc fmt and by editors.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/ini/document.h"

namespace sup::compiler {

struct Formatted {
  // Of a blank line that was put in.
  static constexpr std::uint32_t inserted = std::numeric_limits<std::uint32_t>::max();

  std::string text;
  // For each line of `text`: the line (index) of the document that it is made of. Ascending;
  // lines that are not named were blank and are left out.
  std::vector<std::uint32_t> origins;
};

// The text as it is to be parsed: of what surely is a template, the markers are masked.
Source formattable(std::string path, FileText bytes);

// `bytes` is the text that the document was parsed from, of a template as it was written: lines of
// nothing but its `markers` stay as they are. Nothing if it has junk lines: what they were meant to
// be is not known.
std::optional<Formatted> format(const Document& document, std::string_view bytes,
                                std::span<const TextRange> markers = {});

// What format() changes in `bytes`, as a unified diff with three lines of context and `name` in its
// head; empty if nothing.
std::string format_diff(std::string_view name, const Document& document, std::string_view bytes,
                        const Formatted& formatted);

}  // namespace sup::compiler
