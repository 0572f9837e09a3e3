// Opens a file whose folder may be somebody else's. control= lets a program's own user read its log
// and say what is written there, and the log may stand in that user's folder: a link put in its
// place would hand out, and write to, any file of the daemon's user.
#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include <string>

#include "runtime/host/system.h"

namespace sup::host {

// As open(2), but a link is followed only where nobody else than root and the daemon's user may
// have put it: in their own folders as usual, in one like /tmp when it is theirs, below a folder
// that somebody else may write to not at all. A regular file that somebody else may have put there
// must have no second name. None, with errno set (ELOOP, EMLINK), where that is not so. O_CLOEXEC
// is always set. `is_of_others` tells whether somebody else may have put the file there.
Descriptor guarded_open(const std::string& path, int flags, mode_t mode = 0,
                        bool* is_of_others = nullptr);

// Whether the file is root's or the daemon's user's.
bool is_ours(const struct stat& status);

// The folder of a file, found by the same rules, and the names in it. What is done with several
// names, as when a log rolls over, is then done in one folder, whatever is put in the place of a
// name on the way there meanwhile.
class GuardedFolder {
 public:
  // Of the file at `path`. False, with errno set, where it cannot be had.
  explicit GuardedFolder(const std::string& path);

  explicit operator bool() const { return static_cast<bool>(folder_); }

  // The last name of the path.
  const std::string& name() const { return name_; }

  int descriptor() const { return folder_.get(); }

  // As guarded_open() does with the last name, but a link that stands there is followed only in a
  // folder of ours.
  Descriptor open(const std::string& name, int flags, mode_t mode = 0) const;

 private:
  Descriptor folder_;
  std::string name_;
  bool is_ours_ = false;
};

}  // namespace sup::host
