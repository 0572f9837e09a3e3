#include "runtime/rpc/access.h"

#include <algorithm>

namespace sup::rpc {

Role role_of(schema::RoleValue value) {
  switch (value) {
    case schema::RoleValue::read: return Role::read;
    case schema::RoleValue::operate: return Role::operate;
    default: return Role::admin;
  }
}

bool Access::controls(const std::vector<std::string>& control,
                      const std::optional<std::string>& user) const {
  if (user_.name.empty() || control.empty()) {
    return false;
  }
  constexpr std::string_view group_mark = "group:";
  return user == user_.name || user == user_.number ||
         std::ranges::any_of(control, [&](std::string_view one) {
           return one.starts_with(group_mark)
                      ? std::ranges::find(user_.groups, one.substr(group_mark.size())) !=
                            user_.groups.end()
                      : one == user_.name;
         });
}

bool has_control(const schema::Resolved& plan) {
  return std::ranges::any_of(plan.groups, [](const schema::Group& group) {
    return std::ranges::any_of(group.processes, [](const schema::Process& process) {
      return !process.options.control.empty();
    });
  });
}

}  // namespace sup::rpc
