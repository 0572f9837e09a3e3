// supcheck --facts: the facts of the configurations that were checked, as text or as JSON
// (docs/facts.md).
#pragma once

#include <string>

#include "lint/check.h"
#include "lint/facts/fact.h"

namespace sup::lint {

// For people.
std::string facts_text(const CheckResult& result, const FactOptions& facts);

// For programs. The compilations must be complete, not only checked.
std::string facts_json(const CheckResult& result, const FactOptions& facts);

}  // namespace sup::lint
