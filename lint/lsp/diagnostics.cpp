#include "lint/lsp/diagnostics.h"

#include <algorithm>
#include <array>

#include "lint/report.h"

namespace sup::lint::lsp {

namespace {

struct TagRow {
  std::string_view rule;
  DiagnosticTag tag;
};

// By name; a test compares them with the list of rules.
constexpr std::array tags = {
    TagRow{"supervisor2-program-option",     DiagnosticTag::deprecated },
    TagRow{"supervisor2-server-option",      DiagnosticTag::deprecated },
    TagRow{"deprecated-syslog-filename",     DiagnosticTag::deprecated },
    TagRow{"dead-option",                    DiagnosticTag::unnecessary},
    TagRow{"member-listed-twice",            DiagnosticTag::unnecessary},
    TagRow{"stderr-logfile-ignored",         DiagnosticTag::unnecessary},
    TagRow{"listener-option-without-effect", DiagnosticTag::unnecessary},
    TagRow{"startretries-without-effect",    DiagnosticTag::unnecessary},
    TagRow{"exitcodes-without-effect",       DiagnosticTag::unnecessary},
    TagRow{"redundant-killasgroup",          DiagnosticTag::unnecessary},
    TagRow{"redundant-default",              DiagnosticTag::unnecessary}
};

}  // namespace

DiagnosticSeverity severity_of(const compiler::Diagnostic& finding) {
  switch (finding.severity) {
    case compiler::Severity::error: return DiagnosticSeverity::error;
    case compiler::Severity::warning: return DiagnosticSeverity::warning;
    case compiler::Severity::info: return DiagnosticSeverity::information;
    case compiler::Severity::style: break;
  }
  return DiagnosticSeverity::hint;
}

std::string message_of(const compiler::Diagnostic& finding) {
  std::string text = finding.message;
  if (!finding.hint.empty()) text += "; " + finding.hint;
  for (const std::string& note : finding.notes) text += "\n" + note;
  return valid_utf8(text);
}

std::optional<DiagnosticTag> tag_of(const compiler::Diagnostic& finding) {
  const auto* found = std::find_if(
      tags.begin(), tags.end(), [&](const TagRow& row) { return row.rule == finding.rule->name; });
  return found == tags.end() ? std::nullopt : std::optional(found->tag);
}

}  // namespace sup::lint::lsp
