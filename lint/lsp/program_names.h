// Where a configuration names its programs: headers, groups, and the arguments of well-known event
// listeners.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lint/context.h"

namespace sup::lint::lsp {

struct ProgramName {
  std::string name;
  Span place;
  bool is_declaration = false;
};

// In the order of the configuration's sections.
std::vector<ProgramName> program_names(const Context& context);

}  // namespace sup::lint::lsp
