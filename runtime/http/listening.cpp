#include "runtime/http/listening.h"

#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <system_error>

#include "runtime/core/concat.h"

namespace sup::http {

namespace {

constexpr int backlog = 1024;
constexpr std::string_view unix_scheme = "unix://";

// In Supervisor's words, and then where and why.
schema::Error socket_error(std::string_view address, int error_number) {
  if (error_number == EADDRINUSE) {
    return {.message =
                "Another program is already listening on a port that one of our HTTP servers "
                "is configured to use.  Shut this program down first before starting "
                "supervisord.",
            .error_number = error_number};
  }
  const char* name = ::strerrorname_np(error_number);
  return {.message = core::concat("Cannot open an HTTP server: socket.error reported errno.",
                                  name != nullptr ? name : "?", " (", error_number, "): ", address,
                                  ": ", std::generic_category().message(error_number)),
          .error_number = error_number};
}

class Closing {
 public:
  explicit Closing(int descriptor) : descriptor_(descriptor) {}

  Closing(const Closing&) = delete;
  Closing& operator=(const Closing&) = delete;

  ~Closing() {
    if (descriptor_ >= 0) {
      ::close(descriptor_);
    }
  }

  int get() const { return descriptor_; }

  int release() { return std::exchange(descriptor_, -1); }

 private:
  int descriptor_;
};

std::optional<sockaddr_un> unix_address(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path) {
    return std::nullopt;
  }
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  return address;
}

const sockaddr* generic(const sockaddr_un& address) {
  const void* untyped = &address;
  return static_cast<const sockaddr*>(untyped);
}

// Whether a daemon answers there, be it only by hanging up; one that is too busy to answer counts.
bool is_used(const std::string& path) {
  const std::optional<sockaddr_un> address = unix_address(path);
  const Closing probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!address || probe.get() < 0) {
    return false;
  }
  if (::connect(probe.get(), generic(*address), sizeof *address) != 0) {
    return errno == EAGAIN;  // its queue is full
  }
  constexpr std::string_view question = "GET / HTTP/1.0\r\n\r\n";
  if (::send(probe.get(), question.data(), question.size(), MSG_NOSIGNAL) < 0) {
    return false;
  }
  constexpr int patience_milliseconds = 2000;
  pollfd wait{.fd = probe.get(), .events = POLLIN, .revents = 0};
  if (::poll(&wait, 1, patience_milliseconds) == 0) {
    return true;
  }
  char byte = 0;
  return ::recv(probe.get(), &byte, 1, 0) >= 0;
}

}  // namespace

Listening::Listening(int descriptor, std::string address)
    : descriptor_(descriptor), address_(std::move(address)) {
  remember_file();
}

Listening::Listening(Listening&& other) noexcept
    : descriptor_(other.release()),
      address_(std::move(other.address_)),
      device_(other.device_),
      inode_(other.inode_) {}

Listening& Listening::operator=(Listening&& other) noexcept {
  if (this != &other) {
    if (descriptor_ >= 0) {
      ::close(descriptor_);
    }
    descriptor_ = other.release();
    address_ = std::move(other.address_);
    device_ = other.device_;
    inode_ = other.inode_;
  }
  return *this;
}

Listening::~Listening() {
  if (descriptor_ >= 0) {
    ::close(descriptor_);
  }
}

void Listening::remember_file() {
  struct stat status {};

  if (address_.starts_with(unix_scheme) &&
      ::lstat(address_.c_str() + unix_scheme.size(), &status) == 0) {
    device_ = status.st_dev;
    inode_ = status.st_ino;
  }
}

bool Listening::remove_file() {
  struct stat status {};

  if (!address_.starts_with(unix_scheme)) {
    return true;
  }
  const char* path = address_.c_str() + unix_scheme.size();
  if (::lstat(path, &status) != 0) {
    return errno == ENOENT;
  }
  if (!knows_file()) {
    errno = ESTALE;
    return false;
  }
  return status.st_dev != device_ || status.st_ino != inode_ || ::unlink(path) == 0;
}

std::string server_address(const schema::HttpServer& server) {
  if (server.is_unix) {
    return std::string(unix_scheme) + server.unix_options.file.value_or("");
  }
  const schema::InetAddressValue port =
      server.inet_options.port.value_or(schema::InetAddressValue{});
  return core::concat("inet://", port.host, ":", port.port);
}

