// What a daemon remembers, in memory that outlives it: a file without a name (memfd) that the
// keeper holds, too (keeper.h). Writing there costs no system call.
//
// It is a list of records. begin() starts a new list, which takes the place of the one before with
// the next commit(); append() adds to it; only what was committed counts, all of a commit or
// nothing. So the state is always one between two steps of the daemon, whenever it is killed.
//
// There is also the room that output of children is read into. A read is announced before: what a
// daemon read and did not get done with is found there by the next one.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "runtime/host/system.h"
#include "schema/result.h"

namespace sup::host {

enum class RecordKind : std::uint8_t {
  supervisor = 1,  // core::Supervisor::save
  process,         // core::Supervisor::save_process, newer than that
  child,           // ChildRow
  socket,          // SocketRow
  daemon,          // DaemonRow
  read_done,       // of the class itself
  event,           // of core::Supervisor::Changes
  starting         // ChildRow, without a pid: of a child that is about to be started
};

class StateMemory {
 public:
  static constexpr std::size_t buffer_bytes = std::size_t{128} << 10U;

  static schema::Result<std::unique_ptr<StateMemory>> make();
  // Of another daemon; takes the descriptor. Refuses what is none; an error with an errno is the
  // system's and takes nothing.
  static schema::Result<std::unique_ptr<StateMemory>> open(Descriptor& file);

  ~StateMemory();

  // Nothing is to be remembered any more. Who has the descriptor alone can see it.
  void finish();
  static bool is_finished(const Descriptor& file);
  StateMemory(const StateMemory&) = delete;
  StateMemory& operator=(const StateMemory&) = delete;

  int descriptor() const { return file_.get(); }

  void begin();
  // Too much is not taken; see is_full().
  void append(RecordKind kind, std::string_view bytes);
  void commit();

  // A new list would be much shorter.
  bool is_long() const;

  bool is_full() const { return full_; }

  struct Record {
    RecordKind kind;
    std::string_view bytes;  // as long as nothing is written
  };

  // What was committed last.
  std::vector<Record> records() const;

  // Output of children.
  struct Reading {
    std::uint64_t number = 0;    // given by begin_read
    std::uint64_t token = 0;     // of the child
    std::uint32_t channel = 0;   // index
    std::uint32_t log_file = 0;  // of the log before, see LogFile::file()
    std::size_t size = 0;        // so many bytes are there and will be read, at most buffer_bytes
    std::int64_t log_size = 0;   // likewise
  };

  char* buffer() const { return buffer_; }

  // read() into buffer() follows.
  void begin_read(Reading reading);
  // Everything that the bytes lead to was done. A commit before says so, too: what it tells of was
  // done with them.
  void end_read();
  bool is_reading() const;

  // What the other daemon had read and was not done with; the bytes are in buffer().
  std::optional<Reading> lost_read() const;

  // A listener is being written to, 0: none: whether it got the bytes is not known when the daemon
  // is killed now.
  void begin_write(std::uint64_t token);
  std::uint64_t lost_write() const;

 private:
  struct Header;

  StateMemory(Descriptor file, void* memory);
  char* half(unsigned number) const;

  Descriptor file_;
  Header* header_ = nullptr;
  char* buffer_ = nullptr;
  unsigned half_ = 0;           // that is written
  std::size_t tail_ = 0;        // of it
  std::size_t first_size_ = 0;  // of the list when it was committed first
  bool is_new_ = false;         // not committed yet
  bool full_ = false;
  std::uint64_t reads_ = 0;
};

}  // namespace sup::host
