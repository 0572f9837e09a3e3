// The options of all tools: the one place that knows them. The tools read their command lines by
// these tables, --help prints them, and supcheck judges command lines in configurations by them.
// Pure.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "runtime/option_reader.h"

namespace sup::listeners {

struct ToolTable {
  std::string_view name;
  // Options end at the first word, as getopt of Python has it; optparse reads on.
  bool stops_at_word = true;
  std::vector<Argument> arguments;
  // So many of them, the first ones, are superlance's; 0 for a tool that superlance does not have.
  std::size_t of_superlance = 0;
};

// Null for what is no tool.
const ToolTable* tool_table(std::string_view name);

// Of a tool that is there.
const std::vector<Argument>& arguments_of(std::string_view name);

}  // namespace sup::listeners
