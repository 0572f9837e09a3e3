// Which processes a user means: `name` in any group, `group:name`, `group:*`.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sup::listeners {

bool names_process(std::string_view pattern, std::string_view group, std::string_view name);

bool any_names_process(const std::vector<std::string>& patterns, std::string_view group,
                       std::string_view name);

// ['a', 'b'], as Python prints a list.
std::string python_list(const std::vector<std::string>& texts);

}  // namespace sup::listeners
