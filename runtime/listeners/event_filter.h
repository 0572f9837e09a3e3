// Which events a listener acts on, and how those that come again and again become few. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "runtime/listeners/event_record.h"
#include "runtime/listeners/workers.h"

namespace sup::listeners {

// What is empty lets everything through.
struct EventFilter {
  std::vector<std::string> events;    // types, or what they descend from
  std::vector<std::string> programs;  // NAME, GROUP:NAME, GROUP:*
  std::vector<std::string> groups;
  std::optional<bool> expected;  // for events that say it: exits

  bool lets_through(const Event& event) const;
};

// The first of several equal events goes on at once; those that follow within the window are
// counted, and when it is over, the last of them goes on with their number. Nothing is lost by it.
// Equal are events of the same type about the same process in the same way, whatever the pid.
class Deduplicator {
 public:
  // A window of 0 seconds lets everything through.
  explicit Deduplicator(Seconds window) : window_(window) {}

  // The event, if it is to go on now.
  std::optional<EventRecord> take(EventRecord record, Instant now);

  // When a window is over in which something was left out.
  std::optional<Instant> deadline() const;

  // What goes on now.
  std::vector<EventRecord> due(Instant now);

  // All that was left out so far, before its time.
  std::vector<EventRecord> flush() { return due(Instant::max()); }

 private:
  struct Window {
    Instant end;
    std::optional<EventRecord> last;  // that was left out
    std::uint64_t count = 0;          // of those left out
  };

  Seconds window_;
  std::map<std::string, Window> windows_;
};

}  // namespace sup::listeners
