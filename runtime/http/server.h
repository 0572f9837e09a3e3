// The control servers: sockets that listen, connections, the routes behind them. It lives in the
// loop of whoever owns it and never blocks.
//
// What keeps strangers from harm: heads, bodies and what is kept for a connection are bounded; who
// takes long over a request or over reading an answer is let go; of too many connections those that
// were never let in, or were idle the longest, are closed (seats.h), so that new ones always find a
// place, and root one on a UNIX socket whatever comes by TCP. None of that needs a
// timer of its own: settled() says when it wants to be called.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "runtime/core/types.h"
#include "runtime/http/listening.h"
#include "runtime/http/routes.h"
#include "schema/instantiate.h"
#include "schema/result.h"

namespace boost::asio {
class io_context;
}

namespace sup::http {

struct ServerOptions {
  // Serves TCP beyond this machine without a password, too.
  bool insecure_http = false;
  std::size_t most_connections = 0;  // 0: as many as descriptors allow
};

class Server {
 public:
  // `settle` is called after requests that may have changed something.
  Server(Site site, ServerOptions options, std::function<void()> settle);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Sockets that an earlier daemon listens on; open() takes those that it has a server for.
  void inherit(std::vector<Listening> sockets);

  // Opens the sockets of the configuration. The error is one of the start, in Supervisor's words;
  // nothing is open then.
  schema::Status open(const schema::Resolved& resolved);

  // From here on connections are accepted.
  // An error if that cannot watch them; then they can only be closed.
  schema::Status serve(boost::asio::io_context& context);

  // Takes over the servers of another configuration while those are served that were opened before:
  // what stays the same goes on with its connections; of what does not, these end with the answers
  // that are under way. After an error, in Supervisor's words, something of it may be open; another
  // change() with the configuration of before has what was there again.
  schema::Status change(const schema::Resolved& resolved);

  // The sockets that listen, for a daemon that takes over.
  std::vector<std::pair<std::string, int>> sockets() const;

  // Looks at what waits for something to happen. Called whenever something may have, and when the
  // time that it returned has come.
  core::Instant settled(core::Now now);

  // Takes no more connections, which wait for the daemon that takes over, and ends those that are
  // there with the answers that are under way; or goes on as before.
  void set_finishing(bool finishing);

  // Closes everything; with `keep_files` the files of the sockets stay.
  void close(bool keep_files = false);

  std::size_t connections() const;

 private:
  class Implementation;
  std::shared_ptr<Implementation> implementation_;
};

}  // namespace sup::http
