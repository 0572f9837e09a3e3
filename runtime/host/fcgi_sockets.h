// The listening sockets of FastCGI programs: one for each program of a group, made when its first
// process starts, shared by its processes and closed when the last one is gone.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "runtime/host/system.h"
#include "schema/instantiate.h"
#include "schema/result.h"

namespace sup::host {

class FcgiSockets {
 public:
  // Supervisor's lines, at INFO.
  using Log = std::function<void(const std::string& text)>;

  // Who else has a duplicate of the socket lets go of it: somebody may want the address at once,
  // and nobody answers there any more.
  using Closed = std::function<void(const std::string& key)>;

  explicit FcgiSockets(
      Log log, Closed closed = [](const std::string& /*key*/) {})
      : log_(std::move(log)), closed_(std::move(closed)) {}

  // Which socket a process of an fcgi-program has: those of one group with the same options share.
  static std::string key_of(const schema::Process& process);

  // That socket with one more user; made if there is none.
  schema::Result<int> acquire(const schema::Process& process);

  // One user less.
  void release(const std::string& key);

  // A socket as another daemon, or another image of this one, goes on with it.
  struct Saved {
    std::string key;
    std::string url;
    std::string path;  // of a UNIX socket
    int descriptor = -1;
  };

  std::vector<Saved> save() const;

  // Another number whenever one was made or closed.
  std::uint64_t generation() const { return generation_; }

  // Goes on with one that nobody uses yet.
  void adopt(const Saved& saved, Descriptor socket);
  // One user more of one that was adopted.
  void use(const std::string& key);
  // Closes those that nobody uses.
  void close_unused();

  // Whether a socket could be made; it is closed again. For the start of the daemon.
  schema::Status probe(const schema::Process& process);

  // Closes all and removes their files, unless somebody else's are there by now.
  void clear();

 private:
  void close_older(const std::string& place);
  void close(const std::string& key);

  struct Shared {
    Descriptor socket;
    std::string url;
    std::string path{};
    int users = 0;
  };

  struct File {
    dev_t device = 0;
    ino_t inode = 0;
  };

  Log log_;
  Closed closed_;
  std::map<std::string, File> files_;      // of UNIX sockets, by path
  std::map<std::string, Shared> sockets_;  // by key
  std::uint64_t generation_ = 0;
};

}  // namespace sup::host
