// Changes of texts by their places. What makes edits decides which of them may be applied together;
// this applies them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/diagnostics.h"
#include "compiler/source.h"

namespace sup::compiler {

// Whether the edit lies in its source.
bool is_sound(const Edit& edit, const SourceMap& sources);

// The text with edits of its bytes. Insertions at one place come in the order given and before an
// edit that begins there; of two edits that overlap the second one is dropped.
std::string apply_edits(std::string_view text, std::vector<Edit> edits);

// The same; `places` are offsets in the text, and become those in the result. What was replaced is
// where its replacement begins.
std::string apply_edits(std::string_view text, std::vector<Edit> edits,
                        std::vector<std::uint32_t>& places);

}  // namespace sup::compiler
