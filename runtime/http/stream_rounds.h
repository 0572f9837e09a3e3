// Connections that are sent something whenever there is something new, for ever: tails of logs and
// the event stream. However many there are, what else the daemon has to do goes first, and then
// waits for a few of them only.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "runtime/core/input.h"
#include "runtime/http/server_session.h"

namespace sup::http {

class StreamRounds {
 public:
  // From now on it is looked at in each round. Idempotent.
  void add(Session& session);

  // Begins a round when one is due, or goes on with it. `news` is another number than the last time
  // if any stream may have something to send; without, only their own times make a round due. The
  // time at which to ask again, though nothing else happens until then.
  core::Instant look(core::Now now, std::uint64_t news);

  void clear();

 private:
  std::vector<std::shared_ptr<Session>> waiting_;  // for the next round
  std::vector<std::shared_ptr<Session>> round_;    // of the one that is under way
  std::uint64_t known_news_ = 0;                   // when the last one began
  core::Instant news_due_ = core::never;           // when what is new since then is told
  core::Instant wake_ = core::never;               // of those that wait, the first
  core::Instant earliest_{};                       // that a round may begin
};

}  // namespace sup::http
