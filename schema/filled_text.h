// A string that is written by whoever knows how, without being filled with zeros before.
#pragma once

#include <cstddef>
#include <functional>
#include <string>

namespace sup::schema {

// Calls `fill(room, size)` once, with room for so many bytes that hold anything; what it returns,
// at most `size`, is how many of them are the string. It must not throw.
std::string filled_text(std::size_t size,
                        const std::function<std::size_t(char* room, std::size_t size)>& fill);

}  // namespace sup::schema
