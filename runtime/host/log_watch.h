// Who follows a log is told whether there is anything new in it, so that a thousand followers of
// quiet logs cost no system call each whenever something else happens.
#pragma once

#include <cstdint>
#include <string>

namespace sup::host {

// While it is there, what this daemon does to a log of that name is counted. Of one thread.
class LogWatch {
 public:
  explicit LogWatch(std::string path);
  LogWatch(const LogWatch&) = delete;
  LogWatch& operator=(const LogWatch&) = delete;
  ~LogWatch();

  // Another number than before if something was done.
  std::uint64_t changes() const;

 private:
  std::string path_;
};

// A log of that name was written to, or is another file by now.
void log_changed(const std::string& path);

// Greater than before whenever changes() of any watch is.
std::uint64_t all_log_changes();

}  // namespace sup::host
