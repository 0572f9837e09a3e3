// How many events wait for a listener while the daemon starts: an upper bound.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "lint/facts/layout.h"
#include "lint/listeners.h"

namespace sup::lint {

// Events of one type.
struct QueuedEvents {
  schema::EventType type{};
  std::int64_t count = 0;
};

struct BootEvents {
  std::vector<QueuedEvents> queued;  // in the order in which they come
  std::int64_t total = 0;
  KnownNumber buffer_size;

  // Types of the events that a buffer of that size loses: the oldest first. The size must be known.
  std::vector<schema::EventType> lost() const;
};

// What starts with the daemon. Found once for all listeners.
class Boot {
 public:
  explicit Boot(const Context& context);

  // What waits for the listener before it can take its first event; nothing when it does not start
  // with the daemon or when its events are not known. Processes whose number is not known do not
  // count.
  std::optional<BootEvents> events_for(const ConfigSection& listener) const;

 private:
  // Processes that are started at once, and after how many seconds they count as running.
  struct Started {
    std::int64_t count = 0;
    std::int64_t startsecs = 0;
  };

  std::int64_t startsecs(const ConfigSection& section) const;

  const Context& context_;
  std::vector<const ProcessGroup*> order_;
  std::vector<Started> started_;
  std::int64_t processes_ = 0;
};

}  // namespace sup::lint
