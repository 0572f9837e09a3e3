// Where `suplance log` writes lines: a file that is rotated, or the system's log.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "schema/result.h"

namespace sup::listeners {

// Takes lines. Never waits for another program.
class LineSink {
 public:
  LineSink() = default;
  virtual ~LineSink() = default;
  LineSink(const LineSink&) = delete;
  LineSink& operator=(const LineSink&) = delete;

  // A line without its end; all of it is written, or nothing.
  virtual schema::Status write(const std::string& line) = 0;
};

// A file. Before a line would make it larger than `maximum_bytes` (0: never), it is renamed to
// PATH.1, that to PATH.2 and so on, as many as `backups`, as Supervisor does with its logs; without
// backups it begins anew. A file that another program has moved away is made again.
struct FileLogSettings {
  std::string path;
  std::int64_t maximum_bytes = std::int64_t{50} << 20U;
  int backups = 10;
};

schema::Result<std::unique_ptr<LineSink>> open_file_log(FileLogSettings settings);

// The system's log at a UNIX socket, in the form of RFC 3164. Not by syslog(3) of the C library,
// which waits for a log that does not read.
struct SystemLogSettings {
  std::string socket = "/dev/log";
  int facility = 3;  // daemon
  std::string tag = "suplance";
};

std::unique_ptr<LineSink> system_log(SystemLogSettings settings);

// The number of daemon, user, local0 …
std::optional<int> facility_from_name(std::string_view name);

}  // namespace sup::listeners
