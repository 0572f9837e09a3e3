// How processes end where coverage is counted. The counters are written by exit(); a child or a
// program that ends with _exit() or _Exit(), and a program that another takes the place of, would
// lose theirs. The linker puts these in the place of the C library's: by --wrap, and _Exit() by its
// name.
//
// libgcov says on `stderr` what it cannot write, as in a container that is read-only. Standard
// error belongs to the tests, which look at what is on it: while counters are written, `stderr` is
// another. It is looked up, as this is linked into shared libraries, too, and not compiled for
// them.
#include <dlfcn.h>
#include <sys/types.h>

#include <cerrno>
#include <cstddef>
#include <cstdio>

extern "C" {

void __gcov_dump();   // NOLINT: names of libgcov
void __gcov_reset();  // NOLINT

[[noreturn]] void __real__exit(int status);                   // NOLINT: names that the linker gives
int __real_execv(const char* file, char* const arguments[]);  // NOLINT
}

namespace {

ssize_t forget(void* /*cookie*/, const char* /*bytes*/, std::size_t size) {
  return static_cast<ssize_t>(size);
}

FILE* nowhere = nullptr;
FILE** standard_error = nullptr;

// Before main(): no memory is asked for later, in a child of a fork. It has no descriptor.
__attribute__((constructor)) void open_nowhere() {
  nowhere = ::fopencookie(nullptr, "w", {nullptr, forget, nullptr, nullptr});
  standard_error = static_cast<FILE**>(::dlsym(RTLD_DEFAULT, "stderr"));
}

// At exit(); destructors that name no priority come before libgcov's.
__attribute__((destructor)) void be_silent() { *standard_error = nowhere; }

void write_counters() {
  FILE* const before = *standard_error;
  *standard_error = nowhere;
  __gcov_dump();
  *standard_error = before;
}

}  // namespace

extern "C" {

[[noreturn]] void __wrap__exit(int status) {  // NOLINT
  write_counters();
  __real__exit(status);
}

[[noreturn]] void _Exit(int status) { __wrap__exit(status); }  // NOLINT

int __wrap_execv(const char* file, char* const arguments[]) {  // NOLINT
  write_counters();
  const int result = __real_execv(file, arguments);
  const int error_number = errno;
  __gcov_reset();  // it goes on, and counts from here
  errno = error_number;
  return result;
}
}
