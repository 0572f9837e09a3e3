#include "runtime/listeners/line_log.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <utility>

#include "schema/write_file.h"

namespace sup::listeners {

namespace {

constexpr int information = 6;  // severity

schema::Error system_error(const std::string& what) {
  const int number = errno;
  return {.message = what + ": " + std::strerror(number), .error_number = number};
}

class FileLog : public LineSink {
 public:
  explicit FileLog(FileLogSettings settings) : settings_(std::move(settings)) {}

  ~FileLog() override { close(); }

  schema::Status open() {
    close();
    file_ = ::open(settings_.path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY,
                   schema::private_file);
    if (file_ < 0) return system_error(settings_.path);
    return schema::Nothing{};
  }

  schema::Status write(const std::string& line) override {
    if (!is_still_there()) {
      const schema::Status opened = open();
      if (!opened) return opened;
    }
    const std::string bytes = line + "\n";
    if (is_regular_ && settings_.maximum_bytes > 0 && size_ > 0 &&
        size_ + static_cast<std::int64_t>(bytes.size()) > settings_.maximum_bytes) {
      const schema::Status rotated = rotate();
      if (!rotated) return rotated;
    }
    std::size_t done = 0;
    while (done < bytes.size()) {
      const ssize_t count = ::write(file_, bytes.data() + done, bytes.size() - done);
      if (count < 0 && errno == EINTR) continue;
      if (count <= 0) {
        schema::Error error = system_error(settings_.path);
        // Half a line would spoil the next one.
        if (done > 0 && is_regular_ && ::ftruncate(file_, size_) != 0) {
          error.message += "; half a line stays";
        }
        return error;
      }
      done += static_cast<std::size_t>(count);
    }
    return schema::Nothing{};
  }

 private:
  void close() {
    if (file_ >= 0) ::close(std::exchange(file_, -1));
  }

  // Whether the path still names the open file, whose size is read.
  bool is_still_there() {
    struct stat open {};

    struct stat named {};

    if (file_ < 0 || ::fstat(file_, &open) != 0 || ::stat(settings_.path.c_str(), &named) != 0 ||
        open.st_ino != named.st_ino || open.st_dev != named.st_dev) {
      size_ = 0;

      struct stat fresh {};

      is_regular_ = ::stat(settings_.path.c_str(), &fresh) != 0 || S_ISREG(fresh.st_mode);
      return false;
    }
    size_ = open.st_size;
    is_regular_ = S_ISREG(open.st_mode);
    return true;
  }

  schema::Status rotate() {
    const auto name = [&](int number) { return settings_.path + "." + std::to_string(number); };
    for (int i = settings_.backups - 1; i > 0; --i) {
      if (::rename(name(i).c_str(), name(i + 1).c_str()) != 0 && errno != ENOENT) {
        return system_error(name(i + 1));
      }
    }
    if (settings_.backups == 0) {
      if (::ftruncate(file_, 0) != 0) return system_error(settings_.path);
    } else if (::rename(settings_.path.c_str(), name(1).c_str()) != 0) {
      return system_error(name(1));
    }
    size_ = 0;
    return open();
  }

  FileLogSettings settings_;
  int file_ = -1;
  std::int64_t size_ = 0;
  bool is_regular_ = true;
};

class SystemLog : public LineSink {
 public:
  explicit SystemLog(SystemLogSettings settings) : settings_(std::move(settings)) {}

  ~SystemLog() override { close(); }

  schema::Status write(const std::string& line) override {
    const std::time_t now = std::time(nullptr);
    std::tm parts{};
    ::localtime_r(&now, &parts);
    // Names of months are English whatever the locale: none is set.
    std::array<char, 32> stamp{};
    std::strftime(stamp.data(), stamp.size(), "%b %e %H:%M:%S", &parts);
    const std::string text = "<" + std::to_string(settings_.facility * 8 + information) + ">" +
                             stamp.data() + " " + settings_.tag + "[" + std::to_string(::getpid()) +
                             "]: " + line;
    // A log that was started again has another socket behind the same name.
    for (const bool is_last : {false, true}) {
      schema::Status connected = connect();
      if (!connected) return connected;
      if (::send(socket_, text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT) >= 0) break;
      const schema::Error error = system_error(settings_.socket);
      if (is_last || error.error_number == EAGAIN || error.error_number == EMSGSIZE) return error;
      close();
    }
    return schema::Nothing{};
  }

 private:
  void close() {
    if (socket_ >= 0) ::close(std::exchange(socket_, -1));
  }

  schema::Status connect() {
    if (socket_ >= 0) return schema::Nothing{};
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (settings_.socket.size() >= sizeof address.sun_path) {
      return schema::Error{settings_.socket + ": too long for a socket"};
    }
    std::copy(settings_.socket.begin(), settings_.socket.end(), address.sun_path);
    socket_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (socket_ < 0) return system_error("a socket");
    if (::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
      schema::Error error = system_error(settings_.socket);
      close();
      return error;
    }
    return schema::Nothing{};
  }

  SystemLogSettings settings_;
  int socket_ = -1;
};

}  // namespace

schema::Result<std::unique_ptr<LineSink>> open_file_log(FileLogSettings settings) {
  auto log = std::make_unique<FileLog>(std::move(settings));
  const schema::Status opened = log->open();
  if (!opened) return opened.error();
  return std::unique_ptr<LineSink>(std::move(log));
}

std::unique_ptr<LineSink> system_log(SystemLogSettings settings) {
  return std::make_unique<SystemLog>(std::move(settings));
}

std::optional<int> facility_from_name(std::string_view name) {
  static constexpr std::array facilities{
      std::pair{std::string_view("user"),   1 },
      std::pair{std::string_view("mail"),   2 },
      std::pair{std::string_view("daemon"), 3 },
      std::pair{std::string_view("auth"),   4 },
      std::pair{std::string_view("syslog"), 5 },
      std::pair{std::string_view("cron"),   9 },
      std::pair{std::string_view("local0"), 16},
      std::pair{std::string_view("local1"), 17},
      std::pair{std::string_view("local2"), 18},
      std::pair{std::string_view("local3"), 19},
      std::pair{std::string_view("local4"), 20},
      std::pair{std::string_view("local5"), 21},
      std::pair{std::string_view("local6"), 22},
      std::pair{std::string_view("local7"), 23}
  };
  const auto* found = std::find_if(facilities.begin(), facilities.end(),
                                   [&](const auto& row) { return row.first == name; });
  return found != facilities.end() ? std::optional(found->second) : std::nullopt;
}

}  // namespace sup::listeners
