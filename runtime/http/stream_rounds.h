// Connections that are sent something whenever there is something new, for ever: tails of logs and
// the event stream. However many there are, what else the daemon has to do waits for a few of them
// only.
#pragma once

#include <memory>
#include <vector>

#include "runtime/core/input.h"
#include "runtime/http/server_session.h"

namespace sup::http {

class StreamRounds {
 public:
  // From now on it is looked at in each round. Idempotent.
  void add(Session& session);

  // Begins a round when one is due, or goes on with it. The time at which to ask again, though
  // nothing else happens until then.
  core::Instant look(core::Now now);

  void clear();

 private:
  std::vector<std::shared_ptr<Session>> waiting_;  // for the next round
  std::vector<std::shared_ptr<Session>> round_;    // of the one that is under way
  core::Instant next_round_{};
};

}  // namespace sup::http
