// Unified diffs, as diff -u prints and patch reads them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sup::compiler {

// A line of a comparison, with its end.
struct DiffLine {
  char sign = ' ';  // ' ': in both texts; '-': in the old one; '+': in the new one
  std::string_view line;
};

// The hunks with three lines of context, `name` in the head; empty if nothing changes.
std::string unified_diff(std::string_view name, const std::vector<DiffLine>& lines);

// Compares line by line; the result points into the texts. Lines that stand once in both texts are
// found again wherever that keeps the order; between them the shortest difference is looked for,
// unless it is very long.
std::vector<DiffLine> compare_lines(std::string_view before, std::string_view after);

}  // namespace sup::compiler
