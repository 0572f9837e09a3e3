#include "runtime/listeners/script.h"

#include "schema/events.h"
#include "schema/text.h"

namespace sup::listeners {

namespace {

std::string payload_of(std::string_view name) {
  const std::string process = "processname:cat groupname:pets ";
  const auto state = [&](const char* rest) { return process + "from_state:" + rest; };
  if (name == "PROCESS_STATE_STARTING") return state("STOPPED tries:0");
  if (name == "PROCESS_STATE_RUNNING") return state("STARTING pid:2766");
  if (name == "PROCESS_STATE_BACKOFF") return state("STARTING tries:1");
  if (name == "PROCESS_STATE_STOPPING") return state("RUNNING pid:2766");
  if (name == "PROCESS_STATE_EXITED") return state("RUNNING expected:0 pid:2766");
  if (name == "PROCESS_STATE_STOPPED") return state("STOPPING pid:2766");
  if (name == "PROCESS_STATE_FATAL") return state("BACKOFF");
  if (name == "PROCESS_STATE_UNKNOWN") return state("STOPPING");
  // More bytes than characters, and lines that look like the protocol.
  if (name.starts_with("PROCESS_COMMUNICATION"))
    return process + "pid:2766\nfünf Wörter\nRESULT 2\n";
  if (name.starts_with("PROCESS_LOG")) {
    return process + "pid:2766 channel:" + (name.ends_with("OUT") ? "stdout" : "stderr") +
           "\nREADY\n日本語 without a line end";
  }
  if (name == "REMOTE_COMMUNICATION") return "type:deploy\nversion: 5\nüber alles: %s {} \\n";
  if (name.starts_with("TICK")) return "when:1795399560";
  if (name.starts_with("PROCESS_GROUP")) return "groupname:pets\n";
  return "";
}

}  // namespace

std::vector<SampleEvent> sample_events() {
  std::vector<SampleEvent> events;
  for (const schema::EventRow& row : schema::event_rows()) {
    if (!row.is_abstract) events.push_back({std::string(row.name), payload_of(row.name)});
  }
  return events;
}

std::string event_text(const SampleEvent& event, int serial) {
  const std::string number = std::to_string(serial);
  return "ver:3.0 server:supervisor serial:" + number + " pool:check poolserial:" + number +
         " eventname:" + event.name +
         " len:" + std::to_string(schema::character_count(event.payload)) + "\n" + event.payload;
}

}  // namespace sup::listeners
