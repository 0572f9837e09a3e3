// Payloads of events and the envelope in which a listener gets them, byte by byte as Supervisor
// writes them, since listeners in many languages read them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "runtime/core/process_machine.h"
#include "runtime/core/types.h"
#include "schema/events.h"
#include "schema/instantiate.h"

namespace sup::core {

schema::EventType state_event(schema::ProcessState state);

std::string state_payload(const schema::Process& process, const StateChange& change);

std::string group_payload(std::string_view group);

// `data` as it is: whoever wants text gives what `readable` makes of it.
std::string log_payload(const schema::Process& process, int pid, Channel channel,
                        std::string_view data);

std::string communication_payload(const schema::Process& process, int pid, std::string_view data);

std::string remote_payload(std::string_view type, std::string_view data);

// `period` in seconds; the payload names the beginning of the period in which `wall` lies.
std::int64_t tick_slice(std::chrono::nanoseconds wall, std::int64_t period);
std::string tick_payload(std::int64_t slice);

std::string_view channel_name(Channel channel);

// The bytes if they are UTF-8, else "Undecodable: " and how Python would print them.
std::string readable(std::string_view bytes);

struct Envelope {
  std::string_view identifier;
  std::string_view pool;
  std::int64_t serial = 0;
  std::int64_t pool_serial = 0;
  schema::EventType type = schema::EventType::EVENT;
};

// Header line and payload. `len` counts characters as Supervisor does, or bytes.
std::string wire_format(const Envelope& envelope, std::string_view payload,
                        schema::EventLengthValue length = schema::EventLengthValue::characters);

}  // namespace sup::core
