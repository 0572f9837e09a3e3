// Preloaded into a daemon, it ends it with SIGKILL right after the n-th child was made that way, n
// being $END_AFTER_CLONE: a child runs then of which nothing was noted.
#include <dlfcn.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>

// All arguments are integers or pointers, which x86-64 and AArch64 pass in registers whatever their
// types are.
using Clone = long (*)(long, long, long, long, long, long);

// The library's own names are reserved ones.
// NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name)
extern "C" long clone(long a, long b, long c, long d, long e, long f) noexcept {
  static const auto original = reinterpret_cast<Clone>(::dlsym(RTLD_NEXT, "clone"));
  static const char* const wanted = std::getenv("END_AFTER_CLONE");
  static int left = wanted != nullptr ? std::atoi(wanted) : 0;
  const long child = original(a, b, c, d, e, f);
  if (child > 0 && --left == 0) {
    ::kill(::getpid(), SIGKILL);
  }
  return child;
}
