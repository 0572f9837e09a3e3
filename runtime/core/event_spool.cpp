#include "runtime/core/event_spool.h"

#include <algorithm>
#include <limits>
#include <unordered_set>

#include "runtime/core/archive.h"
#include "schema/checksum.h"

namespace sup::core {

namespace {

constexpr std::size_t length_bytes = 4;
constexpr std::size_t head_bytes = length_bytes + 8;

void put(std::string& out, std::uint64_t number, std::size_t bytes) {
  for (std::size_t i = 0; i < bytes; ++i) out += static_cast<char>((number >> (8 * i)) & 0xffU);
}

std::uint64_t get(std::string_view bytes) {
  std::uint64_t number = 0;
  for (std::size_t i = bytes.size(); i > 0; --i) {
    number = number << 8U | static_cast<unsigned char>(bytes[i - 1]);
  }
  return number;
}

std::string with_head(const std::string& body) {
  std::string record;
  record.reserve(head_bytes + body.size());
  put(record, body.size(), length_bytes);
  put(record, schema::fnv1a(body, schema::fnv1a(record)), head_bytes - length_bytes);
  record += body;
  return record;
}

std::int64_t after(std::int64_t serial) {
  return serial == std::numeric_limits<std::int64_t>::max() ? serial : serial + 1;
}

SpoolRecord read_body(std::string_view body, const Now& now) {
  Loader archive(body);
  SpoolRecord record;
  archive(record.is_done, record.pool_serial);
  if (!record.is_done) {
    std::string type;
    Instant wall{};
    archive(record.event.serial, type, record.event.payload, wall);
    const std::optional<schema::EventType> known = schema::event_from_name(type);
    if (!known) throw schema::CborError{"an event of an unknown type"};
    record.event.type = *known;
    record.event.pool_serial = record.pool_serial;
    // By a clock that was set since, it may come from the future, or from long ago.
    constexpr Instant longest = std::chrono::hours(24 * 365);
    const Instant age = wall < now.wall && wall > now.wall - longest ? now.wall - wall : Instant{};
    record.event.accepted = now.steady - age;
  }
  if (!archive.cbor().at_end() || record.pool_serial < 0 || record.event.serial < 0) {
    throw schema::CborError{"not a record"};
  }
  return record;
}

}  // namespace

std::string spool_record(const QueuedEvent& event, const Now& now) {
  Saver archive;
  bool is_done = false;
  std::int64_t pool_serial = event.pool_serial;
  std::int64_t serial = event.serial;
  std::string type(schema::event_name(event.type));
  Instant wall = now.wall - (now.steady - event.accepted);
  archive(is_done, pool_serial, serial, type);
  archive.cbor().text(event.payload);
  archive(wall);
  return with_head(archive.take());
}

std::string spool_done_record(std::int64_t pool_serial) {
  Saver archive;
  bool is_done = true;
  archive(is_done, pool_serial);
  return with_head(archive.take());
}

SpoolReading read_spool_record(std::string_view bytes, const Now& now) {
  using State = SpoolReading::State;
  if (bytes.size() < head_bytes) return {};
  const std::size_t length = get(bytes.substr(0, length_bytes));
  if (length == 0 || length > longest_spool_record) return {State::damaged, 0, {}};
  const std::size_t size = head_bytes + length;
  if (bytes.size() < size) return {State::cut, size, {}};
  const std::string_view body = bytes.substr(head_bytes, length);
  const std::uint64_t checksum = schema::fnv1a(body, schema::fnv1a(bytes.substr(0, length_bytes)));
  if (checksum != get(bytes.substr(length_bytes, head_bytes - length_bytes))) {
    return {State::damaged, size, {}};
  }
  try {
    return {State::complete, size, read_body(body, now)};
  } catch (const schema::CborError&) {
    return {State::damaged, size, {}};
  }
}

bool has_later_record(std::string_view bytes) {
  for (std::size_t i = 1; i + head_bytes < bytes.size(); ++i) {
    if (read_spool_record(bytes.substr(i), {}).state == SpoolReading::State::complete) return true;
  }
  return false;
}

// ------------------------------------------------------------------------------------------ scan

void SpoolScan::take(const SpoolRecord& record) {
  next_pool_serial_ = std::max(next_pool_serial_, after(record.pool_serial));
  if (record.is_done) {
    done_.push_back(record.pool_serial);
    return;
  }
  next_serial_ = std::max(next_serial_, after(record.event.serial));
  events_.push_back(record.pool_serial);
}

std::vector<std::int64_t> SpoolScan::waiting() {
  std::ranges::sort(done_);
  std::unordered_set<std::int64_t> seen;  // an event may be there twice, and done once
  std::vector<std::int64_t> waiting;
  for (const std::int64_t serial : events_) {
    if (!std::ranges::binary_search(done_, serial) && seen.insert(serial).second) {
      waiting.push_back(serial);
    }
  }
  return waiting;
}

// ----------------------------------------------------------------------------------------- books

void SpoolBook::open(const std::vector<std::int64_t>& waiting,
                     const std::vector<std::int64_t>& in_memory, std::int64_t loaded_through) {
  kept_.clear();
  stored_.clear();
  const std::set<std::int64_t> known(in_memory.begin(), in_memory.end());
  for (const std::int64_t serial : waiting) {
    if (known.contains(serial)) {
      kept_.insert(serial);
    } else if (serial > loaded_through) {
      stored_.push_back(serial);
    }
  }
}

void SpoolBook::take(std::int64_t pool_serial, SpoolStep step) {
  switch (step) {
    case SpoolStep::kept:
    case SpoolStep::again: kept_.insert(pool_serial); break;
    case SpoolStep::stored: stored_.push_back(pool_serial); break;
    case SpoolStep::done: kept_.erase(pool_serial); break;
  }
}

std::optional<std::int64_t> SpoolBook::next() const {
  if (stored_.empty()) return std::nullopt;
  return stored_.front();
}

void SpoolBook::loaded() {
  kept_.insert(stored_.front());
  stored_.pop_front();
}

void SpoolBook::lost() { stored_.pop_front(); }

void SpoolBook::drop_through(std::int64_t pool_serial) {
  kept_.erase(kept_.begin(), kept_.upper_bound(pool_serial));
  std::erase_if(stored_, [&](std::int64_t serial) { return serial <= pool_serial; });
}

std::optional<std::int64_t> SpoolBook::oldest() const {
  if (empty()) return std::nullopt;
  if (kept_.empty()) return stored_.front();
  if (stored_.empty()) return *kept_.begin();
  return std::min(*kept_.begin(), stored_.front());
}

}  // namespace sup::core
