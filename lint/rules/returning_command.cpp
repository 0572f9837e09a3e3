// SUP802, SUP803, SUP804: commands that start something else and return, or mind it themselves.
#include <algorithm>
#include <array>

#include "lint/lint.h"

namespace sup::lint {

namespace {

bool is_any(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

// `command` is called with its name in front, not somebody's script of that name in a folder.
bool is_bare_or_system(const CommandLine& command) {
  if (!command.interpreter.empty() || command.argv.empty()) return false;
  const std::string_view path = command.argv.front().text;
  return path.find('/') == std::string_view::npos || path.starts_with("/usr/") ||
         path.starts_with("/bin/") || path.starts_with("/sbin/") ||
         path.starts_with("/etc/init.d/");
}

// The argument that sends it to the background, or null.
const Word* background_argument(const CommandLine& command) {
  const std::string_view program = command.program;
  const std::string_view subcommand = command.subcommand();
  if (program == "start-stop-daemon") return command.find({"--background", "-b"});
  if (program == "screen") {
    if (const Word* flag = command.find({"-dm", "-dmS", "-dmUS", "-dmLS"})) return flag;
    return command.has({"-m"}) ? command.find({"-d"}) : nullptr;
  }
  if (program == "tmux" && is_any(subcommand, {"new", "new-session"})) return command.find({"-d"});
  if (program == "docker" || program == "podman") {
    if (subcommand == "run") return command.find({"-d", "--detach", "-dit", "-itd", "-di", "-td"});
    if (subcommand == "start" && !command.has({"-a", "--attach", "-ai", "-ia"}))
      return command.find({"start"});
    if (subcommand == "compose") return command.find({"-d", "--detach"});
  }
  if (program == "docker-compose" && subcommand == "up") return command.find({"-d", "--detach"});
  if (is_any(program, {"daemonize", "daemon"}) && command.argv.size() > 1 &&
      is_bare_or_system(command) && !command.has({"-f", "--foreground"}))
    return &command.argv.front();
  return nullptr;
}

void report_background(const Context& context, Diagnostics& out, const ConfigSection& section,
                       const ConfigEntry& entry, const Word& word, std::string what) {
  out.report(background_operator.rule, context.place_of(entry, word),
             std::move(what) + "; Supervisor takes its exit for the end of " + section.display())
      .with_hint("run the program itself, in the foreground");
}

void check_sign(const Context& context, Diagnostics& out, const ConfigSection& section,
                const ConfigEntry& entry, const Word& sign, bool has_shell) {
  const Span place = context.place_of(entry, sign);
  auto& diagnostic = out.report(background_operator.rule, place,
                                has_shell ? "the last command of the script goes to the "
                                            "background; Supervisor takes the shell's exit for "
                                            "the end of " +
                                                section.display()
                                          : "`&` is an argument of the program, as there is no "
                                            "shell in " +
                                                section.display());
  diagnostic.with_hint("leave `&` out");
  Span with_blank = place;
  while (with_blank.begin > 0) {
    const std::string_view before =
        context.source_text({place.source, with_blank.begin - 1, with_blank.begin});
    if (before != " " && before != "\t") break;
    --with_blank.begin;
  }
  if (!has_shell && context.source_text(place) == "&")
    diagnostic.fix("leave out `&`", with_blank, "", true);
}

void check_background(const Context& context, Diagnostics& out, const ConfigSection& section,
                      const ConfigEntry& entry) {
  const CommandLine& command = context.command(section, entry);
  if (!command.error.empty() || command.words.empty()) return;
  const Word& last = command.words.back();
  if (!command.script && command.words.size() > 1 && last.text == "&" && !last.is_quoted) {
    check_sign(context, out, section, entry, last, false);
    return;
  }
  if (command.script && !command.script->has_trap && !command.script->steps.empty()) {
    const Script& script = *command.script;
    if (script.steps.back().next == Joint::background && !script.is_compound) {
      check_sign(context, out, section, entry, script.steps.back().words.front(), true);
      return;
    }
    if (script.steps.back().words.front().text == "disown") {
      report_background(context, out, section, entry, script.steps.back().words.front(),
                        "`disown` leaves the program to itself");
      return;
    }
  }
  const WrapperUse* setsid = command.wrapper("setsid");
  if (setsid != nullptr && !command.script &&
      std::none_of(setsid->own.begin(), setsid->own.end(), [](std::string_view option) {
        return is_any(option, {"-w", "--wait", "-fw", "-wf", "-cw", "-wc"});
      })) {
    report_background(context, out, section, entry, setsid->word,
                      "`setsid` forks here and returns at once");
    return;
  }
  if (const Word* word = background_argument(command))
    report_background(context, out, section, entry, *word,
                      in_backticks(command.program) + " starts it in the background and returns");
}

// The word that makes it a call of a service manager, or null.
const Word* service_call(const CommandLine& command) {
  if (command.argv.size() < 2 || !command.interpreter.empty()) return nullptr;
  const std::string_view program = command.program;
  const std::string_view path = command.argv.front().text;
  const Word* action = command.find({"start", "restart", "onestart", "force-start"});
  if (program == "systemctl")
    return command.has({"--wait", "list-units", "status"}) ? nullptr : action;
  if (is_any(program, {"service", "rc-service", "invoke-rc.d", "initctl"}) &&
      is_bare_or_system(command))
    return action;
  if (path.starts_with("/etc/init.d/") || path.starts_with("/etc/rc.d/")) return action;
  if (path == "start" && command.argv.size() == 2) return command.argv.data();
  return nullptr;
}

void check_service(const Context& context, Diagnostics& out, const ConfigSection& section,
                   const ConfigEntry& entry) {
  const CommandLine& command = context.command(section, entry);
  const Word* word = service_call(command);
  if (word == nullptr) return;
  out.report(service_manager_command.rule, context.place_of(entry, command.argv.front()),
             "this asks another service manager for a start and returns at once; Supervisor takes "
             "that for the end of " +
                 section.display())
      .with_hint("run the service's program itself, in the foreground");
}

struct Nested {
  std::string_view what;
  std::string_view hint;
};

std::optional<Nested> nested_in(const CommandLine& command) {
  const std::string_view program = command.program;
  const std::string_view subcommand = command.subcommand();
  const auto has_letter = [&](char letter) {
    return std::any_of(command.argv.begin() + 1, command.argv.end(), [&](const Word& word) {
      return word.text.size() > 1 && word.text[0] == '-' && word.text[1] != '-' &&
             word.text.find(letter) != std::string::npos;
    });
  };
  if (program == "supervisord" && !has_letter('n') && !command.has({"--nodaemon"}))
    return Nested{"`supervisord` leaves the foreground", "add `-n`"};
  if (program == "pm2" && is_any(subcommand, {"start", "restart", "resurrect"}) &&
      !command.has({"--no-daemon"}))
    return Nested{"`pm2` starts it in the background", "write `pm2-runtime` instead"};
  if (program == "forever" && subcommand == "start")
    return Nested{"`forever start` starts it in the background", "run the program itself"};
  if (program == "runsvdir")
    return Nested{"`runsvdir` minds services of its own", "run the services as programs"};
  if (program == "monit" && !has_letter('I') && subcommand.empty())
    return Nested{"`monit` leaves the foreground", "add `-I`"};
  return std::nullopt;
}

void check_nested(const Context& context, Diagnostics& out, const ConfigSection& section,
                  const ConfigEntry& entry) {
  const CommandLine& command = context.command(section, entry);
  if (command.argv.empty() || command.is_question()) return;
  const auto nested = nested_in(command);
  if (!nested) return;
  const Span place = context.place_of(entry, command.argv.front());
  auto& diagnostic =
      out.report(nested_supervisor.rule, place,
                 std::string(nested->what) + ", so that Supervisor does not see what becomes of " +
                     section.display());
  diagnostic.with_hint(std::string(nested->hint));
  if (command.program == "pm2" && command.argv.size() > 1 && command.argv[1].text == "start" &&
      context.source_text(place) == "pm2") {
    const Span start = context.place_of(entry, command.argv[1]);
    if (start.source == place.source && start.begin == place.end + 1)
      diagnostic.fix("write `pm2-runtime`", {place.source, place.begin, start.end}, "pm2-runtime",
                     false);
  }
}

}  // namespace

const LintRule background_operator = {
    .rule = {"SUP802",         "background-operator", Severity::error,
             "a command that is sent to the background"},
    .check_value = check_background,
    .options = {"command"}
};

const LintRule service_manager_command = {
    .rule = {"SUP803",         "service-manager-command", Severity::error,
             "a command that asks another service manager"},
    .check_value = check_service,
    .options = {"command"}
};

const LintRule nested_supervisor = {
    .rule = {"SUP804",           "nested-supervisor", Severity::warning,
             "a program that supervises others itself"},
    .check_value = check_nested,
    .options = {"command"}
};

}  // namespace sup::lint
