// What getProcessInfo tells of a process.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "runtime/rpc/methods.h"

namespace sup::rpc {

// As the structs of RPC tell times: whole, and not in the future.
inline std::int64_t whole_seconds(std::chrono::nanoseconds time) {
  return std::chrono::floor<std::chrono::seconds>(time).count();
}

// The struct of getProcessInfo.
void write_process_info(const Context& context, core::ProcessId process, core::Now now,
                        Writer& out);

// A line of getAllStatus.
void append_status(const Context& context, core::ProcessId process, core::Now now,
                   std::string& table);

// The line that people read: "pid 4711, uptime 0:00:05". Times are seconds since 1970.
std::string describe(const core::Machine& machine, const core::ProcessStatus& status,
                     std::string_view name, std::int64_t start, std::int64_t stop,
                     std::int64_t now);

// "group:process", or the name alone if both are the same.
std::string full_name(const schema::Process& process);

}  // namespace sup::rpc
