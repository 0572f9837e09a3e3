// A child that says when it began, for measurements: its first act is a record of sixteen bytes,
// the time in nanoseconds and its pid, appended to a file.
//
//   bench_child wait FILE            then waits
//   bench_child write FILE COUNT     then writes so many lines of 100 bytes in a second
//   bench_child listen FILE          is an event listener, with a record for each event, too
//
// Without the C++ library, so that little more than exec is in a start.
#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>

namespace {

struct Record {
  std::uint64_t nanoseconds;
  std::uint64_t pid;
};

void mark(int file) {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  const Record record{static_cast<std::uint64_t>(now.tv_sec) * 1000000000U +
                          static_cast<std::uint64_t>(now.tv_nsec),
                      static_cast<std::uint64_t>(::getpid())};
  if (::write(file, &record, sizeof record) != static_cast<ssize_t>(sizeof record)) ::_exit(3);
}

void write_lines(long per_second) {
  constexpr long pieces = 20;  // of a second
  char line[100];
  std::memset(line, 'x', sizeof line);
  line[sizeof line - 1] = '\n';
  const timespec pause{0, 1000000000L / pieces};
  for (;;) {
    for (long i = 0; i < per_second / pieces; ++i) {
      if (::write(STDOUT_FILENO, line, sizeof line) < 0) ::_exit(0);
    }
    ::nanosleep(&pause, nullptr);
  }
}

// The whole header line into `line`; false at the end of the input.
bool read_line(char* line, std::size_t size) {
  std::size_t length = 0;
  while (length + 1 < size && ::read(STDIN_FILENO, line + length, 1) == 1) {
    if (line[length] == '\n') {
      line[length] = '\0';
      return true;
    }
    ++length;
  }
  return false;
}

void say(const char* text) {
  if (::write(STDOUT_FILENO, text, std::strlen(text)) < 0) ::_exit(0);
}

void listen(int file) {
  char line[1024];
  char payload[65536];
  say("READY\n");
  while (read_line(line, sizeof line)) {
    const char* length = std::strstr(line, "len:");
    long left = length != nullptr ? std::strtol(length + 4, nullptr, 10) : 0;
    while (left > 0) {
      const ssize_t got =
          ::read(STDIN_FILENO, payload, static_cast<std::size_t>(left < 65536 ? left : 65536));
      if (got <= 0) return;
      left -= got;
    }
    mark(file);
    say("RESULT 2\nOKREADY\n");
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  const int file = ::open(argv[2], O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (file < 0) return 2;
  mark(file);
  if (std::strcmp(argv[1], "write") == 0 && argc > 3) {
    write_lines(std::strtol(argv[3], nullptr, 10));
  } else if (std::strcmp(argv[1], "listen") == 0) {
    listen(file);
    return 0;
  }
  for (;;) ::pause();
}
