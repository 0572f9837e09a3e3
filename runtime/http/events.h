// /api/v1/events: what happens, as server-sent events.
//
// The core tells of events while somebody looks on. They are written as JSON once, into a ring that
// all clients read from, each at its own place: a slow one holds nobody and nothing, and is told
// how many events it missed when the ring has gone past its place. Some minutes after the last
// client has gone, the core is let alone again.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/core/supervisor.h"
#include "runtime/http/request.h"

namespace sup::http {

struct Site;

class EventHub {
 public:
  struct Entry {
    std::uint64_t number = 0;
    schema::EventType type = schema::EventType::EVENT;
    std::string group;  // empty: of none
    std::string process;
    std::string json;
    // As in core::Supervisor::Observed.
    std::vector<std::string> control{};
    std::optional<std::string> user{};
  };

  // Events and bytes that are kept.
  static constexpr std::size_t most_events = 1024;
  static constexpr std::size_t most_bytes = std::size_t{1} << 20;

  explicit EventHub(core::Supervisor& supervisor) : supervisor_(supervisor) {}

  // Takes what happened since the last time. Called in each turn of the loop.
  void collect(core::Now now);

  // A client came; it holds the token as long as it is there.
  std::shared_ptr<const int> enter(core::Now now);

  std::size_t clients() const {
    return clients_ ? static_cast<std::size_t>(clients_.use_count()) - 1 : 0;
  }

  // The number of the next event.
  std::uint64_t next() const { return next_; }

  // The oldest one that is kept, or next().
  std::uint64_t oldest() const { return ring_.empty() ? next_ : ring_.front().number; }

  // The first one from this number on; null if there is none yet.
  const Entry* from(std::uint64_t number) const;

  // Tells the events of now from those of another daemon, and from those before a time in which
  // nobody listened.
  std::uint64_t epoch() const { return epoch_; }

 private:
  void add(core::Supervisor::Observed&& event);

  core::Supervisor& supervisor_;
  std::deque<Entry> ring_;
  std::size_t bytes_ = 0;
  std::uint64_t next_ = 1;
  std::uint64_t epoch_ = 0;
  std::shared_ptr<const int> clients_;  // set while events are observed
  core::Instant left_ = core::never;    // since when there is no client
};

// The payload of an event as the members of a JSON object, "fields" and where it has more than a
// line "data".
std::string event_json(const core::Supervisor::Observed& event, EventHub::Entry& entry);

// Who may not read everything gets the events of the processes whose control= names it, and no
// others.
void answer_events(Site& site, Request& request, Response& response);

}  // namespace sup::http
