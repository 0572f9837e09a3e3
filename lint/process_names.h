// The names that the processes of a program get.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lint/context.h"

namespace sup::lint {

struct ProcessNames {
  std::vector<std::string> names;  // of the first processes, a thousand at most
  std::int64_t count = 1;          // of all
};

// Nothing when they depend on what is not known.
std::optional<ProcessNames> process_names(const Context& context, const ConfigSection& section);

}  // namespace sup::lint
