// Named switches that restore a behaviour of Supervisor that suprun has given up (compat.def).
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "schema/result.h"

namespace sup::core {

struct Compat {
#define COMPAT(member, name, quirk, doc) bool member = false;
#include "runtime/core/compat.def"
#undef COMPAT
};

struct CompatRow {
  std::string_view name;
  std::string_view quirk;  // of the list of Supervisor's behaviours, "B40"
  std::string_view doc;
  bool Compat::*member;
};

std::span<const CompatRow> compat_rows();

// Turns on what `names` has, separated by commas; "all" is everything. The error names what is not
// known.
schema::Status read_compat(std::string_view names, Compat& compat);

}  // namespace sup::core
