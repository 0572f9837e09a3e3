#include <algorithm>
#include <iostream>

#include <CLI/CLI.hpp>

#include "compiler/commands/command.h"
#include "compiler/machine.h"
#include "schema/late_binding.h"
#include "schema/plan_io.h"
#include "schema/suggest.h"
#include "schema/text.h"

namespace sup::compiler::commands {
namespace {

constexpr std::string_view all_variables = "*";

struct BuildOptions {
  InputOptions input;
  std::string output = "plan.bin";
  std::string bake;  // names with commas, or all_variables; empty: nothing is baked
};

std::string joined(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : ", ") + name;
  return out;
}

// Names that the plan does not need, or that have no value, were meant otherwise.
int check_baked(const std::vector<std::string_view>& wanted, const std::vector<std::string>& needed,
                const EnvironmentMap& environment) {
  const std::vector<std::string_view> known(needed.begin(), needed.end());
  for (const std::string_view name : wanted) {
    const std::string shown(name);
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      const std::string near(sup::schema::nearest(name, known));
      return fail("--bake-env: the plan does not need `" + shown + "`" +
                  (!near.empty()    ? "; did you mean `" + near + "`?"
                   : needed.empty() ? "; it needs no variable"
                                    : "; it needs " + joined(needed)));
    }
    if (!environment.contains(name))
      return fail("--bake-env: `" + shown + "` has no value; give --env " + shown + "=...");
  }
  return clean;
}

// Folds variables into the plan and says which, as a secret may be among them.
int bake(const BuildOptions& options, const EnvironmentMap& environment, sup::schema::Plan& plan) {
  const std::vector<std::string> needed = sup::schema::required_environment(plan);
  const bool all = options.bake == all_variables;
  std::vector<std::string_view> wanted;
  if (!all) wanted = sup::schema::split_list(options.bake);
  if (const int status = check_baked(wanted, needed, environment); status != clean) return status;
  const std::vector<std::string> baked =
      sup::schema::bake_environment(plan, [&](std::string_view name) -> std::optional<std::string> {
        const auto found = environment.find(name);
        const bool meant = all || std::find(wanted.begin(), wanted.end(), name) != wanted.end();
        if (!meant || found == environment.end()) return std::nullopt;
        return found->second;
      });
  if (!baked.empty())
    std::cerr << "supc: " << options.output << " holds the values of " << joined(baked) << '\n';
  const std::vector<std::string> open = sup::schema::required_environment(plan);
  if (!open.empty())
    std::cerr << "supc: " << options.output << " needs at boot " << joined(open) << '\n';
  return clean;
}

// Variables of this process, as if they were given; what is given counts. They come here only to be
// baked.
InputOptions with_process_environment(const BuildOptions& options) {
  InputOptions input = options.input;
  input.inherited = process_environment();
  if (options.bake == all_variables) return input;
  const std::vector<std::string_view> names = sup::schema::split_list(options.bake);
  std::erase_if(input.inherited, [&](const auto& variable) {
    return std::find(names.begin(), names.end(), variable.first) == names.end();
  });
  return input;
}

int run(const BuildOptions& options) {
  InputOptions input = options.bake.empty() ? options.input : with_process_environment(options);
  input.only_plan = true;
  return with_compilation(input, [&](const Compilation& compilation) {
    const sup::schema::Plan* plan = &compilation.plan;
    sup::schema::Plan baked;
    if (!options.bake.empty()) {
      baked = *plan;
      plan = &baked;
      const auto environment = read_environment(input);
      if (!environment) return fail(environment.error().message);
      if (const int status = bake(options, *environment, baked); status != clean) return status;
    }
    if (const auto status = sup::schema::write_plan_file(*plan, options.output); !status)
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
  // A flag with a value: names follow after =, and the next argument is never taken for them.
  command->add_flag("--bake-env{*}", options->bake,
                    "Fold values of variables into the plan, from --env, --env-file and this "
                    "process: those of =NAME,... or all that it needs");
  return {command, [options] { return run(*options); }};
}

}  // namespace sup::compiler::commands
