// The patterns of [include] files=, each with its place.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lint/context.h"

namespace sup::lint {

struct IncludePattern {
  std::string_view written;  // as it stands in the file
  Span span;                 // the same place that the compiler gives to what it includes
};

// Those of the main file that count; none without [include].
std::vector<IncludePattern> include_patterns(const Context& context);

// The entry that they stand in, or null.
const ConfigEntry* include_entry(const Context& context);

// The last part of a path.
std::string_view file_name(std::string_view path);

// Whether a file of that name is a copy that an editor, a package manager or a person put aside:
// `web.conf~`, `web.conf.rpmsave`, `web.conf.disabled`.
bool is_put_aside(std::string_view name);

}  // namespace sup::lint
