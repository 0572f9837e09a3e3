// SUP117, SUP118, SUP120: files that [include] reads and should not, or should and does not.
#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "compiler/ini/document.h"
#include "lint/include_patterns.h"
#include "lint/lint.h"
#include "schema/text.h"

namespace sup::lint {

namespace {

using compiler::SourceId;

bool has_sections(std::string_view text) {
  const compiler::Document document = compiler::parse(0, text);
  return std::any_of(document.sections.begin(), document.sections.end(), [&](const auto& section) {
    return schema::classify_section(
               text.substr(section.name.begin, section.name.end - section.name.begin))
        .has_value();
  });
}

// The files that each pattern reads, by the first byte of the pattern.
std::map<std::uint32_t, std::vector<SourceId>> files_of_patterns(const Context& context) {
  std::map<std::uint32_t, std::vector<SourceId>> files;
  for (SourceId id = 0; id < context.sources().size(); ++id)
    if (const auto& from = context.sources()[id].included_from) files[from->begin].push_back(id);
  return files;
}

void check_copies(const Context& context, Diagnostics& out) {
  for (const auto& [begin, files] : files_of_patterns(context)) {
    std::vector<SourceId> copies;
    for (const SourceId id : files) {
      const auto* document = context.document_of(id);
      if (is_put_aside(file_name(context.sources()[id].path)) && document != nullptr &&
          !document->sections.empty())
        copies.push_back(id);
    }
    if (copies.empty()) continue;
    const Span pattern = *context.sources()[copies.front()].included_from;
    const std::string more =
        copies.size() == 1 ? "" : " and " + std::to_string(copies.size() - 1) + " more like it";
    auto& diagnostic = out.report(
        include_pulls_backup_file.rule, pattern,
        "[include] reads " + in_backticks(context.sources()[copies.front()].path) + more +
            ", put aside as it seems; where it has the sections of another file, the later wins");
    diagnostic.with_hint("match the names that are meant, such as `*.conf`");
    const std::string_view text = context.source_text(pattern);
    if (text == "*" || text.ends_with("/*"))
      diagnostic.fix("write `*.conf`", {pattern.source, pattern.end - 1, pattern.end}, "*.conf",
                     false);
  }
}

// Folders that patterns look into, each with the first of these patterns.
std::map<std::string, Span> folders_of_patterns(const Context& context) {
  std::map<std::string, Span> folders;
  const ConfigEntry* entry = include_entry(context);
  if (entry == nullptr || entry->value.find('%') != std::string_view::npos) return folders;
  const std::string& here = context.compilation().files.files.front().directory;
  for (const IncludePattern& pattern : include_patterns(context)) {
    std::string path(pattern.written);
    if (!path.starts_with('/')) path = here + "/" + path;
    const std::size_t slash = path.rfind('/');
    // One file by its name says nothing about its neighbours.
    if (path.find_first_of("*?[", slash) == std::string::npos ||
        path.substr(0, slash).find_first_of("*?[") != std::string::npos)
      continue;
    folders.emplace(schema::normal_path(slash == 0 ? "/" : path.substr(0, slash)), pattern.span);
  }
  return folders;
}

// Names that say that the file is not to be read.
bool is_no_configuration(std::string_view name) {
  constexpr std::array<std::string_view, 8> ends = {".example", ".dist", ".sample", ".template",
                                                    ".tmpl",    ".j2",   ".md",     ".txt"};
  return name.starts_with('.') || is_put_aside(name) ||
         std::any_of(ends.begin(), ends.end(),
                     [&](std::string_view end) { return name.ends_with(end); });
}

void check_missed(const Context& context, Diagnostics& out) {
  const schema::Facts* machine = context.options().machine;
  if (machine == nullptr || !machine->files_in || !machine->file_text) return;
  constexpr std::size_t most = 1000;  // files of a folder that are looked at
  std::unordered_set<std::string> read;
  const auto& sources = context.sources();
  for (const compiler::LoadedFile& file : context.compilation().files.files)
    read.insert(schema::normal_path(file.directory + "/" +
                                    std::string(file_name(sources[file.source].path))));
  for (const auto& [folder, span] : folders_of_patterns(context)) {
    std::size_t looked_at = 0;
    for (const std::string& name : machine->files_in(folder)) {
      if (is_no_configuration(name) || read.contains(schema::normal_path(folder + "/" + name)))
        continue;
      if (++looked_at > most) break;
      const auto text = machine->file_text(folder + "/" + name);
      if (!text || !has_sections(*text)) continue;
      out.report(config_file_not_included.rule, span,
                 in_backticks(folder + "/" + name) +
                     " has sections of Supervisor, but no pattern of [include] matches it")
          .with_hint("rename it, or widen the pattern");
    }
  }
}

// Files that share a section with another file: their place in the order matters.
std::set<SourceId> sharing_files(const Context& context) {
  std::set<SourceId> sharing;
  for (const ConfigSection& section : context.config().sections) {
    const std::string* first = nullptr;
    bool is_shared = false;
    for (const Span& header : section.headers) {
      const std::string& path = context.sources()[header.source].path;
      if (first == nullptr) first = &path;
      is_shared |= *first != path;
    }
    if (!is_shared) continue;
    for (const Span& header : section.headers) sharing.insert(header.source);
  }
  return sharing;
}

void check_included_twice(const Context& context, Diagnostics& out) {
  const auto& sources = context.sources();
  std::unordered_map<std::string_view, SourceId> first;
  std::map<std::uint32_t, SourceId> again;  // by pattern
  std::map<std::uint32_t, std::size_t> counts;
  for (SourceId id = 0; id < sources.size(); ++id) {
    const auto [known, is_new] = first.emplace(sources[id].path, id);
    if (is_new || !sources[id].included_from) continue;
    again.emplace(sources[id].included_from->begin, id);
    ++counts[sources[id].included_from->begin];
  }
  if (again.empty()) return;
  const auto all = files_of_patterns(context);
  const auto sharing = sharing_files(context);
  for (const auto& [begin, id] : again) {
    const Span pattern = *sources[id].included_from;
    const auto& earlier = sources[first.at(sources[id].path)].included_from;
    auto& diagnostic = out.report(file_included_twice.rule, pattern,
                                  in_backticks(sources[id].path) + " is read a second time here" +
                                      (earlier ? "" : ", being the main file itself"));
    diagnostic.with_hint("remove one of the two");
    if (earlier) diagnostic.label(*earlier, "first read for this pattern");
    // Without it everything is read as before, in an order that makes no difference.
    const auto& files = all.at(begin);
    const bool reads_more = counts[begin] != files.size();
    const bool is_ordered = std::any_of(files.begin(), files.end(),
                                        [&](SourceId file) { return sharing.contains(file); });
    const ConfigEntry* entry = include_entry(context);
    if (reads_more || is_ordered || entry == nullptr || !context.is_single_line(*entry) ||
        context.source_text(pattern) == entry->value)
      continue;
    Span gone = pattern;
    const Span value = context.value_span(*entry);
    while (gone.begin > value.begin && schema::is_ascii_space(context.source_text(
                                           {gone.source, gone.begin - 1, gone.begin})[0]))
      --gone.begin;
    diagnostic.fix("remove the pattern", gone, "", gone.begin > value.begin);
  }
}

}  // namespace

const LintRule include_pulls_backup_file = {
    .rule = {"SUP117", "include-pulls-backup-file", Severity::warning,
             "a pattern of [include] that matches files put aside"},
    .check = check_copies,
    .looks_at_whole = true
};

const LintRule config_file_not_included = {
    .rule = {"SUP118", "config-file-not-included", Severity::info,
             "a file beside the included ones that no pattern matches"},
    .check = check_missed,
    .looks_at_whole = true
};

const LintRule file_included_twice = {
    .rule = {"SUP120", "file-included-twice", Severity::info,
             "a file that two patterns of [include] match"},
    .check = check_included_twice,
    .looks_at_whole = true
};

}  // namespace sup::lint
