#pragma once

#include <nlohmann/json.hpp>

#include "schema/plan.h"

namespace sup::compiler {

// "file:line" of what a plan took from a configuration; null for what stands in none.
inline nlohmann::json place_json(const schema::Plan& plan, schema::Origin origin) {
  if (origin.line == 0) return nullptr;
  return plan.place(origin);
}

}  // namespace sup::compiler