schema::Result<Opened> listen_unix(const schema::UnixHttpServerOptions& options, Owner owner) {
  const std::string path = options.file.value_or("");
  const auto failed = [&path](int error_number) {
    return socket_error(std::string(unix_scheme) + path, error_number);
  };
  const std::string temporary = core::concat(path, ".", ::getpid());
  const std::optional<sockaddr_un> address = unix_address(temporary);
  if (!address || !unix_address(path)) {
    return failed(path.empty() ? ENOENT : ENAMETOOLONG);
  }
  Opened opened;
  // Somebody may put a socket there between a look and a link; not for ever.
  constexpr int most_attempts = 10;
  for (int attempt = 0; attempt < most_attempts; ++attempt) {
    ::unlink(temporary.c_str());
    Closing made(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (made.get() < 0) {
      return failed(errno);
    }
    const auto mode = static_cast<mode_t>(options.chmod);
    const mode_t old_mask = ::umask(~mode & 0777U);
    const bool bound = ::bind(made.get(), generic(*address), sizeof *address) == 0;
    const int bind_error = errno;
    ::umask(old_mask);
    if (!bound) {
      return failed(bind_error);
    }
    // Also what a umask does not give.
    const bool ready = ::chmod(temporary.c_str(), mode) == 0 && ::listen(made.get(), backlog) == 0;
    const int ready_error = errno;
    const bool linked = ready && ::link(temporary.c_str(), path.c_str()) == 0;
    const int link_error = errno;
    ::unlink(temporary.c_str());
    if (!ready) {
      return failed(ready_error);
    }
    if (linked) {
      if ((owner.user != static_cast<uid_t>(-1) || owner.group != static_cast<gid_t>(-1)) &&
          ::lchown(path.c_str(), owner.user, owner.group) != 0) {
        const int owner_error = errno;
        ::unlink(path.c_str());
        return failed(owner_error);
      }
      opened.socket = Listening(made.release(), std::string(unix_scheme) + path);
      if (!opened.socket.knows_file()) {
        const int unknown_error = errno;
        ::unlink(path.c_str());  // nobody would at the end
        return failed(unknown_error);
      }
      return opened;
    }

    struct stat status {};

    if (link_error != EEXIST) {
      return failed(link_error);
    }
    if (::lstat(path.c_str(), &status) == 0 && !S_ISSOCK(status.st_mode)) {
      return failed(S_ISDIR(status.st_mode) ? EISDIR : EEXIST);
    }
    if (is_used(path)) {
      return failed(EADDRINUSE);
    }
    opened.removed_stale = true;
    ::unlink(path.c_str());
  }
  return failed(EEXIST);
}

schema::Result<Listening> listen_inet(const schema::InetAddressValue& address) {
  std::string host = address.host;
  const bool is_six = host.starts_with('[') && host.ends_with(']');
  if (is_six) {
    host = host.substr(1, host.size() - 2);
  }
  addrinfo hints{};
  // A name means its IPv4 address, as with Supervisor; IPv6 is asked for by [::1]:9001.
  hints.ai_family = is_six ? AF_INET6 : AF_INET;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  addrinfo* list = nullptr;
  const int failure = ::getaddrinfo(host.empty() ? nullptr : host.c_str(),
                                    std::to_string(address.port).c_str(), &hints, &list);
  if (failure != 0) {
    return schema::Error{.message = core::concat("Cannot open an HTTP server: ", host, ": ",
                                                 ::gai_strerror(failure))};
  }
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owned(list, &::freeaddrinfo);
  Closing made(::socket(list->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const int yes = 1;
  const std::string name = core::concat("inet://", address.host, ":", address.port);
  if (made.get() < 0 || ::setsockopt(made.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) != 0 ||
      (is_six && ::setsockopt(made.get(), IPPROTO_IPV6, IPV6_V6ONLY, &yes, sizeof yes) != 0) ||
      ::bind(made.get(), list->ai_addr, list->ai_addrlen) != 0 ||
      ::listen(made.get(), backlog) != 0) {
    return socket_error(name, errno);
  }
  return Listening(made.release(), name);
}

bool is_loopback(const schema::InetAddressValue& address) {
  const std::string_view host = address.host;
  return host == "localhost" || host == "[::1]" || host.starts_with("127.");
}

}  // namespace sup::http
