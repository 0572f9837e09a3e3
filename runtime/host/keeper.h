// The keeper: a small process beside the daemon that holds what must not end with it, so that the
// daemon may be killed and its children do not notice: our ends of their pipes, listening sockets
// of FastCGI programs, and the state of the daemon (state_memory.h). It never reads the pipes.
//
//   daemon --socket pair--> keeper     hold, drop, leave; it answers only when asked to
//   next daemon --UNIX socket--> keeper --> next daemon     all that it holds
//
// It is this program, executed anew in another mode, in a session of its own, and sleeps. When the
// daemon is gone without a word it waits some minutes for the next one and then lets go.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "runtime/host/system.h"
#include "schema/result.h"

namespace sup::host {

// First argument of the process; who joins the parts looks for it.
constexpr const char* keeper_mode = "--keep";

// The keeper's main function.
int run_keeper(int count, char** arguments);

// What the keeper had for a daemon that is gone.
struct Kept {
  struct Item {
    std::uint64_t token = 0;
    std::vector<Descriptor> descriptors;
  };

  Descriptor memory;
  std::vector<Item> items;
};

// The daemon's side.
class KeeperLink {
 public:
  // `path` of the socket at which the next daemon finds the keeper.
  explicit KeeperLink(std::string path) : path_(std::move(path)) {}

  // A keeper that is there for a daemon that is gone, and all that it holds; it is ours from now
  // on. Nothing in it if there is none. After an error with an errno it goes on waiting for
  // whoever gets it all; without one it is none of ours.
  schema::Result<Kept> take_over();

  // Starts one, unless there is one. It lets go so many seconds after us.
  schema::Status start(int patience_seconds);

  bool is_there() const { return static_cast<bool>(socket_); }

  int descriptor() const { return socket_.get(); }

  // Another image of this daemon goes on with the socket.
  void adopt(Descriptor socket) { socket_ = std::move(socket); }

  // The keeper gets duplicates. What it cannot take at once is sent by send(); without a descriptor
  // for that, it is_gone().
  void hold(std::uint64_t token, const std::vector<int>& descriptors);
  void hold_memory(int descriptor);
  void drop(std::uint64_t token);
  // The same, and waits a moment until it was done: what is dropped must be closed for good.
  void drop_at_once(std::uint64_t token);

  enum class Sent : std::uint8_t {
    all,
    full,   // the rest when the socket can be written to
    failed  // the rest later; that the socket can be written to says nothing
  };

  Sent send();

  bool has_unsent() const { return !unsent_.empty(); }

  // True when it is gone, or does not hold what it should.
  bool is_gone() const;

  // Nothing is to be kept any more, or by another one.
  void dismiss();

 private:
  struct Message {
    std::uint32_t kind = 0;
    std::uint64_t token = 0;
    std::vector<Descriptor> descriptors;
  };

  schema::Status listen_and_fork(int patience_seconds);
  void post(std::uint32_t kind, std::uint64_t token, const std::vector<int>& descriptors);

  std::string path_;
  Descriptor socket_;
  std::deque<Message> unsent_;
  bool is_incomplete_ = false;
};

}  // namespace sup::host
