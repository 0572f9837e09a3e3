// Variables that the environment of the daemon must have.
#include <algorithm>

#include "lint/facts/fact.h"
#include "schema/late_binding.h"

namespace sup::lint {

Fact fact_environment(const FactSource& source) {
  const schema::Plan& plan = source.context().compilation().plan;
  const auto& given = source.context().options().environment;
  Fact fact;
  fact.how = "each %(ENV_X)s that no environment= of the configuration defines";
  std::vector<std::string> missing;
  for (const schema::VariableUse& use : schema::variable_uses(plan)) {
    const bool is_given = given.contains(use.variable);
    if (!is_given && std::find(missing.begin(), missing.end(), use.variable) == missing.end())
      missing.push_back(use.variable);
    const schema::Origin origin = schema::used_at(plan, use);
    const std::string option(schema::used_in(plan, use));
    const std::string section(plan.sections[use.section].full_name);
    FactRow row;
    row.fields = {
        field("variable", use.variable),
        {"option", option,   "for " + option + " of [" + section + "]"},
        hidden("section", section),
        {"given",  is_given, is_given ? "given" : "not given"         }
    };
    row.place = {origin.file < plan.files.size() ? plan.files[origin.file] : "", origin.line};
    fact.rows.push_back(std::move(row));
  }
  std::sort(missing.begin(), missing.end());
  const auto names = schema::required_environment(plan);
  fact.summary = names.empty()
                     ? "no variable is needed"
                     : counted(static_cast<std::int64_t>(names.size()), "variable") + " needed";
  if (!missing.empty()) {
    fact.summary += ", without a value here:";
    for (const std::string& name : missing) fact.summary += " " + name;
  }
  fact.fields = {hidden("variables", names), hidden("missing", missing)};
  return fact;
}

}  // namespace sup::lint
