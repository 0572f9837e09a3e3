#include "schema/write_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "schema/descriptor.h"

namespace sup::schema {
namespace {

Error world(const std::string& path) {
  const int number = errno;
  return {"cannot write " + path + ": " + std::strerror(number), number};
}

// False with errno set when not everything could be written.
bool write_all(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(descriptor, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

// A device or pipe is written to; it is not ours to replace.
Status write_in_place(std::string_view bytes, const std::string& path) {
  const Descriptor file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (file.get() < 0 || !write_all(file.get(), bytes)) return world(path);
  return Nothing{};
}

mode_t mode_of_new_files() {
  const mode_t mask = ::umask(0);
  ::umask(mask);
  return 0666 & ~mask;
}

bool take_attributes(int descriptor, const struct stat& of) {
  struct stat own {};

  if (::fstat(descriptor, &own) != 0) return false;
  const bool is_ours = own.st_uid == of.st_uid && own.st_gid == of.st_gid;
  // The owner first: changing it takes the set-user-id bits away.
  if (!is_ours && ::fchown(descriptor, of.st_uid, of.st_gid) != 0) return false;
  return ::fchmod(descriptor, of.st_mode & 07777U) == 0;
}

// A rename replaces what is there; a link does not.
bool put_in_place(const std::string& temporary, const std::string& target, Existing existing) {
  if (existing != Existing::refused) return ::rename(temporary.c_str(), target.c_str()) == 0;
  if (::link(temporary.c_str(), target.c_str()) != 0) return false;
  ::unlink(temporary.c_str());
  return true;
}

}  // namespace

std::string resolved_path(const std::string& path) {
  char* real = ::realpath(path.c_str(), nullptr);
  if (real == nullptr) return path;
  std::string out(real);
  std::free(real);
  return out;
}

namespace {

// `mode`: nothing takes mode and owner of what is there.
Status write_beside(std::string_view bytes, const std::string& path, const struct stat& there,
                    std::optional<mode_t> mode, Existing existing) {
  const std::string target = resolved_path(path);
  std::string temporary = target + ".XXXXXX";
  const Descriptor file(::mkostemp(temporary.data(), O_CLOEXEC));
  if (file.get() < 0) return world(path);
  const auto set_attributes = [&] {
    return mode ? ::fchmod(file.get(), *mode) == 0 : take_attributes(file.get(), there);
  };
  if (write_all(file.get(), bytes) && set_attributes() && ::fsync(file.get()) == 0 &&
      put_in_place(temporary, target, existing))
    return Nothing{};
  Error error = world(path);
  ::unlink(temporary.c_str());
  return error;
}

}  // namespace

Status write_file(std::string_view bytes, const std::string& path, Existing existing) {
  struct stat info {};

  const bool is_there = ::stat(path.c_str(), &info) == 0;
  if (is_there && existing == Existing::refused) {
    errno = EEXIST;
    return world(path);
  }
  if (is_there && !S_ISREG(info.st_mode)) return write_in_place(bytes, path);
  const bool keeps = is_there && existing == Existing::changed;
  return write_beside(bytes, path, info, keeps ? std::nullopt : std::optional(mode_of_new_files()),
                      existing);
}

Status write_file(std::string_view bytes, const std::string& path, std::optional<unsigned> mode) {
  struct stat info {};

  if (::stat(path.c_str(), &info) == 0 && !S_ISREG(info.st_mode))
    return write_in_place(bytes, path);
  const mode_t wanted = mode ? static_cast<mode_t>(*mode & 07777U) : mode_of_new_files();
  return write_beside(bytes, path, info, wanted, Existing::replaced);
}

}  // namespace sup::schema
