// Loaded into our programs under valgrind, for what valgrind cannot do:
//
// * It follows no execution of /proc/self/exe. The keeper and the image after an upgrade execute
// what
//   the program was started by instead, again under valgrind: $MEMORY_STARTER, where that is set.
// * It has no clone() with the memory and the descriptors of the parent. Refused, as by some
// sandboxes,
//   it has a child made by fork().
//
// It works in $MEMORY_PROGRAM alone. What is executed beside that knows nothing of it: the
// variables are taken away.
#include <dlfcn.h>
#include <sched.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <cstring>

namespace {

constexpr std::size_t longest = 4096;
char starter[longest] = "";
char program[longest] = "";

__attribute__((constructor)) void begin() {
  const char* name = std::getenv("MEMORY_PROGRAM");
  // Not in the shell that starts valgrind; valgrind shows the name of what it runs.
  if (name == nullptr || ::readlink("/proc/self/exe", program, longest - 1) < 0 ||
      std::strcmp(program, name) != 0) {
    return;
  }
  const char* by = std::getenv("MEMORY_STARTER");
  if (by != nullptr && std::strlen(by) < longest) {
    std::strcpy(starter, by);
  }
  ::unsetenv("MEMORY_STARTER");
  ::unsetenv("MEMORY_PROGRAM");
  ::unsetenv("LD_PRELOAD");
}

}  // namespace

extern "C" int execv(const char* path, char* const arguments[]) {
  static const auto real =
      reinterpret_cast<int (*)(const char*, char* const[])>(::dlsym(RTLD_NEXT, "execv"));
  const bool is_this = std::strcmp(path, "/proc/self/exe") == 0 || std::strcmp(path, program) == 0;
  return real(is_this && starter[0] != '\0' ? starter : path, arguments);
}

extern "C" int clone(int (*)(void*), void*, int, void*, ...) {
  errno = EPERM;
  return -1;
}
