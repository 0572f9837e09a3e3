#include "runtime/host/reaper.h"

#include <sys/wait.h>

#include <cstddef>
#include <utility>
#include <vector>

namespace sup::host {

namespace {

// Beyond this many the rest is found by looking through all.
constexpr std::size_t most_expected = 65536;
// So many may be slower to end than those behind them.
constexpr std::size_t most_late = 8;

// A child that has ended and waits to be reaped.
bool has_ended_child() {
  siginfo_t info{};
  return ::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid != 0;
}

}  // namespace

void Reaper::expect(int pid) {
  if (pid > 0 && expected_.size() < most_expected) {
    expected_.push_back(pid);
  }
}

void Reaper::reap_expected(const Take& take) {
  std::vector<std::pair<int, int>> ended;  // first all: `take` may expect further ones
  std::size_t late = 0;
  for (auto each = expected_.begin(); each != expected_.end() && late < most_late;) {
    int status = 0;
    const pid_t pid = ::waitpid(*each, &status, WNOHANG);
    if (pid == 0) {
      ++late;
      ++each;
      continue;
    }
    if (pid > 0) {
      ended.emplace_back(pid, status);
    }
    each = expected_.erase(each);  // also one that was taken otherwise
  }
  for (const auto& [pid, status] : ended) {
    take(pid, status);
  }
}

bool Reaper::reap(int named, const Take& take, const std::function<bool()>& is_enough) {
  int status = 0;
  if (named > 0 && ::waitpid(named, &status, WNOHANG) == named) {
    take(named, status);
  }
  reap_expected(take);
  while (!is_enough()) {
    const pid_t pid = ::waitpid(-1, &status, WNOHANG);
    if (pid <= 0) {
      return true;
    }
    take(pid, status);
  }
  return !has_ended_child();
}

}  // namespace sup::host
