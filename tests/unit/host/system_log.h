// What listens at /dev/log.
#pragma once

#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <cstring>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "runtime/host/system.h"

namespace sup::host {

// Takes as many messages as the system lets wait, which are few.
class SystemLog {
 public:
  explicit SystemLog(const std::string& path)
      : socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    std::memcpy(name.sun_path, path.c_str(), path.size() + 1);
    const void* generic = &name;
    EXPECT_EQ(::bind(socket_.get(), static_cast<const sockaddr*>(generic), sizeof name), 0);
  }

  // What is there, without what stands before it.
  void read(std::vector<std::string>& messages) const {
    std::array<char, 5000> bytes{};
    for (ssize_t got = 0; (got = ::recv(socket_.get(), bytes.data(), bytes.size(), 0)) > 0;) {
      const std::string message(bytes.data(), static_cast<std::size_t>(got));
      messages.push_back(message.substr(message.find("supervisord: ") + 13));
    }
  }

 private:
  Descriptor socket_;
};

}  // namespace sup::host
