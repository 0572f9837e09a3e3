#include "lint/lsp/serve.h"

#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <utility>

#include "lint/lsp/server.h"

namespace sup::lint::lsp {

namespace {

// No more is read while so many messages wait.
constexpr std::size_t most_queued = 1000;

// False: nobody reads any more.
bool write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

bool send(int fd, std::vector<std::string> messages) {
  std::string bytes;
  for (const std::string& message : messages) bytes += framed(message);
  return write_all(fd, bytes);
}

// Whether there is something to read, or the input has ended; waits for that if `may_wait`.
bool can_read(int fd, bool may_wait) {
  pollfd asked{fd, POLLIN, 0};
  for (;;) {
    const int ready = ::poll(&asked, 1, may_wait ? -1 : 0);
    if (ready < 0 && errno == EINTR) continue;
    return ready != 0;
  }
}

// False: the input has ended.
bool read_some(int fd, MessageReader& reader) {
  static std::array<char, 65536> buffer;
  ssize_t got = 0;
  do {
    got = ::read(fd, buffer.data(), buffer.size());
  } while (got < 0 && errno == EINTR);
  if (got <= 0) return false;
  reader.feed({buffer.data(), static_cast<std::size_t>(got)});
  return true;
}

}  // namespace

int serve(const LintOptions& options, int input, int output) {
  // A client that goes away is the end of the loop, not of the process.
  std::signal(SIGPIPE, SIG_IGN);
  const compiler::RealFileSystem disk;
  Server server(disk, options);
  MessageReader reader;
  bool has_input = true;
  while (!server.exit_status()) {
    // What has arrived is read first: changes are checked once, and requests may be cancelled.
    if (has_input && server.queued() < most_queued && can_read(input, !server.has_work())) {
      has_input = read_some(input, reader);
      while (auto incoming = reader.next()) {
        if (incoming->is_lost) has_input = false;
        server.receive(std::move(*incoming));
      }
    } else if (server.has_work()) {
      server.work();
    } else if (!has_input) {
      server.end_of_input();
    }
    if (!send(output, server.take_output())) return 1;
  }
  return *server.exit_status();
}

}  // namespace sup::lint::lsp
