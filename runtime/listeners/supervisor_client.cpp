#include "runtime/listeners/supervisor_client.h"

#include <optional>
#include <utility>

#include "runtime/ctl/failure.h"
#include "runtime/listeners/arguments.h"
#include "runtime/rpc/xmlrpc.h"
#include "schema/states.h"

namespace sup::listeners {

namespace {

ctl::Credentials credentials() {
  const std::string username = environment("SUPERVISOR_USERNAME");
  if (username.empty()) return {};
  return {.username = username, .password = environment("SUPERVISOR_PASSWORD")};
}

}  // namespace

SupervisorClient::SupervisorClient()
    : client_(ctl::parse_address(environment("SUPERVISOR_SERVER_URL")), credentials()) {}

rpc::Value SupervisorClient::call(std::string_view method, rpc::Array parameters) {
  schema::Result<rpc::Response> response = rpc::parse_response(
      client_.post("/RPC2", rpc::print_call({std::string(method), std::move(parameters)}),
                   ctl::only_asks(method)));
  if (!response) {
    throw ctl::Failure{.kind = ctl::Failure::Kind::connection,
                       .text = response.error().message,
                       .python_class = {},
                       .place = {}};
  }
  if (rpc::Fault* fault = std::get_if<rpc::Fault>(&*response)) {
    throw ctl::fault(fault->code, std::move(fault->text));
  }
  return std::get<rpc::Value>(std::move(*response));
}

std::vector<ctl::ProcessInfo> SupervisorClient::processes() {
  return ctl::process_infos(call("supervisor.getAllProcessInfo", {}));
}

void SupervisorClient::stop(const std::string& name) { call("supervisor.stopProcess", {name}); }

void SupervisorClient::start(const std::string& name) { call("supervisor.startProcess", {name}); }

std::set<std::string> SupervisorClient::listener_groups() {
  std::set<std::string> names;
  try {
    const rpc::Value answer = call("suprun.getListeners", {});
    if (const rpc::Array* pools = answer.get<rpc::Array>()) {
      for (const rpc::Value& pool : *pools) names.insert(ctl::text_member(pool, "name"));
    }
  } catch (const ctl::Failure& failure) {
    if (failure.kind != ctl::Failure::Kind::fault) throw;
  }
  return names;
}

std::string SupervisorClient::plan_hash() {
  const rpc::Value daemon = call("suprun.getDaemon", {});
  const rpc::Value* hash = daemon.member("plan");
  return hash != nullptr && hash->is<std::string>() ? *hash->get<std::string>() : std::string();
}

bool is_running(const ctl::ProcessInfo& process) {
  return process.state == static_cast<std::int64_t>(schema::ProcessState::RUNNING);
}

bool is_own(const ctl::ProcessInfo& process) {
  return process.name == environment("SUPERVISOR_PROCESS_NAME") &&
         process.group == environment("SUPERVISOR_GROUP_NAME");
}

}  // namespace sup::listeners
