#include <algorithm>
#include <map>
#include <vector>

#include "compiler/emit.h"
#include "schema/expand.h"
#include "schema/late_binding.h"
#include "schema/redact.h"

namespace sup::compiler {
namespace {

// A value on several lines goes on with indentation; a text that would begin a comment or end a
// value cannot stand in INI and does not come from there.
std::string value_lines(std::string_view text) {
  std::string out;
  for (const char c : text) {
    out += c;
    if (c == '\n') out += "    ";
  }
  return out;
}

// What the machine must have, with the places that use it; comments of the file.
std::string needed_variables(const schema::Plan& plan, const EmitOptions& options) {
  constexpr std::size_t told = 10;  // places of one variable
  std::map<std::string, std::vector<schema::VariableUse>> variables;
  for (schema::VariableUse& use : schema::variable_uses(plan))
    variables[use.variable].push_back(std::move(use));
  if (variables.empty()) return {};
  std::string out = "; needs at boot:\n";
  for (const auto& [name, uses] : variables) {
    out += ";   " + name + (options.gives(name) ? " (given)" : " (not given)") + "\n";
    for (std::size_t i = 0; i < std::min(uses.size(), told); ++i)
      out += ";     [" + std::string(plan.sections[uses[i].section].full_name) + "] " +
             std::string(schema::used_in(plan, uses[i])) + ", " +
             plan.place(schema::used_at(plan, uses[i])) + "\n";
    if (uses.size() > told)
      out += ";     and in " + std::to_string(uses.size() - told) + " more places\n";
  }
  return out;
}

}  // namespace

std::string emit_ini(const schema::Plan& plan, const EmitOptions& options) {
  std::string out = "; plan " + std::string(schema::target_name(plan.target)) + ", from " +
                    (plan.files.empty() ? std::string("nowhere") : plan.files.front()) + "\n";
  out += needed_variables(plan, options);
  const schema::Secrets secrets = options.secrets(plan, nullptr);
  const auto concealed = [&](const std::string& text) { return secrets.conceal(text); };
  for (const schema::Section& section : plan.sections) {
    out += "\n[" + std::string(section.full_name) + "]\n";
    for (const schema::Setting& setting : section.settings) {
      const schema::OptionRow& row = schema::option_row(setting.option);
      const std::string value = value_lines(concealed(
          options.show_secrets ? std::string(setting.text)
                               : schema::redact(row, setting.text, schema::TextForm::written)));
      out += std::string(row.name) + (value.empty() ? "=\n" : "=" + value + "\n");
    }
    for (const schema::ExtraSetting& extra : section.extras)
      out += extra.key + "=" +
             value_lines(concealed(
                 options.show_secrets
                     ? std::string(extra.text)
                     : schema::redact_variable(extra.key, extra.text, schema::TextForm::written))) +
             "\n";
  }
  return out;
}

}  // namespace sup::compiler
