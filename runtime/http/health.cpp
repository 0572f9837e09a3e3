#include "runtime/http/health.h"

#include <algorithm>

#include "runtime/core/concat.h"
#include "runtime/http/problem.h"
#include "runtime/rpc/json.h"
#include "runtime/rpc/process_info.h"

namespace sup::http {

using schema::ProcessState;

namespace {

bool ended_as_expected(const schema::Process& spec, const core::ProcessHistory& history) {
  if (history.exits.empty()) {
    return false;
  }
  const core::ExitStatus& exit = history.exits.back().status;
  return !exit.by_signal && !exit.unknown &&
         std::ranges::find(spec.options.exitcodes, exit.number) != spec.options.exitcodes.end();
}

std::string describe_exit(const core::ProcessHistory& history) {
  if (history.exits.empty()) {
    return "exited";
  }
  const core::ExitStatus& exit = history.exits.back().status;
  if (exit.unknown) {
    return "ended while nobody looked";
  }
  return exit.by_signal ? core::concat("ended by signal ", exit.number)
                        : core::concat("exited with status ", exit.number);
}

}  // namespace

std::string why_not_ready(const core::Supervisor& supervisor, core::ProcessId process) {
  const schema::Process& spec = supervisor.spec(process);
  if (!spec.options.autostart) {
    return {};
  }
  const core::ProcessStatus status = supervisor.status(process);
  switch (status.state) {
    case ProcessState::RUNNING: return {};
    case ProcessState::STOPPED:
      return supervisor.history(process).starts > 0 ? "" : "was not started yet";
    case ProcessState::EXITED: {
      const core::ProcessHistory history = supervisor.history(process);
      return ended_as_expected(spec, history) ? "" : describe_exit(history);
    }
    case ProcessState::FATAL:
    case ProcessState::BACKOFF:
      return status.spawn_error.empty() ? "exited too quickly" : status.spawn_error;
    case ProcessState::STARTING: return "is starting";
    case ProcessState::STOPPING: return "is stopping";
    case ProcessState::UNKNOWN: return "is in an unknown state";
  }
  return {};
}

void answer_health(Site& site, Request& request, Response& response) {
  if (!is_question(request, response)) {
    return;
  }
  response.headers = json_headers;
  rpc::JsonWriter json(response.body);
  json.begin_struct();
  json.text_member("status", "ok");
  json.integer_member("pid", site.machine.pid());
  json.text_member("version", SUP_VERSION);
  json.end_struct();
}

void answer_ready(Site& site, Request& request, Response& response) {
  if (!is_question(request, response)) {
    return;
  }
  const bool is_running = site.supervisor.state() == schema::SupervisorState::RUNNING;
  std::int64_t ready = 0;
  std::int64_t missing = 0;
  std::string list;
  rpc::JsonWriter processes(list);
  processes.begin_array();
  for (const core::ProcessId process : site.interface.lexical_order()) {
    const std::string why = why_not_ready(site.supervisor, process);
    if (why.empty()) {
      ++ready;
      continue;
    }
    ++missing;
    processes.begin_struct();
    processes.text_member("name", rpc::full_name(site.supervisor.spec(process)));
    processes.text_member("state", schema::state_name(site.supervisor.status(process).state));
    processes.text_member("why", why);
    processes.end_struct();
  }
  processes.end_array();
  const bool all = is_running && missing == 0;
  response.status = all ? 200 : 503;
  response.headers = json_headers;
  rpc::JsonWriter json(response.body);
  json.begin_struct();
  json.text_member("status", all ? "ready" : is_running ? "not ready" : "stopping");
  json.integer_member("ready", ready);
  json.integer_member("not_ready", missing);
  json.end_struct();
  // The list was written before it was known what is said about it.
  response.body.pop_back();
  response.body.append(",\"processes\":").append(list).append("}");
}

}  // namespace sup::http
