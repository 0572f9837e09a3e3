// Messages to syslog, as libc's syslog() would send them at user.info, but never waiting: when the
// system log does not keep up, messages are lost instead of the daemon's time.
#pragma once

#include <string>
#include <string_view>

#include "runtime/host/system.h"

namespace sup::host {

class Syslog {
 public:
  explicit Syslog(std::string path = "/dev/log") : path_(std::move(path)) {}

  void send(std::string_view message);

 private:
  bool connect();

  std::string path_;
  Descriptor socket_;
};

// The child's bytes as Supervisor sends them: without line ends at the end, a message "NAME LINE"
// for each line.
void send_lines(Syslog& syslog, const std::string& name, std::string_view bytes);

}  // namespace sup::host
