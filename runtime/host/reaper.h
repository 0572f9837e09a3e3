// Takes the ends of children from the kernel.
//
// waitpid(-1) looks through all children, from the oldest on, each time it is asked; a thousand
// that end youngest first would be looked at half a million times. So the one that the signal names
// is asked for first, then those that were told to end, in that order, and then all.
#pragma once

#include <deque>
#include <functional>

namespace sup::host {

class Reaper {
 public:
  // A child whose end is to be expected, because a signal was sent to it.
  void expect(int pid);

  using Take = std::function<void(int pid, int status)>;

  // Calls `take` with the pid and wait status of each child that has ended; it may start others.
  // `named` is the pid that SIGCHLD named, 0: none. `is_enough` is asked before each that nobody
  // expected: those that were started may end as fast as they are taken, and other things want to
  // be done. False when it was enough and there are more.
  [[nodiscard]] bool reap(int named, const Take& take, const std::function<bool()>& is_enough);

 private:
  void reap_expected(const Take& take);

  std::deque<int> expected_;
};

}  // namespace sup::host
