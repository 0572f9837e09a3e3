#include "compiler/file_system.h"

#include <dirent.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <glob.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <memory>

#include <linux/magic.h>

#include "compiler/source.h"
#include "schema/descriptor.h"
#include "schema/filled_text.h"
#include "schema/memory.h"
#include "schema/parallel.h"
#include "schema/text.h"

namespace sup::compiler {
namespace {

using schema::Descriptor;

schema::Error world(const std::string& path, int number) {
  return {"cannot read " + path + ": " + std::strerror(number), number};
}

std::string directory_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? std::string{} : slash == 0 ? "/" : path.substr(0, slash);
}

schema::Error pipe_error(const std::string& path) {
  return {"cannot read " + path + ": it is a pipe", 0};
}

// A folder's name as it is put before the names of its files; characters that a pattern would
// interpret are bracketed.
std::string pattern_in(const std::string& folder, const std::string& pattern) {
  std::string escaped;
  for (const char c : folder) {
    if (c == '*' || c == '?' || c == '[') {
      escaped += '[';
      escaped += c;
      escaped += ']';
    } else {
      escaped += c;
    }
  }
  if (!escaped.ends_with('/')) escaped += '/';
  return escaped + pattern;
}

}  // namespace

std::vector<std::string> configurations_in(const std::string& folder, const FileSystem& files) {
  std::vector<std::string> found;
  for (const char* pattern : {"*.conf", "*.ini"}) {
    for (std::string& path : files.glob(pattern_in(folder, pattern))) {
      if (!files.is_directory(path)) found.push_back(std::move(path));
    }
  }
  std::sort(found.begin(), found.end());
  return found;
}

schema::Result<FileText> FileSystem::read_match(const std::string& path) const {
  if (is_pipe(path)) return pipe_error(path);
  return read(path);
}

// A folder that was looked through for the files of a pattern, and is kept open for reading them:
// a thousand files are found faster from there than each from the root of all folders.
class RealFileSystem::Folder {
 public:
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  ~Folder() { ::closedir(open_); }

  // Null: it cannot be read. `path` with its slash.
  static std::unique_ptr<Folder> open(std::string path, const std::string& real_path) {
    DIR* const open = ::opendir(real_path.c_str());
    return open == nullptr ? nullptr : std::unique_ptr<Folder>(new Folder(std::move(path), open));
  }

  // The paths of those of its files whose names match, sorted.
  std::vector<std::string> matches(std::string_view pattern) {
    std::vector<std::string> names;
    while (const dirent* entry = ::readdir(open_)) {
      const std::string_view name = entry->d_name;
      if (name == "." || name == "..") continue;
      if ((name.starts_with('.') && !pattern.starts_with('.')) || !is_match(name, pattern))
        continue;
      has_only_files_ = has_only_files_ && entry->d_type == DT_REG;
      names.emplace_back(name);
    }
    std::sort(names.begin(), names.end());
    for (std::string& name : names) name.insert(0, path_);
    return names;
  }

  // The same name below this folder; null: it is no file there, or was none when it was matched.
  const char* file_of(const std::string& path) const {
    const bool is_here = has_only_files_ && path.size() > path_.size() && path.starts_with(path_) &&
                         path.find('/', path_.size()) == std::string::npos;
    return is_here ? path.c_str() + path_.size() : nullptr;
  }

  int descriptor() const { return ::dirfd(open_); }

 private:
  Folder(std::string path, DIR* open) : path_(std::move(path)), open_(open) {}

  // `*` stands for any bytes; all else is literal.
  static bool is_match(std::string_view name, std::string_view pattern) {
    std::size_t star = pattern.find('*');
    if (!name.starts_with(pattern.substr(0, star))) return false;
    if (star == std::string_view::npos) return name.size() == pattern.size();
    name.remove_prefix(star);
    // What stands between two stars is taken where it comes first.
    for (std::size_t next = pattern.find('*', star + 1); next != std::string_view::npos;
         star = next, next = pattern.find('*', star + 1)) {
      const std::string_view part = pattern.substr(star + 1, next - star - 1);
      const std::size_t found = name.find(part);
      if (found == std::string_view::npos) return false;
      name.remove_prefix(found + part.size());
    }
    return name.ends_with(pattern.substr(star + 1));
  }

  std::string path_;  // with its slash
  DIR* open_;
  bool has_only_files_ = true;  // no link, pipe or folder was among those that matched
};

