// Starting a child at the cost of a vfork, whatever else is open.
//
// The child shares the daemon's memory and its table of descriptors until it executes: its ends of
// the pipes are put on low numbers that are kept for that, and close_range(CLOSE_RANGE_UNSHARE)
// leaves the shared table behind, copying only those low entries. A plain vfork would copy the
// whole table, so that starting a thousand programs were quadratic.
//
// Everything that can be computed is computed before; the child makes raw system calls only, as it
// uses our thread's memory. The daemon is suspended meanwhile and then knows whether it worked, at
// which stage it failed and why. Signals are expected to be blocked in the daemon and are unblocked
// in the child, which has no handlers: a signal that comes in between is not lost but ends it.
#pragma once

#include <sys/types.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "runtime/host/credentials.h"
#include "runtime/host/system.h"
#include "schema/result.h"

namespace sup::host {

// All that a child is to be. Pointers are borrowed.
struct ChildSetup {
  const char* file = nullptr;
  std::vector<const char*> arguments;    // without the null at the end
  std::vector<const char*> environment;  // "NAME=value", likewise
  std::optional<Credentials> credentials;
  const char* directory = nullptr;
  std::optional<mode_t> umask;
  // The child says this and ends at once: for what is known before to be wrong but is a failure of
  // the child in Supervisor.
  std::optional<std::string> refusal;
  int standard_input = -1;
  int standard_output = -1;
  int standard_error = -1;
};

// As wide as an error number: no byte of a failure is unset when it goes through a pipe.
enum class Stage : int {
  descriptors,  // only within the spawner: the table could not be separated from ours
  refused,
  groups,
  group,
  user,
  directory,
  execute
};

struct ChildFailure {
  Stage stage = Stage::execute;
  int error_number = 0;
};

struct SpawnedChild {
  pid_t pid = 0;
  // It could not be executed and ended, or is about to end, with status 127.
  std::optional<ChildFailure> failure;
};

class Spawner {
 public:
  // The error has the errno of clone or fork, or of what had to be prepared for them.
  schema::Result<SpawnedChild> spawn(const ChildSetup& setup);

 private:
  bool take_descriptors();
  bool stage(const ChildSetup& setup);
  void unstage();

  static constexpr std::size_t staged_count = 4;  // input, output, error, and the report of a fork

  // Low numbers, which are taken with the first child.
  Descriptor null_;
  std::array<Descriptor, staged_count> staged_;
  bool must_fork_ = false;  // a sandbox refuses what the cheap way needs
};

// What Supervisor's child writes to its standard error for a failure.
std::string describe_failure(const ChildFailure& failure, const ChildSetup& setup);

}  // namespace sup::host
