#include "compiler/lower.h"

#include <algorithm>

#include "schema/expand.h"

namespace sup::compiler {
namespace {

constexpr std::string_view here_text = "%(here)s";

class Lowerer {
 public:
  Lowerer(const Config& config, const SourceMap& sources, const CompileOptions& options)
      : config_(config), sources_(sources), options_(options) {}

  Lowered run() {
    schema::Plan& plan = lowered_.plan;
    plan.target = options_.target;
    plan.warnings = config_.files->warnings;
    plan.infos = config_.files->infos;
    for (const LoadedFile& file : config_.files->files) {
      plan.files.push_back(sources_[file.source].path);
      here_.push_back(here_of(file));
    }
    plan.relocatable = options_.relocatable;
    if (!config_.files->files.empty()) plan.here = config_.files->files.front().directory;
    plan.sections.reserve(config_.sections.size());
    for (const ConfigSection& section : config_.sections)
      if (section.name) add(section);
    return std::move(lowered_);
  }

 private:
  // What %(here)s is replaced by in a file: its folder, or what leads there from the plan's.
  std::string here_of(const LoadedFile& file) const {
    if (!options_.relocatable) return file.directory;
    const std::string& root = config_.files->files.front().directory;
    if (file.directory == root) return std::string(here_text);
    const std::string below = root == "/" ? root : root + "/";
    if (file.directory.starts_with(below))
      return std::string(here_text) + "/" +
             schema::escape_template(file.directory.substr(below.size()));
    return file.directory;
  }

  // Lines of a document are those of its source, so no position has to be looked for.
  static schema::Origin origin(std::uint32_t file, std::uint32_t line_index) {
    return {file, line_index + 1};
  }

  schema::Origin origin(const ConfigEntry& entry) const {
    return origin(entry.file, config_.files->files[entry.file].document.entries[entry.entry].line);
  }

  // With [include], Supervisor replaces %(here)s as text in every value; without, it is a name like
  // any other. Both are done here, as the folder is known now.
  std::string fold_here(const ConfigEntry& entry) const {
    std::string_view text = entry.value;
    const std::string& here = here_[entry.file];
    if (config_.files->has_include) {
      std::string out;
      for (;;) {
        const std::size_t at = text.find(here_text);
        out += text.substr(0, at);
        if (at == std::string_view::npos) return out;
        out += here;
        text.remove_prefix(at + here_text.size());
      }
    }
    // The characters of a process name are checked before expansion, so it stays as it is.
    const bool known = entry.option != nullptr && knows_here(entry.option->scope) &&
                       entry.option->type != schema::ProcessName::name;
    if (!known || options_.relocatable) return std::string(text);
    return schema::fold(text, [&](std::string_view name) -> std::optional<schema::TemplateValue> {
      if (name == "here") return std::string_view(here);
      return std::nullopt;
    });
  }

  static bool knows_here(schema::Scope scope) {
    return scope != schema::Scope::server && scope != schema::Scope::supervisorctl;
  }

  void add(const ConfigSection& section) {
    if (section.name->kind == schema::SectionKind::include)
      return;  // what it names is here already
    schema::Section made;
    made.kind = section.name->kind;
    made.full_name = section.full_name;
    made.origin = {section.header_files.front(), section.first_line};
    made.settings.reserve(section.entries.size());
    std::vector<const ConfigEntry*> written;
    written.reserve(section.entries.size());
    for (const ConfigEntry& entry : section.entries) {
      if (entry.overridden) continue;
      const schema::Origin place = origin(entry);
      const bool folds = entry.value.find(here_text) != std::string_view::npos;
      std::string text = folds ? fold_here(entry) : std::string(entry.value);
      if (entry.option != nullptr) {
        made.settings.push_back({entry.option->id, place, std::move(text)});
        written.push_back(&entry);
      } else if (schema::takes_any_key(made.kind)) {
        made.extras.push_back({std::string(entry.key), place, std::move(text)});
      }
    }
    lowered_.plan.sections.push_back(std::move(made));
    lowered_.sections.push_back(&section);
    lowered_.settings.push_back(std::move(written));
  }

  const Config& config_;
  const SourceMap& sources_;
  const CompileOptions& options_;
  Lowered lowered_;
  std::vector<std::string> here_;  // by file
};

}  // namespace

Lowered lower(const Config& config, const SourceMap& sources, const CompileOptions& options) {
  return Lowerer(config, sources, options).run();
}

}  // namespace sup::compiler
