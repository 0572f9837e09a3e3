#include "lint/report.h"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "compiler/ini/document.h"
#include "compiler/plain_text.h"
#include "lint/fix.h"
#include "lint/lint.h"
#include "lint/path_set.h"
#include "lint/sha1.h"
#include "schema/text.h"

namespace sup::lint {

namespace {

constexpr std::array all_formats{
#define FORMAT(name, edits, help) Format{#name, FormatEdits::edits, help, render_##name},
#include "lint/formats.def"
#undef FORMAT
};

std::string counted(std::size_t count, std::string_view noun) {
  return std::to_string(count) + " " + std::string(noun) + (count == 1 ? "" : "s");
}

void count(Report& report, const compiler::Diagnostic& diagnostic) {
  switch (diagnostic.severity) {
    case Severity::error: ++report.errors; break;
    case Severity::warning: ++report.warnings; break;
    case Severity::info:
    case Severity::style: ++report.remarks; break;
  }
  if (chosen_fix(diagnostic, FixKinds::safe) != nullptr)
    ++report.safe_fixes;
  else if (chosen_fix(diagnostic, FixKinds::all) != nullptr)
    ++report.unsafe_fixes;
}

}  // namespace

const compiler::SourceMap& Finding::sources() const { return compilation->sources; }

const compiler::Source& Finding::source() const { return sources()[diagnostic->span.source]; }

compiler::Position Finding::begin() const {
  return sources().position(diagnostic->span.source, diagnostic->span.begin);
}

compiler::Position Finding::end() const {
  return sources().position(diagnostic->span.source, diagnostic->span.end);
}

Report make_report(const CheckResult& result) {
  Report report;
  PathSet seen;
  for (const Checked& checked : result.checked) {
    report.rules = std::max(report.rules, checked.rules);
    const compiler::SourceMap& sources = checked.compilation->sources;
    for (compiler::SourceId id = 0; id < sources.size(); ++id)
      if (seen.insert(sources[id].path)) report.files.push_back(sources[id].path);
    for (const compiler::Diagnostic& diagnostic : checked.diagnostics.all()) {
      count(report, diagnostic);
      report.findings.push_back({&diagnostic, checked.compilation.get()});
    }
  }
  report.file_count = result.files;
  report.known = result.hidden.by_baseline;
  report.has_failed = !result.failures.empty();
  return report;
}

std::vector<FileFindings> by_file(const Report& report) {
  std::vector<FileFindings> files;
  std::map<std::string_view, std::size_t> indexes;
  for (const std::string& file : report.files) {
    indexes[file] = files.size();
    files.push_back({file, {}});
  }
  for (const Finding& finding : report.findings)
    files[indexes.at(finding.source().path)].findings.push_back(&finding);
  return files;
}

std::span<const Format> formats() { return all_formats; }

const Format* find_format(std::string_view name) {
  const auto* found = std::find_if(all_formats.begin(), all_formats.end(),
                                   [&](const Format& format) { return format.name == name; });
  return found == all_formats.end() ? nullptr : found;
}

std::string closing_line(const Report& report) {
  if (report.file_count == 0 && report.has_failed) return {};  // nothing was looked at
  std::string text;
  const auto add = [&](std::size_t number, std::string_view noun) {
    if (number != 0) text += (text.empty() ? "" : ", ") + counted(number, noun);
  };
  add(report.errors, "error");
  add(report.warnings, "warning");
  add(report.remarks, "remark");
  if (text.empty()) text = "no findings";
  text += " in " + counted(report.file_count, "file") + " (" + counted(report.rules, "rule");
  if (report.time) text += ", " + std::to_string(report.time->count()) + " ms";
  text += ")";
  if (report.safe_fixes != 0)
    text += ", " + std::to_string(report.safe_fixes) + " fixable with --fix";
  if (report.unsafe_fixes != 0)
    text += ", " + std::to_string(report.unsafe_fixes) + " with --fix --unsafe-fixes";
  if (report.known != 0) text += ", " + std::to_string(report.known) + " known in the baseline";
  return text + "\n";
}

std::string full_message(const compiler::Diagnostic& diagnostic) {
  std::string text = compiler::one_line(diagnostic.message);
  if (!diagnostic.hint.empty()) text += "; " + compiler::one_line(diagnostic.hint);
  return text;
}

std::string place_text(const compiler::Span& span, const compiler::SourceMap& sources) {
  const compiler::Position position = sources.position(span.source, span.begin);
  return compiler::one_line(sources[span.source].path) + ":" + std::to_string(position.line) + ":" +
         std::to_string(position.column);
}

std::vector<std::string> notes_of(const Finding& finding) {
  std::vector<std::string> notes;
  const compiler::Diagnostic& diagnostic = *finding.diagnostic;
  if (!diagnostic.hint.empty()) notes.push_back(valid_utf8(diagnostic.hint));
  for (const compiler::Label& label : diagnostic.labels)
    notes.push_back(place_text(label.span, finding.sources()) + ": " + valid_utf8(label.text));
  for (const std::string& note : diagnostic.notes) notes.push_back(valid_utf8(note));
  if (const auto& from = finding.source().included_from)
    notes.push_back("included from " + place_text(*from, finding.sources()));
  return notes;
}

std::string path_in_repository(std::string_view path, const Report& report) {
  if (path.starts_with('<')) return std::string(path);  // standard input
  const std::string absolute = schema::normal_path(
      path.starts_with('/') ? std::string(path) : report.folder + "/" + std::string(path));
  const std::string root = report.root.ends_with('/') ? report.root : report.root + "/";
  return root != "/" && absolute.starts_with(root) ? absolute.substr(root.size()) : absolute;
}

std::string valid_utf8(std::string_view text) {
  std::string out;
  for (;;) {
    const std::size_t valid = schema::invalid_utf8(text).value_or(text.size());
    out += text.substr(0, valid);
    text.remove_prefix(valid);
    if (text.empty()) return out;
    out += "\xEF\xBF\xBD";
    text.remove_prefix(1);
  }
}

bool is_utf8(const compiler::Fix& fix) {
  return std::none_of(fix.edits.begin(), fix.edits.end(), [](const compiler::Edit& edit) {
    return schema::invalid_utf8(edit.text).has_value();
  });
}

namespace {

using Documents = std::map<compiler::SourceId, const compiler::Document*>;

// The section and the option that the place belongs to, as far as there are any.
std::string content_key(const Documents& documents, const compiler::SourceMap& sources,
                        const compiler::Span& span) {
  const auto found = documents.find(span.source);
  if (found == documents.end()) return {};
  const compiler::Document& document = *found->second;
  const auto after =
      std::upper_bound(document.sections.begin(), document.sections.end(), span.begin,
                       [](std::uint32_t at, const auto& row) { return at < row.header.begin; });
  if (after == document.sections.begin()) return {};
  const compiler::SectionHeader& section = *(after - 1);
  std::string key(sources.text(section.name));
  const std::uint32_t next = document.entry_after(span.begin);
  if (next > section.first_entry) key += '\n' + schema::lower(sources.text(document.key(next - 1)));
  return key;
}

}  // namespace

std::vector<std::string> fingerprints(const Report& report) {
  std::map<const compiler::Compilation*, Documents> documents;
  std::map<std::string, std::size_t> seen;
  std::vector<std::string> made;
  made.reserve(report.findings.size());
  for (const Finding& finding : report.findings) {
    Documents& own = documents[finding.compilation];
    if (own.empty())
      for (const auto& file : finding.compilation->files.files) own[file.source] = &file.document;
    std::string key = path_in_repository(finding.source().path, report);
    key += '\n' + std::string(finding.diagnostic->rule->id) + '\n';
    key += content_key(own, finding.sources(), finding.diagnostic->span);
    const std::size_t earlier = seen[key]++;
    made.push_back(sha1_hex(key + '\n' + std::to_string(earlier)));
  }
  return made;
}

std::uint32_t Utf16Columns::column(const compiler::SourceMap& sources, compiler::SourceId source,
                                   std::uint32_t offset) {
  const compiler::Position position = sources.position(source, offset);
  const std::uint32_t bytes = position.column - 1;
  if (&sources != sources_ || source != source_ || position.line != line_ || bytes < bytes_) {
    sources_ = &sources;
    source_ = source;
    line_ = position.line;
    bytes_ = 0;
    units_ = 0;
  }
  const std::string_view text = sources.written(source);
  const std::uint32_t begin = offset - bytes;
  for (; bytes_ < bytes; ++bytes_) {
    const auto byte = static_cast<unsigned char>(text[begin + bytes_]);
    // Of UTF-8 the first byte counts, and once more for what takes a pair of surrogates.
    if ((byte & 0xC0U) != 0x80U) units_ += byte >= 0xF0 ? 2 : 1;
  }
  return units_ + 1;
}

}  // namespace sup::lint
