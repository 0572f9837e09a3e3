#include "runtime/http/stream_rounds.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace sup::http {

namespace {

// Rounds begin no more often than this.
constexpr core::Instant distance = std::chrono::milliseconds(50);
// What is new is told a little later: whoever restarts a process does not wait until a thousand
// have heard that it ended, and they hear of its start with it.
constexpr core::Instant precedence = std::chrono::milliseconds(10);
// What is done at one go, in what it costs to look whether there is something to send. Sending
// takes some five to twenty microseconds.
constexpr int most_at_once = 64;
constexpr int cost_of_sending = 8;

}  // namespace

void StreamRounds::add(Session& session) {
  // One that is being sent something comes again when that is taken.
  if (const LaterAnswer* later = session.later(); later != nullptr && !session.is_sending()) {
    wake_ = std::min(wake_, later->wake());
  }
  if (!std::exchange(session.is_streamed, true)) {
    waiting_.push_back(session.shared_from_this());
  }
}

void StreamRounds::clear() {
  waiting_.clear();
  round_.clear();
  news_due_ = core::never;
  wake_ = core::never;
}

core::Instant StreamRounds::look(core::Now now, std::uint64_t news) {
  if (round_.empty()) {
    if (waiting_.empty()) {
      known_news_ = news;
      return core::never;
    }
    if (news != known_news_) {
      news_due_ = std::min(news_due_, now.steady + precedence);
    }
    const core::Instant due = std::min(news_due_, wake_);
    const core::Instant begins = due == core::never ? due : std::max(due, earliest_);
    if (now.steady < begins) {
      return begins;
    }
    round_.swap(waiting_);
    known_news_ = news;
    news_due_ = core::never;
    wake_ = core::never;
    earliest_ = now.steady + distance;
  }
  for (int cost = 0; !round_.empty() && cost < most_at_once;) {
    const std::shared_ptr<Session> session = std::move(round_.back());
    round_.pop_back();
    session->is_streamed = false;
    cost += session->look(now) ? cost_of_sending : 1;
  }
  // After the last one, for the time of the next round.
  return now.steady;
}

}  // namespace sup::http
