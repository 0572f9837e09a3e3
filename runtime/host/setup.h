// What a daemon does once, before it supervises anything: limits, user, background, pidfile.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "runtime/host/activity_log.h"
#include "runtime/host/system.h"
#include "schema/options.h"
#include "schema/result.h"

namespace sup::host {

// Raises the soft limits of descriptors and processes where they are below what is asked for. The
// lines are for the activity log; the error is in Supervisor's words.
schema::Result<std::vector<std::string>> raise_limits(std::int64_t descriptors,
                                                      std::int64_t processes);

// Goes to the background: the caller's parent gets its exit status 0, the caller goes on in a
// session of its own with /dev/null as standard files.
schema::Status daemonize(const schema::SupervisordOptions& options, ActivityLog& log);

// A file with our pid. Removed in the end, unless somebody else's pid is in it by then. A symbolic
// link at its place is replaced and never followed: who may put it there could have any file cut.
class Pidfile {
 public:
  Pidfile() = default;

  ~Pidfile() { static_cast<void>(remove()); }

  Pidfile(const Pidfile&) = delete;
  Pidfile& operator=(const Pidfile&) = delete;

  // An error if a daemon that lives has locked this file: of two with one configuration the second
  // would take away the logs and the pidfile of the first.
  static schema::Status check(const std::string& path);

  // The file stays locked as long as we live.
  schema::Status write(const std::string& path);

  // Whether it is locked, where that makes sense; if not, a second daemon would not notice us.
  bool is_locked() const { return lock_error_ == 0; }

  // An error if it is still ours and stays there.
  schema::Status remove();

  // The next image of this daemon goes on with the file and its lock.
  int lock_descriptor() const { return lock_.get(); }

  void adopt(const std::string& path, Descriptor lock);

 private:
  void lock();

  Descriptor lock_;
  int lock_error_ = 0;
  std::string path_;  // absolute, as the folder may be changed
};

// The path, made absolute with a folder or with the current one.
std::string absolute_path(const std::string& path, const std::string& folder);
std::string absolute_path(const std::string& path);
std::string current_directory();

// $TMPDIR and its like, as Python chooses the folder for temporary files.
std::string temporary_directory();

}  // namespace sup::host
