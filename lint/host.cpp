#include "lint/host.h"

#include "lint/shell_words.h"
#include "schema/text.h"

namespace sup::lint {

namespace {

// PATH of a section's environment=; the bool is false when it cannot be known.
bool search_path(const Context& context, const ConfigSection* section,
                 std::optional<std::string>& path) {
  const ConfigEntry* entry = section == nullptr ? nullptr : section->find("environment");
  if (entry == nullptr || entry->value.find("PATH") == std::string_view::npos) return true;
  const auto variables = context.read<schema::Environment>(*section, *entry);
  if (!variables) return false;
  for (const auto& [name, value] : *variables)
    if (name == "PATH") path = value;
  return true;
}

}  // namespace

std::optional<FoundProgram> find_program(const Context& context, const ConfigSection& section,
                                         const ConfigEntry& entry) {
  const schema::Facts* machine = context.machine();
  const CommandLine& command = context.command(section, entry);
  if (machine == nullptr || !machine->file || !command.error.empty() || command.words.empty())
    return std::nullopt;
  const Word& first = command.words.front();
  const std::string& name = first.text;
  if (first.is_open || name.empty() || name.starts_with('~') || is_assignment(name) ||
      is_shell_builtin(name) || name.find(' ') != std::string::npos)
    return std::nullopt;
  FoundProgram found;
  if (name.find('/') != std::string::npos) {
    if (!name.starts_with('/')) return std::nullopt;
    if (machine->file(name)) found.path = name;
    return found;
  }
  std::optional<std::string> path;
  if (!search_path(context, &section, path)) return std::nullopt;
  if (!path && !search_path(context, context.config().find("supervisord"), path))
    return std::nullopt;
  if (!path) {
    const auto& known = context.options().environment;
    const auto given = known.find("PATH");
    found.is_path_known = given != known.end();
    path = found.is_path_known ? given->second : machine->search_path;
  }
  for (const std::string_view folder : schema::split_list(*path, ':')) {
    found.searched.emplace_back(folder);
    const std::string file = std::string(folder) + "/" + name;
    if (!found.path.empty() || !machine->file(file)) continue;
    found.path = file;
  }
  return found;
}

std::string folder_of(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) return ".";
  return std::string(slash == 0 ? "/" : path.substr(0, slash));
}

}  // namespace sup::lint
