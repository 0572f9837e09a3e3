#include "schema/plan.h"

#include <algorithm>
#include <set>
#include <tuple>

#include "schema/expand.h"
#include "schema/text.h"

namespace sup::schema {

std::string_view Section::name() const {
  const std::size_t colon = full_name.find(':');
  return colon == std::string_view::npos ? std::string_view{} : strip(full_name.substr(colon + 1));
}

const Setting* Section::find(OptionId option) const {
  const auto found = std::find_if(settings.begin(), settings.end(),
                                  [&](const Setting& s) { return s.option == option; });
  return found == settings.end() ? nullptr : &*found;
}

bool Plan::operator==(const Plan& other) const {
  const auto parts = [](const Plan& plan) {
    return std::tie(plan.target, plan.here, plan.relocatable, plan.files, plan.sections,
                    plan.warnings, plan.infos);
  };
  return parts(*this) == parts(other);
}

std::string Plan::place(Origin origin) const {
  if (origin.line == 0 || origin.file >= files.size()) return "default";
  return files[origin.file] + ":" + std::to_string(origin.line);
}

std::vector<std::string> required_environment(const Plan& plan) {
  // Keys of environment= options that can be read now; what a template would yield is not known.
  const auto defined_by = [&](const Section& section) {
    std::set<std::string> names;
    for (const Setting& setting : section.settings) {
      if (option_row(setting.option).type != Environment::name) continue;
      EnvironmentValue value;
      // Values do not matter for the keys: templates are read as they stand.
      if (!Environment::read(setting.text, ReadContext{plan.target}, value))
        for (const auto& pair : value) names.insert(pair.first);
    }
    return names;
  };
  std::set<std::string> global;
  for (const Section& section : plan.sections)
    if (section.kind == SectionKind::supervisord) global = defined_by(section);
  std::set<std::string> required;
  for (const Section& section : plan.sections) {
    if (section.kind == SectionKind::supervisorctl || section.kind == SectionKind::ctlplugin)
      continue;
    const bool is_global = section.kind == SectionKind::supervisord;
    const std::set<std::string> own = is_global ? std::set<std::string>{} : defined_by(section);
    for (const Setting& setting : section.settings) {
      if (!is_template(setting.text)) continue;
      const bool sees_own = option_row(setting.option).scope == Scope::process;
      for (const std::string& name : names_in(setting.text)) {
        if (!name.starts_with("ENV_")) continue;
        const std::string variable = name.substr(4);
        if (!is_global && global.contains(variable)) continue;
        if (sees_own && own.contains(variable)) continue;
        required.insert(variable);
      }
    }
  }
  return {required.begin(), required.end()};
}

}  // namespace sup::schema
