#include "lint/render_json.h"

#include <nlohmann/json.hpp>

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

}  // namespace

std::string render_json(const compiler::Diagnostic& diagnostic,
                        const compiler::SourceMap& sources) {
  Json object = place(diagnostic.span, sources);
  object["rule"] = diagnostic.rule->id;
  object["name"] = diagnostic.rule->name;
  object["severity"] = compiler::severity_name(diagnostic.severity);
  object["message"] = diagnostic.message;
  object["hint"] = diagnostic.hint;
  object["labels"] = Json::array();
  for (const compiler::Label& label : diagnostic.labels) {
    Json row = place(label.span, sources);
    row["text"] = label.text;
    object["labels"].push_back(std::move(row));
  }
  object["notes"] = diagnostic.notes;
  object["fixes"] = Json::array();
  for (const compiler::Fix& fix : diagnostic.fixes) {
    Json edits = Json::array();
    for (const compiler::Edit& edit : fix.edits) {
      Json row = place(edit.span, sources);
      row["text"] = edit.text;
      edits.push_back(std::move(row));
    }
    object["fixes"].push_back({
        {"title", fix.title       },
        {"safe",  fix.safe        },
        {"edits", std::move(edits)}
    });
  }
  // Texts may hold any bytes.
  return object.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string json_list(const std::vector<std::string>& objects) {
  std::string text = "[";
  for (const std::string& object : objects) {
    text += text.size() == 1 ? "\n" : ",\n";
    text += object;
  }
  text += objects.empty() ? "]\n" : "\n]\n";
  return text;
}

}  // namespace sup::lint
