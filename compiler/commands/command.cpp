#include "compiler/commands/command.h"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <iostream>

#include <CLI/CLI.hpp>

#include "compiler/memory.h"
#include "schema/plan_io.h"

namespace sup::compiler::commands {

int fail(const std::string& message) {
  std::cerr << "supc: " << message << '\n';
  return failed;
}

void add_input_options(CLI::App& command, InputOptions& input) {
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

TextStyle style() {
  const bool color = ::isatty(STDERR_FILENO) == 1 && std::getenv("NO_COLOR") == nullptr;
  return {color};
}

// Compiles, prints what was found, and hands over the result if it can be used.
int with_compilation(const InputOptions& input, const std::function<int(const Compilation&)>& use) {
  expect_inputs({input.path});
  auto result = compile_input(input);
  if (!result) return fail(result.error().message);
  // Not freed: the program ends, and taking apart a large configuration costs more than its check.
  const Compilation& compilation = *result->release();
  if (compilation.failure) return fail(*compilation.failure);
  std::cerr << render_text(compilation.diagnostics, compilation.sources, style());
  if (compilation.diagnostics.has_errors()) {
    const std::size_t errors = compilation.diagnostics.count(Severity::error);
    std::cerr << errors << (errors == 1 ? " error" : " errors") << '\n';
    return found;
  }
  return use(compilation);
}

bool is_plan(const InputOptions& input) {
  if (input.path == "-") return false;
  std::FILE* file = std::fopen(input.path.c_str(), "rbe");
  if (file == nullptr) return false;
  std::string start(8, '\0');
  start.resize(std::fread(start.data(), 1, start.size(), file));
  std::fclose(file);
  return schema::looks_like_plan(start);
}

}  // namespace sup::compiler::commands
