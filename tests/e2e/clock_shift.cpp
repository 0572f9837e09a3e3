// Preloaded into a program, it shifts the wall clock by the nanoseconds that stand in the file
// $CLOCK_SHIFT, which may change at any time. The clock that nobody sets stays as it is.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <ctime>

namespace {

constexpr std::int64_t second = 1000000000;

std::int64_t shift() {
  static const volatile std::int64_t* const shared = [] {
    const char* path = std::getenv("CLOCK_SHIFT");
    const int file = path != nullptr ? ::open(path, O_RDONLY | O_CLOEXEC) : -1;
    void* memory = file < 0 ? MAP_FAILED
                            : ::mmap(nullptr, sizeof(std::int64_t), PROT_READ, MAP_SHARED, file, 0);
    if (file >= 0) {
      ::close(file);
    }
    return memory == MAP_FAILED ? nullptr : static_cast<const std::int64_t*>(memory);
  }();
  return shared != nullptr ? *shared : 0;
}

}  // namespace

// The library's own names are reserved ones.
// NOLINTBEGIN(readability-inconsistent-declaration-parameter-name)
extern "C" {

int clock_gettime(clockid_t clock, timespec* time) noexcept {
  const auto failed = static_cast<int>(::syscall(SYS_clock_gettime, clock, time));
  if (failed == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) {
    const std::int64_t shifted = time->tv_sec * second + time->tv_nsec + shift();
    time->tv_sec = shifted / second;
    time->tv_nsec = shifted % second;
  }
  return failed;
}

int gettimeofday(timeval* time, void* /*zone*/) noexcept {
  timespec exact{};
  clock_gettime(CLOCK_REALTIME, &exact);
  time->tv_sec = exact.tv_sec;
  time->tv_usec = exact.tv_nsec / 1000;
  return 0;
}

time_t time(time_t* result) noexcept {
  timespec exact{};
  clock_gettime(CLOCK_REALTIME, &exact);
  if (result != nullptr) {
    *result = exact.tv_sec;
  }
  return exact.tv_sec;
}
}
// NOLINTEND(readability-inconsistent-declaration-parameter-name)
