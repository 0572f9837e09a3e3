// How many bytes logs may take on the disk.
#pragma once

#include <cstdint>

#include "lint/facts/amounts.h"
#include "lint/paths.h"

namespace sup::lint {

struct LogSpace {
  enum class Kind : std::uint8_t {
    none,       // there is no such log, or it is no file
    bounded,    // at most `bytes`, with all rotated ones
    unlimited,  // nothing rotates it
    unknown
  };
  Kind kind = Kind::none;
  std::int64_t bytes = 0;
  KnownNumber limit;
  KnownNumber backups;
};

// One log of a section. A log may exceed its limit by as much as is written at once.
LogSpace log_space(const Context& context, const ConfigSection& section, const LogChannel& channel);

// The bounded logs of all processes of a section, or the daemon's; what is not known counts as
// none.
std::int64_t log_bytes(const Context& context, const ConfigSection& section);

}  // namespace sup::lint
