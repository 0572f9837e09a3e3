// A log file that rotates as Supervisor's do: the activity log and the logs of children.
//
// It is appended to, and after a write that leaves it at `maximum_bytes` or more it is rolled over:
// FILE.1 becomes FILE.2 and so on, FILE becomes FILE.1 and is opened anew. So a write is never
// split and a file may be larger by one write. Without backups it is cut to nothing. What is not a
// regular file (a pipe behind /dev/stdout, a terminal) and what lies in /dev or /proc never
// rotates.
//
// A full disk, a vanished folder or a closed pipe never stops the daemon: bytes that cannot be
// written are dropped and counted, and that is reported once when it starts and once when it is
// over. A pipe or terminal that is full is not waited for either: a megabyte is kept for it and
// written when whoever owns the log calls flush().
#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/core/types.h"
#include "runtime/host/system.h"
#include "schema/result.h"

namespace sup::host {

struct LogLimits {
  std::int64_t maximum_bytes = 0;  // 0 or less: never rotated
  std::int64_t backups = 0;
  bool is_guarded = false;  // its folder may be somebody else's, see guarded_open()
  bool operator==(const LogLimits&) const = default;
};

// Told what went wrong with a log, in a sentence.
using LogTrouble = std::function<void(core::Level level, const std::string& text)>;

// Whether it is "/dev/stdout" or another name for the same.
bool is_standard_output(std::string_view path);

class LogFile {
 public:
  LogFile(std::string path, LogLimits limits, LogTrouble trouble = {});

  // From the next write on.
  void set_limits(LogLimits limits);

  // Creates or opens for appending. The error has the errno.
  schema::Status open();

  void write(std::string_view bytes);

  // Writes what was kept because a pipe or terminal was full, and waits so long for it to take
  // more; without waiting when it was told already that nobody reads.
  void flush(int patience_milliseconds = 0);

  // Whether something is kept; descriptor() tells when it can be written.
  bool waits() const { return !kept_.empty(); }

  int descriptor() const { return file_.get(); }

  // Closes and opens by name, so that a file that was renamed is let go.
  schema::Status reopen();

  // Deletes the file and makes a new one. What is no regular file stays.
  schema::Status clear();

  // Whether that is the file that is open.
  bool is_same(const struct stat& file) const;

  // What is written between these two was perhaps written before, by a daemon that was killed, when
  // the log had this size and was this file(): what is there already is not written again.
  void begin_repeat(std::int64_t size_before, std::uint32_t file_before);
  void end_repeat();

  std::int64_t size() const { return size_; }

  // Tells the file from those that it becomes when it rolls over; 0: not known.
  std::uint32_t file() const { return number_; }

  const std::string& path() const { return path_; }

  // How many bytes may be written before it rolls over; a very large number if it never does.
  std::int64_t room() const;

  bool failing() const { return failing_; }

 private:
  class Folder;

  schema::Status open_with(int flags);
  schema::Status open_in(const Folder& folder, int flags);
  schema::Status take(Descriptor opened);
  bool may_rotate() const;
  bool is_writable(int patience_milliseconds) const;
  std::size_t put(std::string_view bytes);
  void keep(std::string_view bytes);
  void drop(std::size_t count, int error_number);
  void works_again();
  void roll_over();
  std::string written_since(std::int64_t size_before, std::uint32_t file_before) const;
  int shift_backups(const Folder& folder) const;
  void complain(const std::string& what, int error_number) const;
  void rollover_failed(int error_number);

  std::string path_;
  LogLimits limits_;
  LogTrouble trouble_;
  Descriptor file_;
  std::optional<std::int64_t> repeats_from_;
  std::uint32_t repeats_in_ = 0;
  std::string repeated_;
  std::string kept_;        // what a full pipe did not take
  bool is_shared_ = false;  // a duplicate of a descriptor of others, which may block
  bool is_regular_ = false;
  bool rotates_ = false;
  bool failing_ = false;              // writes fail
  bool rollover_failing_ = false;     // roll-overs fail
  bool new_file_is_missing_ = false;  // a roll-over renamed the file but could not open a new one
  mode_t mode_ = 0666;                // of the file, for the one after it
  std::uint32_t number_ = 0;          // file()
  std::int64_t size_ = 0;
  std::int64_t next_rollover_ = 0;  // size at which the next roll-over is tried
  std::uint64_t dropped_ = 0;
};

}  // namespace sup::host
