// When the daemon leaves because a program has ended: a container ends with its main program then.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "schema/instantiate.h"
#include "schema/result.h"

namespace sup::core {

struct ExitRule {
  // Processes whose end for good, EXITED or FATAL, is the daemon's: "group:process", or all of a
  // group by its name, which is that of a program that is alone in it.
  std::vector<std::string> names;
  bool on_fatal = false;  // FATAL of any process is, too

  bool is_empty() const { return names.empty() && !on_fatal; }

  bool has(const schema::Process& process) const;
};

// Appends names that are separated by commas. The error is of usage.
schema::Status read_exit_names(std::string_view text, ExitRule& rule);

// Those that no process of the plan has.
std::vector<std::string> unknown_names(const ExitRule& rule, const schema::Resolved& plan);

}  // namespace sup::core
