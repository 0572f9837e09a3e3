// SUP1301, SUP1302: what the version that was asked for does not know, or takes otherwise.
#include <algorithm>
#include <utility>

#include "lint/lint.h"
#include "schema/dialects.h"
#include "schema/text.h"

namespace sup::lint {

namespace {

using Version = std::pair<std::int64_t, std::int64_t>;

// "4.2.0" and "3.0a1" as (4, 2) and (3, 0): a target is the last of its patch levels.
Version read_version(std::string_view text) {
  const auto number = [&] {
    std::int64_t value = 0;
    while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
      value = value * 10 + (text.front() - '0');
      text.remove_prefix(1);
    }
    if (!text.empty()) text.remove_prefix(1);
    return value;
  };
  const std::int64_t major = number();
  return {major, number()};
}

void check_newer(const Context& context, Diagnostics& out) {
  if (!context.options().target_is_explicit) return;
  const std::string target(schema::target_name(context.options().target));
  const Version known = read_version(target);
  context.each_entry([&](const ConfigSection& section, const ConfigEntry& entry) {
    if (entry.option() == nullptr) return;
    if (read_version(entry.option()->since) > known) {
      out.report(option_newer_than_target.rule, context.key_span(entry),
                 in_backticks(context.key_text(entry)) + " of " + section.display() +
                     " is read from Supervisor " + std::string(entry.option()->since) + " on; " +
                     target + " ignores it")
          .with_hint("remove it, or upgrade");
    }
  });
}

// Defaults that differ in the versions up to the target and today, of sections that run processes.
void check_changed_defaults(const Context& context, Diagnostics& out) {
  if (!context.options().target_is_explicit || context.options().target >= schema::Target::v4_2)
    return;
  for (const ConfigSection& section : context.sections()) {
    if (!section.is_process()) continue;
    // Expected exit statuses matter to a program that is restarted after the others.
    const auto restart = context.read<schema::AutoRestart>(section, "autorestart");
    if (section.find("autorestart") != nullptr && restart != schema::AutoRestartValue::unexpected)
      continue;
    for (const schema::DialectKey& row : schema::dialect_keys()) {
      if (row.dialect != schema::Dialect::supervisor3 || row.default_text.empty() ||
          section.find(row.option) != nullptr)
        continue;
      const schema::OptionRow* option = schema::find_option(section.name->kind, row.option);
      const ConfigEntry* command = section.find("command");
      if (option == nullptr || !option->default_text || command == nullptr) continue;
      const std::string line = std::string(row.option) + "=" + std::string(row.default_text);
      auto& diagnostic = out.report(default_changed_between_versions.rule, section.headers.front(),
                                    section.display() + " has no " + in_backticks(row.option) +
                                        ", whose default is " + in_backticks(row.default_text) +
                                        " in Supervisor 3 and " +
                                        in_backticks(*option->default_text) + " from 4.0 on");
      diagnostic.with_hint("write `" + line + "` to keep it");
      if (command->from_default) continue;
      const compiler::Line place = context.document(*command).line(context.written(*command).line);
      const compiler::SourceId source = context.key_span(*command).source;
      const Span indentation = {source, place.begin, place.content_begin};
      diagnostic.fix("write `" + line + "`", {source, place.begin, place.begin},
                     std::string(context.source_text(indentation)) + line +
                         std::string(context.line_end(*command)),
                     true);
    }
  }
}

}  // namespace

const LintRule option_newer_than_target = {
    .rule = {"SUP1301", "option-newer-than-target", Severity::warning,
             "an option that the version asked for does not know"},
    .check = check_newer
};

const LintRule default_changed_between_versions = {
    .rule = {"SUP1302", "default-changed-between-versions", Severity::info,
             "an option left to a default that 4.0 changed"},
    .check = check_changed_defaults
};

}  // namespace sup::lint