RealFileSystem::RealFileSystem(std::string root, LargeFiles large)
    : root_(std::move(root)), large_(large) {}

RealFileSystem::~RealFileSystem() = default;

std::string RealFileSystem::real(const std::string& path) const {
  if (root_.empty()) return path;
  return root_ + (path.starts_with('/') ? "" : "/") + path;
}

namespace {

constexpr std::size_t large_file = std::size_t{1} << 20U;

// The pages of a file, and the lease on it: while an open file has one, whoever opens it for
// writing or shortens it waits until it is closed, or for /proc/sys/fs/lease-break-time (45 s) at
// most.
class HeldFile {
 public:
  HeldFile(const HeldFile&) = delete;
  HeldFile& operator=(const HeldFile&) = delete;
  HeldFile(HeldFile&&) = delete;
  HeldFile& operator=(HeldFile&&) = delete;

  ~HeldFile() {
    if (pages_ != MAP_FAILED) ::munmap(pages_, size_);
  }

  // Null where that cannot be had: somebody writes to it, it is another user's, or the file system
  // knows no leases.
  static std::shared_ptr<const HeldFile> hold(const Descriptor& file) {
    std::shared_ptr<HeldFile> held(new HeldFile(::fcntl(file.get(), F_DUPFD_CLOEXEC, 0)));
    return held->map() ? held : nullptr;
  }

  std::string_view pages() const { return {static_cast<const char*>(pages_), size_}; }

 private:
  explicit HeldFile(int file) : file_(file) {}

  bool map() {
    // Told of a writer who waits, by a signal that ends nobody.
    if (file_.get() < 0 || ::fcntl(file_.get(), F_SETSIG, SIGURG) != 0 ||
        ::fcntl(file_.get(), F_SETLEASE, F_RDLCK) != 0)
      return false;

    // Its size before the lease may be an old one.
    struct stat info {};

    if (::fstat(file_.get(), &info) != 0 || info.st_size <= 0 ||
        static_cast<std::uintmax_t>(info.st_size) > source_maximum_bytes)
      return false;
    size_ = static_cast<std::size_t>(info.st_size);
    pages_ = ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE | MAP_POPULATE, file_.get(), 0);
    return pages_ != MAP_FAILED;
  }

  Descriptor file_;
  void* pages_ = MAP_FAILED;
  std::size_t size_ = 0;
};

// Reads a large file into as much room as it has, the latter half in a second thread. Returns how
// much of it is there, which is less when something is in the way: the rest is read as usual.
std::size_t read_by_two(int file, char* room, std::size_t size) {
  if (size < large_file || !schema::has_second_processor()) return 0;
  const auto read = [&](std::size_t begin, std::size_t end) {
    while (begin < end) {
      const ssize_t n = ::pread(file, room + begin, end - begin, static_cast<off_t>(begin));
      if (n <= 0) break;
      begin += static_cast<std::size_t>(n);
    }
    return begin;
  };
  const std::size_t half = size / 2;
  std::size_t first = 0;
  std::size_t second = 0;
  schema::do_both([&] { first = read(0, half); }, [&] { second = read(half, size); });
  const std::size_t used = first == half ? second : first;
  return ::lseek(file, static_cast<off_t>(used), SEEK_SET) < 0 ? 0 : used;
}

// How far reading has come.
struct Progress {
  std::size_t used = 0;
  bool is_at_end = false;
  int error = 0;
};

// Reads on until the room is used up or the file is. Exactly `whole` bytes are taken for all of it:
// asking once more is a system call for each of the thousand files of an [include].
void read_on(int file, char* room, std::size_t size, Progress& progress, std::size_t whole = 0) {
  while (progress.used < size && !progress.is_at_end) {
    const ssize_t n = ::read(file, room + progress.used, size - progress.used);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) progress.error = errno;
    if (n == 0) progress.is_at_end = true;
    if (n <= 0) return;
    progress.used += static_cast<std::size_t>(n);
    progress.is_at_end = progress.used == whole;
  }
}

// A file that has a size, and more only if it has grown since: there is room for one byte more.
std::string read_known(int file, std::size_t size, Progress& progress) {
  return schema::filled_text(size + 1, [&](char* room, std::size_t given) {
    schema::have_memory(room, given);
    progress.used = read_by_two(file, room, size);
    progress.is_at_end = progress.used == size;
    read_on(file, room, given, progress, size);
    return progress.used;
  });
}

