// Opens a file whose folder may be somebody else's. control= lets a program's own user read its log
// and say what is written there, and the log may stand in that user's folder: a link put in its
// place would hand out, and write to, any file of the daemon's user.
#pragma once

#include <sys/types.h>

#include <string>

#include "runtime/host/system.h"

namespace sup::host {

// As open(2), but a link is followed only where nobody else than root and the daemon's user may
// have put it: in their own folders as usual, in one like /tmp when it is theirs, below a folder
// that somebody else may write to not at all. A regular file that somebody else may have put there
// must have no second name. None, with errno set (ELOOP, EMLINK), where that is not so. O_CLOEXEC
// is always set.
Descriptor guarded_open(const std::string& path, int flags, mode_t mode = 0);

}  // namespace sup::host
