// Workflow commands, which GitHub Actions shows beside the lines of a pull request:
//
//   ::error title=SUP202 unknown-option,file=conf.d/web.conf,line=4,...::conf.d/web.conf:4:1: ...
//
// No line of a file is shown, only messages, which tell no secrets.
#include <string>

#include "compiler/plain_text.h"
#include "lint/report.h"

namespace sup::lint {

namespace {

std::string escaped(std::string_view text, bool is_property) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '%': out += "%25"; break;
      case '\r': out += "%0D"; break;
      case '\n': out += "%0A"; break;
      case ':': out += is_property ? "%3A" : ":"; break;
      case ',': out += is_property ? "%2C" : ","; break;
      default: out += c;
    }
  }
  return out;
}

std::string_view command(compiler::Severity severity) {
  switch (severity) {
    case compiler::Severity::error: return "error";
    case compiler::Severity::warning: return "warning";
    case compiler::Severity::info:
    case compiler::Severity::style: break;
  }
  return "notice";
}

}  // namespace

std::string render_github(const Report& report) {
  std::string text;
  Utf16Columns columns;
  for (const Finding& finding : report.findings) {
    const compiler::Diagnostic& diagnostic = *finding.diagnostic;
    const compiler::Span& span = diagnostic.span;
    const compiler::Position begin = finding.begin();
    const compiler::Position end = finding.end();
    const std::string title =
        std::string(diagnostic.rule->id) + " " + std::string(diagnostic.rule->name);
    const std::string path = compiler::one_line(path_in_repository(finding.source().path, report));
    text += "::" + std::string(command(diagnostic.severity)) + " title=" + escaped(title, true) +
            ",file=" + escaped(path, true) + ",line=" + std::to_string(begin.line) +
            ",endLine=" + std::to_string(end.line);
    // Columns are understood on one line only.
    if (begin.line == end.line) {
      text += ",col=" + std::to_string(columns.column(finding.sources(), span.source, span.begin));
      text +=
          ",endColumn=" + std::to_string(columns.column(finding.sources(), span.source, span.end));
    }
    text += "::" +
            escaped(place_text(span, finding.sources()) + ": " + full_message(diagnostic), false);
    text += "\n";
  }
  return text + closing_line(report);
}

}  // namespace sup::lint
