#include "compiler/lower.h"

#include "schema/expand.h"

namespace sup::compiler {
namespace {

constexpr std::string_view here_text = "%(here)s";

bool knows_here(schema::Scope scope) {
  return scope != schema::Scope::server && scope != schema::Scope::supervisorctl;
}

}  // namespace

Lowering::Lowering(const Config& config, const SourceMap& sources, const CompileOptions& options)
    : config_(config), options_(options) {
  plan_.texts = config.texts;
  plan_.target = options.target;
  plan_.warnings = config.files->warnings;
  plan_.infos = config.files->infos;
  for (const LoadedFile& file : config.files->files) {
    plan_.files.push_back(sources[file.source].path);
    here_.push_back(here_of(file));
  }
  plan_.relocatable = options.relocatable;
  if (!config.files->files.empty()) plan_.here = config.files->files.front().directory;
  plan_.sections.reserve(config.sections.size());
  sections_.reserve(config.sections.size());
  for (const ConfigSection& section : config.sections)
    if (section.name) add(section);
}

// Settings that go into the plan: those that the target reads.
bool Lowering::is_setting(const ConfigEntry& entry) const {
  return !entry.overridden && entry.option() != nullptr &&
         entry.option()->is_read_by(options_.target);
}

// What %(here)s is replaced by in a file: its folder, or what leads there from the plan's. Up
// to 3.x it was the folder of the main file everywhere.
std::string Lowering::here_of(const LoadedFile& read) const {
  const LoadedFile& file =
      options_.target == schema::Target::v3_4 ? config_.files->files.front() : read;
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
schema::Origin Lowering::origin(const ConfigEntry& entry) const {
  return {entry.file, config_.document(entry).entry_line(entry.entry) + 1};
}

// With [include], Supervisor replaces %(here)s as text in every value; without, it is a name like
// any other. Both are done here, as the folder is known now.
std::string_view Lowering::fold_here(const ConfigEntry& entry) const {
  std::string_view text = entry.value;
  const std::string& here = here_[config_.here_file(entry)];
  if (config_.files->has_include) {
    std::string out;
    for (;;) {
      const std::size_t at = text.find(here_text);
      out += text.substr(0, at);
      if (at == std::string_view::npos) return plan_.texts->keep(std::move(out));
      out += here;
      text.remove_prefix(at + here_text.size());
    }
  }
  // The characters of a process name are checked before expansion, so it stays as it is.
  const bool known = entry.option() != nullptr && knows_here(entry.option()->scope) &&
                     entry.option()->type != schema::ProcessName::name;
  if (!known || options_.relocatable) return text;
  return plan_.texts->keep(
      schema::fold(text, [&](std::string_view name) -> std::optional<schema::TemplateValue> {
        if (name == "here") return std::string_view(here);
        return std::nullopt;
      }));
}

std::string_view Lowering::text_of(const ConfigEntry& entry) const {
  const bool folds = entry.is_template && entry.value.find(here_text) != std::string_view::npos;
  return folds ? fold_here(entry) : entry.value;
}

void Lowering::add_settings(const ConfigSection& section, std::vector<schema::Setting>& out) const {
  out.reserve(section.entries.size());
  for (const ConfigEntry& entry : section.entries)
    if (is_setting(entry))
      out.push_back({entry.option()->id, options_.only_check ? schema::Origin{} : origin(entry),
                     text_of(entry)});
}

void Lowering::add(const ConfigSection& section) {
  if (section.name->kind == schema::SectionKind::include) return;  // what it names is here already
  schema::Section& made = plan_.sections.emplace_back();
  made.kind = section.name->kind;
  made.full_name = section.full_name;
  made.origin = {section.header_files.front(), section.first_line};
  if (!options_.only_check) add_settings(section, made.settings);
  if (schema::takes_any_key(made.kind)) {
    for (const ConfigEntry& entry : section.entries)
      if (!entry.overridden && entry.option() == nullptr)
        made.extras.push_back(
            {std::string(entry.key()), origin(entry), std::string(text_of(entry))});
  }
  sections_.push_back(&section);
}

std::span<const schema::Setting> Lowering::settings(std::size_t section,
                                                    std::vector<schema::Setting>& room) const {
  if (!options_.only_check) return plan_.sections[section].settings;
  room.clear();
  add_settings(*sections_[section], room);
  return room;
}

const ConfigEntry& Lowering::entry(std::size_t section, std::size_t setting) const {
  const std::span<const ConfigEntry> entries = sections_[section]->entries;
  std::size_t at = 0;
  while (!is_setting(entries[at]) || setting-- > 0) ++at;
  return entries[at];
}

}  // namespace sup::compiler
