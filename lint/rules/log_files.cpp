// SUP703, SUP704, SUP705, SUP711: log options of a program that work against one another.
#include <array>
#include <string>
#include <vector>

#include "lint/lint.h"
#include "lint/paths.h"
#include "schema/text.h"

namespace sup::lint {

namespace {

// The log of a channel; the default where nothing is written; nothing when it is not known.
std::optional<schema::LogTargetValue> log_of(const Context& context, const ConfigSection& section,
                                             OptionName key) {
  if (section.find(key) == nullptr) return schema::LogTargetValue{};
  return context.read<schema::LogTarget>(section, key);
}

bool is_zero(const Context& context, const ConfigSection& section, OptionName key) {
  return context.read<schema::ByteSize>(section, key) == std::int64_t{0};
}

// The span from key to the end of the value.
Span assignment(const Context& context, const ConfigEntry& entry) {
  return {context.key_span(entry).source, context.key_span(entry).begin,
          context.whole_value(entry).end};
}

void offer_redirection(const Context& context, Diagnostic& diagnostic, const ConfigSection& section,
                       const ConfigEntry& stderr_log) {
  // A listener may not redirect.
  if (section.name->kind == SectionKind::eventlistener || stderr_log.from_default) return;
  compiler::Fix fix;
  fix.title = "write `redirect_stderr=true` instead";
  fix.safe = true;
  if (const ConfigEntry* redirect = section.find("redirect_stderr")) {
    if (redirect->from_default || !context.is_single_line(*redirect)) return;
    fix.edits.push_back({context.value_span(*redirect), "true"});
    fix.edits.push_back({context.whole_lines(stderr_log), ""});
  } else {
    fix.edits.push_back({assignment(context, stderr_log), "redirect_stderr=true"});
  }
  diagnostic.fixes.push_back(std::move(fix));
}

void check_shared(const Context& context, Diagnostics& out, const ConfigSection& section) {
  const ConfigEntry* entry = section.find("stderr_logfile");
  if (entry == nullptr || section.find("stdout_logfile") == nullptr ||
      context.is_on(section, "redirect_stderr")) {
    return;
  }
  const auto stdout_log = log_of(context, section, "stdout_logfile");
  const auto stderr_log = log_of(context, section, "stderr_logfile");
  if (!stdout_log || !stderr_log || stdout_log->kind != schema::LogKind::file ||
      stderr_log->kind != schema::LogKind::file || is_device(stdout_log->path) ||
      plain_path(stdout_log->path) != plain_path(stderr_log->path)) {
    return;
  }
  const bool rotates = !is_zero(context, section, "stdout_logfile_maxbytes") ||
                       !is_zero(context, section, "stderr_logfile_maxbytes");
  auto& diagnostic =
      out.report(stdout_and_stderr_share_file.rule, rotates ? Severity::warning : Severity::info,
                 context.value_place(*entry),
                 "standard output and standard error of " + section.display() +
                     " are written to one file" + (rotates ? "; its rotation loses lines" : ""));
  diagnostic.label(context.value_place(*section.find("stdout_logfile")), "the same file");
  diagnostic.with_hint(section.name->kind == SectionKind::eventlistener
                           ? "name another file"
                           : "write `redirect_stderr=true` instead");
  offer_redirection(context, diagnostic, section, *entry);
}

void check_ignored(const Context& context, Diagnostics& out, const ConfigSection& section) {
  if (section.name->kind == SectionKind::eventlistener ||
      !context.is_on(section, "redirect_stderr")) {
    return;
  }
  std::vector<const ConfigEntry*> ignored;
  const auto log = context.read<schema::LogTarget>(section, "stderr_logfile");
  const bool has_file = log && log->kind == schema::LogKind::file;
  if (has_file) ignored.push_back(section.find("stderr_logfile"));
  constexpr std::array<OptionName, 2> limits = {"stderr_logfile_maxbytes",
                                                "stderr_logfile_backups"};
  for (const OptionName key : limits) {
    if (const ConfigEntry* entry = section.find(key)) ignored.push_back(entry);
  }
  if (ignored.empty() || ignored.front()->from_default) return;
  auto& diagnostic = out.report(
      stderr_logfile_ignored.rule, has_file ? Severity::warning : Severity::info,
      context.key_span(*ignored.front()),
      in_backticks(context.key_text(*ignored.front())) + " has no effect in " + section.display() +
          ", as `redirect_stderr` sends standard error to standard output");
  diagnostic.with_hint("remove it");
  compiler::Fix fix;
  fix.title = "remove what has no effect";
  fix.safe = true;
  for (const ConfigEntry* entry : ignored) {
    if (entry->from_default) continue;
    if (entry != ignored.front()) diagnostic.label(context.key_span(*entry), "nor has this");
    fix.edits.push_back({context.whole_lines(*entry), ""});
  }
  diagnostic.fixes.push_back(std::move(fix));
}

void check_unlimited(const Context& context, Diagnostics& out, const ConfigSection& section) {
  for (const LogChannel& channel : log_channels(section.name->kind)) {
    const ConfigEntry* limit = section.find(channel.maxbytes);
    if (limit == nullptr || limit->from_default || !is_zero(context, section, channel.maxbytes))
      continue;
    // Supervisor warns here too, but nothing is written then.
    if (channel.is_stderr && context.is_on(section, "redirect_stderr")) continue;
    const auto log = log_of(context, section, channel.logfile);
    if (!log || log->kind != schema::LogKind::automatic) continue;
    out.report(auto_log_without_rotation.rule, context.value_place(*limit),
               "the AUTO log of " + section.display() +
                   " in the folder for temporary files grows without limit")
        .with_hint("name a file with " + in_backticks(channel.logfile) + ", or remove the 0");
  }
}

void report_syslog(const Context& context, Diagnostics& out, const ConfigSection& section,
                   const ConfigEntry& entry, const LogChannel& channel) {
  const std::string on = std::string(channel.syslog) + "=true";
  auto& diagnostic = out.report(deprecated_syslog_filename.rule, context.value_place(entry),
                                "the file name `syslog` in " + section.display() +
                                    " is deprecated; Supervisor takes it for " + in_backticks(on));
  if (context.options().target < schema::Target::v4_2) return;
  std::string line = std::string(channel.logfile) + "=NONE";
  diagnostic.with_hint("write " + in_backticks(on) + " and " + in_backticks(line));
  compiler::Fix fix;
  fix.title = "write " + in_backticks(on);
  fix.safe = context.is_single_line(entry);
  const ConfigEntry* syslog = section.find(channel.syslog);
  if (syslog == nullptr) {
    // The new line is indented as the one it stands above, lest it joins it.
    const compiler::Line place = context.document(entry).line(context.written(entry).line);
    const Span indentation = {context.key_span(entry).source, place.begin, place.content_begin};
    line = on + std::string(context.line_end(entry)) +
           std::string(context.source_text(indentation)) + line;
  } else if (!context.is_on(section, channel.syslog)) {
    if (syslog->from_default || !context.is_single_line(*syslog)) return;
    fix.edits.push_back({context.value_span(*syslog), "true"});
  }
  fix.edits.push_back({assignment(context, entry), std::move(line)});
  diagnostic.fixes.push_back(std::move(fix));
}

void check_syslog_file(const Context& context, Diagnostics& out, const ConfigSection& section) {
  for (const LogChannel& channel : log_channels(section.name->kind)) {
    const ConfigEntry* entry = section.find(channel.logfile);
    if (entry == nullptr || entry->from_default || entry->value.starts_with('/')) continue;
    const auto log = context.read<schema::LogTarget>(section, *entry);
    if (log && log->kind == schema::LogKind::syslog)
      report_syslog(context, out, section, *entry, channel);
  }
}

}  // namespace

const LintRule stdout_and_stderr_share_file = {
    .rule = {"SUP703",           "stdout-and-stderr-share-file", Severity::warning,
             "both channels of a program log to one file"},
    .check_section = check_shared,
    .options = {"stderr_logfile"}
};

const LintRule stderr_logfile_ignored = {
    .rule = {"SUP704", "stderr-logfile-ignored", Severity::warning,
             "a log for standard error, which is redirected"},
    .check_section = check_ignored,
    .options = {"stderr_logfile",        "stderr_logfile_maxbytes",                 "stderr_logfile_backups" }
};

const LintRule auto_log_without_rotation = {
    .rule = {"SUP705",                                   "auto-log-without-rotation", Severity::warning,
             "a temporary log that grows without limit"},
    .check_section = check_unlimited,
    .options = {"stdout_logfile_maxbytes", "stderr_logfile_maxbytes"                           }
};

const LintRule deprecated_syslog_filename = {
    .rule = {"SUP711",                                   "deprecated-syslog-filename", Severity::warning,
             "the file name syslog for a program's log"},
    .check_section = check_syslog_file,
    .options = {"stdout_logfile", "stderr_logfile"                            }
};

}  // namespace sup::lint
