#include "runtime/http/failure_delay.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace sup::http {

namespace {

// What is long ago is forgiven, one failure for two seconds.
constexpr core::Instant forgiving = std::chrono::seconds(2);
constexpr core::Instant shortest_delay = std::chrono::milliseconds(100);
constexpr core::Instant longest_delay = std::chrono::seconds(2);
constexpr int most_failures = 8;

constexpr int most_waiting_at_one = 8;
constexpr int most_waiting = 128;

// Of all sources that are not known: so many at once, and then one each time.
constexpr core::Instant distance_of_all = std::chrono::milliseconds(50);
constexpr int burst_of_all = 100;

// What is remembered of sources. Far more than the bound on all lets fail before it is forgiven.
constexpr std::size_t most_sources = 1024;
constexpr std::size_t most_known = 256;

int left_of(int failures, core::Instant last, core::Instant now) {
  const auto forgiven = (now - last) / forgiving;
  return forgiven >= failures ? 0 : failures - static_cast<int>(forgiven);
}

}  // namespace

bool FailureDelay::is_known(const std::string& source) const {
  return source == owner || known_.contains(source);
}

// When a failure of a source that is not known fits among those of all others.
core::Instant FailureDelay::free_at(core::Instant now) const {
  return std::max(now, spent_until_ - distance_of_all * (burst_of_all - 1));
}

core::Instant FailureDelay::due(const std::string& source, core::Instant now) const {
  const core::Instant of_all = is_known(source) ? now : free_at(now);
  const auto found = sources_.find(source);
  return found == sources_.end() ? of_all : std::max(of_all, found->second.closed_until);
}

FailureDelay::Verdict FailureDelay::ask(const std::string& source, core::Instant now) {
  const auto found = sources_.find(source);
  const int waiting = found == sources_.end() ? 0 : found->second.waiting;
  if (waiting == 0 && due(source, now) <= now) {
    return Verdict::look;
  }
  if (waiting >= most_waiting_at_one || waiting_ >= most_waiting) {
    return Verdict::refuse;
  }
  ++sources_[source].waiting;
  ++waiting_;
  return Verdict::wait;
}

bool FailureDelay::takes_turn(const std::string& source, core::Instant now) {
  if (due(source, now) > now) {
    return false;
  }
  leave(source);
  return true;
}

void FailureDelay::leave(const std::string& source) {
  const auto found = sources_.find(source);
  if (found != sources_.end() && found->second.waiting > 0) {
    --found->second.waiting;
    --waiting_;
    if (found->second.waiting == 0 && found->second.failures == 0) {
      sources_.erase(found);
    }
  }
}

core::Instant FailureDelay::failed(const std::string& source, core::Instant now) {
  if (!is_known(source)) {
    spent_until_ = std::max(spent_until_, now) + distance_of_all;
  }
  if (sources_.size() >= most_sources && !sources_.contains(source)) {
    forgive(now);
  }
  Source& of = sources_[source];
  of.failures = std::min(left_of(of.failures, of.last, now) + 1, most_failures);
  of.last = now;
  of.closed_until = now + std::min(shortest_delay * (1 << (of.failures - 1)), longest_delay);
  return of.closed_until;
}

void FailureDelay::succeeded(const std::string& source, core::Instant now) {
  if (source == owner) {
    return;
  }
  if (known_.size() >= most_known && !known_.contains(source)) {
    known_.erase(std::min_element(known_.begin(), known_.end(), [](const auto& a, const auto& b) {
      return a.second < b.second;
    }));
  }
  known_[source] = now;
}

// Makes place for another one: what time has forgiven goes, else what failed the longest ago.
void FailureDelay::forgive(core::Instant now) {
  std::erase_if(sources_, [now](const auto& row) {
    const Source& of = row.second;
    return of.waiting == 0 && of.closed_until <= now && left_of(of.failures, of.last, now) == 0;
  });
  auto oldest = sources_.end();
  for (auto row = sources_.begin(); row != sources_.end(); ++row) {
    if (row->second.waiting == 0 &&
        (oldest == sources_.end() || row->second.last < oldest->second.last)) {
      oldest = row;
    }
  }
  if (sources_.size() >= most_sources && oldest != sources_.end()) {
    sources_.erase(oldest);
  }
}

}  // namespace sup::http
