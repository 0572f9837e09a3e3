// supc: compiles configurations to plans and shows what is in them.
// Exit status: 0 clean, 1 mistakes were found, 2 wrong usage or the world failed.

#include <cstdlib>
#include <iostream>

#include <CLI/CLI.hpp>

#include "compiler/commands/command.h"
#include "schema/memory.h"

namespace {

namespace commands = sup::compiler::commands;

std::string names_of_commands(const CLI::App& app) {
  std::string names;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; }))
    names += (names.empty() ? "" : ", ") + command->get_name();
  return names;
}

int run(int argc, char** argv) {
  CLI::App app("Compiles Supervisor configurations into checked plans.", "supc");
  app.set_version_flag("--version", "supc " SUP_VERSION);
  app.require_subcommand(1);
  const commands::Command all[] = {
      commands::build(app), commands::diff(app), commands::dump(app),    commands::explain(app),
      commands::fmt(app),   commands::init(app), commands::migrate(app), commands::schema(app),
  };
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& success) {
    return app.exit(success);
  } catch (const CLI::ParseError& error) {
    const bool is_word = argc > 1 && argv[1][0] != '-' && app.get_subcommands().empty();
    if (is_word)
      return commands::fail("there is no command `" + std::string(argv[1]) + "`; known are " +
                            names_of_commands(app));
    if (argc <= 1)
      return commands::fail("name a command: " + names_of_commands(app) + "; --help tells more");
    app.exit(error);
    return commands::failed;
  }
  for (const commands::Command& command : all)
    if (command.parser->parsed()) return command.run();
  return commands::clean;
}

}  // namespace

int main(int argc, char** argv) {
  sup::schema::take_memory_in_large_steps();
  std::ios::sync_with_stdio(false);
  try {
    const int status = run(argc, argv);
    std::cout.flush();
    std::_Exit(std::cout ? status : commands::fail("cannot write to standard output"));
  } catch (const std::exception& error) {
    return commands::fail(error.what());
  }
}
