#include <iostream>

#include <CLI/CLI.hpp>

#include "compiler/commands/command.h"
#include "compiler/emit.h"
#include "compiler/machine.h"
#include "schema/plan_io.h"

namespace sup::compiler::commands {
namespace {

struct DumpOptions {
  InputOptions input;
  bool json = false;
  bool resolved = false;
  EmitOptions emit;
};

int dump_plan(const DumpOptions& options) {
  const InputOptions& input = options.input;
  const auto plan = schema::read_plan_file(input.path);
  if (!plan) return fail(plan.error().message);
  if (!options.resolved) {
    std::cout << (options.json ? emit_plan_json(*plan, options.emit)
                               : emit_ini(*plan, options.emit));
    return clean;
  }
  // Bound as far as the given environment allows.
  std::map<std::string, std::string, std::less<>> environment;
  for (const std::string& pair : input.environment) {
    const std::size_t equals = pair.find('=');
    if (equals == 0 || equals == std::string::npos)
      return fail("--env " + pair + ": expected NAME=VALUE");
    environment[pair.substr(0, equals)] = pair.substr(equals + 1);
  }
  schema::Facts facts;
  const schema::Facts machine = machine_facts(input.root);
  facts.working_directory = machine.working_directory;
  facts.home = input.root.empty() ? machine.home : nullptr;
  facts.host_name = input.host_name.empty() ? machine.host_name : input.host_name;
  facts.missing_variable_is_error = input.environment_is_complete;
  facts.environment = [&](std::string_view name) -> std::optional<std::string> {
    const auto variable = environment.find(name);
    if (variable == environment.end()) return std::nullopt;
    return variable->second;
  };
  const schema::InstantiateResult bound = schema::instantiate(*plan, facts);
  for (const schema::Fault& fault : bound.faults)
    std::cerr << "supc: " << schema::describe_fault(*plan, fault) << '\n';
  if (!bound.faults.empty()) return found;
  std::cout << emit_resolved_json(*plan, bound.resolved, options.emit);
  return clean;
}

int run(const DumpOptions& options) {
  if (options.resolved && !options.json) return fail("--resolved is printed as --json only");
  if (is_plan(options.input)) return dump_plan(options);
  return with_compilation(options.input, [&](const Compilation& compilation) {
    if (options.resolved) {
      std::cout << emit_resolved_json(compilation.plan, compilation.resolved, options.emit);
    } else if (options.json) {
      std::cout << emit_plan_json(compilation.plan, options.emit);
    } else {
      std::cout << emit_ini(compilation.plan, options.emit);
    }
    return clean;
  });
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
