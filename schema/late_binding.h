// What a plan leaves open until boot: the variables of the environment that its templates use. The
// compiler lists them and, when it is told to, folds their values in.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "schema/plan.h"

namespace sup::schema {

// One place that uses a variable.
struct VariableUse {
  std::string variable;  // without ENV_
  std::size_t section = 0;
  std::size_t setting = 0;  // index into the section's settings, or its extras
  bool extra = false;
};

// The key of the option, or of the factory, that uses it.
std::string_view used_in(const Plan& plan, const VariableUse& use);
Origin used_at(const Plan& plan, const VariableUse& use);

// Every use of a variable that no environment= of the plan itself defines, in order of the plan.
// Sections that only the client reads do not count.
std::vector<VariableUse> variable_uses(const Plan& plan);

// Names of these variables, each once, sorted: what the machine that runs the plan must have.
std::vector<std::string> required_environment(const Plan& plan);

// Replaces the variables that `value` defines by their values, wherever the plan needs them; bound
// with the same environment the plan is what it was, and it remembers which values are secret.
// Returns the names that were replaced, sorted.
std::vector<std::string> bake_environment(
    Plan& plan, const std::function<std::optional<std::string>(std::string_view)>& value);

}  // namespace sup::schema