// All of an open file that is known to be one, if it is a short one; else it is where it was.
// Asking for its size beforehand takes longer than seeing that no more is there.
std::optional<std::string> read_short(int file) {
  constexpr std::size_t most = 16384;
  std::array<char, most> room;  // NOLINT(cppcoreguidelines-pro-type-member-init): it is filled
  const ssize_t size = file < 0 ? -1 : ::read(file, room.data(), room.size());
  if (size <= 0) return std::nullopt;
  const auto used = static_cast<std::size_t>(size);
  if (used < most && ::read(file, room.data() + used, most - used) == 0)
    return std::string(room.data(), used);
  ::lseek(file, 0, SEEK_SET);
  return std::nullopt;
}

// All of an open file.
schema::Result<FileText> read_all(const Descriptor& file, const struct stat& info,
                                  const std::string& path, RealFileSystem::LargeFiles large) {
  if (static_cast<std::uintmax_t>(info.st_size) > source_maximum_bytes) return world(path, EFBIG);
  if (large == RealFileSystem::LargeFiles::held && S_ISREG(info.st_mode) &&
      static_cast<std::size_t>(info.st_size) >= large_file) {
    if (auto held = HeldFile::hold(file)) return FileText(held, held->pages());
  }
  Progress progress;
  std::string bytes;
  // Pipes and files of /proc have no size.
  if (S_ISREG(info.st_mode) && info.st_size > 0) {
    bytes = read_known(file.get(), static_cast<std::size_t>(info.st_size), progress);
  }
  constexpr std::size_t at_first = 65536;
  while (!progress.is_at_end && progress.error == 0) {
    bytes.resize(std::max(at_first, 2 * progress.used));
    read_on(file.get(), bytes.data(), bytes.size(), progress);
    if (progress.used > source_maximum_bytes) return world(path, EFBIG);
  }
  if (progress.error != 0) return world(path, progress.error);
  bytes.resize(progress.used);
  return FileText(std::move(bytes));
}

enum class Pipes : bool { refused, read };

schema::Result<FileText> read_open(const Descriptor& file, const std::string& path, Pipes pipes,
                                   RealFileSystem::LargeFiles large) {
  if (file.get() < 0) return world(path, errno);

  struct stat info {};

  if (::fstat(file.get(), &info) != 0) return world(path, errno);
  if (S_ISDIR(info.st_mode)) return world(path, EISDIR);
  if (S_ISFIFO(info.st_mode) && pipes == Pipes::refused) return pipe_error(path);
  return read_all(file, info, path, large);
}

// One without a name of its own.
bool is_pipe_of_a_shell(const Descriptor& file) {
  struct statfs info {};

  return ::fstatfs(file.get(), &info) == 0 && info.f_type == PIPEFS_MAGIC;
}

}  // namespace

