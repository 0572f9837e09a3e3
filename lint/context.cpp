#include "lint/context.h"

#include <algorithm>

#include "compiler/ini/entry_lines.h"
#include "lint/facts/layout.h"
#include "lint/references.h"
#include "schema/expand.h"
#include "schema/text.h"

namespace sup::lint {

using compiler::Document;
using compiler::Entry;
using compiler::Line;
using compiler::LineKind;

const Document& Context::document(const ConfigEntry& entry) const {
  return compilation_.files.files[entry.file].document;
}

Entry Context::written(const ConfigEntry& entry) const { return config().written(entry); }

const Document* Context::document_of(compiler::SourceId source) const {
  const auto& files = compilation_.files.files;
  // They are mostly in the same order.
  if (source < files.size() && files[source].source == source) return &files[source].document;
  const auto found = std::find_if(files.begin(), files.end(),
                                  [&](const auto& file) { return file.source == source; });
  return found == files.end() ? nullptr : &found->document;
}

bool Context::has_section(std::string_view full_name) const {
  if (!section_names_) {
    section_names_.emplace();
    for (const ConfigSection& section : config().sections)
      section_names_->insert(section.full_name);
  }
  return section_names_->count(full_name) != 0;
}

const ConfigSection* Context::daemon() const {
  if (!daemon_) daemon_ = config().find("supervisord");
  return *daemon_;
}

bool Context::daemon_may_set(std::string_view variable) const {
  if (daemon() == nullptr || daemon()->find("environment") == nullptr) return false;
  const auto known = daemon_variables_.find(variable);
  if (known != daemon_variables_.end()) return known->second;
  const auto variables = read<schema::Environment>(*daemon(), "environment");
  const bool may =
      !variables || std::any_of(variables->begin(), variables->end(),
                                [&](const auto& each) { return each.first == variable; });
  return daemon_variables_.emplace(variable, may).first->second;
}

std::span<const ConfigSection* const> Context::listeners() const {
  if (!listeners_) {
    listeners_.emplace();
    for (const ConfigSection* section : config().besides_programs)
      if (section->name && section->name->kind == SectionKind::eventlistener)
        listeners_->push_back(section);
  }
  return *listeners_;
}

const References& Context::references() const {
  if (!references_) references_ = std::make_shared<const References>(*this);
  return *references_;
}

const Layout& Context::layout() const {
  if (!layout_) layout_ = std::make_shared<const Layout>(*this);
  return *layout_;
}

bool Context::has_error_in(const Span& place) const {
  // The compiler's diagnostics are sorted by place.
  const auto& all = compilation_.diagnostics.all();
  auto next = std::lower_bound(all.begin(), all.end(), place,
                               [](const Diagnostic& diagnostic, const Span& wanted) {
                                 return std::pair(diagnostic.span.source, diagnostic.span.begin) <
                                        std::pair(wanted.source, wanted.begin);
                               });
  for (; next != all.end(); ++next) {
    if (next->span.source != place.source || next->span.begin > place.end) return false;
    if (next->severity == Severity::error) return true;
  }
  return false;
}

// A definition is not there for itself: its variables cannot refer to one another.
std::optional<schema::EnvironmentValue> Context::environment_of(const ConfigSection& section,
                                                                const ConfigEntry& reader) const {
  const ConfigEntry* definition = section.find("environment");
  if (definition == nullptr || definition == &reader) return std::nullopt;
  return read<schema::Environment>(section, *definition);
}

std::optional<std::string> Context::environment(const ConfigSection& section,
                                                const ConfigEntry& entry,
                                                std::string_view name) const {
  const auto defined_in =
      [&](const std::optional<schema::EnvironmentValue>& variables) -> std::optional<std::string> {
    if (!variables) return std::nullopt;
    for (const auto& [key, value] : *variables) {
      if (key == name) return value;
    }
    return std::nullopt;
  };
  // A section's own environment= is there only for what is read once for each process, that of
  // [supervisord] for all other sections.
  if (entry.option() != nullptr && entry.option()->scope == schema::Scope::process) {
    if (auto own = defined_in(environment_of(section, entry))) return own;
  }
  if (!section.name || section.name->kind != SectionKind::supervisord) {
    if (!global_environment_) {
      global_environment_.emplace();
      if (daemon() != nullptr) {
        if (auto variables = environment_of(*daemon(), entry)) global_environment_ = variables;
      }
    }
    if (auto global = defined_in(global_environment_)) return global;
  }
  const auto given = options_.environment.find(name);
  if (given == options_.environment.end()) return std::nullopt;
  return given->second;
}

std::string_view Context::group_of(std::string_view program) const {
  if (!groups_) {
    groups_.emplace();
    for (const ConfigSection* section : config().besides_programs) {
      if (!section->name || section->name->kind != SectionKind::group) continue;
      const ConfigEntry* programs = section->find("programs");
      if (programs == nullptr) continue;
      for (const std::string_view member : schema::split_list(programs->value)) {
        groups_->emplace(member, schema::strip(section->name->name));
      }
    }
  }
  const auto found = groups_->find(program);
  return found == groups_->end() ? program : found->second;
}

std::optional<std::string> Context::text(const ConfigSection& section,
                                         const ConfigEntry& entry) const {
  return expanded(section, entry, entry.value);
}

std::optional<std::string> Context::expanded(const ConfigSection& section, const ConfigEntry& entry,
                                             std::string_view part) const {
  if (!schema::is_template(part)) return std::string(part);
  return expanded_by(section, entry, std::string(part));
}

const CommandLine& Context::command(const ConfigSection& section, const ConfigEntry& entry) const {
  HeldCommand& held = commands_[place_of(section)];
  const bool is_constant = !entry.is_template;
  if (&entry == held.entry ||
      (is_constant && held.text.data() != nullptr && held.text == entry.value))
    return held.command;
  held.command.read(entry.value,
                    [&](std::string_view part) { return expanded(section, entry, part); });
  held.entry = &entry;
  held.text = is_constant ? entry.value : std::string_view{};
  return held.command;
}

const std::optional<std::vector<EnvironmentPair>>& Context::environment_pairs(
    const ConfigSection& section, const ConfigEntry& entry) const {
  HeldPairs& held = pairs_[place_of(section)];
  if (&entry != held.entry) held.pairs = split_environment(entry.value, options_.target);
  held.entry = &entry;
  return held.pairs;
}

std::optional<std::string> Context::expanded_by(const ConfigSection& section,
                                                const ConfigEntry& entry, std::string text) const {
  const std::string name(section.name ? schema::strip(section.name->name) : std::string_view{});
  std::string kept;  // what the last lookup returned a view of
  const auto lookup = [&](std::string_view wanted) -> std::optional<schema::TemplateValue> {
    if (wanted == "here") {
      kept = compilation_.files.files[config().here_file(entry)].directory;
    } else if (wanted == "host_node_name") {
      kept = options_.host_name;
    } else if (wanted == "program_name" && section.is_process()) {
      kept = name;
    } else if (wanted == "group_name" && section.is_process()) {
      kept = group_of(name);
    } else if ((wanted == "process_num" || wanted == "numprocs") && section.is_process()) {
      const bool is_number = wanted == "process_num";
      const ConfigEntry* number =
          is_number ? section.find("numprocs_start") : section.find("numprocs");
      if (number == &entry) return std::nullopt;
      if (number == nullptr) return std::int64_t{is_number ? 0 : 1};
      const auto value = read<schema::Integer>(section, *number);
      if (!value) return std::nullopt;
      return *value;
    } else if (wanted.substr(0, 4) == "ENV_") {
      auto value = environment(section, entry, wanted.substr(4));
      if (!value) return std::nullopt;
      kept = std::move(*value);
    } else {
      return std::nullopt;
    }
    return std::string_view(kept);
  };
  const int passes = entry.option() != nullptr && entry.option()->has(schema::twice) ? 2 : 1;
  for (int pass = 0; pass < passes && schema::is_template(text); ++pass) {
    auto expanded = schema::expand(text, lookup);
    if (!expanded.errors.empty()) return std::nullopt;
    text = std::move(expanded.text);
  }
  return text;
}

bool Context::is_single_line(const ConfigEntry& entry) const {
  if (!document(entry).has_continuation(entry.entry)) return true;
  const Entry as_written = written(entry);
  return compiler::last_line(document(entry), as_written) == as_written.line;
}

Span Context::whole_lines(const ConfigEntry& entry) const {
  return compiler::whole_lines(document(entry), written(entry));
}

Span Context::whole_value(const ConfigEntry& entry) const {
  const Document& lines = document(entry);
  const Entry as_written = written(entry);
  const std::uint32_t last = compiler::last_line(lines, as_written);
  if (last == as_written.line) return value_span(entry);
  return {lines.source, value_span(entry).begin, lines.line(last).content_end};
}

std::string_view Context::line_end(const ConfigEntry& entry) const {
  const compiler::Line line = document(entry).line(written(entry).line);
  const auto text = source_text({key_span(entry).source, line.begin, line.end});
  if (text.ends_with("\r\n")) return "\r\n";
  return text.ends_with('\r') ? "\r" : "\n";
}

Span Context::value_part(const ConfigEntry& entry, std::size_t begin, std::size_t length) const {
  const Span value = value_span(entry);
  if (entry.value.size() == value.end - value.begin && begin + length <= entry.value.size()) {
    const auto first = value.begin + static_cast<std::uint32_t>(begin);
    return {value.source, first, first + static_cast<std::uint32_t>(length)};
  }
  const auto spans = document(entry).spans(written(entry), begin, length);
  return spans.empty() ? value_place(entry) : spans.front();
}

Span Context::value_place(const ConfigEntry& entry) const {
  return value_span(entry).begin == value_span(entry).end ? key_span(entry) : value_span(entry);
}

void add_removal(const Context& context, Diagnostic& diagnostic, const ConfigEntry& entry,
                 bool safe) {
  diagnostic.fix("remove " + in_backticks(context.key_text(entry)), context.whole_lines(entry), "",
                 safe);
}

void add_line_before(const Context& context, Diagnostic& diagnostic, const ConfigEntry& entry,
                     std::string_view line, bool safe) {
  const Span key = context.key_span(entry);
  const compiler::Line place = context.document(entry).line(context.written(entry).line);
  std::string text(line);
  text += context.line_end(entry);
  text += context.source_text({key.source, place.begin, place.content_begin});
  diagnostic.fix("add " + in_backticks(line), {key.source, key.begin, key.begin}, text, safe);
}

}  // namespace sup::lint
