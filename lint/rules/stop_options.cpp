// SUP812 to SUP816, SUP821: how programs are stopped.
#include <algorithm>
#include <csignal>
#include <string>

#include "lint/lint.h"
#include "lint/workers.h"
#include "schema/text.h"

namespace sup::lint {

namespace {

bool has_shell_or_wrapper(const CommandLine& command) {
  return std::any_of(command.wrappers.begin(), command.wrappers.end(),
                     [](const WrapperUse& use) { return use.name != "exec" && use.name != "env"; });
}

void check_pool_stop(const Context& context, Diagnostics& out, const ConfigSection& section) {
  const ConfigEntry& entry = *section.find("stopasgroup");
  const ConfigEntry* command_entry = section.find("command");
  if (entry.from_default || command_entry == nullptr || !context.is_on(section, "stopasgroup"))
    return;
  const CommandLine& command = context.command(section, *command_entry);
  const std::string_view program = command.program;
  // Behind a shell or a wrapper the group is how the signal gets through at all.
  if (has_shell_or_wrapper(command)) return;
  const bool is_pool = is_celery_worker(command) || program == "gunicorn" || program == "uwsgi" ||
                       program == "sidekiq" || is_version_of(program, "php-fpm") ||
                       (program == "artisan" && command.subcommand() == "horizon");
  if (!is_pool || command.has({"--reload", "--py-autoreload"})) return;
  out.report(worker_pool_stopped_as_group.rule, context.value_place(entry),
             "the workers of " + section.display() +
                 " get the stop signal together with their master, and jobs that it would let "
                 "finish are lost")
      .with_hint("write `killasgroup=true` instead");
}

void report_short_stop(const Context& context, Diagnostics& out, const ConfigSection& section,
                       const ConfigEntry& command, const Span& place, std::int64_t stopwait,
                       const ConfigEntry* wait, std::optional<std::int64_t> timeout) {
  const std::string seconds = std::to_string(stopwait);
  auto& diagnostic = out.report(
      stopwait_too_short_for_jobs.rule, timeout ? Severity::warning : Severity::info,
      wait != nullptr && !wait->from_default ? context.value_place(*wait) : place,
      timeout ? "a job of " + section.display() + " may take " + std::to_string(*timeout) +
                    " s and is killed after " + seconds + " s when it is stopped"
              : section.display() + " is killed " + seconds +
                    " s after it is told to stop, whatever it has in hand");
  const std::string wanted = timeout ? std::to_string(*timeout + 10) : "60";
  diagnostic.with_hint(timeout ? "write `stopwaitsecs=" + wanted + "`"
                               : "give `stopwaitsecs` the seconds that its longest job may take");
  if (!timeout) return;
  if (wait != nullptr && !wait->from_default && context.is_single_line(*wait)) {
    diagnostic.fix("write `" + wanted + "`", context.value_span(*wait), wanted, false);
  } else if (wait == nullptr && !command.from_default) {
    add_line_before(context, diagnostic, command, "stopwaitsecs=" + wanted, false);
  }
}

void check_wait(const Context& context, Diagnostics& out, const ConfigSection& section) {
  const ConfigEntry& entry = *section.find("command");
  if (entry.from_default) return;
  const CommandLine& command = context.command(section, entry);
  if (!has_long_jobs(command) || command.is_question()) return;
  const ConfigEntry* wait = section.find("stopwaitsecs");
  std::int64_t seconds = 10;
  if (wait != nullptr) {
    const auto known = context.read<schema::Integer>(section, *wait);
    if (!known) return;
    seconds = *known;
  }
  std::optional<std::int64_t> timeout;
  if (command.program == "artisan") {
    std::int64_t value = 0;
    bool overflow = false;
    const auto text = command.value_of({"--timeout"});
    if (text && schema::read_python_int(*text, 10, value, overflow) && value > 0) timeout = value;
    // A job that may not take longer than the wait is never killed.
    if (timeout && *timeout < seconds) return;
  }
  if (timeout || seconds < 30)
    report_short_stop(context, out, section, entry, context.place_of(entry, command.argv.front()),
                      seconds, wait, timeout);
}

void check_kill(const Context& context, Diagnostics& out, const ConfigSection& section,
                const ConfigEntry& entry) {
  if (context.read<schema::Signal>(section, entry) != SIGKILL) return;
  // killasgroup is asked when SIGKILL follows a stop signal, not when it is one.
  const bool reaches_all = context.is_on(section, "stopasgroup");
  out.report(stopsignal_kill.rule, context.value_place(entry),
             section.display() + " cannot clean up before it ends" +
                 (reaches_all ? "" : ", and what it started lives on unless `stopasgroup` is set"))
      .with_hint("write `TERM` and give it time with `stopwaitsecs`");
}

void check_wrapper(const Context& context, Diagnostics& out, const ConfigSection& section,
                   const ConfigEntry& entry) {
  const CommandLine& command = context.command(section, entry);
  const auto report = [&](Severity severity, const Word& word, std::string message,
                          std::string hint) {
    out.report(wrapper_swallows_signals.rule, severity, context.place_of(entry, word),
               std::move(message))
        .with_hint(std::move(hint));
  };
  if (const WrapperUse* use = command.wrapper("xvfb-run")) {
    report(Severity::info, use->word,
           "`xvfb-run` does not pass the stop signal on to what it runs in " + section.display(),
           "write `stopasgroup=true`, or run Xvfb as a program of its own");
    return;
  }
  if (command.argv.size() < 1 || command.is_question()) return;
  const std::string_view program = command.program;
  const std::string_view subcommand = command.subcommand();
  if (program == "mysqld_safe") {
    report(Severity::warning, command.argv.front(),
           "`mysqld_safe` ignores the stop signal, so that its server lives on without " +
               section.display(),
           "run `mysqld` itself, or this by `pidproxy`");
  } else if ((program == "npm" && (subcommand == "run" || subcommand == "start" ||
                                   subcommand == "run-script" || subcommand == "exec")) ||
             (command.interpreter.empty() && (program == "yarn" || program == "pnpm"))) {
    report(Severity::info, command.argv.front(),
           in_backticks(program) + " runs the program of " + section.display() +
               " below a shell and may not pass the stop signal on",
           "run the program itself, or write `stopasgroup=true`");
  } else if (program == "script" && command.interpreter.empty() &&
             command.has({"-c", "-qc", "-qec", "--command"})) {
    report(Severity::info, command.argv.front(),
           "`script` does not pass the stop signal on to what it runs in " + section.display(),
           "write `stopasgroup=true`");
  }
}

struct KnownSignal {
  std::string_view advice;
  std::string message;
};

std::optional<KnownSignal> mismatch(const CommandLine& command, int signal, bool is_chosen) {
  const std::string_view program = command.program;
  if (program == "uwsgi" && signal == SIGTERM) {
    for (const Word& word : command.argv)
      if (word.text.find("die-on-term") != std::string::npos || word.is_open) return std::nullopt;
    return KnownSignal{"write `stopsignal=QUIT`, or add `--die-on-term`",
                       "`uwsgi` takes SIGTERM for a reload unless `die-on-term` is set"};
  }
  if ((program == "postgres" || program == "postmaster") && signal == SIGTERM)
    return KnownSignal{"write `stopsignal=INT` for a fast stop",
                       "`" + std::string(program) +
                           "` waits on SIGTERM until all clients have "
                           "gone, and is killed before that"};
  if ((program == "unicorn" || program == "unicorn_rails") && signal == SIGTERM)
    return KnownSignal{"write `stopsignal=QUIT`",
                       "`" + std::string(program) + "` drops its requests on SIGTERM"};
  // For these the fast stop is often right; whoever chose it or waits for it may think otherwise.
  if (!is_chosen) return std::nullopt;
  if ((program == "nginx" || program == "openresty" || is_version_of(program, "php-fpm")) &&
      signal == SIGTERM)
    return KnownSignal{"write `stopsignal=QUIT` to let requests finish",
                       "SIGTERM is the fast stop of `" + std::string(program) + "`"};
  if ((program == "httpd" || program == "apache2") && signal == SIGTERM)
    return KnownSignal{"write `stopsignal=WINCH` to let requests finish",
                       "SIGTERM is the fast stop of `" + std::string(program) + "`"};
  return std::nullopt;
}

void check_signal(const Context& context, Diagnostics& out, const ConfigSection& section) {
  const ConfigEntry& entry = *section.find("command");
  if (entry.from_default) return;
  const CommandLine& command = context.command(section, entry);
  if (command.argv.empty() || command.is_question()) return;
  const ConfigEntry* signal = section.find("stopsignal");
  int number = SIGTERM;
  if (signal != nullptr) {
    const auto known = context.read<schema::Signal>(section, *signal);
    if (!known) return;
    number = *known;
  }
  const auto found =
      mismatch(command, number, signal != nullptr || section.find("stopwaitsecs") != nullptr);
  if (!found) return;
  const bool is_written = signal != nullptr && !signal->from_default;
  out.report(
         stopsignal_known_mismatch.rule,
         is_written ? context.value_place(*signal) : context.place_of(entry, command.argv.front()),
         found->message + "; it is what stops " + section.display())
      .with_hint(std::string(found->advice));
}

void check_redundant(const Context& context, Diagnostics& out, const ConfigSection& section) {
  const ConfigEntry& entry = *section.find("killasgroup");
  if (entry.from_default || section.find("stopasgroup") == nullptr ||
      !context.is_on(section, "killasgroup") || !context.is_on(section, "stopasgroup"))
    return;
  auto& diagnostic =
      out.report(redundant_killasgroup.rule, context.key_span(entry),
                 "`stopasgroup=true` implies " + in_backticks(context.key_text(entry)) + " in " +
                     section.display());
  diagnostic.with_hint("remove it");
  add_removal(context, diagnostic, entry, true);
}

}  // namespace

const LintRule worker_pool_stopped_as_group = {
    .rule = {"SUP812",        "worker-pool-stopped-as-group", Severity::info,
             "stopasgroup for a master that drains its workers"},
    .check_section = check_pool_stop,
    .options = {"stopasgroup"}
};

const LintRule stopwait_too_short_for_jobs = {
    .rule = {"SUP813",        "stopwait-too-short-for-jobs", Severity::info,
             "SIGKILL comes before a job can be finished"},
    .check_section = check_wait,
    .options = {"command"}
};

const LintRule stopsignal_kill = {
    .rule = {"SUP814",        "stopsignal-kill", Severity::info, "a program that is stopped by SIGKILL"},
    .check_value = check_kill,
    .options = {"stopsignal"}
};

const LintRule wrapper_swallows_signals = {
    .rule = {"SUP815",        "wrapper-swallows-signals", Severity::info,
             "a program that keeps the stop signal to itself"},
    .check_value = check_wrapper,
    .options = {"command"}
};

const LintRule stopsignal_known_mismatch = {
    .rule = {"SUP816",        "stopsignal-known-mismatch", Severity::info,
             "a stop signal that means something else to the program"},
    .check_section = check_signal,
    .options = {"command"}
};

const LintRule redundant_killasgroup = {
    .rule = {"SUP821",         "redundant-killasgroup", Severity::style,
             "killasgroup=true beside stopasgroup=true"},
    .check_section = check_redundant,
    .options = {"killasgroup"}
};

}  // namespace sup::lint
