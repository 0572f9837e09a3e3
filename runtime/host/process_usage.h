// What a process uses, from /proc.
#pragma once

#include <optional>
#include <string_view>

#include "runtime/core/machine.h"

namespace sup::host {

// Nothing if there is no such process any more.
std::optional<core::Machine::Usage> process_usage(int pid);

// From the text of /proc/PID/stat, whose name of the program may have blanks and brackets in it.
// `ticks` of processor time are a second.
std::optional<core::Machine::Usage> read_stat(std::string_view text, double ticks,
                                              std::int64_t page_bytes);

}  // namespace sup::host
