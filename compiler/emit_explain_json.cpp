#include <nlohmann/json.hpp>

#include "compiler/emit_explain.h"
#include "compiler/emit_place.h"
#include "schema/redact.h"

namespace sup::compiler {
namespace {

using Json = nlohmann::json;
using namespace schema;

std::string_view source_name(ValueSource source) {
  switch (source) {
    case ValueSource::section: return "section";
    case ValueSource::default_section: return "DEFAULT";
    case ValueSource::inherited: return "supervisord";
    case ValueSource::built_in: return "default";
  }
  return "default";
}

std::string_view from_name(ExplainedVariable::From from) {
  switch (from) {
    case ExplainedVariable::From::given: return "given";
    case ExplainedVariable::From::section: return "section";
    case ExplainedVariable::From::daemon: return "supervisord";
    case ExplainedVariable::From::unknown: return "unknown";
  }
  return "unknown";
}

Json value_json(const ExplainedValue& value, const Plan& plan, bool show_secrets) {
  const std::string& written = value.written.empty() ? value.in_plan : value.written;
  Json variables = Json::array();
  for (const ExplainedVariable& variable : value.variables) {
    Json made;
    made["name"] = variable.name;
    made["from"] = from_name(variable.from);
    made["origin"] = place_json(plan, variable.origin);
    if (variable.from == ExplainedVariable::From::given)
      made["value"] = show_secrets
                          ? variable.value
                          : redact_variable(variable.name, variable.value, TextForm::value);
    variables.push_back(std::move(made));
  }
  Json out;
  out["option"] = value.name;
  out["value"] = nullptr;
  out["source"] = source_name(value.source);
  out["origin"] = place_json(plan, value.origin);
  out["written"] = nullptr;
  out["open"] = value.open;
  out["variables"] = std::move(variables);
  if (value.text)
    out["value"] = shown_explained(value.option, value.name, value.variable, value.in_plan,
                                   *value.text, show_secrets);
  if (value.source != ValueSource::built_in)
    out["written"] = shown_written(value, written, show_secrets);
  if (!value.variable.empty()) out["variable"] = value.variable;
  if (!value.note.empty()) out["note"] = value.note;
  return out;
}

Json contrast_json(const ExplainedContrast& contrast, bool show_secrets) {
  const auto end = [&](const std::optional<std::string>& text) -> Json {
    if (!text) return nullptr;
    return shown_explained(contrast.option, contrast.name, contrast.variable, contrast.in_plan,
                           *text, show_secrets);
  };
  Json out;
  out["option"] = contrast.name;
  out["first"] = end(contrast.first);
  out["last"] = end(contrast.last);
  if (!contrast.variable.empty()) out["variable"] = contrast.variable;
  return out;
}

}  // namespace

std::string emit_explain_json(const std::vector<ExplainedSection>& sections, const Plan& plan,
                              const EmitExplainOptions& options) {
  Json list = Json::array();
  for (const ExplainedSection& section : sections) {
    Json values = Json::array();
    for (const ExplainedValue& value : section.values)
      values.push_back(value_json(value, plan, options.show_secrets));
    Json contrasts = Json::array();
    for (const ExplainedContrast& contrast : section.contrasts)
      contrasts.push_back(contrast_json(contrast, options.show_secrets));
    Json made;
    made["name"] = section.name;
    made["origin"] = place_json(plan, section.origin);
    made["groups"] = section.groups;
    made["processes"] = section.processes;
    made["values"] = std::move(values);
    made["per_process"] = std::move(contrasts);
    if (!section.files.empty()) made["files"] = section.files;
    list.push_back(std::move(made));
  }
  const Json out = {
      {"target",   target_name(plan.target)},
      {"sections", std::move(list)         }
  };
  return out.dump(1, ' ', true, Json::error_handler_t::replace) + "\n";
}

}  // namespace sup::compiler
