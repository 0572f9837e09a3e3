// Put before the C library (LD_PRELOAD), makes every write to a file below a folder `slow` take
// twenty milliseconds, as a disk may that is busy.
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>

extern "C" __attribute__((visibility("default"))) ssize_t write(int file, const void* data,
                                                                size_t size) {
  char name[64];
  char path[4096];
  std::snprintf(name, sizeof name, "/proc/self/fd/%d", file);
  const ssize_t length = ::readlink(name, path, sizeof path - 1);
  if (length > 0) {
    path[length] = '\0';
    if (std::strstr(path, "/slow/") != nullptr) {
      const timespec pause{0, 20000000};
      ::nanosleep(&pause, nullptr);
    }
  }
  return ::syscall(SYS_write, file, data, size);
}
