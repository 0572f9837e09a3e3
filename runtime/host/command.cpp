#include "runtime/host/command.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <optional>

#include "schema/text.h"

namespace sup::host {

namespace {

// The first file of that name in the folders of the path that can be executed, else the first that
// is there.
std::optional<std::string> search(const std::string& program, std::string_view search_path) {
  std::optional<std::string> first;
  while (true) {
    const std::size_t end = search_path.find(':');
    std::string candidate(search_path.substr(0, end));
    if (!candidate.empty() && candidate.back() != '/') {
      candidate += '/';
    }
    candidate += program;

    const FileState state = look_at_file(candidate);
    if (state == FileState::executable) {
      return candidate;
    }
    if (state != FileState::missing) {
      first = first.value_or(candidate);
    }
    if (end == std::string_view::npos) {
      return first;
    }
    search_path.remove_prefix(end + 1);
  }
}

}  // namespace

FileState look_at_file(const std::string& path) {
  struct stat status {};

  if (::stat(path.c_str(), &status) != 0) {
    return FileState::missing;
  }
  if (S_ISDIR(status.st_mode)) {
    return FileState::is_directory;
  }
  if ((status.st_mode & 0111U) == 0) {
    return FileState::not_executable;
  }
  return ::access(path.c_str(), X_OK) == 0 ? FileState::executable : FileState::forbidden;
}

schema::Result<Command> find_command(
    std::string_view command_line, std::string_view search_path, const std::string& directory,
    const std::function<FileState(const std::string& path)>& look) {
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

  // Where it is now; the child changes to the directory first.
  std::string place = command.file;
  if (place.find('/') == std::string::npos) {
    place = search(place, search_path).value_or("");
    command.file = place.empty() ? command.file : place;
  } else if (place.front() != '/' && !directory.empty()) {
    place.insert(0, directory + "/");
  }

  const std::string name = schema::python_repr(command.file);
  switch (place.empty() ? FileState::missing : look(place)) {
    case FileState::missing:
      return schema::Error{.message = "can't find command " + name, .error_number = ENOENT};
    case FileState::is_directory:
      return schema::Error{.message = "command at " + name + " is a directory"};
    case FileState::not_executable:
      return schema::Error{.message = "command at " + name + " is not executable"};
    case FileState::forbidden:
      return schema::Error{.message = "no permission to run command " + name};
    case FileState::executable: break;
  }
  return command;
}

}  // namespace sup::host
