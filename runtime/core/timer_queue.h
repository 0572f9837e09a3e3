// Deadlines of many small machines in order. Each timer keeps its own time beside its machine; this
// is only the index that tells which comes first.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <tuple>

#include "runtime/core/types.h"

namespace sup::core {

enum class TimerKind : std::uint8_t { process, pool, tick, shutdown_report, drain, answer };

struct Timer {
  TimerKind kind = TimerKind::process;
  std::uint32_t index = 0;  // of the process, group of listeners or period
};

class TimerQueue {
 public:
  // Moves `timer` from the time `armed`, which is updated, to `at`.
  void arm(Timer timer, Instant& armed, Instant at) {
    if (armed == at) return;
    if (armed != never) entries_.erase({armed, timer});
    if (at != never) entries_.insert({at, timer});
    armed = at;
  }

  Instant deadline() const { return entries_.empty() ? never : entries_.begin()->at; }

  // The first timer that is due; the caller disarms it.
  std::optional<Timer> due(Instant now) const {
    if (entries_.empty() || entries_.begin()->at > now) return std::nullopt;
    return entries_.begin()->timer;
  }

 private:
  struct Entry {
    Instant at{};
    Timer timer;

    bool operator<(const Entry& other) const {
      return std::tie(at, timer.kind, timer.index) <
             std::tie(other.at, other.timer.kind, other.timer.index);
    }
  };

  std::set<Entry> entries_;
};

}  // namespace sup::core
