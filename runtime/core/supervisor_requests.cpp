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
  processes_[process].waits_for_leaving = false;
  const bool accepted = step_process(process, {.event = ProcessEvent::start});
  return accepted ? RequestError::none : RequestError::failed;
}

RequestError Supervisor::Implementation::stop(ProcessId process) {
  if (const RequestError error = check(process); error != RequestError::none) return error;
  ProcessEntry& entry = processes_[process];
  note(process);
  // One that an update stops and would start again: it stays stopped.
  const bool cancelled = entry.when_stopped == WhenStopped::start_again ||
                         std::exchange(entry.waits_for_leaving, false);
  if (entry.when_stopped == WhenStopped::start_again) {
    entry.when_stopped = WhenStopped::stay;
    entry.waits_for_siblings = false;
    to_settle_.push_back(process);
  }
  const bool accepted = step_process(process, {.event = ProcessEvent::stop}) || cancelled;
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
  if (spec(process).fcgi) return RequestError::no_stdin;
  emit(effect::WriteStdin{process, std::string(bytes)});
  return RequestError::none;
}

RequestError Supervisor::Implementation::send_remote_event(std::string_view type,
                                                           std::string_view data) {
  // Supervisor takes these during shutdown, too.
  if (phase_ != Phase::working) return RequestError::shutting_down;
  constexpr auto event = schema::EventType::REMOTE_COMMUNICATION;
  if (wanted(event)) {
    publish(event, remote_payload(type, data));
  } else {
    count(event);
  }
  return RequestError::none;
}

RequestError Supervisor::Implementation::request_shutdown() {
  if (state_ != SupervisorState::RUNNING) return RequestError::shutting_down;
  begin_stopping(SupervisorState::SHUTDOWN);
  return RequestError::none;
}

RequestError Supervisor::Implementation::request_restart() {
  if (state_ != SupervisorState::RUNNING) return RequestError::shutting_down;
  emit(effect::LoadPlan{.purpose = LoadPurpose::restart});
  return RequestError::none;
}

RequestError Supervisor::Implementation::request_update(
    std::shared_ptr<const schema::Resolved> read) {
  if (phase_ != Phase::working || state_ != SupervisorState::RUNNING) {
    return RequestError::shutting_down;
  }
  emit(effect::LoadPlan{.purpose = LoadPurpose::update, .read = std::move(read)});
  return RequestError::none;
}

std::vector<RequestResult> Supervisor::Implementation::start_all(GroupId group) {
  std::vector<RequestResult> results;
  for (const ProcessId process : by_priority(groups_[group])) {
    if (schema::is_running(processes_[process].record.state)) continue;
    results.push_back({process, start(process)});
  }
  return results;
}

std::vector<RequestResult> Supervisor::Implementation::stop_all(GroupId group) {
  std::vector<RequestResult> results;
  for (const ProcessId process : by_priority(groups_[group])) {
    const ProcessEntry& entry = processes_[process];
    if (!schema::is_running(entry.record.state) && !entry.waits_for_leaving &&
        entry.when_stopped != WhenStopped::start_again) {
      continue;
    }
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

std::vector<RequestResult> Supervisor::start_group(const Now& now, GroupId group, Effects& out) {
  if (!implementation_->valid_group(group)) return {};
  return request(now, out, [&](Implementation& core) { return core.start_all(group); });
}

std::vector<RequestResult> Supervisor::stop_group(const Now& now, GroupId group, Effects& out) {
  if (!implementation_->valid_group(group)) return {};
  return request(now, out, [&](Implementation& core) { return core.stop_all(group); });
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

RequestError Supervisor::update_from_file(const Now& now, Effects& out) {
  return request(now, out, [](Implementation& core) { return core.request_update(nullptr); });
}

RequestError Supervisor::update_to(const Now& now,
                                   const std::shared_ptr<const schema::Resolved>& read,
                                   Effects& out, std::vector<AtRest> at_rest) {
  return request(now, out, [&](Implementation& core) {
    core.at_rest_ = std::move(at_rest);
    return core.request_update(read);
  });
}

RequestError Supervisor::add_group(const Now& now,
                                   const std::shared_ptr<const schema::Resolved>& from,
                                   std::size_t index, Effects& out) {
  return request(now, out, [&](Implementation& core) { return core.add_group(from, index); });
}

RequestError Supervisor::remove_group(const Now& now, GroupId group, Effects& out) {
  return request(now, out, [&](Implementation& core) { return core.remove_group(group); });
}

RequestError Supervisor::update(const Now& now, const std::shared_ptr<const schema::Resolved>& next,
                                Effects& out) {
  return request(now, out, [&](Implementation& core) { return core.update(next); });
}

}  // namespace sup::core
