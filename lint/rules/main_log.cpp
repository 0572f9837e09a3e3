// SUP707, SUP720: the activity log of the daemon.
#include "lint/edits.h"
#include "lint/lint.h"
#include "lint/paths.h"

namespace sup::lint {

namespace {

void check_twice(const Context& context, Diagnostics& out, const ConfigSection& section) {
  const ConfigEntry* entry = section.find("logfile");
  if (section.name->kind != SectionKind::supervisord || entry->from_default) return;
  const auto path = context.read<schema::FilePath>(section, *entry);
  if (!path || (!is_standard_output(*path) && !is_standard_error(*path))) return;
  const bool stays = context.is_on(section, "nodaemon") || context.options().container;
  const ConfigEntry* silent = section.find("silent");
  const bool knows_silent = context.options().target >= schema::Target::v4_2;
  if (!stays || (knows_silent && silent != nullptr &&
                 context.read<schema::Boolean>(section, *silent).value_or(true))) {
    return;
  }
  auto& diagnostic = out.report(main_log_printed_twice.rule, context.value_place(*entry),
                                "in the foreground supervisord prints its log anyway; with " +
                                    in_backticks(*path) + " as its file each line appears twice");
  diagnostic.with_hint(knows_silent ? "write `/dev/null`, or add `silent=true`"
                                    : "write `/dev/null`");
  if (!context.is_single_line(*entry)) return;
  compiler::Fix fix;
  fix.title = "write `logfile=/dev/null`";
  if (!set_option(context, fix, section, "logfile_maxbytes", "0", *entry)) return;
  fix.edits.push_back({context.value_span(*entry), "/dev/null"});
  diagnostic.fixes.push_back(std::move(fix));
}

void check_level(const Context& context, Diagnostics& out, const ConfigSection& section,
                 const ConfigEntry& entry) {
  if (section.name->kind != SectionKind::supervisord) return;
  const auto level = context.read<schema::LogLevel>(section, entry);
  if (!level || *level > schema::LogLevelValue::debug) return;
  const bool is_debug = *level == schema::LogLevelValue::debug;
  out.report(chatty_loglevel.rule,
             *level == schema::LogLevelValue::blather ? Severity::warning : Severity::info,
             context.value_place(entry),
             is_debug ? "at this level all output of all programs is copied to the activity log"
                      : "at this level the activity log gets lines several times a second, though "
                        "nothing happens")
      .with_hint("write `info` when you have found what you look for");
}

}  // namespace

const LintRule main_log_printed_twice = {
    .rule = {"SUP707",           "main-log-printed-twice", Severity::warning,
             "a daemon in the foreground that logs to its standard output"},
    .check_section = check_twice,
    .options = {"logfile"}
};

const LintRule chatty_loglevel = {
    .rule = {"SUP720",        "chatty-loglevel", Severity::info, "a level for the search of a fault"},
    .check_value = check_level,
    .options = {"loglevel"}
};

}  // namespace sup::lint
