// What the mode of a file lets a user do.
#pragma once

#include <algorithm>

#include "schema/instantiate.h"

namespace sup::schema {

// `wanted` as in the digits of a mode: 4 read, 2 write, 1 execute or, of a folder, enter. By owner,
// group and others; root may do everything.
inline bool permits(const FileFacts& file, const UserFacts& user, unsigned wanted) {
  if (user.id == 0) return true;
  if (file.user == user.id) return (file.mode >> 6U & wanted) == wanted;
  const bool is_member =
      std::find(user.groups.begin(), user.groups.end(), file.group) != user.groups.end();
  return ((is_member ? file.mode >> 3U : file.mode) & wanted) == wanted;
}

}  // namespace sup::schema
