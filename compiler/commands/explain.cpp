#include <unistd.h>

#include <iostream>

#include <CLI/CLI.hpp>

#include "compiler/commands/command.h"
#include "compiler/emit_explain.h"

namespace sup::compiler::commands {
namespace {

struct ExplainOptions {
  InputOptions input;
  std::vector<std::string> names;
  bool json = false;
  EmitExplainOptions emit;
};

int run(ExplainOptions options) {
  LoadedPlan loaded;
  if (const int status = load_plan(options.input, Tell::errors, loaded); status != clean)
    return status;
  const sup::schema::Plan& plan = *loaded.plan;
  const ExplainInput input{plan, *loaded.resolved,
                           loaded.compilation != nullptr ? &loaded.compilation->config : nullptr,
                           loaded.environment};
  std::vector<std::size_t> wanted;
  std::optional<ExplainedSection> include;
  for (const std::string& name : options.names) {
    std::vector<std::size_t> found = find_sections(plan, name);
    if (found.empty()) found = find_sections_of_processes(plan, *loaded.resolved, name);
    if (found.empty() && (name == "include" || name == "[include]")) {
      include = explain_include(input);
      if (include) continue;
      return fail("nothing is included");
    }
    if (found.empty()) {
      const std::string near = nearest_section(plan, name);
      return fail("there is no section `" + name + "`" +
                  (near.empty() ? "" : "; did you mean `" + near + "`?"));
    }
    wanted.insert(wanted.end(), found.begin(), found.end());
  }
  if (options.names.empty())
    for (std::size_t i = 0; i < plan.sections.size(); ++i) wanted.push_back(i);
  std::vector<ExplainedSection> sections = explain(input, wanted);
  if (include) sections.push_back(std::move(*include));
  if (!options.emit.show_secrets) conceal(loaded.secrets(), sections);
  options.emit.color = style(STDOUT_FILENO).color;
  std::cout << (options.json ? emit_explain_json(sections, plan, options.emit)
                             : emit_explain_text(sections, plan, options.emit));
  return clean;
}

}  // namespace

Command explain(CLI::App& app) {
  auto options = std::make_shared<ExplainOptions>();
  CLI::App* command = app.add_subcommand("explain", "Say where every effective value comes from");
  add_input_options(*command, options->input);
  command->add_option(
      "names", options->names,
      "Sections: program:web, web, group:x, supervisord, include; or processes, web:web_00; "
      "none: all");
  command->add_flag("--json", options->json, "As JSON");
  command->add_flag("--show-secrets", options->emit.show_secrets, "Print passwords as they are");
  return {command, [options] { return run(*options); }};
}

}  // namespace sup::compiler::commands
