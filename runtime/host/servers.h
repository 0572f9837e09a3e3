// The place for control servers in the daemon. The daemon opens, feeds and closes them and knows no
// more: what they serve is the business of who makes them (suprun.cpp joins the two).
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "runtime/core/machine.h"
#include "runtime/core/supervisor.h"
#include "runtime/core/types.h"
#include "schema/result.h"

namespace boost::asio {
class io_context;
}

namespace sup::host {

class Servers {
 public:
  virtual ~Servers() = default;

  // Opens what the plan says; before the daemon goes to the background. The error is one of the
  // start.
  virtual schema::Status open(const std::shared_ptr<const schema::Resolved>& plan) = 0;

  // From here on they live in that loop. `settle` has to be called when they changed something.
  // After an error they can only be closed.
  virtual schema::Status serve(boost::asio::io_context& context, std::function<void()> settle) = 0;

  // Has the servers of another plan instead, in the same loop: those that are the same in both go
  // on. After an error some of the others may be open, and the same has to be done for a plan that
  // can be served.
  virtual schema::Status change(const std::shared_ptr<const schema::Resolved>& plan) = 0;

  // Another plan was taken over while everything runs.
  virtual void plan_taken(const std::shared_ptr<const schema::Resolved>& plan) = 0;

  // Something may have changed, or the time that this returned before has come.
  virtual core::Instant settled() = 0;

  virtual void close() = 0;

  // Another image of this daemon is about to take over: no more connections are taken, which wait
  // for it, and those that are there end with the answers that are under way. Or it is not.
  virtual void set_finishing(bool /*finishing*/) {}

  // How many there are.
  virtual std::size_t connections() const { return 0; }

  // For the next image of this daemon: the sockets that listen, by address, and the other side.
  virtual std::vector<std::pair<std::string, int>> sockets() const { return {}; }

  virtual void inherit(std::vector<std::pair<std::string, int>> /*sockets*/) {}

  // Why no other image may take over just now; empty if it may.
  virtual std::string objection_to_upgrade() const { return {}; }
};

using MakeServers = std::function<std::unique_ptr<Servers>(core::Supervisor&, core::Machine&)>;

}  // namespace sup::host
