#include "runtime/host/syslog.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <ctime>
#include <utility>

namespace sup::host {

namespace {

// Bytes of what the system log does not take.
constexpr std::size_t most_kept_messages = std::size_t{1} << 20U;

// <14> is user.info. Filters of system logs know Supervisor's messages by its name.
std::string as_sent(std::string_view message) {
  char stamp[32];
  const std::time_t seconds = std::time(nullptr);
  std::tm local{};
  ::localtime_r(&seconds, &local);
  const std::size_t length = std::strftime(stamp, sizeof stamp, "<14>%b %e %H:%M:%S ", &local);
  std::string text(stamp, length);
  text += "supervisord: ";
  text += message;
  return text;
}

}  // namespace

bool Syslog::connect() {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path_.size() >= sizeof address.sun_path) {
    errno = ENAMETOOLONG;
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

// 0, or the errno.
int Syslog::put(std::string_view text) {
  int error_number = 0;
  for (int attempt = 0; attempt < 2; ++attempt) {
    if (!socket_ && !connect()) {
      return errno;
    }
    if (::send(socket_.get(), text.data(), text.size(), MSG_NOSIGNAL) >= 0) {
      return 0;
    }
    error_number = errno;
    if (error_number == EAGAIN || error_number == EMSGSIZE) {
      return error_number;
    }
    // The system log was restarted.
    socket_.reset();
  }
  return error_number;
}

void Syslog::send(std::string_view message) {
  std::string text = as_sent(message);
  if (waits()) {
    flush();
  }
  const int error_number = waits() ? EAGAIN : put(text);
  if (error_number == 0) {
    works_again();
  } else if (error_number == EAGAIN) {
    keep(std::move(text));
  } else {
    drop(error_number);
  }
}

void Syslog::keep(std::string text) {
  if (kept_bytes_ + text.size() > most_kept_messages) {
    drop(EAGAIN);
    return;
  }
  kept_bytes_ += text.size();
  kept_.push_back(std::move(text));
}

void Syslog::flush(int patience_milliseconds) {
  const core::Instant end = now().steady + std::chrono::milliseconds(patience_milliseconds);
  while (waits()) {
    const int error_number = put(kept_.front());
    if (error_number == EAGAIN) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - now().steady);
      pollfd waited{.fd = socket_.get(), .events = POLLOUT, .revents = 0};
      if (patience_milliseconds == 0 || failing_ || left.count() <= 0 ||
          ::poll(&waited, 1, static_cast<int>(left.count())) == 0) {
        return;
      }
      continue;
    }
    kept_bytes_ -= kept_.front().size();
    kept_.pop_front();
    if (error_number != 0) {
      drop(error_number);
    } else if (!waits()) {
      works_again();
    }
  }
}

void Syslog::drop(int error_number) {
  ++dropped_;
  if (!std::exchange(failing_, true) && trouble_) {
    trouble_(core::Level::error,
             "the system log at '" + path_ +
                 "' takes no messages, they are lost: " + error_text(error_number));
  }
}

void Syslog::works_again() {
  if (std::exchange(failing_, false) && trouble_) {
    trouble_(core::Level::warn, "the system log at '" + path_ + "' takes messages again, " +
                                    std::to_string(std::exchange(dropped_, 0)) + " were lost");
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
