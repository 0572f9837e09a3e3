// The clock of the wall.
#pragma once

#include <chrono>
#include <cstdint>

namespace sup::listeners {

// Since 1970.
inline std::int64_t milliseconds_now() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

inline std::int64_t seconds_now() { return milliseconds_now() / 1000; }

}  // namespace sup::listeners
