// The events that `suplance check` sends: one of each type, as Supervisor writes them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sup::listeners {

struct SampleEvent {
  std::string name;
  std::string payload;
};

std::vector<SampleEvent> sample_events();

// Header and payload; the length counts characters, as Supervisor counts.
std::string event_text(const SampleEvent& event, int serial);

}  // namespace sup::listeners
