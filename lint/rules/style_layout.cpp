// SUP1503 to SUP1505, SUP1509, SUP1510: how a file is laid out. Asked with --style.
#include <algorithm>
#include <array>
#include <optional>
#include <string>

#include "lint/lint.h"
#include "schema/text.h"

namespace sup::lint {

namespace {

using compiler::Document;
using compiler::LineKind;

// Where options belong, by how their names begin; others may stand anywhere.
struct OrderRow {
  std::string_view prefix;
  int rank;
};

constexpr std::array order = {
    OrderRow{"command",     0},
    OrderRow{"process",     1},
    OrderRow{"numprocs",    1},
    OrderRow{"priority",    1},
    OrderRow{"auto",        2},
    OrderRow{"start",       2},
    OrderRow{"exit",        2},
    OrderRow{"stop",        3},
    OrderRow{"kill",        3},
    OrderRow{"redirect",    4},
    OrderRow{"stdout",      4},
    OrderRow{"stderr",      4},
    OrderRow{"environment", 5}
};

std::optional<int> rank_of(std::string_view option) {
  const auto* row = std::find_if(order.begin(), order.end(), [&](const OrderRow& each) {
    return option.starts_with(each.prefix);
  });
  return row == order.end() ? std::nullopt : std::optional(row->rank);
}

void check_order(const Context& context, Diagnostics& out) {
  context.each_process_section([&](const ConfigSection& section) {
    if (section.headers.size() != 1) return;
    const ConfigEntry* last = nullptr;
    int highest = 0;
    bool is_first = true;
    for (const ConfigEntry& entry : section.entries) {
      if (entry.option() == nullptr || entry.from_default) continue;
      const bool is_late_command = entry.option()->name == "command" && !is_first;
      is_first = false;
      const auto rank = rank_of(entry.option()->name);
      if (is_late_command || (rank && *rank < highest)) {
        auto& diagnostic = out.report(
            option_order.rule, context.key_span(entry),
            in_backticks(context.key_text(entry)) + " of " + section.display() + " stands late");
        diagnostic.with_hint(
            "begin with the command; then process, start, stop, logs, environment");
        if (last != nullptr && !is_late_command)
          diagnostic.label(context.key_span(*last), "it belongs before this");
        return;
      }
      if (!rank || *rank < highest) continue;
      highest = *rank;
      last = &entry;
    }
  });
}

// How the delimiter of an entry is set.
struct Layout {
  std::uint32_t before = 0;  // blanks
  std::uint32_t after = 0;
  std::uint32_t column = 0;
};

Layout layout_of(const Context& context, const ConfigEntry& entry) {
  const compiler::Entry written = context.written(entry);
  const std::uint32_t begin = context.document(entry).line_begin(written.line);
  Layout layout;
  layout.before = written.delimiter.begin - written.key.end;
  layout.after = written.value.begin - written.delimiter.end;
  layout.column = written.delimiter.begin - begin;
  return layout;
}

void check_alignment(const Context& context, Diagnostics& out) {
  for (const ConfigSection& section : context.sections()) {
    if (!section.name || section.headers.size() != 1) continue;
    const ConfigEntry* other = nullptr;
    bool same_column = true;
    std::optional<Layout> first;
    for (const ConfigEntry& entry : section.entries) {
      if (entry.from_default || context.source_text(context.value_span(entry)).empty()) continue;
      const Layout layout = layout_of(context, entry);
      if (!first) first = layout;
      same_column = same_column && layout.column == first->column;
      if (other == nullptr && (layout.before != first->before || layout.after != first->after))
        other = &entry;
    }
    if (other == nullptr || same_column) continue;
    out.report(key_alignment.rule, context.key_span(*other),
               "the blanks around the delimiters of " + section.display() + " differ")
        .with_hint("write all alike, or all delimiters in one column");
  }
}

void check_line_ends(const Context& context, Diagnostics& out) {
  for (const auto& file : context.compilation().files.files) {
    const std::string_view text = context.sources()[file.source].bytes;
    const std::size_t at = text.find("\r\n");
    if (at == std::string::npos) continue;
    std::string plain;
    plain.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i)
      if (text[i] != '\r' || text.compare(i, 2, "\r\n") != 0) plain += text[i];
    const auto place = static_cast<std::uint32_t>(at);
    out.report(crlf_line_endings.rule, {file.source, place, place},
               "lines end as on Windows, with a carriage return")
        .with_hint("write plain line ends")
        .fix("remove the carriage returns",
             {file.source, 0, static_cast<std::uint32_t>(text.size())}, std::move(plain), true);
  }
}

// The text of a comment line without its sign; empty for others, and for lines of signs alone.
std::string_view comment_text(const Context& context, const Document& document,
                              std::uint32_t index) {
  if (document.line_kind(index) != LineKind::comment) return {};
  const compiler::Line line = document.line(index);
  std::string_view text =
      schema::strip(context.source_text({document.source, line.begin, line.end}));
  const std::size_t begin = text.find_first_not_of(";#-=* \t");
  return begin == std::string_view::npos ? std::string_view{} : text.substr(begin);
}

void check_comments(const Context& context, Diagnostics& out) {
  for (const auto& file : context.compilation().files.files) {
    const Document& document = file.document;
    char first = 0;
    for (std::uint32_t i = 0; i < document.line_count(); ++i) {
      if (comment_text(context, document, i).empty()) continue;
      const compiler::Line line = document.line(i);
      const char sign = context.sources()[file.source].bytes.view()[line.comment_begin];
      if (first == 0) first = sign;
      if (sign == first) continue;
      out.report(comment_style.rule, {file.source, line.comment_begin, line.comment_begin + 1},
                 "comments of this file begin with " + in_backticks(std::string_view(&first, 1)) +
                     " and with " + in_backticks(std::string_view(&sign, 1)))
          .with_hint("use one of them; Supervisor's own files have `;`");
      break;
    }
  }
}

void check_description(const Context& context, Diagnostics& out) {
  context.each_process_section([&](const ConfigSection& section) {
    const Span& header = section.headers.front();
    const Document& document = context.config().files->files[section.header_files.front()].document;
    const auto found =
        std::lower_bound(document.sections.begin(), document.sections.end(), header.begin,
                         [](const compiler::SectionHeader& each, std::uint32_t at) {
                           return each.header.begin < at;
                         });
    if (found == document.sections.end()) return;
    const std::uint32_t line = found->line;
    const bool is_described =
        document.has_comment(line) ||
        (line > 0 && !comment_text(context, document, line - 1).empty()) ||
        (line + 1 < document.line_count() && !comment_text(context, document, line + 1).empty());
    if (is_described) return;
    out.report(missing_description_comment.rule, header,
               "no comment says what " + section.display() + " is for")
        .with_hint("add a comment above it");
  });
}

}  // namespace

const LintRule option_order = {
    .rule = {"SUP1503", "option-order", Severity::style, "options in an unusual order"},
    .check = check_order
};

const LintRule key_alignment = {
    .rule = {"SUP1504", "key-alignment", Severity::style, "uneven blanks around delimiters"},
    .check = check_alignment
};

const LintRule crlf_line_endings = {
    .rule = {"SUP1505", "crlf-line-endings", Severity::style, "line ends of Windows"},
    .check = check_line_ends,
    .looks_at_whole = true
};

const LintRule comment_style = {
    .rule = {"SUP1509", "comment-style", Severity::style, "comments with ; and with #"},
    .check = check_comments,
    .looks_at_whole = true
};

const LintRule missing_description_comment = {
    .rule = {"SUP1510", "missing-description-comment", Severity::style,
             "a section that nobody explains"},
    .check = check_description
};

}  // namespace sup::lint
