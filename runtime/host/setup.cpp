#include "runtime/host/setup.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>

#include "schema/text.h"

namespace sup::host {

namespace {

struct Limit {
  decltype(RLIMIT_NOFILE) resource;
  std::string name;
  std::int64_t minimum;
  // Around the minimum and the number that can be had.
  std::string before;
  std::string between;
  std::string after;
};

// A line for the log, empty if there is nothing to raise.
schema::Result<std::string> raise_limit(const Limit& limit) {
  rlimit current{};
  ::getrlimit(limit.resource, &current);
  const auto minimum = static_cast<rlim_t>(limit.minimum);
  if (limit.minimum < 0 || current.rlim_cur == RLIM_INFINITY || current.rlim_cur >= minimum) {
    return std::string();
  }
  // Root may raise the hard limit too.
  rlimit wanted = current;
  wanted.rlim_cur = minimum;
  if (current.rlim_max != RLIM_INFINITY && current.rlim_max < minimum) {
    wanted.rlim_max = minimum;
  }
  if (::setrlimit(limit.resource, &wanted) != 0) {
    return schema::Error{.message = limit.before + std::to_string(limit.minimum) + limit.between +
                                    std::to_string(current.rlim_max) + limit.after,
                         .error_number = errno};
  }
  return "Increased " + limit.name + " limit to " + std::to_string(limit.minimum);
}

schema::Status write_file(const std::string& path, const std::string& text, int flags) {
  // A FIFO without a reader must not hold us.
  const Descriptor file(
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | flags, 0666));
  const ssize_t written = file ? ::write(file.get(), text.data(), text.size()) : -1;
  if (written != static_cast<ssize_t>(text.size())) {
    const int error_number = written < 0 ? errno : ENOSPC;

    struct stat status {};

    // Nobody is to find half a number.
    if (file && ::fstat(file.get(), &status) == 0 && S_ISREG(status.st_mode)) {
      ::unlink(path.c_str());
    }
    return system_error("write '" + path + "'", error_number);
  }
  return schema::Nothing{};
}

std::string own_pid_line() { return std::to_string(::getpid()) + "\n"; }

}  // namespace

schema::Result<std::vector<std::string>> raise_limits(std::int64_t descriptors,
                                                      std::int64_t processes) {
  const std::array<Limit, 2> limits{
      Limit{.resource = RLIMIT_NOFILE,
            .name = "RLIMIT_NOFILE",
            .minimum = descriptors,
            .before = "The minimum number of file descriptors required to run this process is ",
            .between = " as per the \"minfds\" command-line argument or config file setting. The "
                       "current environment will only allow you to open ",     .after = " file descriptors.  Either raise the number of usable file descriptors in "
                     "your environment (see README.rst) or lower the minfds setting in the config "
                     "file to allow the process to start."    },
      Limit{.resource = RLIMIT_NPROC,
            .name = "RLIMIT_NPROC",
            .minimum = processes,
            .before = "The minimum number of available processes required to run this program is ",
            .between = " as per the \"minprocs\" command-line argument or config file setting. "
                       "The current environment will only allow you to open ", .after = " processes.  Either raise the number of usable processes in your "
                     "environment (see README.rst) or lower the minprocs setting in the config "
                     "file to allow the program to start."}
  };
  std::vector<std::string> lines;
  for (const Limit& limit : limits) {
    schema::Result<std::string> line = raise_limit(limit);
    if (!line) {
      return line.error();
    }
    if (!line->empty()) {
      lines.push_back(std::move(*line));
    }
  }
  return lines;
}

schema::Status daemonize(const schema::SupervisordOptions& options, ActivityLog& log) {
  log.flush();
  const pid_t pid = ::fork();
  if (pid < 0) {
    return system_error("go to the background", errno);
  }
  if (pid > 0) {
    ::_exit(0);
  }
  log.line(core::Level::info, "daemonizing the supervisord process");
  if (options.directory) {
    const std::string name = schema::python_repr(*options.directory);
    if (::chdir(options.directory->c_str()) == 0) {
      log.line(core::Level::info, "set current directory: " + name);
    } else {
      const int error_number = errno;
      log.line(core::Level::critical, "can't chdir into " + name + ": [Errno " +
                                          std::to_string(error_number) + "] " +
                                          error_text(error_number) + ": " + name);
    }
  }
  log.leave_standard_output();
  const Descriptor null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  for (int number = 0; number <= 2; ++number) {
    ::dup2(null.get(), number);
  }
  ::setsid();
  ::umask(static_cast<mode_t>(options.umask));
  return schema::Nothing{};
}

