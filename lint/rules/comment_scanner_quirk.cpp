// SUP1307: a value in which Python overlooks the sign of a comment.
#include "lint/lint.h"

namespace sup::lint {

namespace {

using compiler::Document;

bool is_sign(char c) { return c == ';' || c == '#'; }

// The first sign after a blank; npos if there is none.
std::size_t find_comment(std::string_view text) {
  for (std::size_t i = 1; i < text.size(); ++i)
    if (is_sign(text[i]) && (text[i - 1] == ' ' || text[i - 1] == '\t')) return i;
  return std::string_view::npos;
}

void check_scanned(const Context& context, Diagnostics& out, const ConfigSection& section,
                   const ConfigEntry& entry) {
  const Document& document = context.document(entry);
  const std::uint32_t first = document.entry_line(entry.entry);
  if (!document.has_comment(first)) return;
  const compiler::Line line = document.line(first);
  // Up to the comment that Python found; a sign after a blank in it is one that it did not see.
  const Span kept = {document.source, context.value_span(entry).begin, line.content_end};
  if (kept.begin >= kept.end) return;
  const std::size_t at = find_comment(context.source_text(kept));
  if (at == std::string_view::npos) return;
  const auto place = kept.begin + static_cast<std::uint32_t>(at);
  out.report(comment_scanner_quirk.rule, {kept.source, place, place + 1},
             section.display() + " " + std::string(entry.key()) +
                 ": Python does not see this sign of a comment, as it counts `;` and `#` in step, "
                 "and cuts the value at a later one")
      .with_hint("write no blank before the sign, or remove the text");
}

void check_comment_scanner_quirk(const Context& context, Diagnostics& out) {
  for (const ConfigSection& section : context.sections()) {
    if (!section.name || !section.has_comment) continue;
    for (const ConfigEntry& entry : section.entries)
      if (entry.option() != nullptr && !entry.overridden && !entry.from_default)
        check_scanned(context, out, section, entry);
  }
}

}  // namespace

const LintRule comment_scanner_quirk = {
    .rule = {"SUP1307", "comment-scanner-quirk", Severity::info,
             "a value with signs of comments of which Python misses one"},
    .check = check_comment_scanner_quirk
};

}  // namespace sup::lint
