// Objects for other programs:
//
//   {"file": "web.conf", "line": 4, "column": 1, "end_line": 4, "end_column": 9,
//    "rule": "SUP202", "name": "unknown-option", "severity": "warning", "message": "...",
//    "notes": ["did you mean `autostart`?"],
//    "fixes": [{"title": "...", "safe": true, "edits": [{"file": ..., "end_column": 9, "text":
//    ""}]}]}
//
// Lines and columns count from 1, columns in bytes; the end is behind the last byte.
#include <nlohmann/json.hpp>

#include "lint/report.h"

namespace sup::lint {

namespace {

using Json = nlohmann::ordered_json;

Json place(const compiler::Span& span, const compiler::SourceMap& sources) {
  const compiler::Position begin = sources.position(span.source, span.begin);
  const compiler::Position end = sources.position(span.source, span.end);
  return {
      {"file",       sources[span.source].path},
      {"line",       begin.line               },
      {"column",     begin.column             },
      {"end_line",   end.line                 },
      {"end_column", end.column               }
  };
}

Json fixes_of(const Finding& finding) {
  Json fixes = Json::array();
  for (const compiler::Fix& fix : finding.diagnostic->fixes) {
    if (fix.edits.empty() || !is_utf8(fix)) continue;
    Json edits = Json::array();
    for (const compiler::Edit& edit : fix.edits) {
      Json row = place(edit.span, finding.sources());
      row["text"] = edit.text;
      edits.push_back(std::move(row));
    }
    fixes.push_back({
        {"title", fix.title       },
        {"safe",  fix.safe        },
        {"edits", std::move(edits)}
    });
  }
  return fixes;
}

// On one line.
std::string object(const Finding& finding) {
  const compiler::Diagnostic& diagnostic = *finding.diagnostic;
  Json row = place(diagnostic.span, finding.sources());
  row["rule"] = diagnostic.rule->id;
  row["name"] = diagnostic.rule->name;
  row["severity"] = compiler::severity_name(diagnostic.severity);
  row["message"] = diagnostic.message;
  row["notes"] = notes_of(finding);
  row["fixes"] = fixes_of(finding);
  // Texts may hold any bytes.
  return row.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

std::string render_json(const Report& report) {
  std::string text = "[";
  for (const Finding& finding : report.findings) {
    text += text.size() == 1 ? "\n" : ",\n";
    text += object(finding);
  }
  text += report.findings.empty() ? "]\n" : "\n]\n";
  return text;
}

std::string render_jsonl(const Report& report) {
  std::string text;
  for (const Finding& finding : report.findings) text += object(finding) + "\n";
  return text;
}

}  // namespace sup::lint
