// Arguments of calls, read as Python would take them: an integer may come as text, anything can be
// true or false. What Python raises an error for, and Supervisor answers with HTTP 500, is nothing
// here and becomes INCORRECT_PARAMETERS.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/rpc/value.h"

namespace sup::rpc {

std::optional<std::string_view> text_argument(const Value& value);

// Python's int().
std::optional<std::int64_t> integer_argument(const Value& value);

// Python's bool().
bool truth(const Value& value);

// Python's str().
std::string python_text(const Value& value);

}  // namespace sup::rpc
