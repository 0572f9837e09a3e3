// SUP210: options of a plug-in that is not configured.
#include "lint/lint.h"
#include "lint/names.h"

namespace sup::lint {

namespace {

void check_plugin_option_without_plugin(const Context& context, Diagnostics& out) {
  each_key(context, KeyKind::plugin,
           [&](const ConfigSection& section, const ConfigEntry& entry, const KeyVerdict& verdict,
               const KeyJudge&) {
             out.report(plugin_option_without_plugin.rule, context.key_span(entry),
                        in_backticks(context.key_text(entry)) + " in " + section.display() +
                            " is an option of the plug-in " + std::string(verdict.product()) +
                            ", which is not configured; Supervisor ignores it")
                 .with_hint("add the plug-in's [eventlistener:x] or remove the option");
           });
}

}  // namespace

const LintRule plugin_option_without_plugin = {
    .rule = {"SUP210", "plugin-option-without-plugin", Severity::warning,
             "an option of a plug-in that is not configured"},
    .check = check_plugin_option_without_plugin
};

}  // namespace sup::lint
