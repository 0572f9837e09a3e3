// Compiled as C++23, alone: before, a string has no room that was not filled. Large files are
// copied here, and zeros would be a third pass over all of their memory.
#include "schema/filled_text.h"

#include <algorithm>

namespace sup::schema {

std::string filled_text(std::size_t size,
                        const std::function<std::size_t(char* room, std::size_t size)>& fill) {
  std::string text;
  text.resize_and_overwrite(
      size, [&](char* room, std::size_t given) { return std::min(given, fill(room, given)); });
  return text;
}

}  // namespace sup::schema
