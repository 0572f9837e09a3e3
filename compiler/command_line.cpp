#include "compiler/command_line.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "compiler/git_files.h"
#include "compiler/machine.h"
#include "compiler/migrate/view.h"
#include "schema/plan_io.h"
#include "schema/text.h"

namespace sup::compiler {
namespace {

bool is_name(std::string_view text) {
  return !text.empty() && (text.front() < '0' || text.front() > '9') &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '_';
         });
}

// NAME=VALUE, or NAME for what it is here; false if it is neither.
bool add_variable(std::string_view text, bool unquote, EnvironmentMap& environment) {
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos) {
    if (!is_name(text)) return false;
    const std::string name(text);
    if (const char* value = std::getenv(name.c_str())) environment[name] = value;
    return true;
  }
  std::string_view value = text.substr(equals + 1);
  if (unquote) {
    value = schema::strip(value);
    const bool quoted = value.size() >= 2 && (value.front() == '"' || value.front() == '\'') &&
                        value.back() == value.front();
    if (quoted) value = value.substr(1, value.size() - 2);
  }
  if (equals != 0) environment[std::string(schema::strip(text.substr(0, equals)))] = value;
  return equals != 0;
}

// What comes out of a pipe can be read once; it is taken for a configuration.
bool file_starts_like_plan(const std::string& path) {
  struct stat info {};

  if (::stat(path.c_str(), &info) != 0 || !S_ISREG(info.st_mode)) return false;
  std::FILE* file = std::fopen(path.c_str(), "rbe");
  if (file == nullptr) return false;
  std::string start(8, '\0');
  start.resize(std::fread(start.data(), 1, start.size(), file));
  std::fclose(file);
  return schema::looks_like_plan(start);
}

// Set to something; 0 counts as not set.
bool is_asked(const char* variable) {
  const char* value = std::getenv(variable);
  return value != nullptr && *value != '\0' && std::string_view(value) != "0";
}

}  // namespace

bool wants_color(int descriptor) {
  const char* refused = std::getenv("NO_COLOR");
  if (refused != nullptr && *refused != '\0') return false;
  if (is_asked("FORCE_COLOR") || is_asked("CLICOLOR_FORCE")) return true;
  const char* terminal = std::getenv("TERM");
  return ::isatty(descriptor) == 1 && (terminal == nullptr || std::string_view(terminal) != "dumb");
}

schema::Status read_environment_text(std::string_view text, const std::string& name,
                                     EnvironmentMap& environment) {
  std::size_t number = 0;
  while (!text.empty()) {
    ++number;
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = schema::strip(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty() || line.front() == '#') continue;
    if (line.starts_with("export ")) line = schema::strip(line.substr(7));
    if (!add_variable(line, true, environment))
      return schema::Error{name + ":" + std::to_string(number) + ": expected NAME=VALUE", 0};
  }
  return schema::Nothing{};
}

schema::Result<EnvironmentMap> read_environment(const std::vector<std::string>& files,
                                                const std::vector<std::string>& variables) {
  EnvironmentMap environment;
  const RealFileSystem machine;
  for (const std::string& file : files) {
    const auto text = machine.read(file);
    if (!text) return text.error();
    if (auto status = read_environment_text(*text, file, environment); !status)
      return status.error();
  }
  for (const std::string& variable : variables)
    if (!add_variable(variable, false, environment))
      return schema::Error{"--env " + variable + ": expected NAME=VALUE, or NAME as it is here", 0};
  return environment;
}

schema::Result<EnvironmentMap> read_environment(const InputOptions& input) {
  // Who names one means that it is there.
  for (const std::string& variable : input.environment)
    if (is_name(variable) && std::getenv(variable.c_str()) == nullptr)
      return schema::Error{
          "--env " + variable + ": it is not set here; give --env " + variable + "=VALUE", 0};
  auto environment = read_environment(input.environment_files, input.environment);
  if (environment) environment->insert(input.inherited.begin(), input.inherited.end());
  return environment;
}

schema::Result<OpenedInput> open_input(const InputOptions& input) {
  OpenedInput opened;
  opened.path = input.path;
  opened.is_git = is_git_source(input.path);
  if (!opened.is_git) {
    opened.files = std::make_unique<RealFileSystem>(input.root, RealFileSystem::LargeFiles::held);
    return opened;
  }
  const auto source = parse_git_source(input.path);
  if (!source) return source.error();
  auto files = GitFileSystem::open(source->revision, input.root);
  if (!files) return files.error();
  opened.path = source->revision + ":" + source->path;
  opened.files = std::move(*files);
  return opened;
}

