#include "runtime/host/fcgi_sockets.h"

#include <grp.h>
#include <netdb.h>
#include <pwd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <memory>
#include <optional>

namespace sup::host {

namespace {

schema::Error failed(const schema::FcgiSocketValue& address, const std::string& reason,
                     int error_number = 0) {
  return schema::Error{
      .message = "Could not create FastCGI socket " + address.url() + ": " + reason,
      .error_number = error_number};
}

template <class Record>
std::optional<unsigned> id_of(const std::string& text, Record* (*by_name)(const char*),
                              unsigned Record::*id) {
  unsigned number = 0;
  const char* end = text.data() + text.size();
  const auto [rest, failure] = std::from_chars(text.data(), end, number);
  if (rest == end && failure == std::errc()) {
    return number;
  }
  const Record* record = by_name(text.c_str());
  return record != nullptr ? std::optional<unsigned>(record->*id) : std::nullopt;
}

schema::FcgiSocketValue address_of(const schema::Process& process) {
  return process.fcgi->socket.value_or(schema::FcgiSocketValue{});
}

// Where a socket is, and for whom.
std::string place_of(const schema::Process& process) {
  return process.group + '\0' + address_of(process).url() + '\0';
}

// Who is to own the socket: as configured, else the user that the programs run as.
int set_owner(const std::string& path, const schema::Process& process) {
  std::optional<schema::UserGroupValue> owner = process.fcgi->socket_owner;
  if (!owner && process.options.user) {
    owner = schema::UserGroupValue{.user = *process.options.user, .group = {}};
  }
  if (!owner) {
    return 0;
  }
  const std::optional<unsigned> user = id_of(owner->user, &::getpwnam, &passwd::pw_uid);
  if (!user) {
    return EINVAL;
  }
  std::optional<unsigned> gid;
  if (owner->group) {
    gid = id_of(*owner->group, &::getgrnam, &group::gr_gid);
    if (!gid) {
      return EINVAL;
    }
  } else if (const passwd* entry = ::getpwuid(*user)) {
    gid = entry->pw_gid;
  }
  // Of the socket itself: it may have been exchanged for a link meanwhile.
  return ::lchown(path.c_str(), *user, gid.value_or(static_cast<gid_t>(-1))) == 0 ? 0 : errno;
}

schema::Result<Descriptor> bind_unix(const schema::Process& process,
                                     const schema::FcgiSocketValue& address) {
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  if (address.path.size() >= sizeof name.sun_path) {
    return failed(address, error_text(ENAMETOOLONG), ENAMETOOLONG);
  }
  std::memcpy(name.sun_path, address.path.c_str(), address.path.size() + 1);
  Descriptor made(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));

  struct stat old {};

