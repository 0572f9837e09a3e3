#include "schema/late_binding.h"

#include <set>
#include <utility>

#include "schema/environment_template.h"
#include "schema/expand.h"
#include "schema/secrets.h"

namespace sup::schema {
namespace {

constexpr std::string_view prefix = "ENV_";

using NameSet = std::set<std::string, std::less<>>;

// Keys of a section's environment= that can be read now; what a template would yield is not known.
NameSet defined_by(const Section& section) {
  NameSet names;
  for (const Setting& setting : section.settings) {
    if (option_row(setting.option).type != Environment::name) continue;
    EnvironmentValue value;
    if (read_environment_template(setting.text, value))
      for (const auto& pair : value) names.insert(pair.first);
  }
  return names;
}

bool is_of_the_client(SectionKind kind) {
  return kind == SectionKind::supervisorctl || kind == SectionKind::ctlplugin;
}

// Says of each section which variables come from elsewhere.
class Scopes {
 public:
  explicit Scopes(const Plan& plan) {
    for (const Section& section : plan.sections)
      if (section.kind == SectionKind::supervisord) global_ = defined_by(section);
  }

  void enter(const Section& section) {
    is_global_ = section.kind == SectionKind::supervisord;
    own_ = is_global_ ? NameSet{} : defined_by(section);
  }

  // The variable of `name` if the option needs it from outside.
  std::optional<std::string_view> needed(std::string_view name, bool sees_own) const {
    if (!name.starts_with(prefix)) return std::nullopt;
    const std::string_view variable = name.substr(prefix.size());
    if (!is_global_ && global_.contains(variable)) return std::nullopt;
    if (sees_own && own_.contains(variable)) return std::nullopt;
    return variable;
  }

 private:
  NameSet global_;
  NameSet own_;
  bool is_global_ = false;
};

bool sees_own(const Setting& setting) { return option_row(setting.option).scope == Scope::process; }

}  // namespace

std::string_view used_in(const Plan& plan, const VariableUse& use) {
  const Section& section = plan.sections[use.section];
  if (use.extra) return section.extras[use.setting].key;
  return option_row(section.settings[use.setting].option).name;
}

Origin used_at(const Plan& plan, const VariableUse& use) {
  const Section& section = plan.sections[use.section];
  return use.extra ? section.extras[use.setting].origin : section.settings[use.setting].origin;
}

std::vector<VariableUse> variable_uses(const Plan& plan) {
  std::vector<VariableUse> uses;
  Scopes scopes(plan);
  for (std::size_t s = 0; s < plan.sections.size(); ++s) {
    const Section& section = plan.sections[s];
    if (is_of_the_client(section.kind)) continue;
    scopes.enter(section);
    const auto add = [&](std::string_view text, std::size_t index, bool own, bool extra) {
      if (!is_template(text)) return;
      for (const std::string& name : names_in(text))
        if (const auto variable = scopes.needed(name, own))
          uses.push_back({std::string(*variable), s, index, extra});
    };
    for (std::size_t i = 0; i < section.settings.size(); ++i)
      add(section.settings[i].text, i, sees_own(section.settings[i]), false);
    for (std::size_t i = 0; i < section.extras.size(); ++i)
      add(section.extras[i].text, i, false, true);
  }
  return uses;
}

std::vector<std::string> required_environment(const Plan& plan) {
  std::set<std::string> names;
  for (VariableUse& use : variable_uses(plan)) names.insert(std::move(use.variable));
  return {names.begin(), names.end()};
}

std::vector<std::string> bake_environment(
    Plan& plan, const std::function<std::optional<std::string>(std::string_view)>& value) {
  std::set<std::string> baked;
  std::set<std::string> secrets(plan.secrets.begin(), plan.secrets.end());
  const NameSet secret_names = secret_variables(plan);
  Scopes scopes(plan);
  for (Section& section : plan.sections) {
    if (is_of_the_client(section.kind)) continue;
    scopes.enter(section);
    std::string kept;  // what the view that `fold` is handed looks at
    const auto folded = [&](std::string_view text, bool own) {
      return fold(text, [&](std::string_view name) -> std::optional<TemplateValue> {
        const auto variable = scopes.needed(name, own);
        auto known = variable ? value(*variable) : std::nullopt;
        if (!known) return std::nullopt;
        if (baked.emplace(*variable).second && secret_names.contains(*variable) &&
            is_secret_value(*variable, *known))
          secrets.insert(*known);
        kept = std::move(*known);
        return std::string_view(kept);
      });
    };
    for (Setting& setting : section.settings)
      if (is_template(setting.text))
        setting.text = plan.texts->keep(folded(setting.text, sees_own(setting)));
    for (ExtraSetting& extra : section.extras)
      if (is_template(extra.text)) extra.text = folded(extra.text, false);
  }
  plan.secrets.assign(secrets.begin(), secrets.end());
  return {baked.begin(), baked.end()};
}

}  // namespace sup::schema
