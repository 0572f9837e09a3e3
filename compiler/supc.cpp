// supc: compiles configurations to plans and shows what is in them.
// Exit status: 0 clean, 1 mistakes were found, 2 wrong usage or the world failed.

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <functional>
#include <iostream>

#include <CLI/CLI.hpp>

#include "compiler/command_line.h"
#include "compiler/emit.h"
#include "compiler/machine.h"
#include "compiler/memory.h"
#include "compiler/render_text.h"
#include "schema/plan_io.h"

namespace {

using namespace sup;

constexpr int clean = 0;
constexpr int found = 1;
constexpr int failed = 2;

int fail(const std::string& message) {
  std::cerr << "supc: " << message << '\n';
  return failed;
}

void add_input_options(CLI::App& command, compiler::InputOptions& input) {
  command.add_option("input", input.path, "Configuration, or - for standard input")->required();
  command
      .add_option("--target", input.target,
                  "Version of Supervisor whose rules apply: 3.4, 4.2, 4.3, 4.4")
      ->capture_default_str();
  command
      .add_option("--env", input.environment,
                  "NAME=VALUE of the environment, as far as it is known")
      ->take_all()
      ->allow_extra_args(false);
  command.add_option("--env-file", input.environment_file, "File of NAME=VALUE lines");
  command.add_flag("--env-strict,--environment-is-complete", input.environment_is_complete,
                   "A variable that is not given is an error");
  command.add_option("--host-name", input.host_name, "Value of %(host_node_name)s");
  command.add_option("--root", input.root, "Look up all files below this folder");
  command.add_option("--stdin-filename", input.stdin_filename,
                     "Name of what comes from standard input");
  command.add_flag("--fragment", input.fragment,
                   "The input is a part of a configuration, a file of conf.d");
  command.add_flag("--relocatable", input.relocatable, "Leave %(here)s open until boot");
  command.add_flag("--host", input.ask_machine, "Ask this machine whether users and folders exist");
}

compiler::TextStyle style() {
  const bool color = ::isatty(STDERR_FILENO) == 1 && std::getenv("NO_COLOR") == nullptr;
  return {color};
}

// Compiles, prints what was found, and hands over the result if it can be used.
int with_compilation(const compiler::InputOptions& input,
                     const std::function<int(const compiler::Compilation&)>& use) {
  compiler::expect_inputs({input.path});
  auto result = compiler::compile_input(input);
  if (!result) return fail(result.error().message);
  // Not freed: the program ends, and taking apart a large configuration costs more than its check.
  const compiler::Compilation& compilation = *result->release();
  if (compilation.failure) return fail(*compilation.failure);
  std::cerr << compiler::render_text(compilation.diagnostics, compilation.sources, style());
  if (compilation.diagnostics.has_errors()) {
    const std::size_t errors = compilation.diagnostics.count(compiler::Severity::error);
    std::cerr << errors << (errors == 1 ? " error" : " errors") << '\n';
    return found;
  }
  return use(compilation);
}

int build(const compiler::InputOptions& input, const std::string& output) {
  return with_compilation(input, [&](const compiler::Compilation& compilation) {
    if (const auto status = schema::write_plan_file(compilation.plan, output); !status)
      return fail(status.error().message);
    return clean;
  });
}

struct DumpOptions {
  bool json = false;
  bool resolved = false;
  compiler::EmitOptions emit;
};

int dump_plan(const compiler::InputOptions& input, const DumpOptions& options) {
  const auto plan = schema::read_plan_file(input.path);
  if (!plan) return fail(plan.error().message);
  if (!options.resolved) {
    std::cout << (options.json ? compiler::emit_plan_json(*plan, options.emit)
                               : compiler::emit_ini(*plan, options.emit));
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
  const schema::Facts machine = compiler::machine_facts(input.root);
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
  std::cout << compiler::emit_resolved_json(*plan, bound.resolved, options.emit);
  return clean;
}

// Whether a file is a plan; standard input is a configuration.
bool is_plan(const compiler::InputOptions& input) {
  if (input.path == "-") return false;
  std::FILE* file = std::fopen(input.path.c_str(), "rbe");
  if (file == nullptr) return false;
  std::string start(8, '\0');
  start.resize(std::fread(start.data(), 1, start.size(), file));
  std::fclose(file);
  return schema::looks_like_plan(start);
}

int dump(const compiler::InputOptions& input, const DumpOptions& options) {
  if (options.resolved && !options.json) return fail("--resolved is printed as --json only");
  if (is_plan(input)) return dump_plan(input, options);
  return with_compilation(input, [&](const compiler::Compilation& compilation) {
    if (options.resolved) {
      std::cout << compiler::emit_resolved_json(compilation.plan, compilation.resolved,
                                                options.emit);
    } else if (options.json) {
      std::cout << compiler::emit_plan_json(compilation.plan, options.emit);
    } else {
      std::cout << compiler::emit_ini(compilation.plan, options.emit);
    }
    return clean;
  });
}

int run(int argc, char** argv) {
  CLI::App app("Compiles Supervisor configurations into checked plans.", "supc");
  app.set_version_flag("--version", "supc " SUP_VERSION);
  app.require_subcommand(1);

  compiler::InputOptions input;
  std::string output = "plan.bin";
  CLI::App* build_command =
      app.add_subcommand("build", "Check a configuration and write it as a plan");
  add_input_options(*build_command, input);
  build_command->add_option("-o,--output", output, "The plan")->capture_default_str();

  DumpOptions dump_options;
  CLI::App* dump_command = app.add_subcommand("dump", "Print a plan or a configuration, merged");
  add_input_options(*dump_command, input);
  dump_command->add_flag("--json", dump_options.json, "As JSON instead of INI");
  dump_command->add_flag("--resolved", dump_options.resolved,
                         "Groups and processes with all their fields");
  dump_command->add_flag("--show-secrets", dump_options.emit.show_secrets,
                         "Print passwords as they are");

  CLI::App* schema_command = app.add_subcommand("schema", "Print the table of all options as JSON");

  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& success) {
    return app.exit(success);
  } catch (const CLI::ParseError& error) {
    app.exit(error);
    return failed;
  }
  if (build_command->parsed()) return build(input, output);
  if (dump_command->parsed()) return dump(input, dump_options);
  if (schema_command->parsed()) std::cout << compiler::emit_schema_json();
  return clean;
}

}  // namespace

int main(int argc, char** argv) {
  std::ios::sync_with_stdio(false);
  try {
    const int status = run(argc, argv);
    std::cout.flush();
    std::_Exit(std::cout ? status : fail("cannot write to standard output"));
  } catch (const std::exception& error) {
    return fail(error.what());
  }
}
