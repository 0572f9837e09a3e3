// SUP106: an indented line that looks like an option or a header and is part of the value above.
#include <algorithm>
#include <array>

#include "lint/lint.h"
#include "lint/rules/continuation.h"
#include "schema/text.h"

namespace sup::lint {

namespace {

// Whether the joined value is refused, or will be when the program starts.
bool is_refused(const Context& context, const ConfigEntry& entry) {
  if (entry.key() == "command") return true;
  if (context.has_error_in(context.whole_value(entry))) return true;
  // A number, a switch, a size or a user of two lines is none, whatever its variables are.
  constexpr std::array<std::string_view, 7> single = {
      schema::Boolean::name, schema::Integer::name,     schema::ByteSize::name,
      schema::Signal::name,  schema::AutoRestart::name, schema::Octal::name,
      schema::User::name};
  return entry.option() != nullptr &&
         std::find(single.begin(), single.end(), entry.option()->type) != single.end();
}

// Whether a further line of a command is no argument of it: it stands behind an empty line, or it
// is the first one and looks like an option that Supervisor does not have.
bool is_stray_argument(const compiler::Document& document, const ConfigEntry& entry,
                       std::uint32_t line, std::string_view content, std::string_view above) {
  if (entry.key() != "command" || above.ends_with('\\')) return false;
  if (document.line_kind(line - 1) == compiler::LineKind::blank) return true;
  if (line != document.entry_line(entry.entry) + 1) return false;
  const std::size_t end = content.find_first_not_of("abcdefghijklmnopqrstuvwxyz_");
  return end != std::string_view::npos && end != 0 &&
         schema::strip_left(content.substr(end)).starts_with('=');
}

// The fix takes the indentation from all continuation lines. It is safe where each of them is an
// option of its own and nothing of the section follows, so that none of them can be a value.
void offer_dedenting(const Context& context, Diagnostic& diagnostic, const ConfigSection& section,
                     const ConfigEntry& entry, const std::vector<std::uint32_t>& lines) {
  const compiler::Document& document = context.document(entry);
  compiler::Fix fix;
  fix.title = "remove the indentation";
  fix.safe = true;
  const auto indentation = [&](std::uint32_t line) {
    const compiler::Line place = document.line(line);
    return Span{document.source, place.begin, place.content_begin};
  };
  bool has_begun = false;
  for (const std::uint32_t line : lines) {
    const compiler::Line place = document.line(line);
    const auto content =
        context.source_text({document.source, place.content_begin, place.content_end});
    if (looks_independent(section, entry, content)) {
      has_begun = true;
    } else {
      fix.safe = false;
      if (!has_begun) continue;
    }
    if (context.source_text(indentation(line)) != context.source_text(indentation(lines.front()))) {
      fix.safe = false;
    }
    fix.edits.push_back({indentation(line), ""});
  }
  const auto& header = document.sections[context.written(entry).section];
  if (entry.entry + 1 < header.first_entry + header.entry_count) fix.safe = false;
  diagnostic.fixes.push_back(std::move(fix));
}

void check_joined(const Context& context, Diagnostics& out, const ConfigSection& section,
                  const ConfigEntry& entry) {
  const compiler::Document& document = context.document(entry);
  const auto lines = continuation_lines(context, entry);
  Diagnostic* diagnostic = nullptr;
  bool any_option = false;
  std::string_view above = context.source_text(context.value_span(entry));
  for (const std::uint32_t line : lines) {
    const compiler::Line place = document.line(line);
    const Span content = {document.source, place.content_begin, place.content_end};
    const std::string_view text = context.source_text(content);
    const bool is_option = looks_independent(section, entry, text);
    const bool is_stray = !is_option && is_stray_argument(document, entry, line, text, above);
    above = text;
    if ((!is_option && !is_stray) || has_invisible_indentation(context, document, place)) continue;
    const bool is_header = is_option && text.starts_with('[');
    const Severity severity = is_header || (is_option && is_refused(context, entry))
                                  ? Severity::error
                                  : Severity::warning;
    any_option |= is_option;
    if (diagnostic != nullptr) {
      diagnostic->severity = std::max(diagnostic->severity, severity);
      if (diagnostic->labels.size() < compiler::most_labels)
        diagnostic->label(content, "and so is this");
      continue;
    }
    diagnostic =
        &out.report(indented_option_joins_previous.rule, severity, content,
                    "this line is indented and so is part of the value of " +
                        in_backticks(context.key_text(entry)) + " in " + section.display());
    const bool is_behind_blank = document.line_kind(line - 1) == compiler::LineKind::blank;
    diagnostic->with_hint(is_header ? "the section does not exist; remove the indentation"
                          : is_stray && is_behind_blank
                              ? "remove the empty line, or the indentation"
                              : "remove the indentation");
    diagnostic->label(context.key_span(entry), "the value starts here");
  }
  if (diagnostic != nullptr && any_option)
    offer_dedenting(context, *diagnostic, section, entry, lines);
}

void check_indented_option_joins_previous(const Context& context, Diagnostics& out) {
  for (const ConfigSection& section : context.sections()) {
    if (!section.has_continuation) continue;
    for (const ConfigEntry& entry : section.entries) {
      if (!entry.from_default) check_joined(context, out, section, entry);
    }
  }
}

}  // namespace

const LintRule indented_option_joins_previous = {
    .rule = {"SUP106", "indented-option-joins-previous", Severity::warning,
             "an indented option or header, which is part of the value above"},
    .check = check_indented_option_joins_previous
};

}  // namespace sup::lint
