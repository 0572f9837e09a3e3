#include "runtime/host/log_file.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <climits>
#include <cstdio>
#include <limits>
#include <utility>

#include "runtime/host/guarded_open.h"
#include "runtime/host/log_watch.h"

namespace sup::host {

namespace {

// A wild number of backups would make every roll-over look for as many files.
constexpr std::int64_t most_backups = 100000;

// What is kept for a pipe or terminal that is full; what comes then is dropped.
constexpr std::size_t most_kept = std::size_t{1} << 20U;

// A number N for "/dev/stdout", "/dev/fd/N" and their like, or -1. What cannot be opened by these
// names can be duplicated: a socket (ENXIO), a pipe that was made by another user, as in a
// container whose user is not root (EACCES), anything where /proc is not mounted (ENOENT).
int own_descriptor(std::string_view path) {
  if (path == "/dev/stdout") {
    return STDOUT_FILENO;
  }
  if (path == "/dev/stderr") {
    return STDERR_FILENO;
  }
  for (const std::string_view folder : {"/dev/fd/", "/proc/self/fd/"}) {
    if (path.starts_with(folder) && path.size() == folder.size() + 1 && path.back() >= '0' &&
        path.back() <= '9') {
      return path.back() - '0';
    }
  }
  return -1;
}

// Without O_NONBLOCK a FIFO that nobody reads, or a stopped terminal, would hold the daemon for
// ever. It is of this descriptor only, others that have the same pipe open do not notice.
constexpr int how_to_open = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;

// Inodes are told apart by their last bits.
std::uint32_t number_of(const struct stat& status) {
  return static_cast<std::uint32_t>(status.st_ino);
}

// The end of a file, a megabyte at most; nothing if it cannot be read.
std::string read_from(const Descriptor& file, std::int64_t offset) {
  constexpr std::int64_t most = std::int64_t{1} << 20U;

  struct stat status {};

  if (!file || ::fstat(file.get(), &status) != 0 || status.st_size <= offset) {
    return {};
  }
  offset = std::max<std::int64_t>(offset, status.st_size - most);
  std::string bytes(static_cast<std::size_t>(status.st_size - offset), '\0');
  const ssize_t got = ::pread(file.get(), bytes.data(), bytes.size(), offset);
  bytes.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  return bytes;
}

}  // namespace

// Where the log and its backups are: of a guarded one the folder that its path leads to now, which
// is held, so that a link put in the place of its name moves, deletes or makes no file elsewhere.
class LogFile::Folder {
 public:
  explicit Folder(const LogFile& log) : path_(log.path_) {
    if (log.limits_.is_guarded) {
      guarded_.emplace(path_);
    }
  }

  // False, with errno set, where there is none.
  explicit operator bool() const { return !guarded_ || *guarded_; }

  Descriptor open(std::int64_t number, int flags, mode_t mode = 0) const {
    const std::string name = name_of(number);
    return guarded_ ? guarded_->open(name, flags, mode)
                    : Descriptor(::open(name.c_str(), flags | O_CLOEXEC, mode));
  }

