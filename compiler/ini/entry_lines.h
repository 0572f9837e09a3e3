// The lines that an entry stands on.
#pragma once

#include <cstdint>

#include "compiler/ini/document.h"

namespace sup::compiler {

// Index of the last line of the entry's value; comments and blank lines between its lines belong to
// it, those behind it do not.
std::uint32_t last_line(const Document& document, const Entry& entry);

// All these lines with their ends.
Span whole_lines(const Document& document, const Entry& entry);

// The blanks that its first line begins with.
Span indentation(const Document& document, const Entry& entry);

}  // namespace sup::compiler
