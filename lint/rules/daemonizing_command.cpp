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
    diagnostic.fix("leave out " + in_backticks(verdict.flag->text), place, "", false);
  } else if (verdict.flag == nullptr && verdict.row->advice.starts_with("add `-") &&
             verdict.row->stays.size() > 2) {
    const Span place = context.place_of(entry, command.argv.front());
    if (context.source_text(place) != command.argv.front().text) return;
    const std::string_view option =
        verdict.row->stays.substr(1, verdict.row->stays.find(' ', 1) - 1);
    diagnostic.fix("add " + in_backticks(option), {place.source, place.end, place.end},
                   " " + std::string(option), false);
  }
}

// Whether the program's configuration decides, and is not the usual one: the command names a file
// of its own, or it is php-fpm in a container, whose official images say `daemonize = no`.
bool is_up_to_configuration(const Context& context, const CommandLine& command,
                            const DaemonRow& row) {
  if (row.advice.find("its configuration") == std::string_view::npos) return false;
  for (std::size_t i = 1; i + 1 < command.argv.size(); ++i) {
    const std::string_view text = command.argv[i].text;
    const std::string_view file = command.argv[i + 1].text;
    const bool is_named =
        command.program.starts_with("php") ? text == "-y" || text == "--fpm-config" : text == "-c";
    if (is_named && file != "/etc/nginx/nginx.conf" && !file.starts_with("/etc/php")) return true;
  }
  const ConfigSection* daemon = context.daemon();
  return command.argv.front().text == "php-fpm" && daemon != nullptr &&
         context.is_on(*daemon, "nodaemon");
}

void check_daemonizing_command(const Context& context, Diagnostics& out,
                               const ConfigSection& section, const ConfigEntry& entry) {
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
  const bool is_open = !is_told && is_up_to_configuration(context, command, *verdict.row);
  auto& diagnostic = out.report(
      daemonizing_command.rule,
      is_told   ? Severity::error
      : is_open ? Severity::info
                : Severity::warning,
      context.place_of(entry, is_told ? *verdict.flag : command.argv.front()),
      in_backticks(command.program) +
          (is_told
               ? " is told by " + in_backticks(verdict.flag->text) + " to leave the foreground; "
           : is_open ? " leaves the foreground unless its configuration keeps it there; "
                     : " leaves the foreground unless it is told to stay; ") +
          std::string(consequence) + section.display());
  diagnostic.with_hint(std::string(verdict.row->advice));
  offer(context, diagnostic, entry, command, verdict);
}

}  // namespace

const LintRule daemonizing_command = {
    .rule = {"SUP801",         "daemonizing-command", Severity::error,
             "a program that leaves the foreground"},
    .check_value = check_daemonizing_command,
    .options = {"command"}
};

}  // namespace sup::lint
