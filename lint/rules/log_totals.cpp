// SUP706, SUP715: all logs of a configuration together.
#include <algorithm>
#include <string>

#include "lint/facts/log_space.h"
#include "lint/lint.h"
#include "lint/paths.h"

namespace sup::lint {

namespace {

// Less than this is not worth a word unless a limit was given.
constexpr std::int64_t worth_mention = std::int64_t{10} << 30;

void check_footprint(const Context& context, Diagnostics& out) {
  if (context.config().fragment) return;
  std::int64_t total = 0;
  std::int64_t largest = -1;
  const ConfigSection* largest_section = nullptr;
  for (const ConfigSection& section : context.config().sections) {
    if (!section.name || log_channels(section.name->kind).empty()) continue;
    const std::int64_t bytes = log_bytes(context, section);
    total = sum(total, bytes);
    if (bytes <= largest) continue;
    largest = bytes;
    largest_section = &section;
  }
  const auto limit = context.options().log_limit;
  const bool is_above = limit && total > *limit;
  const ConfigSection* daemon = context.daemon();
  if (daemon == nullptr || largest_section == nullptr || (!is_above && total < worth_mention))
    return;
  std::string message = "all logs with their backups may take " + readable_size(total);
  if (is_above) message += ", more than the limit of " + readable_size(*limit);
  out.report(log_footprint.rule, is_above ? Severity::warning : Severity::info,
             daemon->headers.front(), std::move(message))
      .with_hint("lower `stdout_logfile_maxbytes` or `stdout_logfile_backups` and those of stderr")
      .label(largest_section->headers.front(),
             "the most are of this section: " + readable_size(largest));
}

bool has_automatic_log(const Context& context, const ConfigSection& section) {
  for (const LogChannel& channel : log_channels(section.name->kind)) {
    if (hint_of(section.find(channel.logfile)) == LogHint::file) continue;
    const auto log = read_log(context, section, channel);
    if (log && log->target.kind == schema::LogKind::automatic) return true;
  }
  return false;
}

void check_directory(const Context& context, Diagnostics& out) {
  const ConfigSection* daemon = context.daemon();
  // In the foreground it is most likely alone on its machine, a container. One of several has its
  // own log or pidfile.
  if (context.config().fragment || context.options().container || daemon == nullptr ||
      daemon->find("childlogdir") != nullptr || daemon->find("identifier") != nullptr ||
      daemon->find("nocleanup") != nullptr || daemon->find("nodaemon") != nullptr ||
      (daemon->find("logfile") == nullptr && daemon->find("pidfile") == nullptr)) {
    return;
  }
  const auto& sections = context.config().sections;
  const auto found = std::find_if(sections.begin(), sections.end(), [&](const auto& section) {
    return section.is_process() && has_automatic_log(context, section);
  });
  if (found == sections.end()) return;
  out.report(auto_logs_in_shared_directory.rule, daemon->headers.front(),
             "AUTO logs are in the folder for temporary files; another supervisord without "
             "`childlogdir` deletes them when it starts")
      .with_hint("set `childlogdir`, or name the logs")
      .label(found->headers.front(), "it has an AUTO log");
}

}  // namespace

const LintRule auto_logs_in_shared_directory = {
    .rule = {"SUP706", "auto-logs-in-shared-directory", Severity::info,
             "temporary logs that another supervisord deletes"},
    .check = check_directory,
    .looks_at_whole = true
};

const LintRule log_footprint = {
    .rule = {"SUP715", "log-footprint", Severity::info, "how much disk the logs may take"},
    .check = check_footprint,
    .looks_at_whole = true
};

}  // namespace sup::lint
