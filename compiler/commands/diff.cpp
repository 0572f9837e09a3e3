#include <unistd.h>

#include <iostream>

#include <CLI/CLI.hpp>

#include "compiler/commands/command.h"
#include "compiler/emit_diff.h"
#include "schema/plan_diff.h"

namespace sup::compiler::commands {
namespace {

struct DiffOptions {
  InputOptions input;  // of both; the path is that of the side that is read
  std::string before;
  std::string after;
  bool json = false;
  bool show_secrets = false;
};

// As diff(1): a side that cannot be compared is trouble, also if that is its author's mistake.
int load_side(InputOptions input, const std::string& path, LoadedPlan& side) {
  input.path = path;
  const int status = load_plan(input, Tell::errors, side);
  // What could not be read has been said.
  return status == found ? fail(path + " cannot be compared") : status;
}

int run(const DiffOptions& options) {
  if (options.before == "-" && options.after == "-")
    return fail("only one of the two can come from standard input");
  LoadedPlan before;
  LoadedPlan after;
  if (load_side(options.input, options.before, before) != clean) return failed;
  if (load_side(options.input, options.after, after) != clean) return failed;
  sup::schema::PlanDiff difference =
      sup::schema::diff(*before.plan, *before.resolved, *after.plan, *after.resolved);
  EmitDiffOptions emit{options.show_secrets, style(STDOUT_FILENO).color, {}};
  if (!options.show_secrets) {
    emit.secrets = before.secrets();
    emit.secrets.add(after.secrets());
    conceal_names(emit.secrets, difference);
  }
  if (options.json) {
    std::cout << emit_diff_json(difference, *before.plan, *after.plan, emit);
  } else {
    std::cout << emit_diff_text(difference, *before.plan, *after.plan, emit);
  }
  return difference.same() ? clean : found;
}

}  // namespace

Command diff(CLI::App& app) {
  auto options = std::make_shared<DiffOptions>();
  CLI::App* command = app.add_subcommand(
      "diff",
      "Say what changes from one configuration or plan to another: what starts, stops, "
      "restarts or changes in place. Exit status 0: nothing, 1: something, 2: trouble");
  command
      ->add_option("before", options->before,
                   "Configuration, plan, - for standard input, or git:REV:path")
      ->required();
  command->add_option("after", options->after, "The same, that takes its place")->required();
  add_stdin_filename(*command, options->input.stdin_filename);
  add_context_options(*command, options->input);
  command->add_flag("--json", options->json, "As JSON");
  command->add_flag("--show-secrets", options->show_secrets, "Print passwords as they are");
  return {command, [options] { return run(*options); }};
}

}  // namespace sup::compiler::commands
