// The environment of a child: the daemon's own, then Supervisor's variables, then the configured
// ones.
#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "schema/instantiate.h"

namespace sup::host {

// What SUPERVISOR_SERVER_URL is for processes that do not say otherwise; empty: there is no server.
std::string default_server_url(const schema::Resolved& resolved);

// The variables of this process, "NAME=value" each, as they are now.
std::vector<std::string> own_environment();

class ChildEnvironment {
 public:
  // Points into `base`, which must live longer.
  ChildEnvironment(const std::vector<std::string>& base, const schema::Process& process,
                   const std::string& server_url);

  // "NAME=value" each.
  const std::vector<const char*>& entries() const { return entries_; }

  // Where commands are searched: the child's PATH, or Supervisor's default.
  std::string_view search_path() const;

 private:
  void set(std::string_view name, std::string_view value);

  std::vector<const char*> entries_;
  std::deque<std::string> texts_;  // of the entries that are not the base's
};

}  // namespace sup::host
