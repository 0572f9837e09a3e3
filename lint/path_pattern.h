// Patterns of paths in settings: * and ? stand for characters but the slash, ** for any, [...] for
// one of some characters.
//
// A pattern without a slash means files of that name and all that is below folders of that name.
// One with a slash means a path from the folder of the settings file on, or everything below it. An
// absolute pattern means absolute paths.
#pragma once

#include <string>
#include <string_view>

#include "lint/settings.h"

namespace sup::lint {

// Whether the pattern means the file at this absolute path.
bool matches(const PathPattern& pattern, std::string_view path);
bool matches_any(const PathPatterns& patterns, std::string_view path);

// Whether a text is as a pattern says, from its first to its last character. Takes time in
// proportion to the product of both lengths, whatever they are.
bool matches_glob(std::string_view pattern, std::string_view text);

}  // namespace sup::lint