schema::Status Pidfile::check(const std::string& path) {
  const Descriptor file(
      ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | O_NOFOLLOW));
  if (!file && (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == EIO)) {
    return system_error("look whether another suprun is running with the pidfile " + path, errno);
  }
  std::array<char, 32> bytes{};
  const ssize_t got = ::read(file.get(), bytes.data(), bytes.size());
  std::string pid(bytes.data(), got > 0 ? static_cast<std::size_t>(got) : 0);
  pid.erase(std::min(pid.find('\n'), pid.size()));
  const auto is_locked = [&] {
    return ::flock(file.get(), LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
  };
  // A child that a daemon was just starting when it was killed has the lock for another moment.
  constexpr int rounds = 200;
  const int number = std::atoi(pid.c_str());
  for (int i = 0; i < rounds && file && is_locked() && number > 0 && ::kill(number, 0) != 0; ++i) {
    ::usleep(10000);
  }
  if (!file || !is_locked()) {
    return schema::Nothing{};
  }
  return schema::Error{.message = "another suprun is running with the pidfile " + path + " (pid " +
                                  pid + "); stop it first, or name another pidfile"};
}

void Pidfile::lock() {
  lock_.reset(::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | O_NOFOLLOW));
  lock_error_ = lock_ && ::flock(lock_.get(), LOCK_EX | LOCK_NB) == 0 ? 0 : errno;
}

schema::Status Pidfile::write(const std::string& path) {
  const std::string wanted = absolute_path(path);
  // Renamed into place, so that nobody reads half a number. Where that cannot be done (a folder of
  // others, a device) the file itself is written.
  const std::string temporary = wanted + "." + std::to_string(::getpid()) + ".tmp";

  struct stat status {};

  const bool special = wanted.starts_with("/dev/") || wanted.starts_with("/proc/") ||
                       (::lstat(wanted.c_str(), &status) == 0 && !S_ISREG(status.st_mode) &&
                        !S_ISLNK(status.st_mode));
  if (!special && write_file(temporary, own_pid_line(), O_EXCL)) {
    if (::rename(temporary.c_str(), wanted.c_str()) == 0) {
      path_ = wanted;
      lock();
      return schema::Nothing{};
    }
    ::unlink(temporary.c_str());
  }
  schema::Status written =
      write_file(wanted, own_pid_line(), special ? O_TRUNC : O_TRUNC | O_NOFOLLOW);
  if (written && !special) {
    path_ = wanted;
    lock();
  }
  return written;
}

void Pidfile::adopt(const std::string& path, Descriptor lock) {
  path_ = path;
  lock_ = std::move(lock);
}

schema::Status Pidfile::remove() {
  const std::string path = std::exchange(path_, {});
  Descriptor file = std::move(lock_);
  if (path.empty()) {
    return schema::Nothing{};
  }
  if (!file) {
    file.reset(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW));
  }

  struct stat ours {};

  struct stat there {};

  const bool known = ::fstat(file.get(), &ours) == 0 && ::lstat(path.c_str(), &there) == 0;
  const int unknown_error = errno;
  std::array<char, 32> bytes{};
  const ssize_t got = known ? ::pread(file.get(), bytes.data(), bytes.size(), 0) : 0;
  const bool is_ours =
      known && ours.st_dev == there.st_dev && ours.st_ino == there.st_ino && got > 0 &&
      std::string_view(bytes.data(), static_cast<std::size_t>(got)) == own_pid_line();
  if ((!known && unknown_error != ENOENT) || (is_ours && ::unlink(path.c_str()) != 0)) {
    return system_error("remove pidfile " + path, known ? errno : unknown_error);
  }
  return schema::Nothing{};
}

std::string absolute_path(const std::string& path, const std::string& folder) {
  return path.empty() || path.front() == '/' || folder.empty() ? path : folder + "/" + path;
}

std::string absolute_path(const std::string& path) {
  return absolute_path(path, current_directory());
}

std::string current_directory() {
  std::array<char, 4096> folder{};
  return ::getcwd(folder.data(), folder.size()) != nullptr ? folder.data() : "";
}

std::string temporary_directory() {
  for (const char* name : {"TMPDIR", "TEMP", "TMP"}) {
    const char* value = std::getenv(name);
    if (value != nullptr && *value != '\0' && ::access(value, W_OK | X_OK) == 0) {
      return value;
    }
  }
  return "/tmp";
}

}  // namespace sup::host
