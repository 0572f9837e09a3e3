// SUP903, SUP904, SUP909: a list as Dockerfiles have it, a shell's signs in a command without a
// shell, or outside of its script.
#include <algorithm>
#include <array>
#include <span>
#include <string>
#include <vector>

#include "lint/lint.h"
#include "lint/shell_words.h"

namespace sup::lint {

namespace {

// Programs that take such words as arguments.
bool takes_operators(const CommandLine& command) {
  constexpr std::array<std::string_view, 8> programs = {"find",  "expr",     "jq",   "xargs",
                                                        "watch", "parallel", "test", "["};
  return std::any_of(command.words.begin(), command.words.end(), [&](const Word& word) {
    return std::find(programs.begin(), programs.end(), base_name(word)) != programs.end();
  });
}

const Word* first_operator(const CommandLine& command, std::size_t from) {
  for (std::size_t i = from; i < command.words.size(); ++i) {
    const Word& word = command.words[i];
    if (is_shell_operator(word)) return &word;
    // "cd /app; ./run"
    if (!word.is_quoted && word.text.size() > 1 && word.text.ends_with(';') &&
        !word.text.ends_with("\\;") && i + 1 < command.words.size() && i > 0)
      return &word;
  }
  return nullptr;
}

// The two words of `daemon off;` in `nginx -g daemon off;`: -g takes one, and what follows is
// refused. Empty if it is not so.
std::span<const Word> bare_directives(const CommandLine& command) {
  if (command.script || (command.program != "nginx" && command.program != "openresty")) return {};
  const auto is_bare = [](const Word& word) {
    return !word.is_quoted && !word.is_open && word.text.find(' ') == std::string::npos;
  };
  for (std::size_t i = 1; i + 2 < command.argv.size(); ++i) {
    const Word& first = command.argv[i + 1];
    const Word& second = command.argv[i + 2];
    if (command.argv[i].text == "-g" && is_bare(first) && is_bare(second) &&
        !first.text.ends_with(';') && !second.text.starts_with('-'))
      return command.argv.subspan(i + 1, 2);
  }
  return {};
}

void offer_shell(const Context& context, Diagnostic& diagnostic, const ConfigEntry& entry) {
  if (!context.is_single_line(entry) ||
      entry.value.find_first_of("\"\\$`") != std::string_view::npos)
    return;
  const Script script = parse_script(entry.value, 0, entry.value.size(), true);
  if (script.is_compound || script.steps.empty()) return;
  const ScriptStep& last = script.steps.back();
  const bool is_list = script.steps.size() == 1 ||
                       script.steps[script.steps.size() - 2].next == Joint::both ||
                       script.steps[script.steps.size() - 2].next == Joint::sequence;
  std::string text(entry.value);
  if (is_list && last.next == Joint::end) text.insert(last.words.front().begin, "exec ");
  diagnostic.fix("run it by a shell", context.value_span(entry), "/bin/sh -c \"" + text + "\"",
                 false);
}

void check_syntax(const Context& context, Diagnostics& out, const ConfigSection& section,
                  const ConfigEntry& entry) {
  // Only a value that is not known yet can bring a sign in.
  if (!entry.is_template && !context.has_any(entry, ";|&<>")) return;
  const CommandLine& command = context.command(section, entry);
  if (command.words.size() < 2 || !command.error.empty() || command.script ||
      is_shell(base_name(command.words[0])) || is_shell_builtin(command.words[0].text) ||
      takes_operators(command) || command.wrapper("su") != nullptr ||
      !bare_directives(command).empty())
    return;
  const Word* sign = first_operator(command, 1);
  if (sign == nullptr) return;
  auto& diagnostic =
      out.report(command_shell_syntax.rule, context.place_of(entry, *sign),
                 in_backticks(sign->text) + " is handed to " + in_backticks(command.words[0].text) +
                     " as an argument, as no shell runs " + section.display());
  const bool redirects = sign->text.find_first_of("<>") != std::string::npos;
  diagnostic.with_hint(redirects ? "write `stdout_logfile=` and `redirect_stderr=true`, or "
                                   "`sh -c \"exec ...\"`"
                                 : "write `sh -c \"...\"`, or a script");
  offer_shell(context, diagnostic, entry);
}

void check_script(const Context& context, Diagnostics& out, const ConfigSection& section,
                  const ConfigEntry& entry, const CommandLine& command) {
  if (command.script_word == 0 || command.script_word + 1 >= command.words.size()) return;
  const Word& script = command.words[command.script_word];
  const bool is_bare = !script.is_quoted && !script.is_open;
  const Word* sign = first_operator(command, command.script_word + 1);
  if (!is_bare || (sign == nullptr && !is_shell_builtin(script.text))) return;
  const Word& next = command.words[command.script_word + 1];
  auto& diagnostic = out.report(
      sh_c_script_not_quoted.rule,
      context.value_part(entry, script.begin, command.words.back().end - script.begin),
      "only " + in_backticks(script.text) + " is the script of the shell; " +
          in_backticks(next.text) + " and what follows are its arguments in " + section.display());
  diagnostic.with_hint("put the script into quotes");
  const std::string_view rest = entry.value.substr(script.begin);
  if (context.is_single_line(entry) && rest.find_first_of("\"\\$`") == std::string_view::npos)
    diagnostic.fix("put the script into quotes",
                   context.value_part(entry, script.begin, rest.size()),
                   "\"" + std::string(rest) + "\"", false);
}

void check_directives(const Context& context, Diagnostics& out, const ConfigSection& section,
                      const ConfigEntry& entry, const CommandLine& command) {
  const std::span<const Word> words = bare_directives(command);
  if (words.empty()) return;
  const std::size_t length = words.back().end - words.front().begin;
  const Span place = context.value_part(entry, words.front().begin, length);
  auto& diagnostic =
      out.report(sh_c_script_not_quoted.rule, Severity::error, place,
                 "only " + in_backticks(words.front().text) + " is what `-g` takes; " +
                     in_backticks(command.program) + " refuses " + in_backticks(words.back().text) +
                     ", and " + section.display() + " will be FATAL");
  diagnostic.with_hint("put the directives into quotes");
  if (!context.is_single_line(entry)) return;
  const std::string text(entry.value.substr(words.front().begin, length));
  diagnostic.fix("put the directives into quotes", place,
                 '"' + text + (text.ends_with(';') ? "\"" : ";\""), false);
}

void check_quotes(const Context& context, Diagnostics& out, const ConfigSection& section,
                  const ConfigEntry& entry) {
  const CommandLine& command = context.command(section, entry);
  if (!command.error.empty()) return;
  if (command.script) {
    check_script(context, out, section, entry, command);
  } else {
    check_directives(context, out, section, entry, command);
  }
}

// The words of ["nginx", "-g", "daemon off;"], a list as Dockerfiles and programs have them;
// nothing if it is none. `[ "x" ]` is a call of the program `[`.
std::vector<std::string> list_words(std::string_view text) {
  if (text.size() < 4 || text.front() != '[' || text.back() != ']' ||
      (text[1] == ' ' && text.find(',') == std::string_view::npos))
    return {};
  const auto skip_blanks = [&](std::size_t at) {
    return std::min(text.find_first_not_of(" \t\n", at), text.size() - 1);
  };
  std::vector<std::string> words;
  std::size_t at = skip_blanks(1);
  for (;;) {
    const char quote = text[at];
    const std::size_t end = text.find(quote, at + 1);
    if ((quote != '"' && quote != '\'') || end == std::string_view::npos) return {};
    words.emplace_back(text.substr(at + 1, end - at - 1));
    at = skip_blanks(end + 1);
    if (at == text.size() - 1) return words;
    if (text[at] != ',') return {};
    at = skip_blanks(at + 1);
  }
}

void check_list(const Context& context, Diagnostics& out, const ConfigSection& section,
                const ConfigEntry& entry) {
  const std::vector<std::string> words = list_words(entry.value);
  if (words.empty()) return;
  auto& diagnostic =
      out.report(command_list.rule, context.value_place(entry),
                 "this is a list as a Dockerfile has it, which Supervisor does not read; " +
                     section.display() + " will be FATAL");
  std::string line;
  for (const std::string& word : words) {
    const bool is_plain = !word.empty() && word.find_first_of(" \t;#") == std::string::npos;
    line += (line.empty() ? "" : " ") + (is_plain ? word : '"' + word + '"');
  }
  diagnostic.with_hint("write the words with blanks between them");
  // What begins a comment behind a blank does so in quotes, too.
  if (context.is_single_line(entry) && line.find_first_of("\\'`") == std::string::npos &&
      line.find(" ;") == std::string::npos && line.find(" #") == std::string::npos)
    diagnostic.fix("write the words with blanks between them", context.value_span(entry), line,
                   true);
}

}  // namespace

const LintRule command_list = {
    .rule = {"SUP903",         "command-fully-quoted", Severity::error, "quotes around the whole command"},
    .check_value = check_list,
    .options = {"command"}
};

const LintRule command_shell_syntax = {
    .rule = {"SUP904",         "command-shell-syntax", Severity::error,
             "signs of the shell in a command without a shell"},
    .check_value = check_syntax,
    .options = {"command"}
};

const LintRule sh_c_script_not_quoted = {
    .rule = {"SUP909",           "sh-c-script-not-quoted", Severity::warning,
             "the script of sh -c, or what nginx -g takes, is not in quotes"},
    .check_value = check_quotes,
    .options = {"command"}
};

}  // namespace sup::lint
