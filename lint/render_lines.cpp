// Formats of one line for each finding.
#include "compiler/plain_text.h"
#include "lint/report.h"

namespace sup::lint {

std::string render_concise(const Report& report) {
  std::string text;
  for (const Finding& finding : report.findings) {
    const compiler::Diagnostic& diagnostic = *finding.diagnostic;
    text += place_text(diagnostic.span, finding.sources()) + ": " +
            std::string(compiler::severity_name(diagnostic.severity)) + " " +
            std::string(diagnostic.rule->id) + " " + full_message(diagnostic) + "\n";
  }
  return text + closing_line(report);
}

std::string render_gcc(const Report& report) {
  std::string text;
  for (const Finding& finding : report.findings) {
    const compiler::Diagnostic& diagnostic = *finding.diagnostic;
    const std::string_view severity = diagnostic.severity == compiler::Severity::error ? "error"
                                      : diagnostic.severity == compiler::Severity::warning
                                          ? "warning"
                                          : "note";
    text += place_text(diagnostic.span, finding.sources()) + ": " + std::string(severity) + ": " +
            full_message(diagnostic) + " [" + std::string(diagnostic.rule->id) + "]\n";
  }
  return text;
}

}  // namespace sup::lint
