// Whom an entry of control= lets in.
#pragma once

#include <string>
#include <string_view>

namespace sup::schema {

struct Grantee {
  bool is_group = false;  // else a user
  std::string_view name;  // a part of the entry
};

inline constexpr std::string_view group_mark = "group:";

inline Grantee read_grantee(std::string_view entry) {
  return entry.starts_with(group_mark) ? Grantee{true, entry.substr(group_mark.size())}
                                       : Grantee{false, entry};
}

// As control= has it.
inline std::string written(const Grantee& grantee) {
  return std::string(grantee.is_group ? group_mark : "") + std::string(grantee.name);
}

// What is said of one that the machine does not know.
inline std::string absence(const Grantee& grantee) {
  return "is no " + std::string(grantee.is_group ? "group" : "user") + " of this machine";
}

}  // namespace sup::schema
