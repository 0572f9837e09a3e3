#include "runtime/rpc/log_reading.h"

#include <algorithm>
#include <limits>
#include <memory>
#include <utility>

#include "runtime/core/concat.h"

namespace sup::rpc {

std::variant<std::string, Fault> read_log(const core::Machine& machine, const std::string& path,
                                          std::int64_t offset, std::int64_t length) {
  if (length < 0 || (offset < 0 && length != 0)) {
    return fault(FaultCode::BAD_ARGUMENTS);
  }
  const std::unique_ptr<core::LogReader> log = machine.open_log(path);
  const std::optional<std::int64_t> size = log ? log->size() : std::nullopt;
  if (!size) {
    return fault(FaultCode::FAILED);
  }
  if (offset < 0) {
    offset = std::max<std::int64_t>(
        offset == std::numeric_limits<std::int64_t>::min() ? 0 : *size + offset, 0);
  }
  const std::int64_t there = std::max<std::int64_t>(*size - offset, 0);
  const std::int64_t wanted = length == 0 ? there : std::min(length, there);
  if (wanted > largest_piece) {
    return fault(FaultCode::FAILED, core::concat("these are ", wanted, " bytes; ask for ",
                                                 largest_piece, " or fewer at a time"));
  }
  std::optional<std::string> bytes = log->read(offset, static_cast<std::size_t>(wanted));
  if (!bytes) {
    return fault(FaultCode::FAILED);
  }
  return std::move(*bytes);
}

LogTail tail_log(const core::Machine& machine, const std::string& path, std::int64_t offset,
                 std::int64_t length) {
  // Numbers of clients; sums of them must not overflow.
  constexpr std::int64_t limit = std::int64_t{1} << 60;
  offset = std::clamp(offset, -limit, limit);
  length = std::clamp(length, -limit, limit);
  LogTail tail{.bytes = {}, .offset = offset, .overflow = false};
  const std::unique_ptr<core::LogReader> log = machine.open_log(path);
  const std::optional<std::int64_t> size = log ? log->size() : std::nullopt;
  if (!size) {
    return tail;
  }
  if (*size > offset + length) {
    tail.overflow = true;
    offset = *size - 1;
  }
  if (offset + length > *size) {
    if (offset > *size - 1) {
      length = 0;
    }
    offset = *size - length;
  }
  offset = std::max<std::int64_t>(offset, 0);
  length = std::min(std::max<std::int64_t>(length, 0), largest_piece);
  std::optional<std::string> bytes =
      length == 0 ? std::string() : log->read(offset, static_cast<std::size_t>(length));
  if (!bytes) {
    return tail;
  }
  tail.bytes = std::move(*bytes);
  tail.offset = *size;
  return tail;
}

}  // namespace sup::rpc
