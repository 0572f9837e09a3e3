// SUP113, SUP119: patterns of [include] written as Supervisor does not read them.
#include "lint/include_patterns.h"

#include <algorithm>

#include "lint/lint.h"

namespace sup::lint {

namespace {

constexpr std::string_view quotes = "\"'";

// Places of `,` and `;` outside of [...].
std::vector<std::size_t> separators(std::string_view pattern) {
  std::vector<std::size_t> places;
  bool in_class = false;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == '[') in_class = pattern.find(']', i + 2) != std::string_view::npos;
    if (pattern[i] == ']') in_class = false;
    if (!in_class && (pattern[i] == ',' || pattern[i] == ';')) places.push_back(i);
  }
  return places;
}

// The pattern with blanks for separators, none at its ends.
std::string separated(std::string_view pattern, const std::vector<std::size_t>& places) {
  std::string text;
  std::size_t begin = 0;
  const auto add = [&](std::string_view part) {
    if (part.empty()) return;
    if (!text.empty()) text += ' ';
    text += part;
  };
  for (const std::size_t place : places) {
    add(pattern.substr(begin, place - begin));
    begin = place + 1;
  }
  add(pattern.substr(begin));
  return text;
}

bool is_shown(const Context& context, const IncludePattern& pattern) {
  return context.source_text(pattern.span) == pattern.written;
}

void check_commas(const Context& context, Diagnostics& out) {
  for (const IncludePattern& pattern : include_patterns(context)) {
    const auto places = separators(pattern.written);
    if (places.empty()) continue;
    auto& diagnostic =
        out.report(include_comma_separated.rule, pattern.span,
                   "[include] files: " + in_backticks(pattern.written) +
                       " is one pattern for Supervisor, commas and all; it matches nothing");
    if (pattern.written.find('{') != std::string_view::npos) {
      diagnostic.with_hint("there are no braces in patterns; write each pattern");
      continue;
    }
    diagnostic.with_hint("separate patterns by blanks");
    const std::string text = separated(pattern.written, places);
    if (is_shown(context, pattern))
      diagnostic.fix("write " + in_backticks(text), pattern.span, text, true);
  }
}

void check_shell(const Context& context, Diagnostics& out) {
  for (const IncludePattern& pattern : include_patterns(context)) {
    const std::string_view text = pattern.written;
    const bool is_quoted = quotes.find(text.front()) != std::string_view::npos ||
                           quotes.find(text.back()) != std::string_view::npos;
    const std::size_t first = std::min(text.find_first_not_of(quotes), text.size());
    const bool has_tilde = text.substr(first).starts_with('~');
    const bool has_variable = text.find('$') != std::string_view::npos;
    if (!is_quoted && !has_tilde && !has_variable) continue;
    const std::string_view what = has_tilde      ? "a `~` is no home folder here"
                                  : has_variable ? "variables are not replaced here"
                                                 : "quotes are part of the pattern here";
    auto& diagnostic = out.report(
        include_quoted_or_tilde.rule, pattern.span,
        "[include] files: " + std::string(what) + "; " + in_backticks(text) + " matches nothing");
    diagnostic.with_hint(has_tilde      ? "write the whole path"
                         : has_variable ? "write the path, or `%(ENV_NAME)s` for a variable"
                                        : "remove the quotes");
    const std::size_t last = text.find_last_not_of(quotes);
    if (!is_quoted || last == std::string_view::npos || !is_shown(context, pattern)) continue;
    const std::string plain(text.substr(first, last + 1 - first));
    diagnostic.fix("remove the quotes", pattern.span, plain, true);
  }
}

}  // namespace

const LintRule include_comma_separated = {
    .rule = {"SUP113", "include-comma-separated", Severity::warning,
             "patterns of [include] with commas between them"},
    .check = check_commas,
    .looks_at_whole = true
};

const LintRule include_quoted_or_tilde = {
    .rule = {"SUP119", "include-quoted-or-tilde", Severity::warning,
             "quotes, ~ or $VARIABLE in a pattern of [include]"},
    .check = check_shell,
    .looks_at_whole = true
};

}  // namespace sup::lint
