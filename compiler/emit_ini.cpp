#include "compiler/emit.h"
#include "schema/expand.h"

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

}  // namespace

std::string emit_ini(const schema::Plan& plan, const EmitOptions& options) {
  std::string out = "; plan " + std::string(schema::target_name(plan.target)) + ", from " +
                    (plan.files.empty() ? std::string("nowhere") : plan.files.front()) + "\n";
  const auto variables = schema::required_environment(plan);
  if (!variables.empty()) {
    out += "; needs at boot:";
    for (const std::string& name : variables) out += " " + name;
    out += "\n";
  }
  for (const schema::Section& section : plan.sections) {
    out += "\n[" + std::string(section.full_name) + "]\n";
    for (const schema::Setting& setting : section.settings) {
      const schema::OptionRow& row = schema::option_row(setting.option);
      const bool hide = row.has(schema::OptionFlags::secret) && !options.show_secrets;
      const std::string value = hide ? "********" : value_lines(setting.text);
      out += std::string(row.name) + (value.empty() ? "=\n" : "=" + value + "\n");
    }
    for (const schema::ExtraSetting& extra : section.extras)
      out += extra.key + "=" + value_lines(extra.text) + "\n";
  }
  return out;
}

}  // namespace sup::compiler
