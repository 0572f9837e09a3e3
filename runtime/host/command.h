// From a command line to the file that is executed: splitting, the search in PATH and the checks
// that Supervisor makes before each start, with its words for what is wrong.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "schema/result.h"

namespace sup::host {

struct Command {
  std::string file;
  std::vector<std::string> arguments;  // the first is the command as written
};

enum class FileState : std::uint8_t {
  missing,
  is_directory,
  not_executable,
  forbidden,
  executable
};

// What a command's file is, for this process.
FileState look_at_file(const std::string& path);

// The error has ENOENT where there is no such file, and no number for all other reasons.
// `search_path` is the value of PATH; what cannot be executed is passed over if there is something
// better behind it. A relative command with a slash is looked up where it will be executed: in
// `directory`, or, if that is empty, in the daemon's folder. `look` tells of the file that was
// found; who asks for many programs at once may remember its answers.
schema::Result<Command> find_command(
    std::string_view command_line, std::string_view search_path, const std::string& directory,
    const std::function<FileState(const std::string& path)>& look = look_at_file);

}  // namespace sup::host
