#include "lint/lsp/program_names.h"

#include "lint/listeners.h"
#include "lint/references.h"
#include "schema/text.h"

namespace sup::lint::lsp {

namespace {

// The program that the argument of `-p` names: "web" of "web", "group:web" and "web=200MB".
void add_argument(const Context& context, const ConfigEntry& entry, const Word& word,
                  std::size_t skipped, std::vector<ProgramName>& out) {
  // What is quoted or expanded does not stand there as it is.
  if (word.is_quoted || word.is_open || word.end - word.begin != word.text.size()) return;
  std::string_view name = std::string_view(word.text).substr(skipped);
  name = name.substr(0, name.find('='));
  const std::size_t colon = name.rfind(':');
  if (colon != std::string_view::npos) {
    name.remove_prefix(colon + 1);
    skipped += colon + 1;
  }
  if (name.empty()) return;
  out.push_back(
      {std::string(name), context.value_part(entry, word.begin + skipped, name.size()), false});
}

void add_arguments(const Context& context, const ConfigSection& section,
                   std::vector<ProgramName>& out) {
  constexpr std::string_view long_option = "--program=";
  const ConfigEntry* entry = section.find("command");
  if (entry == nullptr || entry->from_default) return;
  const CommandLine& command = context.command(section, *entry);
  if (known_listener(command) == nullptr) return;
  for (std::size_t i = 0; i < command.argv.size(); ++i) {
    const Word& word = command.argv[i];
    if (word.text.starts_with(long_option)) {
      add_argument(context, *entry, word, long_option.size(), out);
    } else if ((word.text == "-p" || word.text == "--program") && i + 1 < command.argv.size()) {
      add_argument(context, *entry, command.argv[++i], 0, out);
    }
  }
}

void add_headers(const Context& context, const ConfigSection& section,
                 std::vector<ProgramName>& out) {
  for (const Span& header : section.headers) {
    const std::string_view text = context.source_text(header);
    const std::size_t colon = text.find(':');
    const std::size_t at = colon == std::string_view::npos
                               ? std::string_view::npos
                               : text.find(section.name->name, colon + 1);
    if (at == std::string_view::npos || section.name->name.empty()) continue;
    const auto begin = header.begin + static_cast<std::uint32_t>(at);
    out.push_back({
        std::string(section.name->name),
        {header.source, begin, begin + static_cast<std::uint32_t>(section.name->name.size())},
        true
    });
  }
}

}  // namespace

std::vector<ProgramName> program_names(const Context& context) {
  std::vector<ProgramName> names;
  for (const ConfigSection& section : context.config().sections) {
    if (!section.name) continue;
    if (section.name->kind == SectionKind::program ||
        section.name->kind == SectionKind::fcgi_program) {
      add_headers(context, section, names);
    } else if (section.name->kind == SectionKind::eventlistener) {
      add_arguments(context, section, names);
    }
  }
  for (const GroupMembers& group : context.references().groups()) {
    if (!group.is_known || group.programs == nullptr || group.programs->from_default) continue;
    for (const Member& member : group.members) {
      if (member.name.empty()) continue;
      names.push_back({std::string(member.name),
                       context.value_part(*group.programs, member.begin, member.length), false});
    }
  }
  return names;
}

}  // namespace sup::lint::lsp
