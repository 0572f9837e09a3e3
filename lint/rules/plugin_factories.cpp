// SUP517: factories of plug-ins that cannot be loaded or called, though they are written
// module:attribute; and sections that name none.
#include <algorithm>
#include <string>
#include <string_view>

#include "compiler/compiler_rules.h"
#include "lint/lint.h"
#include "lint/references.h"
#include "schema/extensions.h"
#include "schema/suggest.h"

namespace sup::lint {

namespace {

using compiler::compiler_rule;

constexpr std::string_view rule_name = "rpcinterface-factory-unresolvable";

// The known factory that a name surely was meant to be, or an empty text.
std::string_view meant(std::string_view written) {
  constexpr std::size_t letters = 3;  // that may be wrong
  std::string_view nearest;
  std::size_t least = letters + 1;
  for (const std::string_view known : schema::known_factories) {
    const std::size_t distance = schema::edit_distance(written, known, letters);
    if (distance == 0) return {};
    if (distance < least) nearest = known;
    least = std::min(least, distance);
  }
  return nearest;
}

void check_spelling(const Context& context, Diagnostics& out, const ConfigSection& section,
                    const ConfigEntry& factory) {
  const std::string_view known = meant(schema::without_name(factory.value));
  if (known.empty()) return;
  out.report(compiler_rule(rule_name), Severity::warning, context.value_span(factory),
             section.display() + " " + std::string(factory.key()) +
                 ": no plug-in is known that has " + in_backticks(factory.value) +
                 "; what cannot be loaded is refused")
      .with_hint("did you mean " + in_backticks(known) + "?");
}

// Supervisor's own interface takes no options: supervisord ends with a TypeError where it makes its
// first control server. What [DEFAULT] adds is told of there.
void check_own_interface(const Context& context, Diagnostics& out, const ConfigSection& section) {
  const bool has_server = !context.references().sections(SectionKind::unix_http_server).empty() ||
                          !context.references().sections(SectionKind::inet_http_server).empty();
  for (const ConfigEntry& entry : section.entries) {
    if (entry.overridden || entry.from_default || entry.option() != nullptr) continue;
    // A warning, as Supervisor's parser takes it.
    out.report(compiler_rule(rule_name), Severity::warning, context.key_span(entry),
               section.display() + " " + std::string(entry.key()) +
                   ": the interface of Supervisor takes no options; supervisord ends at its start" +
                   (has_server ? "" : " when there is a control server"))
        .with_hint("remove it");
  }
}

void check_factories(const Context& context, Diagnostics& out) {
  for (const ConfigSection* section : context.config().besides_programs) {
    if (!section->name) continue;
    if (section->name->kind == SectionKind::rpcinterface) {
      const ConfigEntry* factory = section->find("supervisor.rpcinterface_factory");
      if (factory == nullptr) continue;
      check_spelling(context, out, *section, *factory);
      if (schema::is_main_interface(factory->value)) check_own_interface(context, out, *section);
    } else if (section->name->kind == SectionKind::ctlplugin) {
      const ConfigEntry* factory = section->find("supervisor.ctl_factory");
      if (factory != nullptr) {
        check_spelling(context, out, *section, *factory);
        continue;
      }
      out.report(compiler_rule(rule_name), Severity::warning, section->headers.front(),
                 section->display() +
                     " names no `supervisor.ctl_factory`; supervisorctl refuses the configuration")
          .with_hint("name its factory, or remove the section");
    }
  }
}

}  // namespace

const LintRule plugin_factories = {
    .rule = {"SUP517", "rpcinterface-factory-unresolvable", Severity::error,
             "a value that is not module:attribute"},
    .check = check_factories,
    .looks_at_whole = true
};

}  // namespace sup::lint
