#include "runtime/listeners/names.h"

#include <algorithm>

#include "schema/text.h"

namespace sup::listeners {

bool names_process(std::string_view pattern, std::string_view group, std::string_view name) {
  const std::size_t colon = pattern.find(':');
  if (colon == std::string_view::npos) return pattern == name;
  const std::string_view process = pattern.substr(colon + 1);
  return pattern.substr(0, colon) == group &&
         (process.empty() || process == "*" || process == name);
}

bool any_names_process(const std::vector<std::string>& patterns, std::string_view group,
                       std::string_view name) {
  return std::any_of(patterns.begin(), patterns.end(), [&](const std::string& pattern) {
    return names_process(pattern, group, name);
  });
}

std::string python_list(const std::vector<std::string>& texts) {
  std::string list = "[";
  for (const std::string& text : texts) {
    list += (list.size() > 1 ? ", " : "") + schema::python_repr(text);
  }
  return list + "]";
}

}  // namespace sup::listeners