  // An old socket goes; a file that stands there by mistake stays, and the bind fails.
  if (::lstat(address.path.c_str(), &old) == 0 && !S_ISREG(old.st_mode)) {
    ::unlink(address.path.c_str());
  }
  const void* generic = &name;
  // It is born with its mode, so that nobody gets in before it is set.
  const mode_t mode = static_cast<mode_t>(process.fcgi->socket_mode) & 0777U;
  const mode_t old_mask = ::umask(~mode & 0777U);
  const bool bound =
      made && ::bind(made.get(), static_cast<const sockaddr*>(generic), sizeof name) == 0;
  const int bind_error = errno;
  ::umask(old_mask);
  if (!bound) {
    return failed(address, error_text(bind_error), bind_error);
  }
  const int owner_error = set_owner(address.path, process);
  if (owner_error != 0) {
    ::unlink(address.path.c_str());
    return failed(address, error_text(owner_error), owner_error);
  }
  return made;
}

schema::Result<Descriptor> bind_inet(const schema::FcgiSocketValue& address) {
  addrinfo hints{};
  hints.ai_family = AF_INET;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  addrinfo* list = nullptr;
  const int failure = ::getaddrinfo(address.host.empty() ? nullptr : address.host.c_str(),
                                    std::to_string(address.port).c_str(), &hints, &list);
  if (failure != 0) {
    return failed(address, ::gai_strerror(failure));
  }
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owned(list, &::freeaddrinfo);
  Descriptor made(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int yes = 1;
  if (!made || ::setsockopt(made.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) != 0 ||
      ::bind(made.get(), list->ai_addr, list->ai_addrlen) != 0) {
    return failed(address, error_text(errno), errno);
  }
  return made;
}

schema::Result<Descriptor> make_socket(const schema::Process& process) {
  const schema::FcgiSocketValue address = address_of(process);
  schema::Result<Descriptor> made =
      address.path.empty() ? bind_inet(address) : bind_unix(process, address);
  if (made) {
    const auto backlog = static_cast<int>(process.fcgi->socket_backlog.value_or(SOMAXCONN));
    if (::listen(made->get(), backlog) != 0) {
      const int error_number = errno;
      if (!address.path.empty()) {
        ::unlink(address.path.c_str());
      }
      return failed(address, error_text(error_number), error_number);
    }
  }
  return made;
}

}  // namespace

std::string FcgiSockets::key_of(const schema::Process& process) {
  std::string key = place_of(process);
  for (const schema::OptionRow& row : schema::option_rows()) {
    if (row.block == schema::FcgiOptions::block) {
      key += row.print(process.fcgi.get()).value_or("") + '\0';
    }
  }
  return key;
}

// One with other options at the same address is closed: its users are gone, or about to be.
void FcgiSockets::close_older(const std::string& place) {
  std::vector<std::string> older;
  for (const auto& [key, shared] : sockets_) {
    if (key.starts_with(place)) {
      older.push_back(key);
    }
  }
  for (const std::string& key : older) {
    close(key);
  }
}

void FcgiSockets::close(const std::string& key) {
  const auto found = sockets_.find(key);
  log_("Closing socket " + found->second.url);
  sockets_.erase(found);
  ++generation_;
  closed_(key);
}

schema::Result<int> FcgiSockets::acquire(const schema::Process& process) {
  const std::string key = key_of(process);
  auto found = sockets_.find(key);
  if (found == sockets_.end()) {
    const schema::FcgiSocketValue address = address_of(process);
    close_older(place_of(process));
    log_("Creating socket " + address.url());
    schema::Result<Descriptor> made = make_socket(process);
    if (!made) {
      return made.error();
    }

    struct stat status {};

    if (!address.path.empty()) {
      if (::lstat(address.path.c_str(), &status) != 0) {
        const int error_number = errno;
        ::unlink(address.path.c_str());  // nobody would at the end
        return failed(address, error_text(error_number), error_number);
      }
      files_[address.path] = File{.device = status.st_dev, .inode = status.st_ino};
    }
    found = sockets_.emplace(key, Shared{std::move(*made), address.url(), address.path, 0}).first;
    ++generation_;
  }
  ++found->second.users;
  return found->second.socket.get();
}

void FcgiSockets::release(const std::string& key) {
  const auto found = sockets_.find(key);
  if (found != sockets_.end() && --found->second.users == 0) {
    close(key);
  }
}

std::vector<FcgiSockets::Saved> FcgiSockets::save() const {
  std::vector<Saved> saved;
  for (const auto& [key, shared] : sockets_) {
    saved.push_back({key, shared.url, shared.path, shared.socket.get()});
  }
  return saved;
}

void FcgiSockets::adopt(const Saved& saved, Descriptor socket) {
  struct stat status {};

  if (!saved.path.empty() && ::lstat(saved.path.c_str(), &status) == 0) {
    files_[saved.path] = File{.device = status.st_dev, .inode = status.st_ino};
  }
  sockets_[saved.key] = Shared{std::move(socket), saved.url, saved.path, 0};
  ++generation_;
}

void FcgiSockets::use(const std::string& key) {
  const auto found = sockets_.find(key);
  if (found != sockets_.end()) {
    ++found->second.users;
  }
}

void FcgiSockets::close_unused() {
  std::vector<std::string> unused;
  for (const auto& [key, shared] : sockets_) {
    if (shared.users == 0) {
      unused.push_back(key);
    }
  }
  for (const std::string& key : unused) {
    use(key);
    release(key);
  }
}

void FcgiSockets::clear() {
  const std::map<std::string, Shared> all = std::exchange(sockets_, {});
  ++generation_;
  for (const auto& [key, shared] : all) {
    closed_(key);
  }
  for (const auto& [path, file] : files_) {
    struct stat status {};

    if (::lstat(path.c_str(), &status) == 0 && status.st_dev == file.device &&
        status.st_ino == file.inode) {
      ::unlink(path.c_str());
    }
  }
  files_.clear();
}

schema::Status FcgiSockets::probe(const schema::Process& process) {
  const schema::Result<int> made = acquire(process);
  if (!made) {
    return made.error();
  }
  release(key_of(process));
  return schema::Nothing{};
}

}  // namespace sup::host
