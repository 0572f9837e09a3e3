// SUP801: a program that leaves the foreground.
#include "lint/daemons.h"
#include "lint/lint.h"

namespace sup::lint {

namespace {

constexpr std::string_view consequence = "Supervisor takes its exit for the end of ";

void offer(const Context& context, Diagnostic& diagnostic, const ConfigEntry& entry,
           const CommandLine& command, const DaemonVerdict& verdict) {
  if (verdict.flag != nullptr && verdict.row->advice.starts_with("leave it out")) {
    Span place = context.place_of(entry, *verdict.flag);
    if (context.source_text(place) != verdict.flag->text) return;
    // Its argument in a word of its own stays behind: only flags without one are taken out.
    if (verdict.row->leaves.find(verdict.flag->text + "=") != std::string_view::npos) return;
    place.begin -= 1;
    diagnostic.fix("leave out " + quoted(verdict.flag->text), place, "", false);
  } else if (verdict.flag == nullptr && verdict.row->advice.starts_with("add `-") &&
             verdict.row->stays.size() > 2) {
    const Span place = context.place_of(entry, command.argv.front());
    if (context.source_text(place) != command.argv.front().text) return;
    const std::string_view option =
        verdict.row->stays.substr(1, verdict.row->stays.find(' ', 1) - 1);
    diagnostic.fix("add " + quoted(option), {place.source, place.end, place.end},
                   " " + std::string(option), false);
  }
}

void check(const Context& context, Diagnostics& out, const ConfigSection& section,
           const ConfigEntry& entry) {
  const CommandLine& command = context.command(section, entry);
  // Debian's configuration of redis says `daemonize yes`.
  if (command.program == "redis-server" && command.argv.size() == 2 &&
      command.argv[1].text == "/etc/redis/redis.conf") {
    out.report(daemonizing_command.rule, Severity::warning,
               context.place_of(entry, command.argv.front()),
               "this file says `daemonize yes` where Debian made it; " + std::string(consequence) +
                   section.display())
        .with_hint("add `--daemonize no`");
    return;
  }
  const DaemonVerdict verdict = judge_daemon(command);
  if (verdict.row == nullptr) return;
  const bool is_told = verdict.flag != nullptr;
  auto& diagnostic = out.report(
      daemonizing_command.rule, is_told ? Severity::error : Severity::warning,
      context.place_of(entry, is_told ? *verdict.flag : command.argv.front()),
      quoted(command.program) +
          (is_told ? " is told by " + quoted(verdict.flag->text) + " to leave the foreground; "
                   : " leaves the foreground unless it is told to stay; ") +
          std::string(consequence) + section.display());
  diagnostic.with_hint(std::string(verdict.row->advice));
  offer(context, diagnostic, entry, command, verdict);
}

}  // namespace

const LintRule daemonizing_command = {
    .rule = {"SUP801",         "daemonizing-command", Severity::error,
             "a program that leaves the foreground"},
    .check_value = check,
    .options = {"command"}
};

}  // namespace sup::lint
