// SUP209: a header that only begins like that of a server, and opens one.
#include "lint/lint.h"

namespace sup::lint {

namespace {

void check_server_section_still_active(const Context& context, Diagnostics& out) {
  for (const ConfigSection& section : context.sections()) {
    if (!section.name) continue;
    const schema::SectionRow& row = schema::section_row(section.name->kind);
    if (row.naming != schema::Naming::server) continue;
    const std::string_view rest = section.full_name.substr(row.spelling.size());
    if (rest.empty() || rest.front() == ':') continue;
    const std::string spelling(row.spelling);
    for (const Span& header : section.headers)
      out.report(server_section_still_active.rule, header,
                 section.display() + " opens a server: every section that begins with `" +
                     spelling + "` is one")
          .with_hint("write ; before its lines to switch it off, or call it [" + spelling +
                     ":name]");
  }
}

}  // namespace

const LintRule server_section_still_active = {
    .rule = {"SUP209", "server-section-still-active", Severity::warning,
             "a section that is a server though its name says otherwise"},
    .check = check_server_section_still_active
};

}  // namespace sup::lint
