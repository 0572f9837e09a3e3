#include "runtime/host/spawn.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstddef>

// The child runs on a stack of its own in our memory, which sanitizers do not expect.
#define SUP_CHILD_SIDE __attribute__((no_sanitize("address", "undefined"), noinline))

namespace sup::host {

namespace {

constexpr unsigned close_range_unshare = 2;
constexpr unsigned close_range_cloexec = 4;
constexpr std::size_t kernel_signal_set_bytes = 8;
constexpr int exit_status_of_failure = 127;

// What the child needs, in plain values.
struct Orders {
  const ChildSetup* setup = nullptr;
  char* const* arguments = nullptr;
  char* const* environment = nullptr;
  int staged[3] = {-1, -1, -1};
  int report = -1;           // of a fork: where failures are written
  unsigned first_above = 0;  // all descriptors from here on are not for the child
  // The child's answer.
  bool failed = false;
  ChildFailure failure;
};

#ifdef SYS_setgroups32
constexpr long set_groups_call = SYS_setgroups32;
constexpr long set_group_call = SYS_setgid32;
constexpr long set_user_call = SYS_setuid32;
#else
constexpr long set_groups_call = SYS_setgroups;
constexpr long set_group_call = SYS_setgid;
constexpr long set_user_call = SYS_setuid;
#endif

SUP_CHILD_SIDE int fail(Orders& orders, Stage stage) {
  orders.failed = true;
  orders.failure.stage = stage;
  orders.failure.error_number = errno;
  if (orders.report >= 0) {
    ::syscall(SYS_write, orders.report, &orders.failure, sizeof orders.failure);
  }
  ::syscall(SYS_exit_group, exit_status_of_failure);
  return exit_status_of_failure;
}

// Raw system calls instead of libc's functions: those of libc change all threads, or locks and
// caches that belong to the daemon.
SUP_CHILD_SIDE int run_child(void* argument) {
  Orders& orders = *static_cast<Orders*>(argument);
  const ChildSetup& setup = *orders.setup;
  ::syscall(SYS_setpgid, 0, 0);
  if (::syscall(SYS_close_range, orders.first_above, ~0U, close_range_unshare) != 0) {
    // Linux before 5.9, or a sandbox: a full copy. All of them are closed by the execve. Without a
    // table of its own the child would overwrite the daemon's standard files.
    const bool is_forked = orders.report >= 0;
    if (!is_forked && ::syscall(SYS_unshare, CLONE_FILES) != 0) {
      return fail(orders, Stage::descriptors);
    }
  }
  for (int number = 0; number < 3; ++number) {
    ::syscall(SYS_dup3, orders.staged[number], number, 0);
  }
  ::syscall(SYS_close_range, 3U, ~0U, close_range_cloexec);
  const std::uint64_t no_signals = 0;
  ::syscall(SYS_rt_sigprocmask, SIG_SETMASK, &no_signals, nullptr, kernel_signal_set_bytes);
  if (setup.refusal.has_value()) {
    return fail(orders, Stage::refused);
  }
  if (setup.credentials.has_value()) {
    const Credentials& credentials = *setup.credentials;
    if (::syscall(set_groups_call, credentials.groups.size(), credentials.groups.data()) != 0) {
      return fail(orders, Stage::groups);
    }
    if (::syscall(set_group_call, credentials.group) != 0) {
      return fail(orders, Stage::group);
    }
    if (::syscall(set_user_call, credentials.user) != 0) {
      return fail(orders, Stage::user);
    }
  }
  if (setup.directory != nullptr && ::syscall(SYS_chdir, setup.directory) != 0) {
    return fail(orders, Stage::directory);
  }
  if (setup.umask.has_value()) {
    ::syscall(SYS_umask, *setup.umask);
  }
  ::syscall(SYS_execve, setup.file, orders.arguments, orders.environment);
  return fail(orders, Stage::execute);
}

constexpr std::size_t child_stack_bytes = std::size_t{64} << 10U;
alignas(64) std::array<std::byte, child_stack_bytes> child_stack;

// Whether the kernel or a sandbox does not have it, instead of failing just now.
bool is_refused(int error_number) {
  return error_number == ENOSYS || error_number == EINVAL || error_number == EPERM;
}

schema::Result<SpawnedChild> clone_child(Orders& orders) {
  // A child that changes its user takes away from the memory, which is also ours, that it may be
  // dumped and looked at.
  const int dumpable = ::prctl(PR_GET_DUMPABLE);
  const pid_t pid = ::clone(run_child, child_stack.data() + child_stack.size(),
                            CLONE_VM | CLONE_VFORK | CLONE_FILES | SIGCHLD, &orders);  // NOLINT
  if (pid < 0) {
    return system_error("clone", errno);
  }
  if (dumpable == 1 && orders.setup->credentials.has_value()) {
    ::prctl(PR_SET_DUMPABLE, 1);
  }
  SpawnedChild child{.pid = pid, .failure = std::nullopt};
  if (orders.failed) {
    if (orders.failure.stage == Stage::descriptors) {
      ::waitpid(pid, nullptr, 0);  // nobody is to hear of this one
      return system_error("unshare descriptors", orders.failure.error_number);
    }
    child.failure = orders.failure;
  }
  return child;
}

// For kernels and sandboxes that refuse the clone: slower, the same for the child. A pipe that is
// closed by the execve tells the outcome.
schema::Result<SpawnedChild> fork_child(Orders& orders, Descriptor& staged_report) {
  schema::Result<Pipe> report = make_pipe();
  if (!report) {
    return report.error();
  }
  if (::dup3(report->write_end.get(), staged_report.get(), O_CLOEXEC) < 0) {
    return system_error("prepare descriptors", errno);
  }
  report->write_end.reset();
  orders.report = staged_report.get();
  orders.failed = false;
  const pid_t pid = ::fork();
  if (pid == 0) {
    run_child(&orders);
    ::_exit(exit_status_of_failure);
  }
  const int error_number = errno;
  // Our copy of the end that the child writes to, with which the reading would never end.
  if (::dup3(report->read_end.get(), staged_report.get(), O_CLOEXEC) < 0) {
    staged_report.reset();
  }
  if (pid < 0) {
    return system_error("fork", error_number);
  }
  ssize_t got = 0;
  do {
    got = ::read(report->read_end.get(), &orders.failure, sizeof orders.failure);
  } while (got < 0 && errno == EINTR);
  SpawnedChild child{.pid = pid, .failure = std::nullopt};
  if (got == static_cast<ssize_t>(sizeof orders.failure)) {
    child.failure = orders.failure;
  }
  return child;
}

// A list for execve, which takes pointers to char that it does not write through.
std::vector<char*> null_terminated(const std::vector<const char*>& texts) {
  std::vector<char*> list;
  list.reserve(texts.size() + 1);
  for (const char* text : texts) {
    list.push_back(const_cast<char*>(text));  // NOLINT(cppcoreguidelines-pro-type-const-cast)
  }
  list.push_back(nullptr);
  return list;
}

}  // namespace

// False, with errno, if they cannot be had just now.
bool Spawner::take_descriptors() {
  if (!null_) {
    null_ = open_nothing(O_CLOEXEC);
  }
  for (Descriptor& staged : staged_) {
    if (null_ && !staged) {
      staged.reset(::fcntl(null_.get(), F_DUPFD_CLOEXEC, 3));
    }
    if (!staged) {
      return false;
    }
  }
  return true;
}

bool Spawner::stage(const ChildSetup& setup) {
  if (!take_descriptors()) {
    return false;
  }
  const int ends[3] = {setup.standard_input, setup.standard_output, setup.standard_error};
  for (std::size_t i = 0; i < 3; ++i) {
    if (::dup3(ends[i], staged_[i].get(), O_CLOEXEC) < 0) {
      return false;
    }
  }
  return true;
}

// Nothing of the child stays open here.
void Spawner::unstage() {
  for (Descriptor& staged : staged_) {
    if (staged && ::dup3(null_.get(), staged.get(), O_CLOEXEC) < 0) {
      staged.reset();
    }
  }
}

schema::Result<SpawnedChild> Spawner::spawn(const ChildSetup& setup) {
  const std::vector<char*> arguments = null_terminated(setup.arguments);
  const std::vector<char*> environment = null_terminated(setup.environment);
  Orders orders;
  orders.setup = &setup;
  orders.arguments = arguments.data();
  orders.environment = environment.data();
  if (!stage(setup)) {
    const int error_number = errno;
    unstage();
    return system_error("prepare descriptors", error_number);
  }
  int highest = 2;
  for (const Descriptor& staged : staged_) {
    highest = std::max(highest, staged.get());
  }
  for (std::size_t i = 0; i < 3; ++i) {
    orders.staged[i] = staged_[i].get();
  }
  orders.first_above = static_cast<unsigned>(highest) + 1;

  schema::Result<SpawnedChild> result = SpawnedChild{};
  if (!must_fork_) {
    result = clone_child(orders);
    must_fork_ = !result && is_refused(result.error().error_number);
  }
  if (must_fork_) {
    result = fork_child(orders, staged_[3]);
  }
  unstage();
  return result;
}

std::string describe_failure(const ChildFailure& failure, const ChildSetup& setup) {
  std::string last = "supervisor: child process was not spawned\n";
  const auto user_failure = [&](const std::string& reason) {
    return "supervisor: couldn't setuid to " +
           std::to_string(setup.credentials ? setup.credentials->user : 0) + ": " + reason + "\n";
  };
  switch (failure.stage) {
    case Stage::descriptors: break;
    case Stage::refused: return "supervisor: " + setup.refusal.value_or("") + "\n" + last;
    case Stage::groups: return user_failure("Could not set groups of effective user") + last;
    case Stage::group: return user_failure("Could not set group id of effective user") + last;
    case Stage::user: return user_failure(error_name(failure.error_number)) + last;
    case Stage::directory:
      return "supervisor: couldn't chdir to " + std::string(setup.directory) + ": " +
             error_name(failure.error_number) + "\n" + last;
    case Stage::execute:
      return "supervisor: couldn't exec " +
             std::string(setup.arguments.empty() ? "" : setup.arguments.front()) + ": " +
             error_name(failure.error_number) + "\n" + last;
  }
  return last;
}

}  // namespace sup::host
