// Who a process runs as: user, group and supplementary groups, looked up before anything is forked.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "schema/result.h"
#include "schema/values.h"

namespace sup::host {

struct Credentials {
  uid_t user = 0;
  gid_t group = 0;
  std::vector<gid_t> groups;  // the primary one first
};

struct UserChange {
  uid_t user = 0;
  // What to change to; nothing: it is the current user already, and not even groups are touched.
  std::optional<Credentials> credentials;
  // Why it cannot be done, in Supervisor's words; empty: it can.
  std::string refusal;
};

// `user` is a name or a number. Errors are in Supervisor's words.
schema::Result<UserChange> find_user(const std::string& user);

// Who a file is to belong to.
struct FileOwner {
  uid_t user = 0;
  gid_t group = 0;
};

// Names or numbers. Without a group it is the user's first one.
schema::Result<FileOwner> find_owner(const schema::UserGroupValue& owner);

// Changes this process: groups, group, user. Errors are in Supervisor's words.
schema::Status become(const Credentials& credentials);

}  // namespace sup::host
