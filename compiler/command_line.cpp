#include "compiler/command_line.h"

#include "compiler/machine.h"
#include "schema/text.h"

namespace sup::compiler {

schema::Status read_environment_text(std::string_view text, const std::string& name,
                                     std::map<std::string, std::string, std::less<>>& environment) {
  std::size_t number = 0;
  while (!text.empty()) {
    ++number;
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = schema::strip(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty() || line.front() == '#') continue;
    if (line.starts_with("export ")) line = schema::strip(line.substr(7));
    const std::size_t equals = line.find('=');
    if (equals == 0 || equals == std::string_view::npos)
      return schema::Error{name + ":" + std::to_string(number) + ": expected NAME=VALUE", 0};
    std::string_view value = line.substr(equals + 1);
    const bool quoted = value.size() >= 2 && (value.front() == '"' || value.front() == '\'') &&
                        value.back() == value.front();
    if (quoted) value = value.substr(1, value.size() - 2);
    environment[std::string(schema::strip(line.substr(0, equals)))] = value;
  }
  return schema::Nothing{};
}

schema::Result<std::unique_ptr<Compilation>> compile_input(const InputOptions& input) {
  CompileOptions options;
  const auto target = schema::target_from_name(input.target);
  if (!target)
    return schema::Error{
        "unknown target version " + input.target + "; known are 3.4, 4.2, 4.3 and 4.4", 0};
  options.target = *target;
  options.fragment = input.fragment;
  options.relocatable = input.relocatable;
  options.environment_is_complete = input.environment_is_complete;
  options.host_name = input.host_name.empty() ? host_name() : input.host_name;
  const RealFileSystem machine;
  if (!input.environment_file.empty()) {
    const auto text = machine.read(input.environment_file);
    if (!text) return text.error();
    if (auto status = read_environment_text(*text, input.environment_file, options.environment);
        !status)
      return status.error();
  }
  for (const std::string& pair : input.environment) {
    const std::size_t equals = pair.find('=');
    if (equals == 0 || equals == std::string::npos)
      return schema::Error{"--env " + pair + ": expected NAME=VALUE", 0};
    options.environment[pair.substr(0, equals)] = pair.substr(equals + 1);
  }
  schema::Facts facts;
  if (input.ask_machine) facts = machine_facts(input.root);
  if (!input.ask_machine) {
    const schema::Facts real = machine_facts(input.root);
    facts.working_directory = real.working_directory;
    facts.home = input.root.empty() ? real.home : nullptr;
  }
  options.machine = &facts;
  const RealFileSystem files(input.root);
  if (input.path != "-") return compile(input.path, files, options);
  auto text = machine.read("/dev/stdin");
  if (!text) return schema::Error{"cannot read standard input", text.error().error_number};
  const OverlayFileSystem with_text(files, input.stdin_filename, std::move(*text));
  return compile(input.stdin_filename, with_text, options);
}

}  // namespace sup::compiler
