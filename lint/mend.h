// Applies fixes until none is left, in memory; what becomes of the texts is for the caller.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "compiler/file_system.h"
#include "lint/check.h"
#include "lint/fix.h"

namespace sup::lint {

struct MendedFile {
  std::string path;  // as the user named it or an include pattern gave it
  std::string before;
  std::string after;
};

struct Mended {
  CheckResult result;             // of the texts as they are now
  std::vector<MendedFile> files;  // that change, by their absolute paths
  std::size_t applied = 0;
};

// `check` finds what is wrong in files; it is called once more after each round of fixes.
Mended mend(const std::function<CheckResult(const compiler::FileSystem&)>& check,
            const compiler::FileSystem& files, FixKinds kinds);

}  // namespace sup::lint
