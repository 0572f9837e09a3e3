#include "runtime/http/stream_rounds.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace sup::http {

namespace {

// Rounds begin no more often than this.
constexpr core::Instant distance = std::chrono::milliseconds(50);
// What is done at one go, in what it costs to look whether there is something to send. Sending
// takes some five to twenty microseconds.
constexpr int most_at_once = 128;
constexpr int cost_of_sending = 8;

}  // namespace

void StreamRounds::add(Session& session) {
  if (!std::exchange(session.is_streamed, true)) {
    waiting_.push_back(session.shared_from_this());
  }
}

void StreamRounds::clear() {
  waiting_.clear();
  round_.clear();
}

core::Instant StreamRounds::look(core::Now now) {
  const bool begins = round_.empty() && now.steady >= next_round_;
  if (begins) {
    round_.swap(waiting_);
    next_round_ = now.steady + distance;
  }
  core::Instant next = core::never;
  for (int cost = 0; !round_.empty() && cost < most_at_once;) {
    const std::shared_ptr<Session> session = std::move(round_.back());
    round_.pop_back();
    session->is_streamed = false;
    cost += session->look(now) ? cost_of_sending : 1;
    const LaterAnswer* later = session->later();
    if (later != nullptr && !session->is_sending()) {
      next = std::min(next, later->wake());
    }
  }
  if (!round_.empty()) {
    return now.steady;
  }
  // What happened since those were looked at that were asked first, or since the last round.
  return begins || waiting_.empty() ? next : next_round_;
}

}  // namespace sup::http
