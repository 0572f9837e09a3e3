// XML as Checkstyle writes it; much that reads reports of linters reads this.
#include "lint/report.h"
#include "lint/xml_text.h"

namespace sup::lint {

namespace {

std::string_view checkstyle_severity(compiler::Severity severity) {
  switch (severity) {
    case compiler::Severity::error: return "error";
    case compiler::Severity::warning: return "warning";
    case compiler::Severity::info:
    case compiler::Severity::style: break;
  }
  return "info";
}

}  // namespace

std::string render_checkstyle(const Report& report) {
  std::string text =
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<checkstyle version=\"" SUP_VERSION "\">\n";
  for (const auto& [file, findings] : by_file(report)) {
    text += "  <file name=\"" + xml_text(file) + "\">\n";
    for (const Finding* finding : findings) {
      const compiler::Diagnostic& diagnostic = *finding->diagnostic;
      const compiler::Position begin = finding->begin();
      text += "    <error line=\"" + std::to_string(begin.line) + "\" column=\"" +
              std::to_string(begin.column) + "\" severity=\"" +
              std::string(checkstyle_severity(diagnostic.severity)) + "\" message=\"" +
              xml_text(full_message(diagnostic)) + "\" source=\"supcheck." +
              std::string(diagnostic.rule->id) + "\"/>\n";
    }
    text += "  </file>\n";
  }
  return text + "</checkstyle>\n";
}

}  // namespace sup::lint
