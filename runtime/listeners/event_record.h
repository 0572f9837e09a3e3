// An event as it waits in a queue: the bytes that came, and when. Pure.
#pragma once

#include <cstdint>
#include <string>

#include "runtime/listeners/event.h"
#include "schema/result.h"

namespace sup::listeners {

struct EventRecord {
  Event event;
  std::int64_t milliseconds = 0;  // since 1970, when it came
  std::uint64_t repeated = 0;     // so many like it are left out
};

std::string print_record(const EventRecord& record);

// Fails for what print_record did not write.
schema::Result<EventRecord> parse_record(const std::string& text);

}  // namespace sup::listeners
