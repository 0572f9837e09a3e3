#include "runtime/host/credentials.h"

#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>

#include "runtime/host/system.h"

namespace sup::host {

namespace {

std::vector<gid_t> groups_of(const passwd& entry) {
  std::vector<gid_t> groups(64);
  auto count = static_cast<int>(groups.size());
  while (::getgrouplist(entry.pw_name, entry.pw_gid, groups.data(), &count) < 0 &&
         count > static_cast<int>(groups.size())) {
    groups.resize(static_cast<std::size_t>(count));
  }
  groups.resize(static_cast<std::size_t>(count));
  return groups;
}

}  // namespace

schema::Result<FileOwner> find_owner(const schema::UserGroupValue& owner) {
  const auto number = [](const std::string& text) -> std::optional<unsigned> {
    unsigned id = 0;
    const char* end = text.data() + text.size();
    const auto [rest, failure] = std::from_chars(text.data(), end, id);
    return failure == std::errc() && rest == end ? std::optional<unsigned>(id) : std::nullopt;
  };
  FileOwner found;
  const std::optional<unsigned> user = number(owner.user);
  const passwd* entry = user ? ::getpwuid(*user) : ::getpwnam(owner.user.c_str());
  if (entry == nullptr) {
    return schema::Error{.message = "Invalid user name " + owner.user};
  }
  found = {.user = entry->pw_uid, .group = entry->pw_gid};
  if (owner.group) {
    const std::optional<unsigned> group_id = number(*owner.group);
    const group* record = group_id ? ::getgrgid(*group_id) : ::getgrnam(owner.group->c_str());
    if (record == nullptr) {
      return schema::Error{.message = "Invalid group name " + *owner.group};
    }
    found.group = record->gr_gid;
  }
  return found;
}

schema::Result<UserChange> find_user(const std::string& user) {
  uid_t number = 0;
  const char* end = user.data() + user.size();
  const auto [rest, failure] = std::from_chars(user.data(), end, number);
  const bool is_number = failure == std::errc() && rest == end;
  const passwd* entry = is_number ? ::getpwuid(number) : ::getpwnam(user.c_str());
  if (entry == nullptr) {
    return schema::Error{.message = is_number ? "Can't find uid " + std::to_string(number)
                                              : "Invalid user name " + user};
  }
  UserChange change{.user = entry->pw_uid, .credentials = std::nullopt, .refusal = {}};
  if (::getuid() == entry->pw_uid) {
    return change;
  }
  if (::getuid() != 0) {
    change.refusal = "Can't drop privilege as nonroot user";
    return change;
  }
  change.credentials =
      Credentials{.user = entry->pw_uid, .group = entry->pw_gid, .groups = groups_of(*entry)};
  return change;
}

schema::Status become(const Credentials& credentials) {
  if (::setgroups(credentials.groups.size(), credentials.groups.data()) != 0) {
    return schema::Error{.message = "Could not set groups of effective user",
                         .error_number = errno};
  }
  if (::setgid(credentials.group) != 0) {
    return schema::Error{.message = "Could not set group id of effective user",
                         .error_number = errno};
  }
  if (::setuid(credentials.user) != 0) {
    return system_error("set user id", errno);
  }
  return schema::Nothing{};
}

}  // namespace sup::host
