// Questions to the machine that several rules ask. All of them need Context::machine().
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lint/context.h"

namespace sup::lint {

struct FoundProgram {
  std::string path;                   // of the file; empty: there is none
  std::vector<std::string> searched;  // folders, if it was looked for in any
  bool is_path_known = true;          // they are those of the configuration, not of the caller
};

// The file of a command's first word as Supervisor looks for it; nothing when that is not known or
// another rule says why there is none.
std::optional<FoundProgram> find_program(const Context& context, const ConfigSection& section,
                                         const ConfigEntry& entry);

// The folder that a path lies in: "/" for "/x".
std::string folder_of(std::string_view path);

}  // namespace sup::lint
