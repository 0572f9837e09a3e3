#include "compiler/ini/report.h"

#include <algorithm>
#include <optional>

#include "compiler/compiler_rules.h"
#include "schema/text.h"

namespace sup::compiler {
namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

void report_junk(SourceId source, std::string_view text, const Line& line, schema::Target target,
                 Diagnostics& diagnostics) {
  const std::string_view content =
      text.substr(line.content_begin, line.content_end - line.content_begin);
  const bool header = content.starts_with('[');
  const bool no_name = header && schema::strip(content).ends_with(']');
  const bool no_key = content.starts_with('=') || content.starts_with(':');
  // The first lines of a section; elsewhere Python 2 takes them for parts of a value.
  if (line.begin < line.content_begin && target == schema::Target::v3_4) {
    diagnostics
        .report(compiler_rule("unparsable-line"), {source, line.content_begin, line.content_end},
                "an indented line behind a section header; Supervisor 3 refuses the file")
        .with_hint("remove the blanks in front of it")
        .fix("remove the blanks", {source, line.begin, line.content_begin}, "", false);
    return;
  }
  Diagnostic& made = diagnostics.report(
      compiler_rule("unparsable-line"), {source, line.content_begin, line.content_end},
      no_name  ? "a section header without a name; Supervisor refuses the file"
      : header ? "a section header without its closing bracket; Supervisor refuses the file"
      : no_key ? "a value without a key; Supervisor refuses the file"
               : "neither a [section] nor key=value; Supervisor refuses the file");
  made.with_hint(no_name  ? "write a name between the brackets"
                 : header ? "close the bracket"
                 : no_key ? "write a key in front of it"
                          : "a further line of a value must be indented");
  if (header && !no_name)
    made.fix("close the bracket", {source, line.content_end, line.content_end}, "]", false);
}

// A header behind a comment sign, the last one above what has no section.
std::optional<Span> commented_header(const Document& document, std::string_view text) {
  for (std::uint32_t i = document.junk_before_header.front(); i-- > 0;) {
    if (document.line_kind(i) != LineKind::comment) continue;
    const Line line = document.line(i);
    const std::string_view comment =
        schema::strip(text.substr(line.comment_begin, line.end - line.comment_begin));
    const std::size_t open = comment.find_first_not_of(";# \t");
    if (open == std::string_view::npos || comment[open] != '[' || !comment.ends_with(']')) continue;
    const auto size = static_cast<std::uint32_t>(comment.size());
    return Span{document.source, line.comment_begin, line.comment_begin + size};
  }
  return std::nullopt;
}

// The language of a text that begins like no INI file; empty if it cannot be told.
std::string_view other_language(const Document& document, std::string_view text) {
  constexpr std::size_t looked_at = 20;  // lines of a text that may be long
  for (std::size_t i = 0; i < std::min(looked_at, document.junk_before_header.size()); ++i) {
    const Line line = document.line(document.junk_before_header[i]);
    const std::string_view content =
        text.substr(line.content_begin, line.content_end - line.content_begin);
    if (content.starts_with("---") || content.starts_with("- ") || content.ends_with(':'))
      return "YAML";
    if (i == 0 && content.starts_with('{')) return "JSON";
    if (i == 0 && content.starts_with('<')) return "XML";
  }
  const bool has_table = std::any_of(
      document.sections.begin(), document.sections.end(),
      [&](const SectionHeader& header) { return text.substr(header.name.begin).starts_with('['); });
  return has_table ? "TOML" : "";
}

}  // namespace

void report_unreadable(const Document& document, const SourceMap& sources, schema::Target target,
                       Diagnostics& diagnostics) {
  const SourceId source = document.source;
  const std::string_view text = sources[source].bytes;
  if (document.has_wide_sign && text.starts_with(byte_order_mark)) {
    diagnostics
        .report(compiler_rule("not-plain-utf8"), {source, 0, 3},
                "the file begins with a byte order mark; Supervisor takes it for text and "
                "refuses the file")
        .with_hint("remove these three bytes")
        .fix("remove the byte order mark", {source, 0, 3}, "", true);
    return;  // the first header is spoilt by it, which is no other mistake
  }
  const bool may_be_invalid = document.has_wide_sign && target != schema::Target::v3_4;
  if (const auto at = may_be_invalid ? schema::invalid_utf8(text) : std::nullopt) {
    const auto begin = static_cast<std::uint32_t>(*at);
    diagnostics
        .report(compiler_rule("not-plain-utf8"), {source, begin, begin + 1},
                "the file is not UTF-8; Supervisor refuses it")
        .with_hint("this byte begins no character");
    return;
  }
  if (!document.junk_before_header.empty()) {
    const Line line = document.line(document.junk_before_header.front());
    const std::string language(other_language(document, text));
    Diagnostic& made = diagnostics
                           .report(compiler_rule("missing-section-header"),
                                   {source, line.content_begin, line.content_end},
                                   "text before the first section; Supervisor refuses the file")
                           .with_hint(language.empty() ? "a [section] must stand above it"
                                                       : "this looks like " + language +
                                                             "; configurations are INI files");
    if (const auto header = commented_header(document, text))
      made.label(*header, "this header is a comment");
    return;  // Python reads no further
  }
  for (const std::uint32_t index : document.junk)
    report_junk(source, text, document.line(index), target, diagnostics);
}

}  // namespace sup::compiler
