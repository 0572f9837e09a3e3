// Messages to syslog, as libc's syslog() would send them at user.info, but never waiting: when the
// system log does not keep up, a megabyte is kept for it and sent when whoever owns this calls
// flush(). What comes then, or while there is no system log, is dropped and counted; that is
// reported once when it starts and once when it is over.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

#include "runtime/host/log_file.h"
#include "runtime/host/system.h"

namespace sup::host {

class Syslog {
 public:
  explicit Syslog(LogTrouble trouble = {}, std::string path = "/dev/log")
      : path_(std::move(path)), trouble_(std::move(trouble)) {}

  void send(std::string_view message);

  // Sends what was kept, and waits so long for the system log to take more; without waiting when it
  // was told already that it takes nothing.
  void flush(int patience_milliseconds = 0);

  // Whether something is kept; descriptor() tells when it can be sent.
  bool waits() const { return !kept_.empty(); }

  int descriptor() const { return socket_.get(); }

 private:
  bool connect();
  int put(std::string_view text);
  void keep(std::string text);
  void drop(int error_number);
  void works_again();

  std::string path_;
  LogTrouble trouble_;
  Descriptor socket_;
  std::deque<std::string> kept_;
  std::size_t kept_bytes_ = 0;
  bool failing_ = false;
  std::uint64_t dropped_ = 0;
};

// The child's bytes as Supervisor sends them: without line ends at the end, a message "NAME LINE"
// for each line.
void send_lines(Syslog& syslog, const std::string& name, std::string_view bytes);

}  // namespace sup::host
