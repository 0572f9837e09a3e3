// The listening sockets of FastCGI programs: one for each program of a group, made when its first
// process starts, shared by its processes and closed when the last one is gone.
#pragma once

#include <sys/types.h>

#include <functional>
#include <map>
#include <string>

#include "runtime/host/system.h"
#include "schema/instantiate.h"
#include "schema/result.h"

namespace sup::host {

class FcgiSockets {
 public:
  // Supervisor's lines, at INFO.
  using Log = std::function<void(const std::string& text)>;

  explicit FcgiSockets(Log log) : log_(std::move(log)) {}

  // Which socket a process of an fcgi-program has: those of one group with the same options share.
  static std::string key_of(const schema::Process& process);

  // That socket with one more user; made if there is none.
  schema::Result<int> acquire(const schema::Process& process);

  // One user less.
  void release(const std::string& key);

  // Whether a socket could be made; it is closed again. For the start of the daemon.
  schema::Status probe(const schema::Process& process);

  // Closes all and removes their files, unless somebody else's are there by now.
  void clear();

 private:
  void close_older(const std::string& place);

  struct Shared {
    Descriptor socket;
    std::string url;
    int users = 0;
  };

  struct File {
    dev_t device = 0;
    ino_t inode = 0;
  };

  Log log_;
  std::map<std::string, File> files_;      // of UNIX sockets, by path
  std::map<std::string, Shared> sockets_;  // by key
};

}  // namespace sup::host
