// Continuation lines that look like something of their own; for the rules about indentation.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "lint/context.h"

namespace sup::lint {

// Whether the stripped text of a continuation line is a header or sets a known option of the
// section. Options are not looked for in environment=, whose lines look the same.
bool looks_independent(const ConfigSection& section, const ConfigEntry& entry,
                       std::string_view content);

// Whether a line is indented by more than ASCII blanks.
bool has_invisible_indentation(const Context& context, const compiler::Document& document,
                               const compiler::Line& line);

// Indexes of the continuation lines of an entry, blank ones excluded.
std::vector<std::uint32_t> continuation_lines(const Context& context, const ConfigEntry& entry);

}  // namespace sup::lint
