// The file of a pool with events_spool: DIR/POOL.spool, to which events and what became of them are
// appended (core/event_spool.h has the records).
//
// When half of events_spool_maxbytes is written, the file becomes POOL.spool.1 and a new one
// begins; the one before it is deleted, and what still waits in there is dropped. So the spool is
// never larger than events_spool_maxbytes, nothing is ever copied, and at least the newest half is
// kept. A file in which nothing waits is deleted or cut.
//
// What was written survives the end of the daemon, however that comes, but nothing is synced: of a
// machine that loses its power, what the system had not yet written is lost. A record that is cut
// off at the end of a file is dropped with a word; a file that is damaged elsewhere is set aside as
// POOL.spool.damaged, with what stands before the damage taken over.
//
// A full disk is told once. What cannot be written is kept in memory and tried again, up to four
// megabytes; then the oldest is dropped.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/core/event_spool.h"
#include "runtime/core/supervisor.h"
#include "runtime/host/log_file.h"
#include "runtime/host/retry.h"
#include "runtime/host/system.h"
#include "schema/result.h"

namespace sup::host {

class EventSpool {
 public:
  struct Settings {
    std::string folder;  // is made, if its parent exists; must belong to us and to nobody else
    std::string pool;
    std::int64_t maximum_bytes = 0;
  };

  explicit EventSpool(Settings settings, LogTrouble trouble);

  // Takes the lock, reads what is there. The pool has the events up to `loaded_through` in memory
  // (`in_memory`) or is done with them.
  schema::Status open(const std::vector<std::int64_t>& in_memory, std::int64_t loaded_through);

  std::size_t stored() const { return book_.stored(); }

  std::int64_t next_pool_serial() const { return next_pool_serial_; }

  std::int64_t next_serial() const { return next_serial_; }

  void add(const core::SpoolNote& note);

  // Writes what was added. Up to which serial of the pool events were dropped, if some were.
  std::optional<std::int64_t> flush();

  // The next events that are not in memory, at most so many.
  std::vector<core::QueuedEvent> load(std::size_t count);

 private:
  struct File {
    Descriptor descriptor;
    std::int64_t size = 0;
    std::int64_t last = -1;  // highest serial of an event in it

    explicit operator bool() const { return static_cast<bool>(descriptor); }
  };

  // Reads records in order, over both files and what is not written yet.
  struct Cursor {
    bool in_old = false;
    std::int64_t offset = 0;  // of the next record
    std::string bytes{};      // that were read from before or from there
    std::size_t used = 0;     // so many of them from before
  };

  enum class End : std::uint8_t { complete, cut, damaged };

  schema::Status open_folder();
  schema::Status lock();
  schema::Result<Descriptor> open_file(const std::string& name, int flags) const;
  schema::Status scan(const std::string& name, File& file, core::SpoolScan& scan);
  End scan_records(File& file, core::SpoolScan& scan, std::int64_t& good, int& error_number) const;
  schema::Status set_aside(const std::string& name, File& file, std::int64_t good);
  schema::Status begin_file();

  std::string path_of(const std::string& name) const { return settings_.folder + "/" + name; }

  std::int64_t half() const;
  void write_waiting();
  bool try_write();
  void make_room();
  void give_up();
  void drop_through(std::int64_t pool_serial);
  void forget_old();
  void tidy();
  bool fill(std::size_t wanted);
  std::optional<core::SpoolRecord> read_next();

  Settings settings_;
  LogTrouble trouble_;
  Descriptor folder_;
  Descriptor lock_;
  std::string name_;
  File old_;
  File current_;
  std::string waiting_;  // to be written behind the end of the current file
  std::int64_t waiting_last_ = -1;
  std::optional<std::int64_t> dropped_;  // and not told yet
  bool failing_ = false;
  Cursor cursor_;
  core::SpoolBook book_;
  std::int64_t next_pool_serial_ = 0;
  std::int64_t next_serial_ = 0;
};

// Those of all pools of a daemon.
class EventSpools {
 public:
  struct Parts {
    core::Supervisor& supervisor;
    LogTrouble log;
    // A fact for the supervisor.
    std::function<void(const core::Input&)> feed;
    // Of relative folders.
    std::string folder;
  };

  explicit EventSpools(Parts parts) : parts_(std::move(parts)) {}

  void open(const core::effect::OpenSpool& order);
  void load(const core::effect::LoadSpool& order);
  void close(core::GroupId pool);
  void close_all();

  // Writes what the supervisor noted.
  void flush();

  // When those that the system did not let us open are to be opened again; and that.
  core::Instant due() const { return retry_.due(); }

  void try_again();

 private:
  Parts parts_;
  std::map<core::GroupId, std::unique_ptr<EventSpool>> spools_;
  std::set<core::GroupId> failed_;
  Retry retry_;
};

}  // namespace sup::host
