// SHA-1, for passwords that are written as {SHA} and the hash. Not for anything that must be safe.
#pragma once

#include <string>
#include <string_view>

namespace sup::lint {

// 40 hexadecimal digits, lower case.
std::string sha1_hex(std::string_view bytes);

}  // namespace sup::lint
