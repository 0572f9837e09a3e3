// Values as parts of a line of text for people.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sup::compiler {

// The text on one line: line feeds and whatever could steer a terminal are written as escapes, and
// bytes that are not UTF-8 as a replacement character.
std::string one_line(std::string_view text);

// "a, b, c", and of many "a, b, ..., z (26)".
std::string listed(const std::vector<std::string>& names);

// The text, filled with blanks to a number of characters.
std::string padded(std::string text, std::size_t width);

struct Paint {
  std::string_view bold, red, green, yellow, dim, off;
};

// Escape sequences, or empty texts without colour.
const Paint& paint(bool color);

}  // namespace sup::compiler
