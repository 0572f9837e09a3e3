#include "runtime/core/compat.h"

#include <algorithm>
#include <array>

#include "runtime/core/concat.h"

namespace sup::core {

namespace {

constexpr std::array switch_rows = {
#define COMPAT(member, name, quirk, doc) CompatRow{name, quirk, doc, &Compat::member},
#include "runtime/core/compat.def"
#undef COMPAT
};

}  // namespace

std::span<const CompatRow> compat_rows() { return switch_rows; }

schema::Status read_compat(std::string_view names, Compat& compat) {
  while (!names.empty()) {
    const std::size_t end = std::min(names.find(','), names.size());
    const std::string_view name = names.substr(0, end);
    names.remove_prefix(std::min(end + 1, names.size()));
    bool known = false;
    for (const CompatRow& row : switch_rows) {
      if (name != row.name && name != "all") continue;
      compat.*row.member = true;
      known = true;
    }
    if (known || name.empty()) continue;
    std::string list;
    for (const CompatRow& row : switch_rows) list += concat(row.name, ", ");
    return schema::Error{
        .message = concat("`", name, "` is no compatibility switch; there are ", list, "and all")};
  }
  return schema::Nothing{};
}

}  // namespace sup::core
