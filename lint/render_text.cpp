// For people: each finding with its lines, and how many there are.
#include "compiler/render_text.h"

#include "lint/report.h"

namespace sup::lint {

std::string render_text(const Report& report) {
  std::string text;
  for (const Finding& finding : report.findings)
    text += compiler::render_text(*finding.diagnostic, finding.sources(), {report.color});
  text += closing_line(report);
  return text;
}

}  // namespace sup::lint
