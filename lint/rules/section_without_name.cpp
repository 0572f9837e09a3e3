// SUP208: [program] and the like without a colon and a name.
#include "lint/lint.h"
#include "lint/names.h"
#include "schema/extensions.h"
#include "schema/text.h"

namespace sup::lint {

namespace {

void check_section_without_name(const Context& context, Diagnostics& out) {
  each_header(
      context, HeaderKind::nameless,
      [&](const ConfigSection& section, const Span& name, const HeaderVerdict&) {
        const std::string word = schema::lower(schema::strip(section.full_name));
        const bool is_rpc = word == "rpcinterface";
        auto& diagnostic =
            out.report(section_without_name.rule, name,
                       section.display() + " has no name; Supervisor ignores the section" +
                           (is_rpc ? " and supervisorctl cannot talk to it" : ""));
        const std::string meant = word + (is_rpc ? ":supervisor" : ":x");
        diagnostic.with_hint("write `[" + meant + "]`" + (is_rpc ? "" : " with a name for x"));
        const ConfigEntry* factory = section.find("supervisor.rpcinterface_factory");
        if (is_rpc && factory != nullptr) {
          diagnostic.fix("write `[" + meant + "]`", name, meant,
                         schema::is_main_interface(factory->value) && !context.has_section(meant));
        }
      });
}

}  // namespace

const LintRule section_without_name = {
    .rule = {"SUP208", "section-without-name", Severity::warning,
             "a section header that lacks the colon and a name"},
    .check = check_section_without_name
};

}  // namespace sup::lint
