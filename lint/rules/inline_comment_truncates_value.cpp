// SUP105: a blank and ; or # inside a value, where Supervisor cuts it.
//
// Comments after values are common and right, so the rule speaks only where what is cut off cannot
// be one: inside open quotes, or where it reads like the rest of a command, a variable or a
// password.
#include <algorithm>
#include <array>

#include "lint/lint.h"
#include "schema/text.h"

namespace sup::lint {

namespace {

using compiler::Document;
using compiler::Line;

// Follows quotes and backslashes as the shell's splitting does.
class Quotes {
 public:
  explicit Quotes(char open = 0) : open_(open) {}

  void add(char c) {
    if (is_escaped_) {
      is_escaped_ = false;
    } else if (c == '\\' && open_ != '\'') {
      is_escaped_ = true;
    } else if (open_ != 0) {
      if (c == open_) open_ = 0;
    } else if (c == '"' || c == '\'') {
      open_ = c;
    }
  }

  char open() const { return open_; }

 private:
  char open_;
  bool is_escaped_ = false;
};

// The quote that is open at the end of `text`, or 0.
char open_quote(std::string_view text, char open) {
  Quotes quotes(open);
  for (const char c : text) quotes.add(c);
  return quotes.open();
}

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// NAME=x
bool looks_like_variable(std::string_view text) {
  std::size_t end = 0;
  while (end < text.size() && (is_letter(text[end]) || (end > 0 && is_digit(text[end])))) ++end;
  return end > 0 && end + 1 < text.size() && text[end] == '=' && text[end + 1] != ' ';
}

// The first word of what is cut off cannot start a remark.
bool looks_like_command(std::string_view text) {
  if (text.starts_with("./") || text.starts_with("../") || text.starts_with("&&") ||
      text.starts_with("||") || looks_like_variable(text)) {
    return true;
  }
  if (text.size() > 1 && (text[0] == '/' || text[0] == '$') && is_letter(text[1])) return true;
  const std::size_t dashes = text.find_first_not_of('-');
  if ((dashes == 1 || dashes == 2) && is_letter(text[dashes])) return true;
  const std::string_view word = text.substr(0, text.find(' '));
  constexpr std::array<std::string_view, 3> closing = {"done", "fi", "esac"};
  if (std::find(closing.begin(), closing.end(), word) != closing.end()) return true;
  const std::string_view next = schema::strip(text.substr(word.size()));
  if (next.empty()) return false;
  if (word == "sleep" || word == "exit") return is_digit(next.front());
  if (word == "cd" || word == "exec" || word == "source") return next.find('/') == 0;
  return false;
}

bool ends_with_operator(std::string_view kept) {
  return kept.ends_with("&&") || kept.ends_with('|') || kept.ends_with('\\') || kept.ends_with('=');
}

bool is_part_of_value(std::string_view key, std::string_view kept, std::string_view comment) {
  const char sign = comment.front();
  const std::string_view rest = schema::strip(comment.substr(1));
  if (rest.empty()) return false;
  const bool has_blank = rest.size() < comment.size() - 1;
  if (key == "command") {
    const bool is_color =
        sign == '#' && !has_blank &&
        rest.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos &&
        rest.size() % 3 == 0;
    return is_color || ends_with_operator(kept) || looks_like_command(rest);
  }
  if (key == "environment") return kept.ends_with('=') || looks_like_variable(rest);
  if (key == "password") return !has_blank && rest.find(' ') == std::string_view::npos;
  return false;
}

// "x ; y" in the quotes of a shell script means the same without the blank, and is not cut then.
void offer_closing_up(const Context& context, Diagnostic& diagnostic, const ConfigEntry& entry,
                      const Document& document, const Line& line) {
  if (entry.key() != "command" || !context.is_single_line(entry)) return;
  const std::uint32_t end = line.end;
  const Span raw = {document.source, context.value_span(entry).begin, end};
  const std::string_view text = schema::strip_right(context.source_text(raw));
  if (text.find(" #") != std::string_view::npos || text.find("\t#") != std::string_view::npos) {
    return;
  }
  compiler::Fix fix;
  fix.title = "remove the blank before `;`";
  std::string closed;
  Quotes quotes;
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::size_t sign = i;
    while (sign < text.size() && (text[sign] == ' ' || text[sign] == '\t')) ++sign;
    if (sign != i && sign < text.size() && text[sign] == ';') {
      if (quotes.open() == 0) break;  // a real comment from here
      const auto begin = raw.begin + static_cast<std::uint32_t>(i);
      fix.edits.push_back({
          {document.source, begin, begin + static_cast<std::uint32_t>(sign - i)},
          ""
      });
      i = sign;
    } else if (sign != i) {
      closed.append(text, i, sign - i - 1);
      i = sign - 1;
    }
    quotes.add(text[i]);
    closed += text[i];
  }
  std::string error;
  fix.safe =
      closed.find(" -c ") != std::string::npos && schema::split_command(closed, error).has_value();
  diagnostic.fixes.push_back(std::move(fix));
}

void check_cut_off(const Context& context, Diagnostics& out, const ConfigSection& section,
                   const ConfigEntry& entry) {
  const Document& document = context.document(entry);
  const std::uint32_t first = document.entry_line(entry.entry);
  if (!document.has_continuation(entry.entry) && !document.has_comment(first)) return;
  const bool has_quotes = entry.key() == "command" || entry.key() == "environment";
  const Span lines = context.whole_lines(entry);
  char open = 0;
  for (std::uint32_t i = first; i < document.line_count() && document.line_begin(i) < lines.end;
       ++i) {
    const compiler::Line line = document.line(i);
    if (line.kind != compiler::LineKind::entry && line.kind != compiler::LineKind::continuation) {
      continue;
    }
    const std::uint32_t begin = i == first ? context.value_span(entry).begin : line.content_begin;
    const std::string_view kept =
        begin < line.content_end ? context.source_text({document.source, begin, line.content_end})
                                 : std::string_view{};
    const std::string_view before = open != 0 && has_quotes ? "..." : "";
    open = open_quote(kept, has_quotes ? open : '\0');
    const Span comment_place = {document.source, line.comment_begin, line.end};
    const std::string_view comment = line.comment_begin < line.end
                                         ? schema::strip_right(context.source_text(comment_place))
                                         : std::string_view{};
    if (comment.empty() || (comment.front() != ';' && comment.front() != '#')) continue;
    const bool starts_quoted = !kept.empty() && (kept.front() == '"' || kept.front() == '\'');
    const bool is_open =
        open != 0 && (has_quotes || (starts_quoted && open == kept.front())) &&
        (comment.find(open) != std::string_view::npos || has_quotes || !before.empty());
    if (!is_open && !is_part_of_value(entry.key(), kept, comment)) continue;
    auto& diagnostic = out.report(inline_comment_truncates_value.rule,
                                  is_open && has_quotes ? Severity::error : Severity::warning,
                                  {document.source, line.comment_begin,
                                   line.comment_begin + static_cast<std::uint32_t>(comment.size())},
                                  "a comment starts here and cuts the value of " +
                                      in_backticks(context.key_text(entry)) + " in " +
                                      section.display() + (is_open ? " inside quotes" : ""));
    diagnostic.with_hint(std::string("a `") + comment.front() +
                         "` after a blank starts a comment, quotes or not");
    if (is_open && comment.front() == ';') {
      offer_closing_up(context, diagnostic, entry, document, line);
    }
    return;
  }
}

void check_inline_comment_truncates_value(const Context& context, Diagnostics& out) {
  for (const ConfigSection& section : context.sections()) {
    if (!section.name || (!section.has_comment && !section.has_continuation)) continue;
    for (const ConfigEntry& entry : section.entries)
      if (entry.option() != nullptr && !entry.overridden && !entry.from_default)
        check_cut_off(context, out, section, entry);
  }
}

}  // namespace

const LintRule inline_comment_truncates_value = {
    .rule = {"SUP105", "inline-comment-truncates-value", Severity::warning,
             "a ; or # after a blank that cuts a value"},
    .check = check_inline_comment_truncates_value
};

}  // namespace sup::lint
