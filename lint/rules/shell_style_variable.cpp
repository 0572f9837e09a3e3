// SUP409: $NAME, ${NAME}, $(command) and backquotes, which Supervisor hands on as they stand.
#include <algorithm>
#include <array>

#include "lint/include_patterns.h"
#include "lint/lint.h"
#include "schema/text.h"

namespace sup::lint {

namespace {

constexpr bool is_upper(char c) { return (c >= 'A' && c <= 'Z') || c == '_'; }

constexpr bool is_shell_name(char c) {
  return is_upper(c) || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

struct Found {
  std::size_t begin = 0;
  std::size_t length = 0;
  std::string_view name;  // empty: a command
};

// The first of them from `at` on; length 0: there is none.
Found find_variable(std::string_view text, std::size_t at) {
  for (; at < text.size(); ++at) {
    if (text[at] == '`') {
      const std::size_t end = text.find('`', at + 1);
      if (end != std::string_view::npos) return {at, end + 1 - at, {}};
      continue;
    }
    if (text[at] != '$' || at + 1 == text.size()) continue;
    const char next = text[at + 1];
    const bool has_brace = next == '{';
    const std::size_t begin = at + (has_brace ? 2 : 1);
    if (next == '(') {
      const std::size_t end = text.find(')', at);
      if (end != std::string_view::npos) return {at, end + 1 - at, {}};
      continue;
    }
    if (begin == text.size() || !is_shell_name(text[begin]) ||
        (text[begin] >= '0' && text[begin] <= '9'))
      continue;
    std::size_t end = begin;
    while (end < text.size() && is_shell_name(text[end])) ++end;
    // ${NAME:-default} is the shell's, too; anything else in braces is not.
    const std::size_t close = has_brace ? text.find('}', end) : end;
    if (close == std::string_view::npos || (has_brace && close != end && text[end] != ':'))
      continue;
    return {at, close + (has_brace ? 1 : 0) - at, text.substr(begin, end - begin)};
  }
  return {};
}

// What nobody but a shell means: variables of the environment by their usual names.
bool is_environment_name(std::string_view name, bool has_brace) {
  constexpr std::array<std::string_view, 5> usual = {"HOME", "USER", "PWD", "PATH", "HOSTNAME"};
  if (std::find(usual.begin(), usual.end(), name) != usual.end()) return true;
  return has_brace && name.size() > 1 && std::all_of(name.begin(), name.end(), [](char c) {
           return is_upper(c) || (c >= '0' && c <= '9');
         });
}

// Whether a shell gets the command as a script: then the variables are right.
bool runs_script(std::string_view command) {
  constexpr std::array<std::string_view, 12> shells = {
      "sh", "bash", "dash", "zsh", "ksh", "ash", "fish", "su", "runuser", "csh", "tcsh", "eval"};
  bool has_shell = false;
  std::size_t at = 0;
  while (at < command.size()) {
    const std::size_t end = std::min(command.find_first_of(" \t\n\"'", at), command.size());
    const std::string_view word = command.substr(at, end - at);
    if (std::find(shells.begin(), shells.end(), file_name(word)) != shells.end()) has_shell = true;
    // -c, also as -lc and -exc
    if (has_shell && word.size() > 1 && word[0] == '-' && word[1] != '-' && word.back() == 'c')
      return true;
    at = end + 1;
  }
  return false;
}

// $@, $* and $1, perhaps in quotes.
bool is_argument_of_script(std::string_view word) {
  while (!word.empty() && (word.front() == '"' || word.front() == '\'')) word.remove_prefix(1);
  while (!word.empty() && (word.back() == '"' || word.back() == '\'')) word.remove_suffix(1);
  return word.size() == 2 && word[0] == '$' &&
         (word[1] == '@' || word[1] == '*' || (word[1] >= '0' && word[1] <= '9'));
}

std::string consequence_of(const ConfigEntry& entry, bool is_program) {
  if (is_program) return "the program of that name is not found";
  if (entry.key() == "command") return "the program gets it as it stands";
  return "it is part of the name";
}

void check_shell_style_variable(const Context& context, Diagnostics& out,
                                const ConfigSection& section, const ConfigEntry& entry) {
  const std::string_view text = entry.value;
  if (!context.has_any(entry, "$`")) return;
  const bool is_command = entry.key() == "command";
  if (is_command && runs_script(text)) return;
  const std::size_t program_end =
      is_command ? std::min(text.find_first_of(" \t\n"), text.size()) : 0;
  if (is_argument_of_script(text.substr(0, program_end))) {
    out.report(shell_style_variable.rule, context.value_part(entry, 0, program_end),
               section.display() + " command: " + in_backticks(text.substr(0, program_end)) +
                   " is not replaced, as no shell reads it; " + consequence_of(entry, true))
        .with_hint("write the program that a script was given there");
    return;
  }
  for (Found found = find_variable(text, 0); found.length != 0;
       found = find_variable(text, found.begin + found.length)) {
    const bool is_program = found.begin < program_end;
    const bool has_brace = text.substr(found.begin).starts_with("${");
    const bool is_error = !is_command || is_program;
    // Programs may replace $x themselves; nobody replaces what a path is made of.
    if (!is_error && !is_environment_name(found.name, has_brace)) continue;
    const std::string_view written = text.substr(found.begin, found.length);
    const bool is_plain = !found.name.empty() && written.find(':') == std::string_view::npos;
    auto& diagnostic = out.report(
        shell_style_variable.rule, is_error ? Severity::error : Severity::warning,
        context.value_part(entry, found.begin, found.length),
        section.display() + " " + std::string(entry.key()) + ": " + in_backticks(written) +
            " is not replaced, as no shell reads it; " + consequence_of(entry, is_program));
    if (found.name.empty()) {
      diagnostic.with_hint(is_command ? "let `sh -c` run it" : "write the path");
    } else {
      const std::string expansion = "%(ENV_" + std::string(found.name) + ")s";
      diagnostic.with_hint("write " + in_backticks(expansion) +
                           (is_command ? ", or let `sh -c` run it" : ""));
      if (is_plain && context.is_single_line(entry))
        diagnostic.fix("write " + in_backticks(expansion),
                       context.value_part(entry, found.begin, found.length), expansion, false);
    }
    return;  // the others of the value are the same mistake
  }
}

}  // namespace

const LintRule shell_style_variable = {
    .rule = {"SUP409", "shell-style-variable", Severity::error,
             "$NAME or $(command) where no shell reads it"},
    .check_value = check_shell_style_variable,
    .options = { "command", "directory", "stdout_logfile", "stderr_logfile",                      "file", "logfile",
             "pidfile", "childlogdir"}
};

}  // namespace sup::lint
