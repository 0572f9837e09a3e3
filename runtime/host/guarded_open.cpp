#include "runtime/host/guarded_open.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <deque>
#include <string_view>
#include <utility>

#include <linux/magic.h>

namespace sup::host {
namespace {

constexpr int most_links = 40;  // as the kernel's

// A name in a folder that is ours alone, or in one of others.
Descriptor open_in(int folder, bool is_ours, const std::string& name, int flags, mode_t mode) {
  if (is_ours) {
    return Descriptor(::openat(folder, name.c_str(), flags | O_CLOEXEC, mode));
  }
  // Cut only when it is known to be nothing else.
  const int careful = (flags & ~O_TRUNC) | O_NOFOLLOW | O_CLOEXEC;
  Descriptor file(::openat(folder, name.c_str(), careful, mode));

  struct stat status {};

  if (!file || ::fstat(file.get(), &status) != 0) {
    return {};
  }
  if (!S_ISREG(status.st_mode)) {
    return file;
  }
  if (status.st_nlink > 1) {
    errno = EMLINK;
    return {};
  }
  if ((flags & O_TRUNC) != 0 && ::ftruncate(file.get(), 0) != 0) {
    return {};
  }
  return file;
}

// A walk along a path, one name at a time, as only so one can tell whose folders they are.
class Walk {
 public:
  explicit Walk(std::string_view path) { begin(path); }

  // Whether the folder that it came to is ours alone.
  bool is_in_ours() const { return kind_ == Folder::ours; }

  // The folder of the last name. None, with errno set, where there is none.
  Descriptor take_folder(std::string& name, bool& is_ours) {
    while (folder_ && names_.size() > 1) {
      if (!enter(look_at_next())) {
        return {};
      }
    }
    if (!folder_ || names_.empty()) {
      errno = folder_ ? EISDIR : errno;
      return {};
    }
    name = names_.front();
    is_ours = kind_ == Folder::ours;
    return std::move(folder_);
  }

  Descriptor open(int flags, mode_t mode) {
    while (folder_ && !names_.empty()) {
      Next next = look_at_next();
      if (names_.empty() &&
          !(next.is_there() && S_ISLNK(next.status.st_mode) && leads_by_name(next.status))) {
        return open_last(next.name, flags, mode);
      }
      if (!enter(std::move(next))) {
        return {};
      }
    }
    errno = folder_ ? EISDIR : errno;
    return {};
  }

 private:
  // A name on the way, and what stands there.
  struct Next {
    std::string name;
    Descriptor file;
    struct stat status;

    bool is_there() const { return static_cast<bool>(file); }
  };

  Next look_at_next() {
    Next next{.name = std::move(names_.front()), .file = {}, .status = {}};
    names_.pop_front();
    next.file.reset(::openat(folder_.get(), next.name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
    if (next.file && ::fstat(next.file.get(), &next.status) != 0) {
      next.file.reset();
    }
    return next;
  }

  // Who may put names into a folder.
  enum class Folder {
    ours,    // nobody else
    shared,  // all, but each only their own, as in /tmp
    others   // somebody else, here or in a folder above
  };

  void begin(std::string_view path) {
    if (path.starts_with('/') || !folder_) {
      kind_ = Folder::ours;
      folder_.reset(::open(path.starts_with('/') ? "/" : ".", O_PATH | O_DIRECTORY | O_CLOEXEC));
      look_at_folder();
    }
    std::deque<std::string> names;
    while (!path.empty()) {
      const std::size_t end = std::min(path.find('/'), path.size());
      if (end != 0 && path.substr(0, end) != ".") {
        names.emplace_back(path.substr(0, end));
      }
      path.remove_prefix(std::min(end + 1, path.size()));
    }
    names_.insert(names_.begin(), names.begin(), names.end());
  }

  void look_at_folder() {
    struct stat status {};

    constexpr mode_t others_write = S_IWGRP | S_IWOTH;
    if (kind_ == Folder::others || !folder_ || ::fstat(folder_.get(), &status) != 0 ||
        !is_ours(status)) {
      kind_ = Folder::others;
    } else if ((status.st_mode & others_write) == 0) {
      kind_ = Folder::ours;
    } else {
      kind_ = (status.st_mode & S_ISVTX) != 0 ? Folder::shared : Folder::others;
    }
  }

  bool may_follow(const struct stat& link) const {
    return kind_ == Folder::ours || (kind_ == Folder::shared && is_ours(link));
  }

  // Whether a link is to be followed here. Those of /proc lead to what is open, which no name
  // tells.
  bool leads_by_name(const struct stat& link) const {
    struct statfs system {};

    return may_follow(link) &&
           (::fstatfs(folder_.get(), &system) != 0 || system.f_type != PROC_SUPER_MAGIC);
  }

  bool enter(Next next) {
    if (!next.is_there()) {
      return false;
    }
    if (S_ISLNK(next.status.st_mode)) {
      return follow(next.file, next.status);
    }
    folder_ = std::move(next.file);
    look_at_folder();
    return true;
  }

  bool follow(const Descriptor& link, const struct stat& status) {
    if (!may_follow(status) || ++links_ > most_links) {
      errno = ELOOP;
      return false;
    }
    std::array<char, PATH_MAX> target{};
    const ssize_t length = ::readlinkat(link.get(), "", target.data(), target.size());
    if (length <= 0) {
      return false;
    }
    begin({target.data(), static_cast<std::size_t>(length)});
    return static_cast<bool>(folder_);
  }

  Descriptor open_last(const std::string& name, int flags, mode_t mode) const {
    return open_in(folder_.get(), kind_ == Folder::ours, name, flags, mode);
  }

  Descriptor folder_;
  std::deque<std::string> names_;  // that are left
  Folder kind_ = Folder::ours;     // of `folder_`
  int links_ = 0;
};

}  // namespace

bool is_ours(const struct stat& status) {
  return status.st_uid == 0 || status.st_uid == ::geteuid();
}

Descriptor guarded_open(const std::string& path, int flags, mode_t mode, bool* is_of_others) {
  Walk walk(path);
  Descriptor file = walk.open(flags, mode);
  if (is_of_others != nullptr) {
    *is_of_others = !walk.is_in_ours();
  }
  return file;
}

GuardedFolder::GuardedFolder(const std::string& path) {
  folder_ = Walk(path).take_folder(name_, is_ours_);
}

Descriptor GuardedFolder::open(const std::string& name, int flags, mode_t mode) const {
  return open_in(folder_.get(), is_ours_, name, flags, mode);
}

}  // namespace sup::host
