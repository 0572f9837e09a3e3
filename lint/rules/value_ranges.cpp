// SUP304, 305, 308, 312, 316, 319, 320: values of the right type that cannot be meant.
#include <cstdint>
#include <string>
#include <vector>

#include "lint/lint.h"

namespace sup::lint {

namespace {

std::string of_section(const Context& context, const ConfigSection& section,
                       const ConfigEntry& entry) {
  return in_backticks(context.key_text(entry)) + " of " + section.display();
}

void offer_value(const Context& context, Diagnostic& diagnostic, const ConfigEntry& entry,
                 std::string_view value, bool safe) {
  if (!context.is_single_line(entry) || entry.value.find('%') != std::string_view::npos) return;
  diagnostic.fix("write `" + std::string(value) + "`", context.value_span(entry),
                 std::string(value), safe);
}

void check_byte_size(const Context& context, Diagnostics& out, const ConfigSection& section,
                     const ConfigEntry& entry) {
  const auto value = context.read<schema::ByteSize>(section, entry);
  if (!value || *value >= 0) return;
  auto& diagnostic = out.report(
      negative_byte_size.rule, context.value_place(entry),
      of_section(context, section, entry) + " is negative; Supervisor cannot write such a log");
  diagnostic.with_hint("`0` means no limit");
  offer_value(context, diagnostic, entry, "0", true);
}

void check_backups(const Context& context, Diagnostics& out, const ConfigSection& section,
                   const ConfigEntry& entry) {
  const auto value = context.read<schema::Integer>(section, entry);
  if (!value || *value >= 0) return;
  auto& diagnostic = out.report(negative_backups.rule, context.value_place(entry),
                                of_section(context, section, entry) +
                                    " is negative, which keeps no rotated log at all, as 0 does");
  diagnostic.with_hint("write how many to keep");
  offer_value(context, diagnostic, entry, "0", false);
}

void check_exitcodes(const Context& context, Diagnostics& out, const ConfigSection& section,
                     const ConfigEntry& entry) {
  const auto value = context.read<schema::ExitCodes>(section, entry);
  if (!value || !value->empty()) return;
  out.report(empty_exitcodes.rule, context.value_place(entry),
             of_section(context, section, entry) +
                 " is empty, so that every exit is unexpected, status 0 too")
      .with_hint("remove it, or say so with `autorestart=true`");
}

void check_mode(const Context& context, Diagnostics& out, const ConfigSection& section,
                const ConfigEntry& entry) {
  const auto value = context.read<schema::Octal>(section, entry);
  if (!value) return;
  const bool is_umask = entry.option()->name == "umask";
  if (*value >= 0 && *value <= (is_umask ? 0777 : 07777)) return;
  out.report(mode_out_of_range.rule, context.value_place(entry),
             of_section(context, section, entry) + " is out of range for a mode")
      .with_hint(is_umask ? "write an octal number up to 0777, such as `022`"
                          : "write an octal number up to 07777, such as `0700`");
}

void check_numprocs(const Context& context, Diagnostics& out, const ConfigSection& section,
                    const ConfigEntry& entry) {
  const auto value = context.read<schema::Integer>(section, entry);
  if (!value || *value >= 1) return;
  out.report(numprocs_below_one.rule, context.value_place(entry),
             of_section(context, section, entry) + " is below 1; there is no process to start")
      .with_hint("`autostart=false` keeps a program for later");
}

void check_startsecs(const Context& context, Diagnostics& out, const ConfigSection& section,
                     const ConfigEntry& entry) {
  const auto value = context.read<schema::Integer>(section, entry);
  if (!value || *value >= 0) return;
  auto& diagnostic =
      out.report(negative_startsecs.rule, context.value_place(entry),
                 of_section(context, section, entry) + " is negative; Supervisor takes it as 0");
  diagnostic.with_hint("write seconds, or `0`");
  offer_value(context, diagnostic, entry, "0", false);
}

void check_stopwaitsecs(const Context& context, Diagnostics& out, const ConfigSection& section,
                        const ConfigEntry& entry) {
  const auto value = context.read<schema::Integer>(section, entry);
  if (!value || *value >= 1) return;
  auto& diagnostic =
      out.report(negative_stopwaitsecs.rule, context.value_place(entry),
                 of_section(context, section, entry) +
                     (*value < 0 ? " is negative; SIGKILL follows at once on the stop signal"
                                 : " leaves no time between the stop signal and SIGKILL"));
  diagnostic.with_hint("write the seconds that a clean stop needs");
  offer_value(context, diagnostic, entry, "10", false);
}

}  // namespace

const LintRule negative_byte_size = {
    .rule = {"SUP304", "negative-byte-size", Severity::error, "a size below zero"},
    .check_value = check_byte_size,
    .type = schema::ByteSize::name
};

const LintRule negative_backups = {
    .rule = {"SUP305", "negative-backups", Severity::warning,      "a number of backups below zero"},
    .check_value = check_backups,
    .options = {"logfile_backups",        "stdout_logfile_backups",          "stderr_logfile_backups"}
};

const LintRule empty_exitcodes = {
    .rule = {"SUP308",           "empty-exitcodes", Severity::warning, "exitcodes= without a value"},
    .check_value = check_exitcodes,
    .options = {"exitcodes"}
};

const LintRule mode_out_of_range = {
    .rule = {"SUP312", "mode-out-of-range", Severity::warning, "a mode that is no mode"},
    .check_value = check_mode,
    .type = schema::Octal::name
};

const LintRule numprocs_below_one = {
    .rule = {"SUP316",           "numprocs-below-one", Severity::warning, "a program without processes"},
    .check_value = check_numprocs,
    .options = {"numprocs"}
};

const LintRule negative_startsecs = {
    .rule = {"SUP319",           "negative-startsecs", Severity::warning, "startsecs= below zero"},
    .check_value = check_startsecs,
    .options = {"startsecs"}
};

const LintRule negative_stopwaitsecs = {
    .rule = {"SUP320",           "negative-stopwaitsecs", Severity::warning,
             "no time between stop signal and SIGKILL"},
    .check_value = check_stopwaitsecs,
    .options = {"stopwaitsecs"}
};

}  // namespace sup::lint
