#include <CLI/CLI.hpp>

#include "compiler/commands/command.h"
#include "schema/plan_io.h"

namespace sup::compiler::commands {
namespace {

struct BuildOptions {
  InputOptions input;
  std::string output = "plan.bin";
};

int run(const BuildOptions& options) {
  return with_compilation(options.input, [&](const Compilation& compilation) {
    if (const auto status = schema::write_plan_file(compilation.plan, options.output); !status)
      return fail(status.error().message);
    return clean;
  });
}

}  // namespace

Command build(CLI::App& app) {
  auto options = std::make_shared<BuildOptions>();
  CLI::App* command = app.add_subcommand("build", "Check a configuration and write it as a plan");
  add_input_options(*command, options->input);
  command->add_option("-o,--output", options->output, "The plan")->capture_default_str();
  return {command, [options] { return run(*options); }};
}

}  // namespace sup::compiler::commands
