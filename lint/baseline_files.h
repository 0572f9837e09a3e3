// Baselines on the disk, once files are checked: written, freed of what is gone, or compared only.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lint/policy.h"
#include "schema/result.h"

namespace sup::lint {

enum class BaselineTask : std::uint8_t {
  compare,  // nothing is written
  write,    // what was found becomes the baseline; the policies renew_baselines()
  prune     // findings that are gone leave it
};

// What is to be told about baselines, one line each.
schema::Result<std::vector<std::string>> update_baselines(Policies& policies, BaselineTask task);

}  // namespace sup::lint
