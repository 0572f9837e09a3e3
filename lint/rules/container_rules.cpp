// SUP721, SUP1201, SUP1204 to SUP1207: what is otherwise in a container. Asked with --container.
#include <algorithm>
#include <string>

#include "lint/edits.h"
#include "lint/lint.h"
#include "lint/paths.h"

namespace sup::lint {

namespace {

// The daemon's section, if the whole configuration is there and is for a container.
const ConfigSection* container_daemon(const Context& context) {
  if (!context.options().container || context.config().fragment) return nullptr;
  return context.daemon();
}

void check_syslog(const Context& context, Diagnostics& out, const ConfigSection& section) {
  for (const LogChannel& channel : log_channels(section.name->kind)) {
    const ConfigEntry* entry = section.find(channel.logfile);
    const auto log = read_log(context, section, channel);
    const bool is_named = log && log->target.kind == schema::LogKind::syslog;
    if (!is_named) {
      if (channel.syslog.empty() || !context.is_on(section, channel.syslog)) continue;
      entry = section.find(channel.syslog);
    }
    if (entry == nullptr || entry->from_default) continue;
    out.report(syslog_needs_daemon.rule, context.value_place(*entry),
               "a container has no syslog daemon as a rule; what " + section.display() +
                   " sends there is lost without a word")
        .with_hint(section.name->kind == SectionKind::supervisord
                       ? "write `/dev/null`; the foreground prints the log anyway"
                       : "write `/dev/stdout` as the log, with a limit of 0");
  }
}

// Some images run rsyslogd or syslog-ng as one of the programs.
bool runs_syslog(const Context& context) {
  const auto& sections = context.config().sections;
  return std::any_of(sections.begin(), sections.end(), [](const ConfigSection& section) {
    if (!section.is_process()) return false;
    const ConfigEntry* command = section.find("command");
    return section.name->name.find("syslog") != std::string_view::npos ||
           (command != nullptr && command->value.find("syslog") != std::string_view::npos);
  });
}

void check_all_syslog(const Context& context, Diagnostics& out) {
  if (!context.options().container || runs_syslog(context)) return;
  for (const ConfigSection& section : context.config().sections)
    if (section.name) check_syslog(context, out, section);
}

void check_foreground(const Context& context, Diagnostics& out) {
  const ConfigSection* daemon = container_daemon(context);
  if (daemon == nullptr) return;
  const ConfigEntry* entry = daemon->find("nodaemon");
  if (entry != nullptr && context.read<schema::Boolean>(*daemon, *entry).value_or(true)) return;
  auto& diagnostic = out.report(
      container_not_in_foreground.rule,
      entry != nullptr ? context.value_place(*entry) : daemon->headers.front(),
      "supervisord goes into the background, and the container ends with the process that it left");
  diagnostic.with_hint("write `nodaemon=true`, unless it is started with -n");
  compiler::Fix fix;
  fix.title = "write `nodaemon=true`";
  fix.safe = true;
  if (entry == nullptr || entry->from_default) {
    insert_below_header(context, fix, *daemon, "nodaemon=true");
  } else {
    if (!context.is_single_line(*entry)) return;
    fix.edits.push_back({context.value_span(*entry), "true"});
  }
  diagnostic.fixes.push_back(std::move(fix));
}

// All programs that log to files, in one message.
void check_files(const Context& context, Diagnostics& out) {
  if (container_daemon(context) == nullptr) return;
  std::size_t count = 0;
  Diagnostic* diagnostic = nullptr;
  for (const ConfigSection& section : context.config().sections) {
    // Standard output of a listener is its protocol.
    if (!section.is_process() || section.name->kind == SectionKind::eventlistener) continue;
    const Log* found = nullptr;
    std::optional<Log> kept;
    each_log(context, section, [&](const Log& log) {
      const bool is_file = log.target.kind == schema::LogKind::automatic ||
                           (log.target.kind == schema::LogKind::file && !log.target.path.empty() &&
                            !is_device(log.target.path));
      if (!is_file || kept) return;
      kept = log;
      found = &*kept;
    });
    if (found == nullptr || ++count > 1) continue;
    const bool is_written = found->entry != nullptr && !found->entry->from_default;
    const std::string option(found->channel->logfile);
    diagnostic = &out.report(
        container_logs_to_files.rule,
        is_written ? context.value_place(*found->entry) : section.headers.front(),
        section.display() + " logs to " +
            (found->target.kind == schema::LogKind::file ? in_backticks(found->target.path)
                                                         : std::string("an AUTO file")) +
            " in the container, where it grows unseen and goes with it");
    const std::string device = found->channel->is_stderr ? "/dev/stderr" : "/dev/stdout";
    diagnostic->with_hint("write " + in_backticks(option + "=" + device) + " and " +
                          in_backticks(std::string(found->channel->maxbytes) + "=0"));
    if (!is_written || !context.is_single_line(*found->entry)) continue;
    compiler::Fix fix;
    fix.title = "write " + in_backticks(option + "=" + device);
    if (!set_option(context, fix, section, found->channel->maxbytes, "0", *found->entry)) continue;
    fix.edits.push_back({context.value_span(*found->entry), device});
    diagnostic->fixes.push_back(std::move(fix));
  }
  if (count > 1)
    diagnostic->note("the same goes for " + std::to_string(count - 1) + " more programs");
}

void check_user(const Context& context, Diagnostics& out, const ConfigSection& section,
                const ConfigEntry& entry) {
  if (!context.options().container || section.name->kind != SectionKind::supervisord) return;
  const auto user = context.read<schema::User>(section, entry);
  if (!user) return;
  auto& diagnostic =
      out.report(container_user_switch.rule, context.value_place(entry),
                 "if the container runs as another user than root, supervisord cannot change to " +
                     in_backticks(*user) + " and does not start");
  diagnostic.with_hint("remove it, and set the user of the image");
  add_removal(context, diagnostic, entry, false);
}

void check_paths(const Context& context, Diagnostics& out) {
  const ConfigSection* daemon = container_daemon(context);
  if (daemon == nullptr) return;
  std::string missing;
  for (const OptionName option : OptionNames{"logfile", "pidfile"})
    if (daemon->find(option) == nullptr)
      missing += (missing.empty() ? "" : " and ") + in_backticks(option);
  if (missing.empty()) return;
  auto& diagnostic = out.report(
      container_default_paths.rule, daemon->headers.front(),
      missing + " of [supervisord] " + (missing.find(" and ") == std::string::npos ? "is" : "are") +
          " in the working directory of the image by default, which " + "may be read-only");
  diagnostic.with_hint(
      "write `logfile=/dev/null`, `logfile_maxbytes=0` and "
      "`pidfile=/tmp/supervisord.pid`");
  compiler::Fix fix;
  fix.title = "name them";
  std::string lines;
  if (daemon->find("logfile") == nullptr) {
    lines = "logfile=/dev/null";
    if (daemon->find("logfile_maxbytes") == nullptr) lines += "\nlogfile_maxbytes=0";
  }
  if (daemon->find("pidfile") == nullptr)
    lines += (lines.empty() ? "" : "\n") + std::string("pidfile=/tmp/supervisord.pid");
  insert_below_header(context, fix, *daemon, lines);
  diagnostic.fixes.push_back(std::move(fix));
}

void check_source(const Context& context, Diagnostics& out) {
  if (container_daemon(context) == nullptr) return;
  std::size_t count = 0;
  Diagnostic* diagnostic = nullptr;
  for (const ConfigSection& section : context.config().sections) {
    if (!section.is_process() || section.name->kind == SectionKind::eventlistener) continue;
    const auto log = read_log(context, section, log_channels(section.name->kind).front());
    if (!log || log->entry == nullptr || log->target.kind != schema::LogKind::file ||
        !is_standard_output(log->target.path)) {
      continue;
    }
    ++count;
    if (count != 2) continue;
    diagnostic = &out.report(container_log_has_no_source.rule, context.value_place(*log->entry),
                             section.display() +
                                 " is not the only one to write to standard output; its lines do "
                                 "not say whose they are");
  }
  if (diagnostic == nullptr) return;
  diagnostic->with_hint("let each program put its name into its lines");
  diagnostic->note(std::to_string(count) + " programs write there");
}

}  // namespace

const LintRule syslog_needs_daemon = {
    .rule = {"SUP721", "syslog-needs-daemon", Severity::info, "syslog in a container"},
    .check = check_all_syslog,
    .looks_at_whole = true
};

const LintRule container_not_in_foreground = {
    .rule = {"SUP1201", "container-not-in-foreground", Severity::warning,
             "a daemon in the background of a container"},
    .check = check_foreground,
    .looks_at_whole = true
};

const LintRule container_logs_to_files = {
    .rule = {"SUP1204", "container-logs-to-files", Severity::info, "logs in files of a container"},
    .check = check_files,
    .looks_at_whole = true
};

const LintRule container_user_switch = {
    .rule = {"SUP1205",          "container-user-switch", Severity::warning,
             "a daemon that changes its user in a container"},
    .check_value = check_user,
    .options = {"user"}
};

const LintRule container_default_paths = {
    .rule = {"SUP1206", "container-default-paths", Severity::info,
             "files of the daemon in the working directory of an image"},
    .check = check_paths,
    .looks_at_whole = true
};

const LintRule container_log_has_no_source = {
    .rule = {"SUP1207", "container-log-has-no-source", Severity::info,
             "several programs on one standard output"},
    .check = check_source,
    .looks_at_whole = true
};

}  // namespace sup::lint
