// Which %(names)s an option may use, and what they stand for while a plan is bound.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "schema/expand.h"
#include "schema/instantiate.h"
#include "schema/options.h"

namespace sup::schema {

// The names that options of a scope may use, beside ENV_*, which all may.
std::vector<std::string_view> names_of(Scope scope, Target target);

// Values of the names at one place. Texts are borrowed.
struct NameValues {
  std::string_view program_name;
  std::string_view group_name;
  std::int64_t process_num = 0;
  std::int64_t numprocs = 1;
  const EnvironmentValue* own_environment = nullptr;  // of the same section, where it may be used
};

enum class NameStatus : std::uint8_t { defined, elsewhere, missing_variable, unknown };

class Names {
 public:
  Names(const Plan& plan, const Facts& facts) : plan_(plan), facts_(facts) {}

  // Variables of [supervisord] environment, from now on defined for other sections.
  void set_global_environment(const EnvironmentValue& environment);

  // What `name` is in an option of `scope`; sets `value` when it is defined.
  NameStatus find(std::string_view name, Scope scope, const NameValues& values,
                  TemplateValue& value);

  // Names that `scope` knows, without variables, for suggestions.
  std::vector<std::string_view> known(Scope scope) const { return names_of(scope, plan_.target); }

 private:
  const Plan& plan_;
  const Facts& facts_;
  std::unordered_map<std::string, std::string> global_;
  std::unordered_map<std::string, std::optional<std::string>> asked_;  // answers of the facts
};

}  // namespace sup::schema
