// The supervisor that started the listener, asked and ordered over XML-RPC with
// SUPERVISOR_SERVER_URL, SUPERVISOR_USERNAME and SUPERVISOR_PASSWORD. Calls block and throw
// ctl::Failure: for the children of workers.h.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/ctl/client.h"
#include "runtime/ctl/process_info.h"
#include "runtime/rpc/value.h"

namespace sup::listeners {

class SupervisorClient {
 public:
  // From the environment.
  SupervisorClient();

  std::vector<ctl::ProcessInfo> processes();
  // Both wait until it is done.
  void stop(const std::string& name);
  void start(const std::string& name);
  // Groups of event listeners, which suprun tells; empty with a supervisor that does not.
  std::set<std::string> listener_groups();
  // Hash of the plan that suprun runs.
  std::string plan_hash();

 private:
  rpc::Value call(std::string_view method, rpc::Array parameters);

  ctl::Client client_;
};

bool is_running(const ctl::ProcessInfo& process);

// The process that this program is: a listener does not restart itself.
bool is_own(const ctl::ProcessInfo& process);

}  // namespace sup::listeners
