// SUP1304: options that Supervisor accepts in a file and that do nothing there.
#include <algorithm>

#include "lint/lint.h"
#include "lint/names.h"
#include "lint/references.h"

namespace sup::lint {

namespace {

// Whether a process of the section may log to an AUTO file.
bool may_log_automatically(const Context& context, const ConfigSection& section) {
  if (!section.is_process()) return false;
  for (const OptionName key : OptionNames{"stdout_logfile", "stderr_logfile"}) {
    if (key == "stderr_logfile" && context.is_on(section, "redirect_stderr")) continue;
    const ConfigEntry* entry = section.find(key);
    if (entry == nullptr) return true;
    const auto log = context.read<schema::LogTarget>(section, *entry);
    if (!log || log->kind == schema::LogKind::automatic) return true;
  }
  return false;
}

void check_nocleanup(const Context& context, Diagnostics& out) {
  const ConfigSection* daemon = context.config().find("supervisord");
  const ConfigEntry* entry = daemon != nullptr ? daemon->find("nocleanup") : nullptr;
  if (entry == nullptr || entry->from_default || !context.is_on(*daemon, "nocleanup") ||
      !context.references().is_complete())
    return;
  const auto& sections = context.config().sections;
  if (std::any_of(sections.begin(), sections.end(), [&](const ConfigSection& section) {
        return may_log_automatically(context, section);
      }))
    return;
  auto& diagnostic =
      out.report(dead_option.rule, context.key_span(*entry),
                 in_backticks(context.key_text(*entry)) +
                     " does nothing here: it keeps old AUTO logs, and no program has one");
  diagnostic.with_hint("remove it");
  add_removal(context, diagnostic, *entry, true);
}

void check_dead_option(const Context& context, Diagnostics& out) {
  check_nocleanup(context, out);
  const ConfigSection* daemon = context.config().find("supervisord");
  if (daemon == nullptr || !daemon->has_unknown_key) return;
  const KeyJudge judge(context, *daemon);
  for (const ConfigEntry& entry : daemon->entries) {
    if (entry.from_default || judge.judge(entry).kind != KeyKind::command_line) continue;
    auto& diagnostic = out.report(dead_option.rule, context.key_span(entry),
                                  in_backticks(context.key_text(entry)) +
                                      " is an option of the command line; Supervisor does not "
                                      "read it in a file");
    diagnostic.with_hint("give it to supervisord as `--" + std::string(entry.key()) + "`");
    add_removal(context, diagnostic, entry, true);
  }
}

}  // namespace

const LintRule dead_option = {
    .rule = {"SUP1304", "dead-option", Severity::info, "an option that does nothing"},
    .check = check_dead_option,
    .looks_at_whole = true
};

}  // namespace sup::lint
