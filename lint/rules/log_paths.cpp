// SUP708, SUP710, SUP712, SUP716, SUP717: paths of logs that are not what they look like.
#include <algorithm>
#include <string>

#include "lint/edits.h"
#include "lint/lint.h"
#include "lint/paths.h"
#include "schema/text.h"

namespace sup::lint {

namespace {

// Calls `function(log)` for each log whose path is written in the section.
template <class Function>
void each_written_path(const Context& context, const ConfigSection& section, Function function) {
  each_log(context, section, [&](const Log& log) {
    if (log.entry != nullptr && !log.entry->from_default &&
        log.target.kind == schema::LogKind::file) {
      function(log);
    }
  });
}

// Whether a log of the section is written so that it may be `path`, which is known by its end, or
// nothing at all.
bool may_be(const ConfigSection& section, std::string_view end) {
  const auto channels = log_channels(section.name->kind);
  return std::any_of(channels.begin(), channels.end(), [&](const LogChannel& channel) {
    const ConfigEntry* entry = section.find(channel.logfile);
    return hint_of(entry) == LogHint::unknown &&
           (entry->is_template ||
            (end.empty() ? schema::strip(entry->value).empty() : entry->value.ends_with(end)));
  });
}

// NONE, OFF and AUTO, which only programs know.
bool is_program_word(std::string_view path) {
  return schema::equals_ignoring_case(path, "none") || schema::equals_ignoring_case(path, "off") ||
         schema::equals_ignoring_case(path, "auto");
}

void check_pidfile(const Context& context, Diagnostics& out, const ConfigSection& section) {
  const ConfigEntry* entry = section.find("pidfile");
  if (entry == nullptr || entry->from_default) return;
  const auto path = context.read<schema::FilePath>(section, *entry);
  if (!path || !path->starts_with("/dev/") || path->starts_with("/dev/shm/")) return;
  out.report(device_file_gets_clobbered.rule, Severity::error, context.value_place(*entry),
             "supervisord deletes " + in_backticks(*path) +
                 " when it ends, and makes an ordinary file of it when it is reloaded")
      .with_hint("write a path such as `/run/supervisord.pid`");
}

void check_devices(const Context& context, Diagnostics& out, const ConfigSection& section) {
  if (section.name->kind == SectionKind::supervisord) {
    check_pidfile(context, out, section);
    return;
  }
  if (!may_be(section, "/null")) return;
  each_written_path(context, section, [&](const Log& log) {
    if (plain_path(log.target.path) != "/dev/null") return;
    auto& diagnostic =
        out.report(device_file_gets_clobbered.rule, context.value_place(*log.entry),
                   "`supervisorctl clear` deletes `/dev/null`, the log of " + section.display() +
                       ", and an ordinary file takes its place, if supervisord runs as root");
    diagnostic.with_hint("write `NONE`, which logs nowhere");
    if (context.is_single_line(*log.entry))
      diagnostic.fix("write `NONE`", context.value_span(*log.entry), "NONE", true);
  });
}

void check_daemon_none(const Context& context, Diagnostics& out, const ConfigSection& section) {
  const ConfigEntry* entry = section.find("logfile");
  if (section.name->kind != SectionKind::supervisord || entry->from_default) return;
  const auto path = context.read<schema::FilePath>(section, *entry);
  if (!path || !is_program_word(*path)) return;
  auto& diagnostic =
      out.report(supervisord_logfile_none.rule, context.value_place(*entry),
                 "[supervisord] does not know " + in_backticks(*path) +
                     "; its log becomes a file of that name in the folder that it is started in");
  diagnostic.with_hint("write `/dev/null`, with `logfile_maxbytes=0`");
  if (!context.is_single_line(*entry)) return;
  compiler::Fix fix;
  fix.title = "write `logfile=/dev/null`";
  fix.safe = true;
  if (!set_option(context, fix, section, "logfile_maxbytes", "0", *entry)) return;
  fix.edits.push_back({context.value_span(*entry), "/dev/null"});
  diagnostic.fixes.push_back(std::move(fix));
}

// Whether the value may end in a slash, whatever its variables are.
bool may_end_in_slash(const ConfigSection& section) {
  const auto channels = log_channels(section.name->kind);
  return std::any_of(channels.begin(), channels.end(), [&](const LogChannel& channel) {
    const ConfigEntry* entry = section.find(channel.logfile);
    return entry != nullptr && (entry->value.ends_with('/') || entry->value.ends_with(")s"));
  });
}

void check_directory(const Context& context, Diagnostics& out, const ConfigSection& section) {
  if (context.machine() == nullptr && !may_end_in_slash(section)) return;
  each_written_path(context, section, [&](const Log& log) {
    const std::string& path = log.target.path;
    const bool ends_so = path.ends_with('/');
    const schema::Facts* machine = context.machine();
    const bool is_folder = !ends_so && path.starts_with('/') && machine != nullptr &&
                           machine->directory_exists && machine->directory_exists(path);
    if (!ends_so && !is_folder) return;
    out.report(logfile_is_directory.rule, context.value_place(*log.entry),
               in_backticks(path) + " is a folder, not a file; " +
                   (section.name->kind == SectionKind::supervisord
                        ? "supervisord does not start"
                        : section.display() + " cannot be started"))
        .with_hint("add the name of a file");
  });
}

// Options with a path that Supervisor takes from the folder that it is started in.
void check_relative(const Context& context, Diagnostics& out, const ConfigSection& section,
                    const ConfigEntry& entry) {
  if (entry.option()->name == "directory" && section.name->kind == SectionKind::supervisord) return;
  if (entry.value.starts_with('/') || entry.value.starts_with("%(here)s/")) return;
  std::optional<std::string> path;
  if (entry.option()->type == schema::LogTarget::name) {
    auto target = context.read<schema::LogTarget>(section, entry);
    if (!target || target->kind != schema::LogKind::file) return;
    path = std::move(target->path);
  } else {
    path = context.read<schema::FilePath>(section, entry);
  }
  // ~ is a home folder; quotes, shell variables, the markers of templates and letters of drives are
  // mistakes of another kind.
  if (!path || path->empty() ||
      std::string_view("/~$\"'{<").find(path->front()) != std::string_view::npos ||
      path->substr(1, 1) == ":" || path->find("{{") != std::string::npos) {
    return;
  }
  if (section.name->kind == SectionKind::supervisord &&
      (is_program_word(*path) || schema::equals_ignoring_case(*path, "syslog"))) {
    return;
  }
  const bool is_socket = entry.option()->type == schema::SocketPath::name;
  auto& diagnostic =
      out.report(relative_log_path.rule, context.value_place(entry),
                 in_backticks(*path) + " is relative to the folder that supervisord is started in" +
                     (is_socket ? "" : ", and means another file when `directory` changes that"));
  diagnostic.with_hint("write an absolute path, or " + in_backticks("%(here)s/" + *path));
  if (!context.is_single_line(entry)) return;
  const std::string_view rest = entry.value.starts_with("./") ? entry.value.substr(2) : entry.value;
  diagnostic.fix("write a path from the folder of this file", context.value_span(entry),
                 "%(here)s/" + std::string(rest), false);
}

void report_empty_path(const Context& context, Diagnostics& out, const ConfigSection& section,
                       const ConfigEntry* entry, Severity severity, std::string_view consequence) {
  if (entry == nullptr || entry->from_default || !schema::strip(entry->value).empty()) return;
  out.report(empty_log_path.rule, severity, context.key_span(*entry),
             in_backticks(context.key_text(*entry)) + " of " + section.display() + " is empty; " +
                 std::string(consequence))
      .with_hint("write a path, or remove the line");
}

// Paths that are no logs of programs.
void check_empty_paths(const Context& context, Diagnostics& out, const ConfigSection& section) {
  if (section.is_process())
    report_empty_path(context, out, section, section.find("directory"), Severity::error,
                      "there is no such folder, and the program cannot be started");
  if (section.name->kind != SectionKind::supervisord) return;
  for (const ConfigEntry* folder : {section.find("directory"), section.find("childlogdir")})
    report_empty_path(context, out, section, folder, Severity::error,
                      "there is no such folder, and supervisord does not start");
  report_empty_path(context, out, section, section.find("logfile"), Severity::error,
                    "supervisord cannot open it and does not start");
  report_empty_path(context, out, section, section.find("pidfile"), Severity::warning,
                    "supervisord cannot write it");
}

void check_empty(const Context& context, Diagnostics& out, const ConfigSection& section) {
  check_empty_paths(context, out, section);
  if (!may_be(section, "")) return;
  each_written_path(context, section, [&](const Log& log) {
    // A value that is empty because a variable is, is meant so.
    if (!schema::strip(log.entry->value).empty() ||
        section.name->kind == SectionKind::supervisord) {
      return;
    }
    auto& diagnostic =
        out.report(empty_log_path.rule, context.key_span(*log.entry),
                   in_backticks(context.key_text(*log.entry)) + " is empty; this output " + "of " +
                       section.display() + " is logged nowhere");
    diagnostic.with_hint("write `NONE` if that is meant, else a path");
    if (context.is_single_line(*log.entry))
      diagnostic.fix("write `NONE`", context.value_span(*log.entry), "NONE", true);
  });
}

}  // namespace

const LintRule device_file_gets_clobbered = {
    .rule = {"SUP708", "device-file-gets-clobbered", Severity::warning,
             "a device where Supervisor deletes and makes files"},
    .check_section = check_devices,
    .options = {"pidfile",        "stdout_logfile",                            "stderr_logfile"                     }
};

const LintRule supervisord_logfile_none = {
    .rule = {"SUP710",           "supervisord-logfile-none", Severity::warning,
             "NONE or AUTO as the log of the daemon"},
    .check_section = check_daemon_none,
    .options = {"logfile"}
};

const LintRule logfile_is_directory = {
    .rule = {"SUP712", "logfile-is-directory", Severity::error, "a folder as a log"},
    .check_section = check_directory,
    .options = {"logfile",        "stdout_logfile",                      "stderr_logfile"             }
};

const LintRule relative_log_path = {
    .rule = {"SUP716",       "relative-log-path", Severity::warning,
             "a path that depends on where supervisord is started"                   },
    .check_value = check_relative,
    .options = { "logfile", "pidfile",              "childlogdir",  "file", "stdout_logfile", "stderr_logfile"}
};

const LintRule empty_log_path = {
    .rule = {"SUP717",     "empty-log-path", Severity::warning, "a log without a name"},
    .check_section = check_empty,
    .options = { "stdout_logfile", "stderr_logfile",    "directory",         "childlogdir",                                                                 "logfile",
             "pidfile"}
};

}  // namespace sup::lint
