// The daemon's own log, in Supervisor's format:
//
//   2026-11-23 04:43:52,123 INFO spawned: 'web' with pid 4711
//
// Lines go to a file that rotates (or to syslog) and, in the foreground, to standard output. They
// are collected and written together by flush(), which the loop calls before it sleeps, so that
// starting a thousand programs costs a few writes; files roll over where they would line by line.
#pragma once

#include <ctime>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/core/types.h"
#include "runtime/host/log_file.h"
#include "runtime/host/syslog.h"
#include "schema/options.h"

namespace sup::host {

// "INFO"
std::string_view level_code(core::Level level);

class ActivityLog {
 public:
  struct Settings {
    std::string file;  // the word syslog sends lines there; empty: no file
    LogLimits limits;
    core::Level level = core::Level::info;
    bool to_standard_output = false;
    bool operator==(const Settings&) const = default;
  };

  ActivityLog() = default;

  ~ActivityLog() { finish(); }

  ActivityLog(const ActivityLog&) = delete;
  ActivityLog& operator=(const ActivityLog&) = delete;

  // From here on lines are written. May be called again with other settings.
  schema::Status open(const Settings& settings);

  const Settings& settings() const { return settings_; }

  // Standard output is gone: the daemon went to the background.
  void leave_standard_output();

  void line(core::Level level, std::string_view text);
  void flush();

  // Whether a full pipe or the system log is to get more of what was flushed: flush() tries again.
  bool waits() const { return (file_ && file_->waits()) || (syslog_ && syslog_->waits()); }

  // The same, and waits a moment for a full pipe or the system log.
  void finish();

  // The file is closed and opened by name.
  void reopen();

  // The file is deleted and a new one begun.
  schema::Status clear();

 private:
  void append_time();
  void write_standard_output(std::string_view bytes);

  Settings settings_;
  bool output_is_stuck_ = false;  // nobody reads our standard output
  std::optional<LogFile> file_;
  std::optional<Syslog> syslog_;
  std::string pending_;
  std::string written_;
  std::time_t stamped_second_ = -1;
  std::string stamp_;  // of that second, "2026-11-23 04:43:52"
};

}  // namespace sup::host
