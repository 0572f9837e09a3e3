// The events of a pool on disk (events_spool): what a record of the file looks like, and the books
// of which events still wait. The file itself is the host's business (host/event_spool.h).
//
// A file begins with spool_header. A record is the length of its body (4 bytes, little endian), a
// checksum of length and body (8 bytes), and the body, which is CBOR: an event, or that the event
// with this serial of the pool is done with.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/core/event_pool.h"
#include "runtime/core/types.h"

namespace sup::core {

constexpr std::string_view spool_header = "suprun events 1\n";

// No record is longer; who finds one has found something else.
constexpr std::size_t longest_spool_record = std::size_t{256} << 20U;

enum class SpoolStep : std::uint8_t {
  kept,    // the event waits in memory, too
  stored,  // it waits on disk alone, behind those in memory
  again,   // a listener holds it, and its record went with those that were dropped
  done     // with the event
};

// What is to be written.
struct SpoolNote {
  GroupId pool = 0;
  std::int64_t pool_serial = 0;
  SpoolStep step = SpoolStep::kept;
  std::string record;
};

// The age of the event is written by the wall clock, and read back as age.
std::string spool_record(const QueuedEvent& event, const Now& now);
std::string spool_done_record(std::int64_t pool_serial);

struct SpoolRecord {
  bool is_done = false;
  std::int64_t pool_serial = 0;
  QueuedEvent event;  // unless it is done
};

struct SpoolReading {
  enum class State : std::uint8_t {
    complete,
    cut,  // there must be more bytes
    damaged
  };
  State state = State::cut;
  std::size_t size = 0;  // of a complete record; of one that is cut, if that is known: else 0
  SpoolRecord record;
};

// The record at the beginning of `bytes`.
SpoolReading read_spool_record(std::string_view bytes, const Now& now);

// Whether there is a whole record behind the first byte: what seems to be cut was damaged then.
bool has_later_record(std::string_view bytes);

// What another daemon left in a file, record by record.
class SpoolScan {
 public:
  void take(const SpoolRecord& record);

  // Serials of the events that are not done, in the order of the file.
  std::vector<std::int64_t> waiting();

  // Those that follow the highest that was seen.
  std::int64_t next_pool_serial() const { return next_pool_serial_; }

  std::int64_t next_serial() const { return next_serial_; }

 private:
  std::vector<std::int64_t> events_;
  std::vector<std::int64_t> done_;
  std::int64_t next_pool_serial_ = 0;
  std::int64_t next_serial_ = 0;
};

// Which events of one pool are on disk and not done, by serials of the pool.
class SpoolBook {
 public:
  // `waiting` is on disk, in this order. Of these, the pool has all up to `loaded_through` in
  // memory or is done with them, and has `in_memory`.
  void open(const std::vector<std::int64_t>& waiting, const std::vector<std::int64_t>& in_memory,
            std::int64_t loaded_through);

  void take(std::int64_t pool_serial, SpoolStep step);

  // The first event that is not in memory; it is loaded, or cannot be.
  std::optional<std::int64_t> next() const;
  void loaded();
  void lost();

  // All up to this one are no longer on disk.
  void drop_through(std::int64_t pool_serial);

  // How many are on disk alone.
  std::size_t stored() const { return stored_.size(); }

  bool empty() const { return kept_.empty() && stored_.empty(); }

  // Of those in memory and of the next one on disk; nothing if it is empty.
  std::optional<std::int64_t> oldest() const;

 private:
  std::set<std::int64_t> kept_;
  std::deque<std::int64_t> stored_;
};

}  // namespace sup::core