// A pipe that has a name may never get a writer. Those of a shell, /dev/fd/63 for `<(command)` and
// standard input, have one.
schema::Result<FileText> RealFileSystem::read(const std::string& path) const {
  const Descriptor file(::open(real(path).c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.get() >= 0 && is_pipe_of_a_shell(file)) {
    ::fcntl(file.get(), F_SETFL, 0);  // its bytes may take their time
    return read_open(file, path, Pipes::read, large_);
  }
  return read_open(file, path, Pipes::refused, large_);
}

// Opened in a way that does not wait for a writer, so that one need not ask beforehand.
schema::Result<FileText> RealFileSystem::read_match(const std::string& path) const {
  constexpr int flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK;
  if (const char* name = folder_ ? folder_->file_of(path) : nullptr) {
    const Descriptor file(::openat(folder_->descriptor(), name, flags));
    if (auto text = read_short(file.get())) return FileText(std::move(*text));
    return read_open(file, path, Pipes::refused, large_);
  }
  return read_open(Descriptor(::open(real(path).c_str(), flags)), path, Pipes::refused, large_);
}

std::vector<std::string> RealFileSystem::glob(const std::string& pattern) const {
  // Mostly it is a folder and `*.conf`.
  const std::size_t name = pattern.rfind('/') + 1;
  const std::size_t star = pattern.find_first_of("*?[");
  if (star != std::string::npos && star >= name &&
      pattern.find_first_of("?[", star) == std::string::npos) {
    std::string path = pattern.substr(0, name);
    const std::string real_path = path.empty() ? real(".") : real(path);
    folder_.reset();
    auto folder = Folder::open(std::move(path), real_path);
    if (!folder) return {};
    auto matches = folder->matches(std::string_view(pattern).substr(name));
    folder_ = std::move(folder);
    return matches;
  }
  std::vector<std::string> found;
  glob_t matches{};
  // Python's glob knows no backslash escapes.
  const std::string whole = real(pattern);
  if (::glob(whole.c_str(), GLOB_NOESCAPE | GLOB_NOSORT, nullptr, &matches) == 0)
    for (std::size_t i = 0; i < matches.gl_pathc; ++i)
      found.emplace_back(matches.gl_pathv[i] + root_.size());
  ::globfree(&matches);
  std::sort(found.begin(), found.end());
  return found;
}

bool RealFileSystem::is_directory(const std::string& path) const {
  struct stat info {};

  return ::stat(real(path).c_str(), &info) == 0 && S_ISDIR(info.st_mode);
}

std::optional<schema::Error> RealFileSystem::unlisted(const std::string& folder) const {
  DIR* const open = ::opendir(real(folder).c_str());
  if (open == nullptr) {
    const int number = errno;
    return schema::Error{"cannot read " + folder + ": " + std::strerror(number), number};
  }
  ::closedir(open);
  return std::nullopt;
}

bool RealFileSystem::is_pipe(const std::string& path) const {
  struct stat info {};

  return ::stat(real(path).c_str(), &info) == 0 && S_ISFIFO(info.st_mode);
}

const std::string& RealFileSystem::working_folder() const {
  std::array<char, 4096> buffer{};
  if (working_folder_.empty() && ::getcwd(buffer.data(), buffer.size()) != nullptr)
    working_folder_ = buffer.data();
  return working_folder_;
}

std::string RealFileSystem::absolute(const std::string& path) const {
  if (path.starts_with('/')) return schema::normal_path(path);
  return schema::normal_path((root_.empty() ? working_folder() : "") + "/" + path);
}

schema::Result<FileText> MemoryFileSystem::read(const std::string& path) const {
  const auto found = files.find(absolute(path));
  if (found == files.end()) return world(path, is_directory(path) ? EISDIR : ENOENT);
  return FileText(found->second);
}

std::vector<std::string> MemoryFileSystem::glob(const std::string& pattern) const {
  std::vector<std::string> found;
  for (const auto& [path, bytes] : files)
    if (::fnmatch(pattern.c_str(), path.c_str(), FNM_PATHNAME | FNM_PERIOD | FNM_NOESCAPE) == 0)
      found.push_back(path);
  return found;
}

bool MemoryFileSystem::is_directory(const std::string& path) const {
  const std::string prefix = absolute(path) == "/" ? "/" : absolute(path) + "/";
  return std::any_of(files.begin(), files.end(),
                     [&](const auto& file) { return file.first.starts_with(prefix); });
}

std::string MemoryFileSystem::absolute(const std::string& path) const {
  return schema::normal_path(path.starts_with('/') ? path : "/" + path);
}

std::string directory_name(const std::string& path) { return directory_of(path); }

OverlayFileSystem::OverlayFileSystem(const FileSystem& base, const std::string& path,
                                     std::string text)
    : base_(base) {
  put(path, std::move(text));
}

void OverlayFileSystem::put(const std::string& path, std::string text) {
  texts_[base_.absolute(path)] = std::move(text);
}

schema::Result<FileText> OverlayFileSystem::read(const std::string& path) const {
  const auto found = texts_.find(base_.absolute(path));
  return found != texts_.end() ? FileText(found->second) : base_.read(path);
}

schema::Result<FileText> OverlayFileSystem::read_match(const std::string& path) const {
  const auto found = texts_.find(base_.absolute(path));
  return found != texts_.end() ? FileText(found->second) : base_.read_match(path);
}

std::vector<std::string> OverlayFileSystem::glob(const std::string& pattern) const {
  return base_.glob(pattern);
}

bool OverlayFileSystem::is_directory(const std::string& path) const {
  return !texts_.contains(base_.absolute(path)) && base_.is_directory(path);
}

std::optional<schema::Error> OverlayFileSystem::unlisted(const std::string& folder) const {
  return base_.unlisted(folder);
}

bool OverlayFileSystem::is_pipe(const std::string& path) const {
  return !texts_.contains(base_.absolute(path)) && base_.is_pipe(path);
}

std::string OverlayFileSystem::absolute(const std::string& path) const {
  return base_.absolute(path);
}

}  // namespace sup::compiler
