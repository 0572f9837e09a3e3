// Work that is shared between two threads. Two and no more: what is shared is over in milliseconds,
// and machines that check configurations have few processors to spare.
#pragma once

#include <system_error>
#include <thread>

namespace sup::schema {

// Whether a second thread would have a processor to run on.
inline bool has_second_processor() { return std::thread::hardware_concurrency() > 1; }

// A new thread waits behind the one that made it, often for longer than the work takes, unless it
// is told to go to another processor. Failing is harmless.
void move_away(std::jthread& other);

// Does both and returns when both are done; `second` in a thread of its own, unless the machine
// gives none. They must not wait for each other.
template <class First, class Second>
void do_both(const First& first, const Second& second) {
  std::jthread other;
  bool is_started = true;
  try {
    other = std::jthread([&second] { second(); });
    move_away(other);
  } catch (const std::system_error&) {
    is_started = false;  // no more threads for this user: one does it all
  }
  first();
  if (!is_started) second();
}

}  // namespace sup::schema
