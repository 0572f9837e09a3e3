#include "compiler/commands/command.h"

#include <iostream>
#include <memory>
#include <vector>

#include <CLI/CLI.hpp>

#include "schema/dialects.h"

namespace sup::compiler::commands {

int fail(const std::string& message) {
  std::cerr << "supc: " << message << '\n';
  return failed;
}

void add_input_options(CLI::App& command, InputOptions& input) {
  command
      .add_option("input", input.path,
                  "Configuration, - for standard input, or git:REV:path for a revision")
      ->required();
  add_stdin_filename(command, input.stdin_filename);
  add_context_options(command, input);
}

void add_stdin_filename(CLI::App& command, std::string& name) {
  command.add_option("--stdin-filename", name,
                     "Name of what comes from standard input, and so its folder");
}

void add_context_options(CLI::App& command, InputOptions& input) {
  command
      .add_option("--target", input.target,
                  "Version of Supervisor whose rules apply: 3.4, 4.2, 4.3, 4.4")
      ->capture_default_str();
  command.add_option("--dialect", input.dialect,
                     "Read a configuration of another dialect as `migrate` would write it: " +
                         std::string(schema::dialect_names()));
  command
      .add_option("--env", input.environment,
                  "NAME=VALUE of the environment, or NAME as it is here; repeatable")
      ->take_all()
      ->allow_extra_args(false);
  command.add_option("--env-file", input.environment_files, "File of NAME=VALUE lines; repeatable")
      ->take_all()
      ->allow_extra_args(false);
  command.add_flag("--env-strict,--environment-is-complete", input.environment_is_complete,
                   "A variable that is not given is an error");
  command.add_option("--host-name", input.host_name, "Value of %(host_node_name)s");
  command.add_option("--root", input.root, "Look up all files below this folder");
  command
      .add_option("--template", input.templates,
                  "Whose markers are masked: " + template_kind_names())
      ->capture_default_str();
  command.add_flag("--fragment", input.fragment,
                   "The input is a part of a configuration, a file of conf.d");
  command.add_flag("--relocatable", input.relocatable, "Leave %(here)s open until boot");
  command.add_flag("--host", input.ask_machine, "Ask this machine whether users and folders exist");
}

TextStyle style(int descriptor) { return {wants_color(descriptor)}; }

namespace {

// Prints what was found; the exit status if it cannot be used.
int report(const Compilation& compilation, Tell tell) {
  if (compilation.failure) return fail(*compilation.failure);
  if (tell == Tell::everything) {
    std::cerr << render_text(compilation.diagnostics, compilation.sources, style(STDERR_FILENO));
  } else {
    for (const Diagnostic& diagnostic : compilation.diagnostics.all())
      if (diagnostic.severity == Severity::error)
        std::cerr << render_text(diagnostic, compilation.sources, style(STDERR_FILENO));
  }
  if (!compilation.diagnostics.has_errors()) {
    if (!compilation.sources.has_markers()) return clean;
    return fail(compilation.sources[0].path +
                " is a template; only what it is rendered to has a plan");
  }
  const std::size_t errors = compilation.diagnostics.count(Severity::error);
  std::cerr << errors << (errors == 1 ? " error" : " errors") << '\n';
  return found;
}

// Not freed: the program ends, and taking apart a large configuration costs more than its check.
// Not lost either, for tools that look for what is.
template <class Value>
const Value& keep(std::unique_ptr<Value> value) {
  static auto& kept = *new std::vector<std::unique_ptr<Value>>;
  return *kept.emplace_back(std::move(value));
}

}  // namespace

// Compiles, prints what was found, and hands over the result if it can be used.
int with_compilation(const InputOptions& input, const std::function<int(const Compilation&)>& use) {
  auto result = compile_input(input);
  if (!result) return fail(result.error().message);
  const Compilation& compilation = keep(std::move(*result));
  const int status = report(compilation, Tell::everything);
  return status == clean ? use(compilation) : status;
}

sup::schema::Secrets LoadedPlan::secrets() const {
  return sup::schema::secrets_of(*plan, resolved,
                                 [&](std::string_view name) -> std::optional<std::string> {
                                   const auto given = environment.find(name);
                                   if (given == environment.end()) return std::nullopt;
                                   return given->second;
                                 });
}

int load_plan(const InputOptions& input, Tell tell, LoadedPlan& loaded) {
  auto environment = read_environment(input);
  if (!environment) return fail(environment.error().message);
  loaded.environment = std::move(*environment);
  const auto opened = open_input(input);
  if (!opened) return fail(opened.error().message);
  auto plan = read_plan_input(*opened);
  if (!plan) return fail(plan.error().message);
  if (!*plan) {
    auto result = compile_input(input, *opened, loaded.environment);
    if (!result) return fail(result.error().message);
    loaded.compilation = &keep(std::move(*result));
    loaded.plan = &loaded.compilation->plan;
    loaded.resolved = &loaded.compilation->resolved;
    return report(*loaded.compilation, tell);
  }
  const auto& kept = keep(std::make_unique<sup::schema::Plan>(std::move(**plan)));
  const auto& bound = keep(
      std::make_unique<sup::schema::InstantiateResult>(bind_plan(kept, input, loaded.environment)));
  loaded.plan = &kept;
  loaded.resolved = &bound.resolved;
  for (const sup::schema::Fault& fault : bound.faults)
    std::cerr << "supc: " << loaded.secrets().conceal(sup::schema::describe_fault(kept, fault))
              << '\n';
  return bound.faults.empty() ? clean : found;
}

}  // namespace sup::compiler::commands
