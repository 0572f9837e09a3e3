// Loaded into suprun (LD_PRELOAD), it makes chosen system calls fail: the n-th of a kind, or those
// from the n-th on. What fails stands in a small file that both sides map ($FAULTS), so that faults
// are switched on and off while the daemon runs, and both know how many there were.
//
// It works on the process that loaded it and, for what a child does before it executes its program,
// on that child. Programs that are executed know nothing of it: the variables are taken away. Only
// an upgrade, which executes in the same process, takes it along; and the keeper, which is the same
// program in another process, has a file of its own where $FAULTS_KEEPER names one.
//
// calls.def names the functions of libc. All take up to six integers or pointers, which x86-64 and
// AArch64 pass in registers whatever their types are: so one function serves all, and those with
// three dots, too.
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>

namespace {

constexpr unsigned most_calls = 64;
constexpr unsigned longest_name = 16;

// As in faults.py.
struct Control {
  std::uint32_t process;  // on which it works
  std::uint32_t first;    // the first and the last that fail of the calls with that name, from 1 on
  std::uint32_t last;
  std::uint32_t error;
  std::uint32_t failed;     // how many did
  char call[longest_name];  // none: nothing fails
  std::uint32_t counts[most_calls];
  char names[most_calls][longest_name];
};

Control* control = nullptr;
char preload_setting[4096] = "";
char faults_setting[4096] = "";
char keeper_setting[4096] = "";

bool is_of_a_child(const char* call) {
  return std::strncmp(call, "exec", 4) == 0 || std::strcmp(call, "close_range") == 0;
}

// Its place among the counts, where it is found by name from then on.
unsigned number_of(const char* call) {
  for (unsigned number = 0; number < most_calls; ++number) {
    char* name = control->names[number];
    if (name[0] == '\0') {
      std::strncpy(name, call, longest_name - 1);
    }
    if (std::strcmp(name, call) == 0) {
      return number;
    }
  }
  ::_exit(99);
}

// Whether this one is to fail; it is counted.
bool fails(const char* call) {
  if (control == nullptr ||
      (!is_of_a_child(call) && static_cast<std::uint32_t>(::getpid()) != control->process)) {
    return false;
  }
  const std::uint32_t count = ++control->counts[number_of(call)];
  if (std::strcmp(control->call, call) != 0 || count < control->first || count > control->last) {
    return false;
  }
  ++control->failed;
  errno = static_cast<int>(control->error);
  return true;
}

// Pipes and terminals do not fail as files do; and what is said of a failure is to be seen.
bool is_file(long descriptor) {
  struct stat status {};

  return descriptor > STDERR_FILENO &&
         ::syscall(SYS_newfstatat, descriptor, "", &status, AT_EMPTY_PATH) == 0 &&
         S_ISREG(status.st_mode);
}

using Function = long (*)(long, long, long, long, long, long);

template <class Type>
Type next_of(const char* name) {
  void* found = ::dlsym(RTLD_NEXT, name);
  Type function = nullptr;
  static_assert(sizeof function == sizeof found);
  std::memcpy(&function, &found, sizeof function);
  return function;
}

// An upgrade stays under control, and a keeper comes under it.
void take_along(char* const* arguments) {
  const bool is_self =
      control != nullptr && static_cast<std::uint32_t>(::getpid()) == control->process;
  const bool is_keeper = control != nullptr && keeper_setting[0] != '\0' &&
                         arguments[0] != nullptr && arguments[1] != nullptr &&
                         std::strcmp(arguments[1], "--keep") == 0;
  if (is_self || is_keeper) {
    ::setenv("LD_PRELOAD", preload_setting, 1);
    ::setenv("FAULTS", is_keeper ? keeper_setting : faults_setting, 1);
  }
  if (is_self && keeper_setting[0] != '\0') {
    ::setenv("FAULTS_KEEPER", keeper_setting, 1);
  }
}

void leave_behind() {
  ::unsetenv("LD_PRELOAD");
  ::unsetenv("FAULTS");
  ::unsetenv("FAULTS_KEEPER");
}

__attribute__((constructor)) void begin() {
  const char* file = ::getenv("FAULTS");
  const char* preload = ::getenv("LD_PRELOAD");
  if (file == nullptr || preload == nullptr || std::strlen(file) >= sizeof faults_setting ||
      std::strlen(preload) >= sizeof preload_setting) {
    return;
  }
  std::strncpy(faults_setting, file, sizeof faults_setting - 1);
  std::strncpy(preload_setting, preload, sizeof preload_setting - 1);
  if (const char* keeper = ::getenv("FAULTS_KEEPER")) {
    std::strncpy(keeper_setting, keeper, sizeof keeper_setting - 1);
  }
  leave_behind();
  const int opened = static_cast<int>(::syscall(SYS_openat, AT_FDCWD, faults_setting, O_RDWR));
  void* memory = ::mmap(nullptr, sizeof(Control), PROT_READ | PROT_WRITE, MAP_SHARED, opened, 0);
  ::syscall(SYS_close, opened);
  if (opened < 0 || memory == MAP_FAILED) {
    ::_exit(99);
  }
  control = static_cast<Control*>(memory);
  control->process = static_cast<std::uint32_t>(::getpid());
}

}  // namespace

// Under another name here, as the headers declare them with their types.
#define FUNCTION(name, call, failure, condition)                                     \
  extern "C" long wrapped_##name(long, long, long, long, long, long) __asm__(#name); \
  extern "C" long wrapped_##name(long a, long b, long c, long d, long e, long f) {   \
    static const auto next = next_of<Function>(#name);                               \
    return (condition) && fails(#call) ? (failure) : next(a, b, c, d, e, f);         \
  }
#define NUMBER(number, call)
#include "calls.def"
#undef FUNCTION
#undef NUMBER

extern "C" long wrapped_execv(long, long, long, long, long, long) __asm__("execv");

extern "C" long wrapped_execv(long a, long b, long c, long d, long e, long f) {
  static const auto next = next_of<Function>("execv");
  if (fails("execv")) {
    return -1;
  }
  take_along(reinterpret_cast<char* const*>(b));
  const long result = next(a, b, c, d, e, f);
  leave_behind();
  return result;
}

using SystemCall = long (*)(long, long, long, long, long, long, long);

extern "C" long wrapped_syscall(long, long, long, long, long, long, long) __asm__("syscall");

extern "C" long wrapped_syscall(long number, long a, long b, long c, long d, long e, long f) {
  static const auto next = next_of<SystemCall>("syscall");
  const char* call = nullptr;
#define FUNCTION(name, call, failure, condition)
#define NUMBER(known, name) \
  if (number == (known)) {  \
    call = #name;           \
  }
#include "calls.def"
  return call != nullptr && fails(call) ? -1 : next(number, a, b, c, d, e, f);
}
