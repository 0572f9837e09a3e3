#include "tests/sim/event_ledger.h"

#include <algorithm>
#include <optional>

#include <gtest/gtest.h>

#include "schema/events.h"

namespace sup::sim {

namespace {

// What stands between two texts of a line.
std::optional<std::string> between(const std::string& line, std::string_view before,
                                   std::string_view after) {
  const std::size_t begin = line.find(before);
  if (begin == std::string::npos) return std::nullopt;
  const std::size_t from = begin + before.size();
  const std::size_t end = after.empty() ? line.size() : line.find(after, from);
  if (end == std::string::npos) return std::nullopt;
  return line.substr(from, end - from);
}

}  // namespace

void EventLedger::update() {
  // Lines and deliveries come from the same steps; a delivery has its line, which keeps the order.
  std::size_t next = 0;
  for (const FakeHost::Line& line : host_.log) {
    take_line(line.text);
    const auto listener = between(line.text, " sent to listener ", "");
    if (!listener || next >= host_.written.size()) continue;
    const FakeHost::Received& event = host_.written[next];
    if (line.text.starts_with("event " + std::to_string(event.serial) + " ") &&
        host_.core().spec(event.process).name == *listener) {
      take_delivery(event);
      ++next;
    }
  }
  EXPECT_EQ(next, host_.written.size()) << "an event was given out without a line";
  host_.log.clear();
  host_.events.clear();
  host_.written.clear();
  host_.kills.clear();
  host_.starts.clear();
  host_.output.clear();
  if (std::exchange(restarts_, host_.restarted) != host_.restarted) {
    pools_.clear();
    held_.clear();
    witnessed_.clear();
  }
}

void EventLedger::take_line(const std::string& line) {
  if (const auto serial = between(line, "rebuffering event ", " for pool ")) {
    Pool& pool = pools_[*between(line, " for pool ", " (buf")];
    const std::int64_t number = std::stoll(*serial);
    EXPECT_FALSE(pool.done.contains(number)) << "given back although done: " << line;
    pool.returned.insert(number);
  } else if (const auto dropped = between(line, "discarding event ", "")) {
    Pool& pool = pools_[*between(line, "pool ", " event buffer")];
    const std::int64_t number = std::stoll(*dropped);
    EXPECT_TRUE(pool.dropped.insert(number).second) << "thrown away twice: " << line;
    pool.returned.erase(number);
  } else if (const auto through = between(line, " up to poolserial ", "")) {
    Pool& pool = pools_[*between(line, "pool ", " event spool")];
    pool.spool_dropped_through = std::stoll(*through);
    std::erase_if(pool.returned, [&](std::int64_t event) {
      return pool.given.contains(event) && pool.given[event] <= pool.spool_dropped_through;
    });
  } else if (line.ends_with(": event was processed")) {
    const std::string listener = line.substr(0, line.size() - 21);
    const auto held = held_.find(listener);
    if (held == held_.end()) {
      ADD_FAILURE() << "nothing was given: " << line;
      return;
    }
    const ProcessId id = host_.id(listener);
    pools_[host_.core().group(id).name].done.insert(held->second);
    held_.erase(held);
  }
}

void EventLedger::take_delivery(const FakeHost::Received& event) {
  ++deliveries_;
  const std::string& name = host_.core().group(event.process).name;
  Pool& pool = pools_[name];
  held_[host_.core().spec(event.process).name] = event.serial;
  EXPECT_FALSE(pool.dropped.contains(event.serial)) << "thrown away and given: " << event.header;
  if (pool.given.contains(event.serial)) {
    EXPECT_EQ(pool.given[event.serial], event.pool_serial) << event.header;
    EXPECT_TRUE(pool.returned.contains(event.serial)) << "doubled: " << event.header;
  }
  // Those that came back go first, in their order.
  EXPECT_TRUE(pool.returned.empty() || *pool.returned.begin() >= event.serial)
      << "overtook one that came back: " << event.header;
  pool.returned.erase(event.serial);
  if (pool.given.contains(event.serial)) return;
  if (!pool.given.empty()) {
    EXPECT_GT(event.serial, pool.given.rbegin()->first) << "out of order: " << event.header;
    EXPECT_GT(event.pool_serial, pool.given.rbegin()->second) << "out of order: " << event.header;
  }
  // Numbers that were left out are those of events that were thrown away before anyone had them.
  std::int64_t lost = 0;
  for (const std::int64_t serial : pool.dropped) {
    if (serial < event.serial && !pool.given.contains(serial)) ++lost;
  }
  lost += pool.spool_dropped;
  const std::int64_t expected = static_cast<std::int64_t>(pool.given.size()) + lost;
  if (event.pool_serial > expected && event.pool_serial <= pool.spool_dropped_through + 1) {
    pool.spool_dropped += event.pool_serial - expected;
    lost += event.pool_serial - expected;
  }
  EXPECT_EQ(event.pool_serial, static_cast<std::int64_t>(pool.given.size()) + lost)
      << "lost without a word: " << event.header;
  pool.given.emplace(event.serial, event.pool_serial);
  if (name != witness_) return;
  EXPECT_TRUE(witnessed_.empty() || event.serial == witnessed_.rbegin()->first + 1)
      << "the witness missed one before " << event.header;
  witnessed_.emplace(event.serial, event.name);
  // A pool that comes again under this name is another one.
  if (event.name == "PROCESS_GROUP_REMOVED") {
    pools_.erase(event.payload.substr(10, event.payload.size() - 11));
  }
}

void EventLedger::close_books() {
  update();
  const schema::Resolved& resolved = host_.core().resolved();
  for (const schema::Group& group : resolved.groups) {
    const auto found = pools_.find(group.name);
    if (group.name == witness_ || found == pools_.end() || found->second.given.empty()) continue;
    const Pool& pool = found->second;
    std::int64_t missing = 0;
    for (const auto& [serial, name] : witnessed_) {
      if (serial < pool.given.begin()->first || serial > pool.given.rbegin()->first) continue;
      const schema::EventType type = *schema::event_from_name(name);
      const bool wanted = std::ranges::any_of(*group.listener.events, [&](schema::EventType entry) {
        return schema::event_is_a(type, entry);
      });
      const bool accounted = pool.given.contains(serial) || pool.dropped.contains(serial);
      if (wanted && !accounted && ++missing <= pool.spool_dropped) continue;
      EXPECT_EQ(accounted, wanted) << group.name << ": " << name << " " << serial;
    }
  }
}

}  // namespace sup::sim
