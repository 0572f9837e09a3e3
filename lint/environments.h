// environment= as it is written: pairs with their places, and what the lexer cuts off.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "schema/values.h"

namespace sup::lint {

struct EnvironmentPair {
  std::string_view name;  // as written
  std::size_t name_begin = 0;
  std::string_view value;  // as far as it is read, as written
  std::size_t value_begin = 0;
  std::size_t meant_end = 0;   // end of what was meant as the value
  std::string_view separator;  // what stands before the next pair, empty at the end
  std::size_t separator_begin = 0;

  bool is_cut() const { return meant_end != value_begin + value.size(); }

  bool is_quoted() const {
    return !value.empty() && (value.front() == '"' || value.front() == '\'');
  }
};

// The pairs of an environment= that Supervisor accepts; nothing for others. Names in %(...)s count
// as plain words. The views point into `text`.
std::optional<std::vector<EnvironmentPair>> split_environment(std::string_view text,
                                                              schema::Target target);

// Whether a variable is likely to hold a secret: its value is not to be shown.
bool is_secret_name(std::string_view name);

// A letter or underscore, then letters, digits and underscores.
bool is_variable_name(std::string_view name);

}  // namespace sup::lint
