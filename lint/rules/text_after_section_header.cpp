// SUP108: words after the closing bracket of a header.
#include "lint/lint.h"

namespace sup::lint {

namespace {

void check_text_after_section_header(const Context& context, Diagnostics& out) {
  for (const compiler::LoadedFile& file : context.compilation().files.files) {
    if (!file.document.has_odd_header) continue;
    for (const compiler::SectionHeader& header : file.document.sections) {
      const std::string_view name = context.source_text(header.name);
      // Brackets in brackets are no slip at the end; SUP201 speaks of them.
      if (name.ends_with(']') && !name.starts_with('[') &&
          name.find(' ') == std::string_view::npos) {
        const Span bracket = {header.name.source, header.name.end, header.name.end + 1};
        out.report(text_after_section_header.rule, bracket,
                   "a header ends with the last `]` of its line; the name is " + in_backticks(name))
            .with_hint("remove it")
            .fix("remove the bracket", bracket, "", false);
      }
      const Span& rest = header.trailing;
      // Without a blank before it a ; starts no comment, but it is meant to.
      if (rest.begin == rest.end) continue;
      const std::string_view text = context.source_text(rest);
      if (text.front() == ';' || text.front() == '#') continue;
      const bool has_blank = rest.begin > header.header.end;
      out.report(text_after_section_header.rule, rest,
                 "text after a section header, which Supervisor ignores")
          .with_hint("make it a comment")
          .fix("make it a comment", {rest.source, rest.begin, rest.begin}, has_blank ? "; " : " ; ",
               true);
    }
  }
}

}  // namespace

const LintRule text_after_section_header = {
    .rule = {"SUP108", "text-after-section-header", Severity::warning,
             "words after the closing bracket of a section header"},
    .check = check_text_after_section_header,
    .looks_at_whole = true
};

}  // namespace sup::lint
