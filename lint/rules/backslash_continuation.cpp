// SUP128: a backslash at the end of a line, which continues a line for a shell and nothing here.
#include "lint/lint.h"
#include "lint/rules/continuation.h"

namespace sup::lint {

namespace {

// Follows the quotes of a value through its lines.
class QuotesOfLines {
 public:
  // Whether the line ends with a backslash that is neither quoted nor meant for a shell in quotes.
  bool ends_with_backslash(std::string_view line) {
    bool is_escaped = false;
    for (const char c : line) {
      if (is_escaped) {
        is_escaped = false;
      } else if (c == '\\' && open_ != '\'') {
        is_escaped = true;
      } else if (open_ != '\0') {
        if (c == open_) open_ = '\0';
      } else if (c == '"' || c == '\'') {
        open_ = c;
      }
    }
    return is_escaped && open_ == '\0';
  }

 private:
  char open_ = '\0';
};

Span line_content(const compiler::Document& document, std::uint32_t line) {
  const compiler::Line place = document.line(line);
  return {document.source, place.content_begin, place.content_end};
}

void check_line_breaks(const Context& context, Diagnostics& out, const ConfigSection& section,
                       const ConfigEntry& entry) {
  const bool is_command = entry.key() == "command";
  Diagnostic* diagnostic = nullptr;
  QuotesOfLines quotes;
  Span above = context.value_span(entry);
  for (const std::uint32_t line : continuation_lines(context, entry)) {
    const Span next = line_content(context.document(entry), line);
    const std::string_view text = context.source_text(above);
    const Span backslash = {above.source, above.end - 1, above.end};
    above = next;
    if (!quotes.ends_with_backslash(text)) continue;
    const std::size_t kept = text.find_last_not_of(" \t", text.size() - 2);
    const auto length =
        static_cast<std::uint32_t>(text.size() - (kept == std::string_view::npos ? 0 : kept + 1));
    const compiler::Edit edit = {
        {backslash.source, backslash.end - length, backslash.end},
        ""
    };
    if (diagnostic != nullptr) {
      diagnostic->fixes.front().edits.push_back(edit);
      continue;
    }
    const bool is_error = is_command || context.has_error_in(context.whole_value(entry));
    diagnostic = &out.report(
        backslash_continuation.rule, is_error ? Severity::error : Severity::warning, backslash,
        "a backslash continues no line for Supervisor, the indentation does; " +
            (is_command ? "an argument of " + section.display() + " begins with a line break"
                        : in_backticks(entry.key()) + " of " + section.display() +
                              " has the backslash in it"));
    diagnostic->with_hint("remove it");
    diagnostic->fixes.push_back({"remove the backslashes", {edit}, true});
  }
}

void check_backslashes(const Context& context, Diagnostics& out) {
  for (const ConfigSection& section : context.sections()) {
    if (!section.has_continuation) continue;
    for (const ConfigEntry& entry : section.entries) {
      if (!entry.from_default) check_line_breaks(context, out, section, entry);
    }
  }
}

}  // namespace

const LintRule backslash_continuation = {
    .rule = {"SUP128", "backslash-continuation", Severity::warning,
             "a backslash at the end of a line, as if a shell read it"},
    .check = check_backslashes
};

}  // namespace sup::lint
