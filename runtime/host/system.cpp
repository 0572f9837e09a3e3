#include "runtime/host/system.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <memory>

namespace sup::host {

void Descriptor::reset(int number) {
  if (number_ >= 0) {
    // Linux frees the number even when close fails, so there is nothing to repeat.
    ::close(number_);
  }
  number_ = number;
}

schema::Result<Pipe> make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) {
    return system_error("make a pipe", errno);
  }
  return Pipe{.read_end = Descriptor(ends[0]), .write_end = Descriptor(ends[1])};
}

void set_non_blocking(int descriptor) {
  const int flags = ::fcntl(descriptor, F_GETFL);
  if (flags >= 0 && (flags & O_NONBLOCK) == 0) {
    ::fcntl(descriptor, F_SETFL, flags | O_NONBLOCK);
  }
}

std::string error_name(int error_number) {
  const char* name = ::strerrorname_np(error_number);
  return name != nullptr ? name : std::to_string(error_number);
}

std::string error_text(int error_number) { return std::strerror(error_number); }

schema::Error system_error(std::string_view what, int error_number) {
  return schema::Error{.message = "cannot " + std::string(what) + ": " + error_text(error_number),
                       .error_number = error_number};
}

core::Now now() {
  const auto read = [](clockid_t clock) {
    timespec time{};
    ::clock_gettime(clock, &time);
    return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
  };
  return core::Now{.steady = read(CLOCK_MONOTONIC), .wall = read(CLOCK_REALTIME)};
}

void keep_from_children() {
  constexpr unsigned close_range_cloexec = 4;
  if (::syscall(SYS_close_range, 3U, ~0U, close_range_cloexec) == 0) {
    return;
  }
  // Linux before 5.11, or a sandbox.
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir("/proc/self/fd"), &::closedir);
  while (const dirent* entry = folder ? ::readdir(folder.get()) : nullptr) {
    const int number = std::atoi(entry->d_name);  // 0 for the two dots
    if (number >= 3) {
      ::fcntl(number, F_SETFD, FD_CLOEXEC);
    }
  }
}

Descriptor open_nothing(int flags) {
  const int null = ::open("/dev/null", O_RDWR | flags);
  return Descriptor(null >= 0 ? null : ::open("/", O_PATH | flags));
}

void occupy_standard_descriptors() {
  for (int number = 0; number <= 2; ++number) {
    if (::fcntl(number, F_GETFD) < 0) {
      // The lowest free number is this one, as those below are open.
      const int opened = open_nothing(0).release();
      if (opened != number && opened >= 0) {
        ::close(opened);
      }
    }
  }
}

}  // namespace sup::host
