#include "runtime/rpc/access.h"

#include <algorithm>

#include "runtime/core/concat.h"
#include "schema/grantee.h"

namespace sup::rpc {

Role role_of(schema::RoleValue value) {
  switch (value) {
    case schema::RoleValue::read: return Role::read;
    case schema::RoleValue::operate: return Role::operate;
    default: return Role::admin;
  }
}

std::string Caller::text() const {
  return process ? core::concat("pid ", *process, " of ", account) : account;
}

bool Access::controls(const std::vector<std::string>& control,
                      const std::optional<std::string>& user) const {
  if (user_.name.empty() || control.empty()) {
    return false;
  }
  return user == user_.name || user == user_.number ||
         std::ranges::any_of(control, [&](std::string_view entry) {
           const schema::Grantee grantee = schema::read_grantee(entry);
           return grantee.is_group
                      ? std::ranges::find(user_.groups, grantee.name) != user_.groups.end()
                      : grantee.name == user_.name;
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
