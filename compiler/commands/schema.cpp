#include <iostream>

#include <CLI/CLI.hpp>

#include "compiler/commands/command.h"
#include "compiler/emit.h"

namespace sup::compiler::commands {

Command schema(CLI::App& app) {
  CLI::App* command = app.add_subcommand("schema", "Print the table of all options as JSON");
  return {command, [] {
            std::cout << emit_schema_json();
            return clean;
          }};
}

}  // namespace sup::compiler::commands
