// SUP811: a shell between Supervisor and the program.
#include <algorithm>
#include <array>

#include "lint/lint.h"

namespace sup::lint {

namespace {

// Commands that the shell runs itself, keywords, and those that are over soon.
bool is_harmless(std::string_view name) {
  constexpr std::array<std::string_view, 40> names = {
      "cd",   "source", ".",    "export", "ulimit", "umask", "alias", "eval",   "exec", "set",
      "trap", "wait",   "exit", "read",   "true",   ":",     "echo",  "printf", "kill", "sleep",
      "if",   "then",   "else", "elif",   "fi",     "for",   "while", "until",  "do",   "done",
      "case", "esac",   "[",    "[[",     "test",   "false", "break", "{",      "}",    "!"};
  return std::find(names.begin(), names.end(), name) != names.end();
}

// Whether some step starts a program of its own.
bool starts_program(const ScriptStep& step) {
  bool may_be_command = true;
  for (const Word& word : step.words) {
    if (!may_be_command) return false;
    if (!is_harmless(word.text) || word.is_quoted) return true;
    // A keyword stands before a command; behind the name of a builtin stand arguments.
    may_be_command = word.text == "then" || word.text == "else" || word.text == "elif" ||
                     word.text == "if" || word.text == "do" || word.text == "while" ||
                     word.text == "until" || word.text == "{" || word.text == "!";
  }
  return false;
}

// Whether the shell stays while a command of its script runs.
bool keeps_child(const Script& script) {
  if (script.steps.empty() || script.has_trap ||
      std::none_of(script.steps.begin(), script.steps.end(), starts_program))
    return false;
  const ScriptStep& last = script.steps.back();
  if (script.is_compound) {
    return std::none_of(script.steps.begin(), script.steps.end(), [](const ScriptStep& step) {
      return step.words.front().text == "exec" && step.words.size() > 1;
    });
  }
  if (script.steps.size() < 2 || last.next == Joint::background) return false;
  return last.words.front().text != "exec" && last.words.front().text != "disown";
}

// Whether `exec` may be put before it without a look at what it is.
bool is_plain_program(const Word& word) {
  return !word.is_open && !is_harmless(word.text) &&
         word.text.find_first_not_of(
             "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
             "0123456789_-+./") == std::string::npos;
}

// Whether bash, from 5.1 on, becomes the last command of such a script by itself.
bool is_left_by_bash(const Script& script) {
  return !script.is_compound && script.steps.size() > 1 &&
         script.steps[script.steps.size() - 2].next != Joint::pipe &&
         !script.steps.back().has_redirection;
}

void offer_exec(const Context& context, Diagnostic& diagnostic, const ConfigEntry& entry,
                const Script& script) {
  const ScriptStep& last = script.steps.back();
  const Joint before = script.steps[script.steps.size() - 2].next;
  if (script.is_compound || before == Joint::pipe || before == Joint::either ||
      before == Joint::background || !is_plain_program(last.words.front()))
    return;
  const Span place = context.place_of(entry, last.words.front());
  if (context.source_text(place) != last.words.front().text) return;
  diagnostic.with_hint("write `exec` before the last command");
  diagnostic.fix("insert `exec`", {place.source, place.begin, place.begin}, "exec ",
                 !last.has_assignment);
}

void check_shell_keeps_child(const Context& context, Diagnostics& out,
                             const ConfigSection& section) {
  const ConfigEntry& entry = *section.find("command");
  if (entry.from_default || entry.value.find("sh") == std::string_view::npos) return;
  const CommandLine& command = context.command(section, entry);
  if (!command.script || command.script_word == 0 || command.wrappers.empty() ||
      !is_shell(command.wrappers.front().name) || !keeps_child(*command.script))
    return;
  // Unknown values may switch groups on.
  for (const OptionName key : OptionNames{"stopasgroup", "killasgroup"}) {
    if (section.find(key) == nullptr) continue;
    if (context.read<schema::Boolean>(section, key).value_or(true)) return;
  }
  // What runs once is hardly ever stopped.
  if (context.read<schema::Integer>(section, "startsecs") == 0 &&
      context.read<schema::AutoRestart>(section, "autorestart") == schema::AutoRestartValue::never)
    return;
  const bool is_left = command.wrappers.front().name == "bash" && is_left_by_bash(*command.script);
  auto& diagnostic =
      out.report(shell_keeps_child.rule, is_left ? Severity::info : Severity::warning,
                 context.place_of(entry, command.words.front()),
                 "a stop of " + section.display() +
                     " reaches only the shell, and what its script started goes on" +
                     (is_left ? ", where bash is older than 5.1" : ""));
  diagnostic.with_hint("write `stopasgroup=true`, or run the program without a shell");
  if (command.script->steps.size() > 1) offer_exec(context, diagnostic, entry, *command.script);
}

}  // namespace

const LintRule shell_keeps_child = {
    .rule = {"SUP811",           "shell-keeps-child", Severity::warning,
             "a shell that stays between Supervisor and the program"},
    .check_section = check_shell_keeps_child,
    .options = {"command"}
};

}  // namespace sup::lint
