// The sockets that control servers listen on: how they are made, and how they are given to a daemon
// that takes over.
//
// A UNIX socket is bound under a name of its own, gets its mode, and is linked to the configured
// path: so nobody ever meets a socket with another mode, and of two daemons with one path only one
// gets it. A socket that is there already is in use if anything answers to it, else it is stale and
// removed.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <utility>

#include "schema/instantiate.h"
#include "schema/result.h"

namespace sup::http {

struct Owner {
  uid_t user = static_cast<uid_t>(-1);  // stays as it is
  gid_t group = static_cast<gid_t>(-1);
};

// A socket that listens; closed when this is destroyed. The file of a UNIX socket stays until
// remove_file().
class Listening {
 public:
  Listening() = default;
  Listening(int descriptor, std::string address);
  Listening(Listening&& other) noexcept;
  Listening& operator=(Listening&& other) noexcept;
  ~Listening();

  int descriptor() const { return descriptor_; }

  // "unix:///run/s.sock", "inet://127.0.0.1:9001": what tells sockets apart.
  const std::string& address() const { return address_; }

  // Gives the descriptor away.
  int release() { return std::exchange(descriptor_, -1); }

  // False if that is a file which could not be looked at.
  bool knows_file() const { return inode_ != 0; }

  // Removes the file of a UNIX socket, if it is still ours. False, with errno, if it stays.
  bool remove_file();

 private:
  void remember_file();

  int descriptor_ = -1;
  std::string address_;
  dev_t device_ = 0;
  ino_t inode_ = 0;
};

// What `address()` of the socket of this server is.
std::string server_address(const schema::HttpServer& server);

// Makes the socket. Errors are in Supervisor's words. `stale` is told of a socket file that was
// removed because nobody answered to it.
struct Opened {
  Listening socket;
  bool removed_stale = false;
};

schema::Result<Opened> listen_unix(const schema::UnixHttpServerOptions& options, Owner owner);
schema::Result<Listening> listen_inet(const schema::InetAddressValue& address);

// Whether only this machine can connect.
bool is_loopback(const schema::InetAddressValue& address);

}  // namespace sup::http
