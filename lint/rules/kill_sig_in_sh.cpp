// SUP922: `kill -SIGQUIT` in a script of sh, which is dash on Debian and Ubuntu.
#include <algorithm>
#include <array>

#include "lint/include_patterns.h"
#include "lint/lint.h"
#include "schema/text.h"

namespace sup::lint {

namespace {

constexpr std::string_view between_words = " \t\n";

// SIGQUIT, SIGUSR1
constexpr bool is_part_of_signal(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// Whether a command begins at `at`: behind an operator or a word such as `do`.
bool command_begins(std::string_view script, std::size_t at) {
  const std::string_view before = schema::strip_right(script.substr(0, at));
  if (before.empty() || std::string_view(";&|({\"'").find(before.back()) != std::string_view::npos)
    return true;
  constexpr std::array<std::string_view, 5> words = {"do", "then", "else", "!", "builtin"};
  const std::size_t space = before.find_last_of(" \t\n;&|({\"'");
  const std::string_view word = before.substr(space == std::string_view::npos ? 0 : space + 1);
  return std::find(words.begin(), words.end(), word) != words.end();
}

struct NamedSignal {
  std::size_t begin = 0;  // of SIG
  std::string_view signal;
};

// The SIG of `kill -SIGQUIT` or `kill -s SIGQUIT` from `from` on; an empty signal: there is none.
NamedSignal find_named_signal(std::string_view script, std::size_t from) {
  constexpr std::string_view command = "kill";
  for (std::size_t at = script.find(command, from); at != std::string_view::npos;
       at = script.find(command, at + 1)) {
    if (!command_begins(script, at)) continue;
    std::size_t next = script.find_first_not_of(between_words, at + command.size());
    if (next == std::string_view::npos || next == at + command.size()) continue;
    if (script.substr(next).starts_with("-s")) {
      next = script.find_first_not_of(between_words, next + 2);
    } else if (script[next] == '-') {
      ++next;
    } else {
      continue;
    }
    if (next == std::string_view::npos || !script.substr(next).starts_with("SIG")) continue;
    std::size_t end = next + 3;
    while (end < script.size() && is_part_of_signal(script[end])) ++end;
    if (end > next + 3) return {next, script.substr(next, end - next)};
  }
  return {};
}

bool is_posix_shell(const CommandLine& command) {
  return !command.wrappers.empty() && command.script &&
         (command.wrappers.front().name == "sh" || command.wrappers.front().name == "dash");
}

void check_kill_sig(const Context& context, Diagnostics& out, const ConfigSection& section,
                    const ConfigEntry& entry) {
  if (entry.value.find("kill") == std::string_view::npos) return;
  const CommandLine& command = context.command(section, entry);
  if (!is_posix_shell(command) || command.script_word == 0) return;
  const Word& word = command.words[command.script_word];
  const std::string_view script = entry.value.substr(word.begin, word.end - word.begin);
  for (NamedSignal found = find_named_signal(script, 0); !found.signal.empty();
       found = find_named_signal(script, found.begin + 3)) {
    const std::string plain(found.signal.substr(3));
    out.report(kill_sig_in_sh.rule,
               context.value_part(entry, word.begin + found.begin, found.signal.size()),
               "the `sh` of Debian and Ubuntu, dash, knows no " + in_backticks(found.signal) +
                   "; the `kill` of " + section.display() + " fails there")
        .with_hint("write " + in_backticks(plain) + ", which every shell knows")
        .fix("write " + in_backticks(plain), context.value_part(entry, word.begin + found.begin, 3),
             "", context.is_single_line(entry));
  }
}

}  // namespace

const LintRule kill_sig_in_sh = {
    .rule = {"SUP922",           "kill-sig-in-sh", Severity::warning,
             "a signal with SIG for the kill of sh, which may be dash"},
    .check_value = check_kill_sig,
    .options = {"command"}
};

}  // namespace sup::lint
