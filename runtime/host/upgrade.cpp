#include "runtime/host/upgrade.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <string_view>

#include "runtime/host/daemon.h"
#include "runtime/host/setup.h"

namespace sup::host {

namespace {

// The program as it was named: a link to a newer one leads there.
schema::Result<std::string> find_program(const std::string& name, const std::string& folder) {
  if (name.find('/') != std::string::npos) {
    return absolute_path(name, folder);
  }
  const char* path = std::getenv("PATH");
  std::string_view places = path != nullptr ? path : "/usr/bin:/bin";
  while (!places.empty()) {
    const std::string_view place = places.substr(0, places.find(':'));
    places.remove_prefix(std::min(place.size() + 1, places.size()));
    const std::string file = absolute_path(std::string(place) + "/" + name, folder);
    if (::access(file.c_str(), X_OK) == 0) {
      return file;
    }
  }
  return schema::Error{.message = "cannot find " + name + " in PATH"};
}

struct Arguments {
  Arguments(const std::vector<std::string>& given, const char* mode, int descriptor)
      : texts(given) {
    texts.emplace_back(mode);
    texts.push_back(std::to_string(descriptor));
    for (std::string& text : texts) {
      pointers.push_back(text.data());
    }
    pointers.push_back(nullptr);
  }

  std::vector<std::string> texts;
  std::vector<char*> pointers;
};

void keep_open(int descriptor) {
  if (descriptor >= 0) {
    ::fcntl(descriptor, F_SETFD, 0);
  }
}

}  // namespace

schema::Status Upgrade::begin(const std::vector<std::string>& arguments, const std::string& folder,
                              std::optional<UpgradeNotes> notes) {
  if (checker_ != 0) {
    return schema::Error{.message = "another one is being prepared"};
  }
  if (arguments.empty() || !notes) {
    return schema::Error{.message = "its state cannot be handed over"};
  }
  schema::Result<std::string> file = find_program(arguments.front(), folder);
  if (!file) {
    return file.error();
  }
  schema::Result<Pipe> pipe = make_pipe();
  if (!pipe) {
    return pipe.error();
  }
  file_ = std::move(*file);
  notes_ = std::move(notes);
  Arguments words(arguments, check_argument, notes_->memory->descriptor());
  const pid_t pid = ::fork();
  if (pid < 0) {
    return system_error("fork", errno);
  }
  if (pid == 0) {
    ::dup2(pipe->write_end.get(), STDERR_FILENO);
    const int null = ::open("/dev/null", O_RDWR);
    ::dup2(null, STDIN_FILENO);
    ::dup2(null, STDOUT_FILENO);
    keep_open(notes_->memory->descriptor());
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    static_cast<void>(::chdir(folder.c_str()) < 0);
    ::execv(file_.c_str(), words.pointers.data());
    const std::string failure = file_ + ": " + error_text(errno);
    static_cast<void>(::write(STDERR_FILENO, failure.data(), failure.size()) < 0);
    ::_exit(127);
  }
  checker_ = pid;
  words_ = std::move(pipe->read_end);
  set_non_blocking(words_.get());
  return schema::Nothing{};
}

schema::Status Upgrade::checked(int status) {
  checker_ = 0;
  notes_.reset();
  std::array<char, 1000> bytes{};
  const ssize_t got = ::read(words_.get(), bytes.data(), bytes.size());
  std::string words(bytes.data(), got > 0 ? static_cast<std::size_t>(got) : 0);
  words.erase(words.find_last_not_of(" \n") + 1);
  words_.reset();
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
    is_ready_ = true;
    return schema::Nothing{};
  }
  return schema::Error{.message = file_ + " cannot go on from here: " +
                                  (words.empty() ? "it ended without a word" : words)};
}

schema::Error Upgrade::execute(const std::vector<std::string>& arguments, const std::string& folder,
                               const std::optional<UpgradeNotes>& notes) {
  is_ready_ = false;
  if (!notes) {
    return schema::Error{.message = "its state cannot be handed over"};
  }
  const std::string directory = current_directory();
  Arguments words(arguments, resume_argument, notes->memory->descriptor());
  for (const int number : notes->descriptors) {
    keep_open(number);
  }
  static_cast<void>(::chdir(folder.c_str()) < 0);
  ::execv(file_.c_str(), words.pointers.data());
  const schema::Error failed = system_error("execute " + file_, errno);
  static_cast<void>(::chdir(directory.c_str()) < 0);
  keep_from_children();
  return failed;
}

}  // namespace sup::host
