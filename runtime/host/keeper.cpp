#include "runtime/host/keeper.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <thread>
#include <utility>

#include "runtime/host/state_memory.h"

namespace sup::host {

namespace {

constexpr std::uint32_t message_hold = 1;
constexpr std::uint32_t message_drop = 2;
constexpr std::uint32_t message_memory = 3;
constexpr std::uint32_t message_leave = 4;
constexpr std::uint32_t message_end = 5;
constexpr std::uint32_t message_ask = 6;  // answered with itself when all before it was done

constexpr std::size_t most_descriptors = 4;

// How long the two wait for one another while everything is handed over.
constexpr int keeper_patience_milliseconds = 10000;

// How long the daemon waits for it otherwise: it comes to it in a moment, or has stopped for good.
constexpr int moment_milliseconds = 100;

// What the keeper holds for one daemon at most.
constexpr std::size_t most_held = 400000;

struct Head {
  std::uint32_t kind = 0;
  std::uint32_t count = 0;
  std::uint64_t token = 0;
};

struct Control {
  alignas(cmsghdr) std::array<char, CMSG_SPACE(most_descriptors * sizeof(int))> bytes{};
};

// False, with errno, if it was not sent.
bool send_message(int socket, const Head& head, const std::vector<int>& descriptors, int flags) {
  iovec part{};
  part.iov_base = const_cast<Head*>(&head);  // NOLINT: sendmsg does not write
  part.iov_len = sizeof head;
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  Control control;
  if (!descriptors.empty()) {
    const std::size_t size = descriptors.size() * sizeof(int);
    message.msg_control = control.bytes.data();
    message.msg_controllen = CMSG_SPACE(size);
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(size);
    std::memcpy(CMSG_DATA(header), descriptors.data(), size);
  }
  ssize_t sent = 0;
  do {
    sent = ::sendmsg(socket, &message, MSG_NOSIGNAL | flags);
  } while (sent < 0 && errno == EINTR);
  return sent == static_cast<ssize_t>(sizeof head);
}

struct Received {
  Head head;
  std::vector<Descriptor> descriptors;
};

// Nothing at the end of the connection, with errno 0, or when it fails.
std::optional<Received> receive_message(int socket, int flags) {
  Received got;
  iovec part{.iov_base = &got.head, .iov_len = sizeof got.head};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  Control control;
  message.msg_control = control.bytes.data();
  message.msg_controllen = control.bytes.size();
  errno = 0;
  ssize_t size = 0;
  do {
    size = ::recvmsg(socket, &message, MSG_CMSG_CLOEXEC | flags);
  } while (size < 0 && errno == EINTR);
  if (size <= 0) {
    return std::nullopt;
  }
  for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr;
       header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS) {
      std::array<int, most_descriptors> numbers{};
      const std::size_t bytes =
          std::min<std::size_t>(header->cmsg_len - CMSG_LEN(0), sizeof(int) * numbers.size());
      std::memcpy(numbers.data(), CMSG_DATA(header), bytes);
      for (std::size_t i = 0; i < bytes / sizeof(int); ++i) {
        got.descriptors.emplace_back(numbers[i]);
      }
    }
  }
  if (size != static_cast<ssize_t>(sizeof got.head)) {
    errno = EPROTO;
    return std::nullopt;
  }
  return got;
}

// Whether the other side is of our user, or root. If not, errno is the system's reason or 0.
bool is_trusted(int socket) {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) {
    return false;
  }
  errno = 0;
  return peer.uid == ::geteuid() || peer.uid == 0;
}

bool wait_for(int descriptor, short events, int milliseconds) {
  pollfd waited{.fd = descriptor, .events = events, .revents = 0};
  return ::poll(&waited, 1, milliseconds) == 1;
}

// A name for bind and connect, which take 107 bytes only: by way of its folder.
struct SocketName {
  Descriptor folder;
  sockaddr_un address{};
};

