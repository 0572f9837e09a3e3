#include <utility>

#include "runtime/core/concat.h"
#include "runtime/core/event_text.h"
#include "runtime/core/supervisor_implementation.h"

namespace sup::core {

using schema::ProcessState;
using schema::SupervisorState;

RequestError Supervisor::Implementation::check(ProcessId process) const {
  if (phase_ != Phase::working || state_ != SupervisorState::RUNNING) {
    return RequestError::shutting_down;
  }
  return valid(process) ? RequestError::none : RequestError::no_such_process;
}

RequestError Supervisor::Implementation::start(ProcessId process) {
  if (const RequestError error = check(process); error != RequestError::none) return error;
  const ProcessState state = processes_[process].record.state;
  if (schema::is_running(state)) return RequestError::already_started;
  if (state == ProcessState::STOPPING) return RequestError::still_stopping;
  const bool accepted = step_process(process, {.event = ProcessEvent::start});
  return accepted ? RequestError::none : RequestError::failed;
}

RequestError Supervisor::Implementation::stop(ProcessId process) {
  if (const RequestError error = check(process); error != RequestError::none) return error;
  const bool accepted = step_process(process, {.event = ProcessEvent::stop});
  return accepted ? RequestError::none : RequestError::not_running;
}

RequestError Supervisor::Implementation::signal(ProcessId process, int number) {
  if (const RequestError error = check(process); error != RequestError::none) return error;
  const ProcessRecord& record = processes_[process].record;
  if (!schema::is_signallable(record.state) || record.pid == 0) return RequestError::not_running;
  log(Level::debug, concat("sending ", spec(process).name, " (pid ", record.pid, ") sig ",
                           describe_signal(number)));
  emit(effect::Kill{process, record.pid, number, false});
  return RequestError::none;
}

RequestError Supervisor::Implementation::write_stdin(ProcessId process, std::string_view bytes) {
  if (const RequestError error = check(process); error != RequestError::none) return error;
  const ProcessRecord& record = processes_[process].record;
  if (record.pid == 0 || record.state == ProcessState::STOPPING) return RequestError::not_running;
  if (group(process).kind == schema::GroupKind::fcgi_program) return RequestError::no_stdin;
  emit(effect::WriteStdin{process, std::string(bytes)});
  return RequestError::none;
}

RequestError Supervisor::Implementation::send_remote_event(std::string_view type,
                                                           std::string_view data) {
  // Supervisor takes these during shutdown, too.
  if (phase_ != Phase::working) return RequestError::shutting_down;
  constexpr auto event = schema::EventType::REMOTE_COMMUNICATION;
  if (wanted(event)) publish(event, remote_payload(type, data));
  return RequestError::none;
}

RequestError Supervisor::Implementation::request_shutdown() {
  if (state_ != SupervisorState::RUNNING) return RequestError::shutting_down;
  begin_stopping(SupervisorState::SHUTDOWN);
  return RequestError::none;
}

RequestError Supervisor::Implementation::request_restart() {
  if (state_ != SupervisorState::RUNNING) return RequestError::shutting_down;
  emit(effect::LoadPlan{});
  return RequestError::none;
}

std::vector<RequestResult> Supervisor::Implementation::start_all(const GroupEntry& entry) {
  std::vector<RequestResult> results;
  for (const ProcessId process : by_priority(entry)) {
    if (schema::is_running(processes_[process].record.state)) continue;
    results.push_back({process, start(process)});
  }
  return results;
}

std::vector<RequestResult> Supervisor::Implementation::stop_all(const GroupEntry& entry) {
  std::vector<RequestResult> results;
  for (const ProcessId process : by_priority(entry)) {
    if (!schema::is_running(processes_[process].record.state)) continue;
    results.push_back({process, stop(process)});
  }
  return results;
}

// Runs one request between open and close.
template <class Request>
auto Supervisor::request(const Now& now, Effects& out, const Request& perform) {
  implementation_->open(now, out);
  auto result = perform(*implementation_);
  implementation_->close();
  return result;
}

RequestError Supervisor::start_process(const Now& now, ProcessId process, Effects& out) {
  return request(now, out, [&](Implementation& core) { return core.start(process); });
}

RequestError Supervisor::stop_process(const Now& now, ProcessId process, Effects& out) {
  return request(now, out, [&](Implementation& core) { return core.stop(process); });
}

RequestError Supervisor::signal_process(const Now& now, ProcessId process, int signal,
                                        Effects& out) {
  return request(now, out, [&](Implementation& core) { return core.signal(process, signal); });
}

RequestError Supervisor::write_stdin(const Now& now, ProcessId process, std::string_view bytes,
                                     Effects& out) {
  return request(now, out, [&](Implementation& core) { return core.write_stdin(process, bytes); });
}

std::vector<RequestResult> Supervisor::start_group(const Now& now, std::size_t group,
                                                   Effects& out) {
  if (group >= implementation_->groups_.size()) return {};
  return request(now, out,
                 [&](Implementation& core) { return core.start_all(core.groups_[group]); });
}

std::vector<RequestResult> Supervisor::stop_group(const Now& now, std::size_t group, Effects& out) {
  if (group >= implementation_->groups_.size()) return {};
  return request(now, out,
                 [&](Implementation& core) { return core.stop_all(core.groups_[group]); });
}

RequestError Supervisor::send_remote_event(const Now& now, std::string_view type,
                                           std::string_view data, Effects& out) {
  return request(now, out,
                 [&](Implementation& core) { return core.send_remote_event(type, data); });
}

RequestError Supervisor::shut_down(const Now& now, Effects& out) {
  return request(now, out, [](Implementation& core) { return core.request_shutdown(); });
}

RequestError Supervisor::restart(const Now& now, Effects& out) {
  return request(now, out, [](Implementation& core) { return core.request_restart(); });
}

}  // namespace sup::core
