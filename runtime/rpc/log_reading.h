// Pieces of log files as Supervisor cuts them.
#pragma once

#include <cstdint>
#include <string>
#include <variant>

#include "runtime/core/machine.h"
#include "runtime/rpc/faults.h"

namespace sup::rpc {

// More than this is not put into one answer.
inline constexpr std::int64_t largest_piece = std::int64_t{64} << 20;

// Bytes from `offset` on, `length` of them or, if it is 0, all; with a negative offset and length 0
// the last ones. BAD_ARGUMENTS, FAILED.
std::variant<std::string, Fault> read_log(const core::Machine& machine, const std::string& path,
                                          std::int64_t offset, std::int64_t length);

struct LogTail {
  std::string bytes;
  std::int64_t offset = 0;  // the size of the file, for the next call
  bool overflow = false;    // more was written than was asked for
};

// The last bytes of a log for somebody who has read it up to `offset` and takes `length` at most.
LogTail tail_log(const core::Machine& machine, const std::string& path, std::int64_t offset,
                 std::int64_t length);

}  // namespace sup::rpc
