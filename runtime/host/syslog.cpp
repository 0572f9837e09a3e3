#include "runtime/host/syslog.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>
#include <ctime>

namespace sup::host {

bool Syslog::connect() {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path_.size() >= sizeof address.sun_path) {
    return false;
  }
  std::memcpy(address.sun_path, path_.c_str(), path_.size() + 1);
  Descriptor made(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const void* generic = &address;
  if (!made || ::connect(made.get(), static_cast<const sockaddr*>(generic), sizeof address) != 0) {
    return false;
  }
  socket_ = std::move(made);
  return true;
}

void Syslog::send(std::string_view message) {
  // <14> is user.info. Filters of system logs know Supervisor's messages by its name.
  char stamp[32];
  const std::time_t seconds = std::time(nullptr);
  std::tm local{};
  ::localtime_r(&seconds, &local);
  const std::size_t length = std::strftime(stamp, sizeof stamp, "<14>%b %e %H:%M:%S ", &local);
  std::string text(stamp, length);
  text += "supervisord: ";
  text += message;
  for (int attempt = 0; attempt < 2; ++attempt) {
    if (!socket_ && !connect()) {
      return;
    }
    if (::send(socket_.get(), text.data(), text.size(), MSG_NOSIGNAL) >= 0 || errno == EAGAIN) {
      return;
    }
    // The system log was restarted.
    socket_.reset();
  }
}

void send_lines(Syslog& syslog, const std::string& name, std::string_view bytes) {
  while (!bytes.empty() && bytes.back() == '\n') {
    bytes.remove_suffix(1);
  }
  while (true) {
    const std::size_t end = bytes.find('\n');
    syslog.send(name + " " + std::string(bytes.substr(0, end)));
    if (end == std::string_view::npos) {
      return;
    }
    bytes.remove_prefix(end + 1);
  }
}

}  // namespace sup::host
