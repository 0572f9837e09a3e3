#include "runtime/host/command.h"

#include <sys/stat.h>
#include <unistd.h>

#include <optional>

#include "schema/text.h"

namespace sup::host {

namespace {

bool look_at(const std::string& file, struct stat& status) {
  return ::stat(file.c_str(), &status) == 0;
}

// The first file of that name in the folders of the path.
std::optional<std::string> search(const std::string& program, std::string_view search_path,
                                  struct stat& status) {
  while (true) {
    const std::size_t end = search_path.find(':');
    std::string candidate(search_path.substr(0, end));
    if (!candidate.empty() && candidate.back() != '/') {
      candidate += '/';
    }
    candidate += program;
    if (look_at(candidate, status)) {
      return candidate;
    }
    if (end == std::string_view::npos) {
      return std::nullopt;
    }
    search_path.remove_prefix(end + 1);
  }
}

}  // namespace

schema::Result<Command> find_command(std::string_view command_line, std::string_view search_path) {
  std::string reason;
  std::optional<std::vector<std::string>> words = schema::split_command(command_line, reason);
  if (!words) {
    return schema::Error{.message = "can't parse command " + schema::python_repr(command_line) +
                                    ": " + reason};
  }
  if (words->empty()) {
    return schema::Error{.message = "command is empty"};
  }
  Command command{.file = words->front(), .arguments = std::move(*words)};

  struct stat status {};

  bool found = true;
  if (command.file.find('/') != std::string::npos) {
    found = look_at(command.file, status);
  } else if (std::optional<std::string> file = search(command.file, search_path, status)) {
    command.file = std::move(*file);
  } else {
    found = false;
  }
  const std::string name = schema::python_repr(command.file);
  if (!found) {
    return schema::Error{.message = "can't find command " + name};
  }
  if (S_ISDIR(status.st_mode)) {
    return schema::Error{.message = "command at " + name + " is a directory"};
  }
  if ((status.st_mode & 0111U) == 0) {
    return schema::Error{.message = "command at " + name + " is not executable"};
  }
  if (::access(command.file.c_str(), X_OK) != 0) {
    return schema::Error{.message = "no permission to run command " + name};
  }
  return command;
}

}  // namespace sup::host