schema::Result<std::optional<schema::Plan>> read_plan_input(const OpenedInput& input) {
  const std::optional<schema::Plan> none;
  if (!input.is_git) {
    if (input.path == "-" || !file_starts_like_plan(input.path)) return none;
    auto plan = schema::read_plan_file(input.path);
    if (!plan) return plan.error();
    return std::optional(std::move(*plan));
  }
  const auto bytes = input.files->read(input.path);
  if (!bytes) return bytes.error();
  if (!schema::looks_like_plan(*bytes)) return none;
  auto plan = schema::decode_plan(*bytes);
  if (!plan) return schema::Error{input.path + ": " + plan.error().message, 0};
  if (plan->relocatable) plan->here = directory_name(input.files->absolute(input.path));
  return std::optional(std::move(*plan));
}

namespace {

// Compiles `path`, or what migration from the dialect makes of it.
schema::Result<std::unique_ptr<Compilation>> compile_from(const InputOptions& input,
                                                          const std::string& path,
                                                          const FileSystem& files,
                                                          const CompileOptions& options) {
  if (input.dialect.empty()) return compile(path, files, options);
  const auto dialect = schema::dialect_from_name(input.dialect);
  if (!dialect) {
    return schema::Error{
        "unknown dialect " + input.dialect + "; known are " + std::string(schema::dialect_names()),
        0};
  }
  MigratedFiles migrated(files);
  if (auto status = migrated.add(path, {*dialect, options.target, options.fragment}); !status) {
    return status.error();
  }
  return compile(path, migrated, options);
}

}  // namespace

schema::Result<std::unique_ptr<Compilation>> compile_input(const InputOptions& input) {
  const auto environment = read_environment(input);
  if (!environment) return environment.error();
  const auto opened = open_input(input);
  if (!opened) return opened.error();
  return compile_input(input, *opened, *environment);
}

schema::Result<std::unique_ptr<Compilation>> compile_input(const InputOptions& input,
                                                           const OpenedInput& opened,
                                                           const EnvironmentMap& environment) {
  CompileOptions options;
  const auto target = schema::target_from_name(input.target);
  if (!target)
    return schema::Error{
        "unknown target version " + input.target + "; known are 3.4, 4.2, 4.3 and 4.4", 0};
  options.target = *target;
  const auto templates = template_kind_from_name(input.templates);
  if (!templates)
    return schema::Error{
        "unknown template " + input.templates + "; known are " + template_kind_names(), 0};
  options.templates = *templates;
  options.fragment = input.fragment;
  options.relocatable = input.relocatable;
  options.only_plan = input.only_plan;
  options.environment_is_complete = input.environment_is_complete;
  options.host_name = input.host_name.empty() ? host_name() : input.host_name;
  options.environment = environment;
  schema::Facts facts;
  if (input.ask_machine) facts = machine_facts(input.root);
  if (!input.ask_machine) {
    const schema::Facts real = machine_facts(input.root);
    facts.working_directory = real.working_directory;
    facts.home = input.root.empty() ? real.home : nullptr;
  }
  options.machine = &facts;
  if (opened.path != "-") {
    auto result = compile_from(input, opened.path, *opened.files, options);
    if (opened.is_git && result)
      for (std::string& file : (*result)->plan.files)
        file = static_cast<const GitFileSystem&>(*opened.files).display(file);
    return result;
  }
  auto text = RealFileSystem{}.read("/dev/stdin");
  if (!text) return schema::Error{"cannot read standard input", text.error().error_number};
  const OverlayFileSystem with_text(*opened.files, input.stdin_filename, std::string(*text));
  return compile_from(input, input.stdin_filename, with_text, options);
}

schema::InstantiateResult bind_plan(const schema::Plan& plan, const InputOptions& input,
                                    const EnvironmentMap& environment) {
  schema::Facts facts;
  const schema::Facts machine = machine_facts(input.root);
  facts.working_directory = machine.working_directory;
  facts.home = input.root.empty() ? machine.home : nullptr;
  facts.host_name = input.host_name.empty() ? machine.host_name : input.host_name;
  facts.missing_variable_is_error = input.environment_is_complete;
  facts.partial = input.fragment;
  facts.environment = [&](std::string_view name) -> std::optional<std::string> {
    const auto variable = environment.find(name);
    if (variable == environment.end()) return std::nullopt;
    return variable->second;
  };
  return schema::instantiate(plan, facts);
}

}  // namespace sup::compiler
