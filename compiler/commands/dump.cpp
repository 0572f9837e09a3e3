#include <iostream>

#include <CLI/CLI.hpp>

#include "compiler/commands/command.h"
#include "compiler/emit.h"
#include "schema/late_binding.h"

namespace sup::compiler::commands {
namespace {

struct DumpOptions {
  InputOptions input;
  bool json = false;
  bool resolved = false;
  EmitOptions emit;
};

// A dump in which defaults stand for what is not known must not pass for the whole.
int check_complete(const LoadedPlan& loaded) {
  if (loaded.resolved->open.empty()) return clean;
  std::string names;
  for (const std::string& name : sup::schema::required_environment(*loaded.plan))
    if (!loaded.environment.contains(name)) names += (names.empty() ? "" : ", ") + name;
  std::cerr << "supc: settings that need " << names
            << " are shown with their defaults, \"open\" names them; give --env NAME=VALUE\n";
  return found;
}

int run(DumpOptions options) {
  if (options.resolved && !options.json) return fail("--resolved is printed as --json only");
  LoadedPlan loaded;
  if (const int status = load_plan(options.input, Tell::everything, loaded); status != clean)
    return status;
  options.emit.environment = &loaded.environment;
  if (options.resolved) {
    std::cout << emit_resolved_json(*loaded.plan, *loaded.resolved, options.emit);
    return check_complete(loaded);
  }
  if (options.json) {
    std::cout << emit_plan_json(*loaded.plan, options.emit);
  } else {
    std::cout << emit_ini(*loaded.plan, options.emit);
  }
  return clean;
}

}  // namespace

Command dump(CLI::App& app) {
  auto options = std::make_shared<DumpOptions>();
  CLI::App* command = app.add_subcommand("dump", "Print a plan or a configuration, merged");
  add_input_options(*command, options->input);
  command->add_flag("--json", options->json, "As JSON instead of INI");
  command->add_flag("--resolved", options->resolved, "Groups and processes with all their fields");
  command->add_flag("--show-secrets", options->emit.show_secrets, "Print passwords as they are");
  return {command, [options] { return run(*options); }};
}

}  // namespace sup::compiler::commands
