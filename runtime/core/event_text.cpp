#include "runtime/core/event_text.h"

#include "runtime/core/concat.h"
#include "schema/text.h"

namespace sup::core {

using schema::EventType;
using schema::ProcessState;

EventType state_event(ProcessState state) {
  switch (state) {
    case ProcessState::STOPPED: return EventType::PROCESS_STATE_STOPPED;
    case ProcessState::STARTING: return EventType::PROCESS_STATE_STARTING;
    case ProcessState::RUNNING: return EventType::PROCESS_STATE_RUNNING;
    case ProcessState::BACKOFF: return EventType::PROCESS_STATE_BACKOFF;
    case ProcessState::STOPPING: return EventType::PROCESS_STATE_STOPPING;
    case ProcessState::EXITED: return EventType::PROCESS_STATE_EXITED;
    case ProcessState::FATAL: return EventType::PROCESS_STATE_FATAL;
    case ProcessState::UNKNOWN: return EventType::PROCESS_STATE_UNKNOWN;
  }
  return EventType::PROCESS_STATE_UNKNOWN;
}

std::string state_payload(const schema::Process& process, const StateChange& change) {
  std::string text = concat("processname:", process.name, " groupname:", process.group,
                            " from_state:", schema::state_name(change.from));
  switch (change.to) {
    case ProcessState::STARTING:
    case ProcessState::BACKOFF: return text + concat(" tries:", change.failures);
    case ProcessState::RUNNING:
    case ProcessState::STOPPING:
    case ProcessState::STOPPED: return text + concat(" pid:", change.pid);
    case ProcessState::EXITED:
      return text + concat(" expected:", change.expected ? 1 : 0, " pid:", change.pid);
    case ProcessState::FATAL:
    case ProcessState::UNKNOWN: return text;
  }
  return text;
}

std::string group_payload(std::string_view group) { return concat("groupname:", group, "\n"); }

std::string log_payload(const schema::Process& process, int pid, Channel channel,
                        std::string_view data) {
  return concat("processname:", process.name, " groupname:", process.group, " pid:", pid,
                " channel:", channel_name(channel), "\n", data);
}

std::string communication_payload(const schema::Process& process, int pid, std::string_view data) {
  return concat("processname:", process.name, " groupname:", process.group, " pid:", pid, "\n",
                data);
}

std::string remote_payload(std::string_view type, std::string_view data) {
  return concat("type:", type, "\n", data);
}

std::int64_t tick_slice(std::chrono::nanoseconds wall, std::int64_t period) {
  const std::int64_t now = std::chrono::floor<std::chrono::seconds>(wall).count();
  const std::int64_t into = ((now % period) + period) % period;
  return now - into;
}

std::string tick_payload(std::int64_t slice) { return concat("when:", slice); }

std::string_view channel_name(Channel channel) {
  return channel == Channel::standard_output ? "stdout" : "stderr";
}

std::string readable(std::string_view bytes) {
  if (!schema::invalid_utf8(bytes)) return std::string(bytes);
  return concat("Undecodable: ", schema::python_bytes_repr(bytes));
}

std::string wire_format(const Envelope& envelope, std::string_view payload,
                        schema::EventLengthValue length) {
  const std::size_t counted =
      length == schema::EventLengthValue::bytes ? payload.size() : schema::character_count(payload);
  return concat("ver:3.0 server:", envelope.identifier, " serial:", envelope.serial,
                " pool:", envelope.pool, " poolserial:", envelope.pool_serial,
                " eventname:", schema::event_name(envelope.type), " len:", counted, "\n", payload);
}

}  // namespace sup::core
