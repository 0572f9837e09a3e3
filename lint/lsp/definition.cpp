#include <algorithm>
#include <optional>

#include "lint/include_patterns.h"
#include "lint/lsp/cursor.h"
#include "lint/lsp/features.h"
#include "lint/lsp/program_names.h"
#include "lint/references.h"
#include "schema/text.h"

namespace sup::lint::lsp {

namespace {

// A place in a unit that contains the document.
struct Question {
  Unit& unit;
  Context context;
  compiler::SourceId source;
  std::uint32_t offset;

  Question(Unit& asked, const TextDocument& document, std::uint32_t at)
      : unit(asked),
        context(*asked.compilation, asked.options),
        source(asked.sources.find(document.path())->second),
        offset(at) {}

  // Also at the end of a word, where a cursor between characters is.
  bool is_in(const Span& span) const {
    return span.source == source && span.begin <= offset && offset <= span.end;
  }
};

const ProgramName* name_at(const Question& question, const std::vector<ProgramName>& names) {
  const auto found = std::find_if(names.begin(), names.end(), [&](const ProgramName& name) {
    return question.is_in(name.place);
  });
  return found == names.end() ? nullptr : &*found;
}

void add_different(std::vector<Location>& locations, Location location) {
  if (std::find(locations.begin(), locations.end(), location) == locations.end())
    locations.push_back(std::move(location));
}

void add_program(const Workspace& workspace, const Question& question,
                 std::vector<Location>& locations) {
  const std::vector<ProgramName> names = program_names(question.context);
  const ProgramName* here = name_at(question, names);
  if (here == nullptr) return;
  for (const ProgramName& name : names) {
    if (name.is_declaration && name.name == here->name)
      add_different(locations, workspace.location(question.unit, name.place));
  }
}

// The files that a pattern of [include] matches.
void add_included(const Workspace& workspace, const Question& question,
                  std::vector<Location>& locations) {
  const compiler::SourceMap& sources = question.context.sources();
  for (const IncludePattern& pattern : include_patterns(question.context)) {
    if (!question.is_in(pattern.span)) continue;
    for (compiler::SourceId id = 0; id < sources.size(); ++id) {
      if (sources[id].included_from == pattern.span)
        add_different(locations, workspace.location(question.unit, {id, 0, 0}));
    }
  }
}

// The servers that a serverurl= leads to.
void add_servers(const Workspace& workspace, const Question& question, const Cursor& cursor,
                 std::vector<Location>& locations) {
  if (cursor.place != Place::value || cursor.key != "serverurl") return;
  const ConfigSection* section = question.context.config().find(cursor.section_text);
  const ConfigEntry* entry = section == nullptr ? nullptr : section->find("serverurl");
  const auto text = entry == nullptr ? std::nullopt : question.context.text(*section, *entry);
  const auto url = text ? read_server_url(*text) : std::nullopt;
  if (!url) return;
  for (const Server& server : question.context.references().servers()) {
    if (server.is_known && leads_to(*url, server))
      add_different(locations, workspace.location(question.unit, server.section->headers.front()));
  }
}

// The environment= that defines the X of %(ENV_X)s.
void add_variable(const Workspace& workspace, const Question& question, std::string_view name,
                  const schema::OptionRow* option, std::string_view section_text,
                  std::vector<Location>& locations) {
  constexpr std::string_view prefix = "ENV_";
  if (!name.starts_with(prefix)) return;
  name.remove_prefix(prefix.size());
  const bool may_be_own = option != nullptr && option->scope == schema::Scope::process;
  for (const std::string_view full : {section_text, std::string_view("supervisord")}) {
    if (full == section_text && !may_be_own) continue;
    const ConfigSection* section = question.context.config().find(full);
    const ConfigEntry* entry = section == nullptr ? nullptr : section->find("environment");
    if (entry == nullptr) continue;
    const auto& pairs = question.context.environment_pairs(*section, *entry);
    if (!pairs) continue;
    const bool is_there = std::any_of(pairs->begin(), pairs->end(),
                                      [&](const auto& pair) { return pair.name == name; });
    if (!is_there) continue;
    add_different(locations,
                  workspace.location(question.unit, question.context.value_place(*entry)));
    return;
  }
}

}  // namespace

std::vector<Location> definition(Workspace& workspace, const TextDocument& document, Position at) {
  std::vector<Location> locations;
  const std::string_view text = document.text();
  const std::uint32_t offset = document.lines().offset(text, at, workspace.encoding());
  const Cursor cursor = cursor_at(document.parsed(), text, offset);
  const auto name = expansion_name(cursor, text, offset);
  for (Unit* unit : workspace.units_of(document.path())) {
    const Question question(*unit, document, offset);
    if (name) {
      add_variable(workspace, question, name->text, cursor.option, cursor.section_text, locations);
      continue;
    }
    add_program(workspace, question, locations);
    add_included(workspace, question, locations);
    add_servers(workspace, question, cursor, locations);
  }
  return locations;
}

std::vector<Location> references(Workspace& workspace, const TextDocument& document, Position at,
                                 bool with_declaration) {
  std::vector<Location> locations;
  const std::uint32_t offset = document.lines().offset(document.text(), at, workspace.encoding());
  for (Unit* unit : workspace.units_of(document.path())) {
    const Question question(*unit, document, offset);
    const std::vector<ProgramName> names = program_names(question.context);
    const ProgramName* here = name_at(question, names);
    if (here == nullptr) continue;
    for (const ProgramName& name : names) {
      if (name.name == here->name && (with_declaration || !name.is_declaration))
        add_different(locations, workspace.location(*unit, name.place));
    }
  }
  return locations;
}

std::optional<Range> renamable(Workspace& workspace, const TextDocument& document, Position at) {
  const std::uint32_t offset = document.lines().offset(document.text(), at, workspace.encoding());
  for (Unit* unit : workspace.units_of(document.path())) {
    const Question question(*unit, document, offset);
    const std::vector<ProgramName> names = program_names(question.context);
    if (const ProgramName* here = name_at(question, names))
      return workspace.range(*unit, here->place);
  }
  return std::nullopt;
}

WorkspaceEdit rename(Workspace& workspace, const TextDocument& document, Position at,
                     const std::string& name, std::string& refusal) {
  std::string read;
  if (const auto error = schema::ProcessName::read(name, {}, read)) {
    refusal = error->message;
    return {};
  }
  if (name.empty() || name != read || name.find_first_of(" \t\r\n:/,]%;#") != std::string::npos ||
      schema::invalid_utf8(name)) {
    refusal = "`" + name + "` cannot be the name of a program";
    return {};
  }
  WorkspaceEdit edit;
  const std::vector<Location> places = references(workspace, document, at, true);
  for (Unit* unit : workspace.units_of(document.path())) {
    for (const ConfigSection& section : unit->compilation->config.sections) {
      if (!section.is_process() || section.name->name != name) continue;
      refusal = "there is " + section.display() + " already";
      return {};
    }
  }
  for (const Location& place : places) edit[place.uri].push_back({place.range, name});
  if (edit.empty()) refusal = "no program is named here";
  return edit;
}

}  // namespace sup::lint::lsp