schema::Result<SocketName> socket_name(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  SocketName name;
  name.folder.reset(::open(path.substr(0, slash + 1).c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  const std::string text =
      "/proc/self/fd/" + std::to_string(name.folder.get()) + path.substr(slash);
  if (!name.folder || text.size() >= sizeof name.address.sun_path) {
    return system_error("use '" + path + "'", name.folder ? ENAMETOOLONG : errno);
  }
  name.address.sun_family = AF_UNIX;
  std::memcpy(name.address.sun_path, text.c_str(), text.size() + 1);
  return name;
}

const sockaddr* generic(const SocketName& name) {
  return static_cast<const sockaddr*>(static_cast<const void*>(&name.address));
}

}  // namespace

// ---------------------------------------------------------------------------------------- keeper

namespace {

class Keeper {
 public:
  Keeper(Descriptor daemon, Descriptor listening, std::string path, std::chrono::seconds patience)
      : daemon_(std::move(daemon)),
        listening_(std::move(listening)),
        path_(std::move(path)),
        file_(file_at(path_)),
        patience_(patience) {}

  void run() {
    // One that does not know its file would let go too early; the daemon starts another one.
    while (file_ && (daemon_ ? serve_daemon() : wait_for_next())) {
    }
    // Another one may have its own there by now.
    if (file_ && file_at(path_) == file_) {
      ::unlink(path_.c_str());
    }
  }

 private:
  using Time = std::chrono::steady_clock;

  using File = std::pair<dev_t, ino_t>;

  // Nothing if it is not known; zeroes if there is none.
  static std::optional<File> file_at(const std::string& path) {
    struct stat status {};

    if (::lstat(path.c_str(), &status) == 0) {
      return File(status.st_dev, status.st_ino);
    }
    return errno == ENOENT || errno == ENOTDIR ? std::optional(File()) : std::nullopt;
  }

  // Nobody finds us any more.
  bool has_lost_file() const {
    const std::optional<File> now = file_at(path_);
    return now && now != file_;
  }

  // When the system refuses something: until it may do it again.
  static void rest() { std::this_thread::sleep_for(std::chrono::milliseconds(10)); }

  // False when there is nothing left to do.
  bool serve_daemon() {
    std::optional<Received> got = receive_message(daemon_.get(), 0);
    // The daemon is there, as long as this is not the end of the connection.
    constexpr int most_failures = 1000;
    if (!got && errno != 0 && ++failures_ < most_failures) {
      rest();
      return true;
    }
    failures_ = 0;
    if (!got) {
      daemon_.reset();
      deadline_ = Time::now() + patience_;
      // A daemon that could not say goodbye left nothing to be remembered, or took away our file.
      return memory_ && !StateMemory::is_finished(memory_) && !has_lost_file();
    }
    switch (got->head.kind) {
      case message_hold:
        if (held_.size() < most_held) {
          held_[got->head.token] = std::move(got->descriptors);
        }
        return true;
      case message_drop: held_.erase(got->head.token); return true;
      case message_memory:
        if (!got->descriptors.empty()) {
          memory_ = std::move(got->descriptors.front());
        }
        return true;
      case message_leave: return false;
      case message_ask:
        static_cast<void>(send_message(daemon_.get(), {message_ask, 0, got->head.token}, {},
                                       MSG_DONTWAIT));  // who asks does not wait for long
        return true;
      default: return true;
    }
  }

  bool wait_for_next() {
    if (Time::now() >= deadline_ || has_lost_file()) {
      return false;
    }
    // Where a daemon that was not gone has another keeper by now, the file tells.
    constexpr int distance_milliseconds = 1000;
    pollfd waited{.fd = listening_.get(), .events = POLLIN, .revents = 0};
    const int ready = ::poll(&waited, 1, distance_milliseconds);
    if (ready == 0) {
      return true;
    }
    Descriptor next(ready > 0 ? ::accept4(listening_.get(), nullptr, nullptr, SOCK_CLOEXEC) : -1);
    if (!next) {
      rest();
    } else if (is_trusted(next.get()) && hand_over(next.get())) {
      daemon_ = std::move(next);
    }
    return true;
  }

  bool hand_over(int next) {
    const timeval limit{.tv_sec = keeper_patience_milliseconds / 1000, .tv_usec = 0};
    ::setsockopt(next, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    if (!send_message(next, {message_memory, 1, 0}, {memory_.get()}, 0)) {
      return false;
    }
    for (const auto& [token, descriptors] : held_) {
      std::vector<int> numbers;
      for (const Descriptor& each : descriptors) {
        numbers.push_back(each.get());
      }
      const Head head{message_hold, static_cast<std::uint32_t>(numbers.size()), token};
      if (!send_message(next, head, numbers, 0)) {
        return false;
      }
    }
    return send_message(next, {message_end, 0, 0}, {}, 0);
  }

  Descriptor daemon_;
  Descriptor listening_;
  std::string path_;
  std::optional<File> file_;
  std::chrono::seconds patience_;
  Time::time_point deadline_{};
  int failures_ = 0;  // of receiving, one after the other
  Descriptor memory_;
  std::map<std::uint64_t, std::vector<Descriptor>> held_;
};

constexpr int keeper_socket = 3;
constexpr int keeper_listening = 4;

}  // namespace

int run_keeper(int count, char** arguments) {
  if (count != 4) {
    return 2;
  }
  ::prctl(PR_SET_NAME, "suprun-keeper");  // ps would say "exe"
  for (const int number : {SIGHUP, SIGINT, SIGQUIT, SIGPIPE}) {
    ::signal(number, SIG_IGN);
  }
  for (const int number : {keeper_socket, keeper_listening}) {
    ::fcntl(number, F_SETFD, FD_CLOEXEC);
  }
  Keeper(Descriptor(keeper_socket), Descriptor(keeper_listening), arguments[2],
         std::chrono::seconds(std::strtol(arguments[3], nullptr, 10)))
      .run();
  return 0;
}

// ------------------------------------------------------------------------------------------ link

schema::Result<Kept> KeeperLink::take_over() {
  Kept kept;
  const schema::Result<SocketName> name = socket_name(path_);
  if (!name && name.error().error_number == ENOENT) {
    return kept;
  }
  Descriptor socket(name ? ::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0) : -1);
  if (!socket || ::connect(socket.get(), generic(*name), sizeof name->address) != 0) {
    // Whoever started without it would leave its children behind and start them once more.
    const int error_number = name ? errno : name.error().error_number;
    if (socket && (error_number == ENOENT || error_number == ECONNREFUSED ||
                   error_number == EPROTOTYPE || error_number == ENOTSOCK)) {
      return kept;  // none there
    }
    return system_error("ask the keeper at '" + path_ + "'", error_number);
  }
  if (!is_trusted(socket.get())) {
    const int error_number = errno;
    return error_number != 0
               ? system_error("ask the keeper at '" + path_ + "'", error_number)
               : schema::Error{.message = "the keeper at '" + path_ + "' is another user's"};
  }
  while (wait_for(socket.get(), POLLIN, keeper_patience_milliseconds)) {
    std::optional<Received> got = receive_message(socket.get(), MSG_DONTWAIT);
    if (!got) {
      break;
    }
    switch (got->head.kind) {
      case message_end: socket_ = std::move(socket); return kept;
      case message_memory:
        if (!got->descriptors.empty()) {
          kept.memory = std::move(got->descriptors.front());
        }
        break;
      case message_hold:
        if (got->descriptors.size() != got->head.count) {
          return schema::Error{.message =
                                   "the keeper's descriptors could not be taken over, the "
                                   "limit of open files may be too low",
                               .error_number = EMFILE};
        }
        kept.items.push_back({got->head.token, std::move(got->descriptors)});
        break;
      default: break;
    }
  }
  return schema::Error{.message = "the keeper at '" + path_ + "' did not hand over what it holds",
                       .error_number = ETIMEDOUT};
}

schema::Status KeeperLink::start(int patience_seconds) {
  if (socket_) {
    return schema::Nothing{};
  }
  schema::Status started = listen_and_fork(patience_seconds);
  if (!started) {
    socket_.reset();
    ::unlink(path_.c_str());
  }
  return started;
}

schema::Status KeeperLink::listen_and_fork(int patience_seconds) {
  const schema::Result<SocketName> name = socket_name(path_);
  if (!name) {
    return name.error();
  }
  Descriptor listening(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
  ::unlink(path_.c_str());  // nobody listens there, take_over() saw
  // It is born with its mode, so that nobody gets in before it is set.
  const mode_t old_mask = ::umask(077);
  const bool bound =
      listening && ::bind(listening.get(), generic(*name), sizeof name->address) == 0;
  const int bind_error = errno;
  ::umask(old_mask);
  if (!bound || ::listen(listening.get(), 1) != 0) {
    return system_error("listen at '" + path_ + "'", bound ? errno : bind_error);
  }
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    return system_error("make a socket pair", errno);
  }
  socket_.reset(ends[0]);
  const Descriptor theirs(ends[1]);
  const std::string patience = std::to_string(patience_seconds);
  const std::array<const char*, 5> arguments{"suprun", keeper_mode, path_.c_str(), patience.c_str(),
                                             nullptr};
  const pid_t pid = ::fork();
  if (pid < 0) {
    return system_error("fork", errno);
  }
  if (pid == 0) {
    // Its parent is nobody of ours: it is no child that ends one day.
    ::setsid();
    const pid_t keeper = ::fork();
    if (keeper != 0) {
      ::_exit(keeper > 0 ? 0 : 1);
    }
    const int null = ::open("/dev/null", O_RDWR);
    if (null < 0) {
      ::_exit(1);  // as every failure here: the daemon sees the end of the socket
    }
    for (const int number : {0, 1, 2}) {
      ::dup2(null, number);
    }
    // First out of the way of the numbers that they will have.
    const int first = ::fcntl(theirs.get(), F_DUPFD, 10);
    const int second = ::fcntl(listening.get(), F_DUPFD, 10);
    ::dup2(first, keeper_socket);
    ::dup2(second, keeper_listening);
    ::syscall(SYS_close_range, 5U, ~0U, 0);
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    static_cast<void>(::chdir("/") < 0);
    ::execv("/proc/self/exe", const_cast<char* const*>(arguments.data()));  // NOLINT
    ::_exit(127);
  }
  ::waitpid(pid, nullptr, 0);
  return schema::Nothing{};
}

void KeeperLink::post(std::uint32_t kind, std::uint64_t token,
                      const std::vector<int>& descriptors) {
  if (!socket_) {
    return;
  }
  const Head head{kind, static_cast<std::uint32_t>(descriptors.size()), token};
  if (unsent_.empty() && (send_message(socket_.get(), head, descriptors, MSG_DONTWAIT) ||
                          (wait_for(socket_.get(), POLLOUT, moment_milliseconds) &&
                           send_message(socket_.get(), head, descriptors, MSG_DONTWAIT)))) {
    return;
  }
  if (kind == message_drop) {
    const auto same = [&](const Message& other) { return other.token == token; };
    const auto found = std::find_if(unsent_.begin(), unsent_.end(), same);
    if (found != unsent_.end()) {
      unsent_.erase(found);
      return;
    }
  }
  Message message;
  message.kind = kind;
  message.token = token;
  for (const int number : descriptors) {
    message.descriptors.emplace_back(::fcntl(number, F_DUPFD_CLOEXEC, 3));
    is_incomplete_ = is_incomplete_ || !message.descriptors.back();
  }
  unsent_.push_back(std::move(message));
}

void KeeperLink::hold(std::uint64_t token, const std::vector<int>& descriptors) {
  post(message_hold, token, descriptors);
}

void KeeperLink::hold_memory(int descriptor) { post(message_memory, 0, {descriptor}); }

void KeeperLink::drop(std::uint64_t token) { post(message_drop, token, {}); }

void KeeperLink::drop_at_once(std::uint64_t token) {
  drop(token);
  // One that has stopped, or is of an older version, does not answer.
  if (!socket_ || !unsent_.empty() ||
      !send_message(socket_.get(), {message_ask, 0, token}, {}, MSG_DONTWAIT)) {
    return;
  }
  while (wait_for(socket_.get(), POLLIN, moment_milliseconds)) {
    const std::optional<Received> got = receive_message(socket_.get(), MSG_DONTWAIT);
    // An earlier answer may have come too late.
    if (!got || (got->head.kind == message_ask && got->head.token == token)) {
      return;
    }
  }
}

KeeperLink::Sent KeeperLink::send() {
  while (receive_message(socket_.get(), MSG_DONTWAIT)) {  // answers that came too late
  }
  while (!unsent_.empty()) {
    const Message& message = unsent_.front();
    std::vector<int> numbers;
    for (const Descriptor& each : message.descriptors) {
      numbers.push_back(each.get());
    }
    const Head head{message.kind, static_cast<std::uint32_t>(numbers.size()), message.token};
    if (!send_message(socket_.get(), head, numbers, MSG_DONTWAIT)) {
      return errno == EAGAIN ? Sent::full : Sent::failed;
    }
    unsent_.pop_front();
  }
  return Sent::all;
}

bool KeeperLink::is_gone() const {
  pollfd waited{.fd = socket_.get(), .events = 0, .revents = 0};
  return socket_ && (is_incomplete_ || ::poll(&waited, 1, 0) == 1);
}

void KeeperLink::dismiss() {
  if (socket_) {
    unsent_.clear();
    is_incomplete_ = false;
    // One that is not told would wait for another daemon.
    const timeval limit{.tv_sec = 0, .tv_usec = moment_milliseconds * 1000L};
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    if (!send_message(socket_.get(), {message_leave, 0, 0}, {}, 0)) {
      ::unlink(path_.c_str());  // it is gone, and could not
    } else {
      // Its file goes first, then its end of the socket.
      while (wait_for(socket_.get(), POLLIN, moment_milliseconds) &&
             receive_message(socket_.get(), MSG_DONTWAIT)) {
      }
    }
    socket_.reset();
  }
}

}  // namespace sup::host
