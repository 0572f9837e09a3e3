// How processes end where coverage is counted. The counters are written by exit(); a child that
// ends with _exit(), and a program that another takes the place of, would lose theirs. The linker
// puts these in the place of the C library's (--wrap).
#include <cerrno>

extern "C" {

void __gcov_dump();   // NOLINT: names of libgcov
void __gcov_reset();  // NOLINT

[[noreturn]] void __real__exit(int status);                   // NOLINT: names that the linker gives
int __real_execv(const char* file, char* const arguments[]);  // NOLINT

[[noreturn]] void __wrap__exit(int status) {  // NOLINT
  __gcov_dump();
  __real__exit(status);
}

int __wrap_execv(const char* file, char* const arguments[]) {  // NOLINT
  __gcov_dump();
  const int result = __real_execv(file, arguments);
  const int error_number = errno;
  __gcov_reset();  // it goes on, and counts from here
  errno = error_number;
  return result;
}
}