  bool look_at(std::int64_t number, struct stat& status) const {
    return ::fstatat(at(), name_of(number).c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0;
  }

  // Errno, or 0. A missing file is no fault.
  int remove() const {
    return ::unlinkat(at(), name_of(0).c_str(), 0) == 0 || errno == ENOENT ? 0 : errno;
  }

  int move(std::int64_t from, std::int64_t to) const {
    const int done = ::renameat(at(), name_of(from).c_str(), at(), name_of(to).c_str());
    return done == 0 || errno == ENOENT ? 0 : errno;
  }

 private:
  int at() const { return guarded_ ? guarded_->descriptor() : AT_FDCWD; }

  // Of a backup; 0 is the log itself.
  std::string name_of(std::int64_t number) const {
    const std::string& name = guarded_ ? guarded_->name() : path_;
    return number == 0 ? name : name + "." + std::to_string(number);
  }

  const std::string& path_;
  std::optional<GuardedFolder> guarded_;
};

bool is_standard_output(std::string_view path) { return own_descriptor(path) == STDOUT_FILENO; }

LogFile::LogFile(std::string path, LogLimits limits, LogTrouble trouble)
    : path_(std::move(path)), trouble_(std::move(trouble)) {
  set_limits(limits);
}

void LogFile::set_limits(LogLimits limits) {
  limits_ = limits;
  limits_.backups = std::clamp<std::int64_t>(limits_.backups, 0, most_backups);
  rotates_ = may_rotate();
  next_rollover_ = limits_.maximum_bytes;
}

bool LogFile::may_rotate() const {
  return is_regular_ && limits_.maximum_bytes > 0 && !path_.starts_with("/dev/") &&
         !path_.starts_with("/proc/");
}

schema::Status LogFile::open_with(int flags) {
  const int all = how_to_open | flags;
  return take(limits_.is_guarded ? guarded_open(path_, all, mode_)
                                 : Descriptor(::open(path_.c_str(), all, mode_)));
}

// In that folder and no other.
schema::Status LogFile::open_in(const Folder& folder, int flags) {
  return take(folder.open(0, how_to_open | flags, mode_));
}

schema::Status LogFile::take(Descriptor opened) {
  const int own = opened ? -1 : own_descriptor(path_);
  const bool is_shared = own >= 0 && (::fcntl(own, F_GETFL) & O_ACCMODE) != O_RDONLY;
  if (is_shared) {
    opened.reset(::fcntl(own, F_DUPFD_CLOEXEC, 3));
  }

  struct stat status {};

  if (!opened || ::fstat(opened.get(), &status) != 0) {
    schema::Error error = system_error("open log '" + path_ + "'", errno);
    if (limits_.is_guarded && (error.error_number == ELOOP || error.error_number == EMLINK)) {
      error.message += "; links in a folder of others are not followed for a program with control=";
    }
    return error;
  }
  is_regular_ = S_ISREG(status.st_mode);
  is_shared_ = is_shared;
  number_ = is_regular_ ? number_of(status) : 0;
  if (is_regular_) {
    mode_ = status.st_mode & 0777U;
  }
  file_ = std::move(opened);
  rotates_ = may_rotate();
  size_ = is_regular_ ? status.st_size : 0;
  next_rollover_ = limits_.maximum_bytes;
  new_file_is_missing_ = false;
  log_changed(path_);
  return schema::Nothing{};
}

schema::Status LogFile::open() { return open_with(0); }

schema::Status LogFile::reopen() {
  schema::Status opened = open_with(0);
  if (!opened) {
    // The old file stays in use; better there than nowhere.
    complain("reopen", opened.error().error_number);
  }
  return opened;
}

schema::Status LogFile::clear() {
  // Removing /dev/stdout would not be what was meant.
  if (file_ && !is_regular_) {
    kept_.clear();
    return schema::Nothing{};
  }
  const Folder folder(*this);
  const int error_number = folder ? folder.remove() : errno;
  if (error_number != 0) {
    return system_error("remove log '" + path_ + "'", error_number);
  }
  schema::Status opened = open_in(folder, 0);
  if (!opened) {
    file_.reset();  // what came now would be gone; the next write makes the new one
  }
  return opened;
}

bool LogFile::is_same(const struct stat& file) const {
  struct stat status {};

  return file_ && ::fstat(file_.get(), &status) == 0 && status.st_ino == file.st_ino &&
         status.st_dev == file.st_dev;
}

std::int64_t LogFile::room() const {
  return rotates_ ? next_rollover_ - size_ : std::numeric_limits<std::int64_t>::max();
}

bool LogFile::is_writable(int patience_milliseconds) const {
  pollfd writable{.fd = file_.get(), .events = POLLOUT, .revents = 0};
  return ::poll(&writable, 1, patience_milliseconds) == 1;
}

// How much was written; the errno tells why it is not all.
std::size_t LogFile::put(std::string_view bytes) {
  std::size_t total = 0;
  while (total < bytes.size()) {
    std::string_view part = bytes.substr(total);
    if (is_shared_) {
      // So much fits whatever says that it is writable.
      if (!is_writable(0)) {
        errno = EAGAIN;
        return total;
      }
      part = part.substr(0, PIPE_BUF);
    }
    const ssize_t written = ::write(file_.get(), part.data(), part.size());
    if (written > 0) {
      total += static_cast<std::size_t>(written);
    } else if (written == 0) {
      errno = ENOSPC;
      break;
    } else if (errno != EINTR) {
      break;
    }
  }
  size_ += static_cast<std::int64_t>(total);
  log_changed(path_);
  return total;
}

void LogFile::begin_repeat(std::int64_t size_before, std::uint32_t file_before) {
  repeats_from_ = size_before;
  repeats_in_ = file_before;
}

// What stands behind that size; if the log rolled over since, the rest of the old file and then
// those after it.
std::string LogFile::written_since(std::int64_t size_before, std::uint32_t file_before) const {
  const Folder folder(*this);
  if (!folder) {
    return {};
  }
  std::int64_t age = size_ < size_before ? 1 : 0;
  if (file_before != 0 && number_ != file_before) {
    for (std::int64_t number = 1; number <= limits_.backups; ++number) {
      struct stat status {};

      if (!folder.look_at(number, status)) {
        break;
      }
      if (number_of(status) == file_before) {
        age = number;
        break;
      }
    }
  }
  const auto open = [&](std::int64_t number) {
    return folder.open(number, O_RDONLY | O_NOCTTY | O_NONBLOCK);
  };
  std::string there = read_from(open(age), size_before);
  while (--age >= 0) {
    there += read_from(open(age), 0);
  }
  return there;
}

void LogFile::end_repeat() {
  const std::int64_t from = repeats_from_.value_or(0);
  repeats_from_.reset();
  const std::string bytes = std::exchange(repeated_, {});
  if (bytes.empty() || !is_regular_) {
    write(bytes);
    return;
  }
  const std::string there = written_since(from, repeats_in_);
  // It is the last thing that was written. Others may have written to the same log before.
  std::size_t done = std::min(there.size(), bytes.size());
  while (!there.ends_with(std::string_view(bytes).substr(0, done))) {
    --done;
  }
  write(std::string_view(bytes).substr(done));
}

void LogFile::write(std::string_view bytes) {
  if (repeats_from_) {
    repeated_ += bytes;
    return;
  }
  if (bytes.empty()) {
    return;
  }
  if (!file_) {
    const schema::Status opened = open_with(0);
    if (!opened) {
      drop(bytes.size(), opened.error().error_number);
      return;
    }
  }
  if (waits()) {
    flush();
  }
  if (waits()) {
    keep(bytes);
    return;
  }
  const std::size_t written = put(bytes);
  if (written < bytes.size()) {
    const std::string_view rest = bytes.substr(written);
    if (errno == EAGAIN) {
      keep(rest);
    } else {
      drop(rest.size(), errno);
    }
    return;
  }
  works_again();
  if (rotates_ && size_ >= next_rollover_) {
    // Someone may have cut the file; the kernel knows where the write ended.
    const off_t position = ::lseek(file_.get(), 0, SEEK_CUR);
    if (position >= 0) {
      size_ = position;
    }
    if (size_ >= limits_.maximum_bytes) {
      roll_over();
    }
  }
}

void LogFile::keep(std::string_view bytes) {
  if (kept_.size() + bytes.size() > most_kept) {
    drop(bytes.size(), EAGAIN);
  } else {
    kept_ += bytes;
  }
}

void LogFile::drop(std::size_t count, int error_number) {
  dropped_ += count;
  if (!std::exchange(failing_, true)) {
    complain("write to", error_number);
  }
}

void LogFile::flush(int patience_milliseconds) {
  const core::Instant end = now().steady + std::chrono::milliseconds(patience_milliseconds);
  while (waits()) {
    const std::size_t written = put(kept_);
    const int error_number = errno;
    kept_.erase(0, written);
    if (!waits()) {
      works_again();
      return;
    }
    if (error_number != EAGAIN) {
      drop(std::exchange(kept_, {}).size(), error_number);
      return;
    }
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - now().steady);
    if (patience_milliseconds == 0 || failing_ || left.count() <= 0 ||
        !is_writable(static_cast<int>(left.count()))) {
      return;
    }
  }
}

void LogFile::works_again() {
  if (std::exchange(failing_, false) && trouble_) {
    trouble_(core::Level::warn, "log '" + path_ + "' works again, " +
                                    std::to_string(std::exchange(dropped_, 0)) +
                                    " bytes were lost");
  }
}

// Errno of the first failure, or 0. A gap in the row stays one.
int LogFile::shift_backups(const Folder& folder) const {
  for (std::int64_t number = limits_.backups - 1; number >= 0; --number) {
    const int error_number = folder.move(number, number + 1);
    if (error_number != 0) {
      return error_number;
    }
  }
  return 0;
}

void LogFile::roll_over() {
  const Folder folder(*this);
  if (!folder) {
    rollover_failed(errno);
    return;
  }
  if (limits_.backups > 0 && !new_file_is_missing_) {
    const int error_number = shift_backups(folder);
    if (error_number != 0) {
      rollover_failed(error_number);
      return;
    }
  }
  // The old file was moved away: a link that stands there now was put there by somebody who wants
  // another file to be cut.
  const schema::Status opened =
      limits_.backups > 0 ? open_in(folder, O_TRUNC | O_NOFOLLOW) : open_with(O_TRUNC);
  if (!opened) {
    new_file_is_missing_ = limits_.backups > 0;
    rollover_failed(opened.error().error_number);
    return;
  }
  if (std::exchange(rollover_failing_, false) && trouble_) {
    trouble_(core::Level::warn, "log '" + path_ + "' rolls over again");
  }
}

void LogFile::rollover_failed(int error_number) {
  // Going on in the old file loses nothing. The next attempt comes after as many bytes again; at
  // once, where nobody finds the old file by its name any more.
  next_rollover_ = new_file_is_missing_ ? size_ : size_ + limits_.maximum_bytes;
  if (!std::exchange(rollover_failing_, true)) {
    complain("roll over", error_number);
  }
}

void LogFile::complain(const std::string& what, int error_number) const {
  if (trouble_) {
    trouble_(core::Level::error,
             "cannot " + what + " log '" + path_ + "': " + error_text(error_number));
  }
}

}  // namespace sup::host
