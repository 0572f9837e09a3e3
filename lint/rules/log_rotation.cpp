// SUP701, SUP713, SUP714: logs that cannot be rotated, never are, or lose all when they are.
#include "lint/edits.h"
#include "lint/lint.h"
#include "lint/paths.h"

namespace sup::lint {

namespace {

bool is_written_file(const Log& log) {
  return log.entry != nullptr && !log.entry->from_default &&
         log.target.kind == schema::LogKind::file && !log.target.path.empty();
}

// Calls `function(log)` for each log that may be a device.
template <class Function>
void each_possible_device(const Context& context, const ConfigSection& section, Function function) {
  for (const LogChannel& channel : log_channels(section.name->kind)) {
    const ConfigEntry* entry = section.find(channel.logfile);
    if (hint_of(entry) != LogHint::unknown ||
        (is_constant_path(*entry) && !is_stream(entry->value)))
      continue;
    if (const auto log = read_log(context, section, channel)) function(*log);
  }
}

void check_streams(const Context& context, Diagnostics& out, const ConfigSection& section) {
  each_possible_device(context, section, [&](const Log& log) {
    if (!is_written_file(log) || !is_stream(log.target.path)) return;
    const auto limit = log_limit(context, section, *log.channel);
    if (!limit || *limit <= 0) return;
    const std::string maxbytes(log.channel->maxbytes);
    const bool is_daemon = section.name->kind == SectionKind::supervisord;
    auto& diagnostic = out.report(
        rotating_unseekable_log.rule, context.value_place(*log.entry),
        in_backticks(log.target.path) + " cannot be rotated, and " + in_backticks(maxbytes) +
            (section.find(maxbytes) == nullptr ? " is 50MB by default" : " is not 0") +
            (is_daemon
                 ? "; supervisord does not start"
                 : "; supervisord logs a traceback for all that " + section.display() + " writes"));
    diagnostic.with_hint("write " + in_backticks(maxbytes + "=0"));
    const ConfigEntry* written = section.find(maxbytes);
    if (written != nullptr && !written->from_default)
      diagnostic.label(context.value_place(*written), "the limit");
    offer_option(context, diagnostic, section, maxbytes, "0", *log.entry, true);
  });
}

void check_never_rotated(const Context& context, Diagnostics& out, const ConfigSection& section) {
  if (context.options().container) return;
  for (const LogChannel& channel : log_channels(section.name->kind)) {
    const ConfigEntry* limit = section.find(channel.maxbytes);
    if (limit == nullptr || limit->from_default || log_limit(context, section, channel) != 0)
      continue;
    const auto log = read_log(context, section, channel);
    if (!log || log->target.kind != schema::LogKind::file || log->target.path.empty() ||
        is_device(log->target.path)) {
      continue;
    }
    out.report(unlimited_log.rule, context.value_place(*limit),
               "the log " + in_backticks(log->target.path) + " of " + section.display() +
                   " grows without limit")
        .with_hint("write a limit such as `50MB`, unless something else rotates it");
  }
}

void check_backups(const Context& context, Diagnostics& out, const ConfigSection& section) {
  for (const LogChannel& channel : log_channels(section.name->kind)) {
    const ConfigEntry* backups = section.find(channel.backups);
    if (backups == nullptr || backups->from_default || log_backups(context, section, channel) != 0)
      continue;
    const auto limit = log_limit(context, section, channel);
    if (!limit || *limit <= 0 || !is_on_disk(context, section, channel)) continue;
    out.report(rotation_discards_everything.rule, context.value_place(*backups),
               "no backup is kept: when the log of " + section.display() + " reaches " +
                   in_backticks(channel.maxbytes) + ", all of it is thrown away")
        .with_hint("write 1 or more");
  }
}

}  // namespace

const LintRule rotating_unseekable_log = {
    .rule = {"SUP701", "rotating-unseekable-log", Severity::error,
             "rotation of a stream or a terminal"},
    .check_section = check_streams,
    .options = {"logfile",        "stdout_logfile",                         "stderr_logfile"                }
};

const LintRule unlimited_log = {
    .rule = {"SUP713", "unlimited-log", Severity::info,              "a file that grows without limit"},
    .check_section = check_never_rotated,
    .options = {"logfile_maxbytes",        "stdout_logfile_maxbytes",      "stderr_logfile_maxbytes"}
};

const LintRule rotation_discards_everything = {
    .rule = {"SUP714", "rotation-discards-everything", Severity::info, "rotation without a backup"},
    .check_section = check_backups,
    .options = {"logfile_backups",        "stdout_logfile_backups",                      "stderr_logfile_backups"    }
};

}  // namespace sup::lint
