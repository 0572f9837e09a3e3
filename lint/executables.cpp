#include "lint/executables.h"

#include <optional>

#include "schema/text.h"

namespace sup::lint {

std::string executable_problem(const Context& context, const Word& word) {
  const schema::Facts* machine = context.machine();
  if (machine == nullptr || !machine->file || word.is_open || word.text.empty()) return {};
  const std::string& name = word.text;
  if (name.find('/') == std::string::npos) {
    if (machine->search_path.empty()) return {};
    for (const std::string_view folder : schema::split_list(machine->search_path, ':'))
      if (machine->file(std::string(folder) + "/" + name)) return {};
    return in_backticks(name) + " is in no folder of PATH";
  }
  if (!name.starts_with('/')) return {};
  const std::optional<schema::FileFacts> file = machine->file(name);
  if (!file) return in_backticks(name) + " does not exist";
  if (file->kind == schema::FileFacts::Kind::directory) return in_backticks(name) + " is a folder";
  constexpr unsigned executable = 0111;
  if ((file->mode & executable) == 0) return in_backticks(name) + " is not executable";
  return {};
}

}  // namespace sup::lint
