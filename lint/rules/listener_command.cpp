// SUP612, SUP613, SUP614: commands that cannot speak the protocol of listeners.
#include <algorithm>
#include <array>
#include <span>
#include <string>

#include "lint/executables.h"
#include "lint/lint.h"
#include "lint/listeners.h"
#include "schema/text.h"

namespace sup::lint {

namespace {

bool is_one_of(std::string_view name, std::span<const std::string_view> names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// Programs that read no events, or answer none.
constexpr std::array<std::string_view, 18> strangers = {
    "cat",  "tee",   "logger",   "sleep", "true", "false",       "tail", "echo", "printf",
    "mail", "mailx", "sendmail", "curl",  "wget", "http.server", "nc",   "ncat", "netcat"};

void check_stranger(const Context& context, Diagnostics& out, const ConfigSection& section) {
  const CommandLine* command = command_of(context, section);
  // What a script does besides may be a listener.
  if (section.name->kind != SectionKind::eventlistener || command == nullptr ||
      (command->script && (command->script->is_compound || command->script->steps.size() != 1)) ||
      !is_one_of(command->program, strangers) || command->argv.empty()) {
    return;
  }
  const ConfigEntry& entry = *section.find("command");
  if (entry.from_default) return;
  const Word& word = command->argv.front();
  out.report(not_a_listener.rule, context.value_part(entry, word.begin, word.end - word.begin),
             in_backticks(command->program) + " does not answer events; those of " +
                 section.display() + " pile up, or its state becomes UNKNOWN")
      .with_hint("name a program that speaks the protocol of event listeners");
}

// Place of a `2>&1` in a script that joins standard error to the protocol; nothing if there is
// none. Where the same command sends its standard output elsewhere before, it does not.
std::optional<std::size_t> joined_stderr(std::string_view script) {
  constexpr std::string_view joint = "2>&1";
  bool is_redirected = false;
  for (std::size_t at = 0; at < script.size(); ++at) {
    const char c = script[at];
    if (script.substr(at, joint.size()) == joint) {
      if (!is_redirected) return at;
      at += joint.size() - 1;
    } else if (c == ';' || c == '|' || c == '\n' || (c == '&' && at > 0 && script[at - 1] != '>')) {
      is_redirected = false;
    } else if (c == '>') {
      is_redirected = true;
    }
  }
  return std::nullopt;
}

bool report_joined(const Context& context, Diagnostics& out, const ConfigSection& section,
                   const CommandLine& command) {
  const ConfigEntry& entry = *section.find("command");
  if (!command.script || command.script_word == 0) return false;
  const Word& script = command.words[command.script_word];
  const std::string_view written = entry.value.substr(script.begin, script.end - script.begin);
  const auto at = joined_stderr(written);
  if (!at) return false;
  auto& diagnostic =
      out.report(listener_stdout_polluted.rule, Severity::error,
                 context.value_part(entry, script.begin + *at, 4),
                 "`2>&1` puts what " + section.display() + " writes to standard error into the " +
                     "protocol; its state becomes UNKNOWN at the first line");
  diagnostic.with_hint("remove it");
  if (entry.from_default || !context.is_single_line(entry)) return true;
  std::size_t begin = script.begin + *at;
  const std::size_t end = begin + 4;
  if (begin > 0 && entry.value[begin - 1] == ' ') --begin;
  diagnostic.fix("remove `2>&1`", context.value_part(entry, begin, end - begin), "", true);
  return true;
}

// Whether an option with the letter stands before the first operand. `taking` are the letters of
// options that take an argument.
bool has_letter(std::span<const Word> words, char letter, std::string_view taking) {
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string_view text = words[i].text;
    if (!text.starts_with('-') || text == "--") return false;
    if (text.starts_with("--")) continue;
    for (std::size_t at = 1; at < text.size(); ++at) {
      if (text[at] == letter) return true;
      if (taking.find(text[at]) == std::string_view::npos) continue;
      if (at + 1 == text.size()) ++i;
      break;
    }
  }
  return false;
}

bool has_terminal(const CommandLine& command) {
  const std::span<const Word> words = command.argv;
  if (words.empty()) return false;
  if (command.program == "ssh") return has_letter(words.subspan(1), 't', "BbcDEeFIiJLlmOopQRSWw");
  if (command.program == "docker" || command.program == "podman") {
    const bool runs = words.size() > 2 && (words[1].text == "exec" || words[1].text == "run");
    return runs && (has_letter(words.subspan(2), 't', "acehlmpuvw") || command.has({"--tty"}));
  }
  if (command.program == "script") return command.has({"-c", "--command", "-qc"});
  return command.program == "expect" || command.wrapper("unbuffer") != nullptr;
}

// Programs that print something before what they run does.
bool prints_banner(const CommandLine& command) {
  constexpr std::array<std::string_view, 4> runners = {"npm", "yarn", "pnpm", "composer"};
  return is_one_of(command.program, runners) &&
         !command.has({"-s", "-q", "--silent", "--quiet", "--loglevel=silent"});
}

bool is_login_shell(const CommandLine& command) {
  return std::any_of(command.wrappers.begin(), command.wrappers.end(), [](const WrapperUse& use) {
    return is_shell(use.name) &&
           std::any_of(use.own.begin(), use.own.end(), [](const std::string& option) {
             return option == "--login" || (!option.starts_with("--") && option.starts_with('-') &&
                                            option.find_first_of("li") != std::string::npos);
           });
  });
}

bool reads_password(const CommandLine& command) {
  const WrapperUse* sudo = command.wrapper("sudo");
  return sudo != nullptr && std::find(sudo->own.begin(), sudo->own.end(), "-S") != sudo->own.end();
}

// Whether the words print what the protocol asks for.
bool prints_answer(std::span<const Word> words) {
  if (words.size() < 2) return false;
  const std::string_view text = words[words.size() - 1].text;
  return text.starts_with("READY") || text.starts_with("RESULT");
}

// Why a script does not keep to the protocol; empty if nothing is known.
std::string_view fault_of_script(const CommandLine& command) {
  if (!command.script || command.script->is_compound) return {};
  const auto& steps = command.script->steps;
  const std::string& text = command.words[command.script_word].text;
  const bool is_outer = command.script_word != 0;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    if (steps[i].next == Joint::pipe) return "a pipe, which holds its answers back";
    const bool is_echo =
        !steps[i].words.empty() &&
        (steps[i].words.front().text == "echo" || steps[i].words.front().text == "printf") &&
        !prints_answer(steps[i].words);
    // Output that is sent elsewhere does no harm.
    if (is_echo && i + 1 < steps.size() && is_outer && text.find('>') == std::string::npos)
      return "an `echo`, whose words are no answer";
  }
  return {};
}

std::string_view fault_of(const Context& context, const ConfigSection& section,
                          const CommandLine& command) {
  if (const std::string_view fault = fault_of_script(command); !fault.empty()) return fault;
  if (has_terminal(command)) return "a terminal, which changes its line ends";
  if (prints_banner(command)) return "a program that prints lines of its own";
  if (is_login_shell(command)) return "a login or interactive shell, which may print";
  if (reads_password(command)) return "`sudo -S`, which reads a password from the events";
  const ConfigEntry* environment = section.find("environment");
  if (environment == nullptr) return {};
  const auto variables = context.read<schema::Environment>(section, *environment);
  if (!variables) return {};
  for (const auto& [name, value] : *variables)
    if (name == "BASH_XTRACEFD" && value == "1") return "traces of the shell";
  return {};
}

void check_output(const Context& context, Diagnostics& out, const ConfigSection& section) {
  const CommandLine* command = command_of(context, section);
  if (section.name->kind != SectionKind::eventlistener || command == nullptr ||
      report_joined(context, out, section, *command)) {
    return;
  }
  const std::string_view fault = fault_of(context, section, *command);
  if (fault.empty()) return;
  out.report(listener_stdout_polluted.rule, context.value_place(*section.find("command")),
             "between " + section.display() + " and supervisord stands " + std::string(fault) +
                 "; any byte that is no answer makes its state UNKNOWN")
      .with_hint("run the listener itself, and print to standard error only");
}

void check_usable(const Context& context, Diagnostics& out, const ConfigSection& section) {
  if (section.name->kind != SectionKind::eventlistener || context.machine() == nullptr) return;
  const CommandLine* command = command_of(context, section);
  const ConfigEntry& entry = *section.find("command");
  if (command == nullptr || command->words.empty() || entry.from_default) return;
  const std::string problem = executable_problem(context, command->words.front());
  if (problem.empty()) return;
  const Word& word = command->words.front();
  out.report(listener_command_unusable.rule,
             context.value_part(entry, word.begin, word.end - word.begin),
             section.display() + " cannot be started, as " + problem +
                 "; its events are dropped and nobody sees it")
      .with_hint("name a program that exists, and make it executable");
}

}  // namespace

const LintRule listener_command_unusable = {
    .rule = {"SUP612",         "listener-command-unusable", Severity::error,
             "a listener whose program cannot be run on this machine"},
    .check_section = check_usable,
    .options = {"events"}
};

const LintRule not_a_listener = {
    .rule = {"SUP613",           "not-a-listener", Severity::warning,
             "a listener whose program answers no events"},
    .check_section = check_stranger,
    .options = {"events"}
};

const LintRule listener_stdout_polluted = {
    .rule = {"SUP614",           "listener-stdout-polluted", Severity::warning,
             "a listener whose standard output is not its own"},
    .check_section = check_output,
    .options = {"events"}
};

}  // namespace sup::lint
