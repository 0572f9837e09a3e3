// What requests need of the machine beyond the supervisor's own tables: files, the clock, the
// execution of orders. The host implements it (host/daemon_machine.h), tests have a fake; so the
// methods of rpc/ and the routes of http/ stay free of system calls.
#pragma once

#include <cstdint>
#include <ctime>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "runtime/core/effect.h"
#include "runtime/core/types.h"
#include "schema/instantiate.h"
#include "schema/result.h"

namespace sup::core {

// A log file that is open for reading; closed when this is destroyed.
class LogReader {
 public:
  virtual ~LogReader() = default;

  // Bytes; nothing if it cannot be told.
  virtual std::optional<std::int64_t> size() const = 0;

  // What there is of `length` bytes from `offset` on; nothing if reading fails.
  virtual std::optional<std::string> read(std::int64_t offset, std::size_t length) const = 0;

  // When it was last written to, seconds since 1970.
  virtual std::int64_t modified() const = 0;

  // False when there is another file of that name by now. Without any file of that name this one
  // counts as current.
  virtual bool is_current() const = 0;

  // Another number than before if the daemon wrote to a log of that name, or made it another file.
  // What others do to it does not count.
  virtual std::uint64_t changes() const = 0;

  // The file that has the name by now, opened with the same caution; null if there is none that may
  // be read.
  virtual std::unique_ptr<LogReader> next() const = 0;
};

// Why a command cannot be run, in Supervisor's words.
struct CommandProblem {
  bool not_found = false;  // else it is there, but no program for us
  std::string text;
};

// Which configuration is read.
struct PlanSource {
  std::string file;  // of this machine; empty: the daemon's own
  // How many processes a program has, whatever the file says.
  std::map<std::string, std::int64_t> numprocs;
};

// What is kept for a process that does not read its standard input. Beyond, input is not taken.
inline constexpr std::size_t most_input = std::size_t{16} << 20U;

class Machine {
 public:
  virtual ~Machine() = default;

  virtual Now now() const = 0;
  virtual int pid() const = 0;

  // Another number whenever processes came or went, or their logs have other names.
  virtual std::uint64_t table_generation() const = 0;

  // In the daemon's time zone.
  virtual std::tm local_time(std::int64_t seconds) const = 0;

  // The number of a configured user; nothing if there is none of this name.
  virtual std::optional<std::int64_t> user_number(const std::string& user) const = 0;

  struct Owner {
    unsigned user = 0;
    unsigned group = 0;
  };

  // Of a file; without a group it is the user's first one.
  virtual schema::Result<Owner> find_owner(const schema::UserGroupValue& owner) const = 0;

  // Paths; empty when output of that kind goes to no file. Valid until the next order.
  virtual const std::string& log_path(ProcessId process, Channel channel) const = 0;
  virtual std::string activity_log_path() const = 0;

  virtual bool file_exists(const std::string& path) const = 0;

  // Regular files only; null, if it cannot be opened.
  virtual std::unique_ptr<LogReader> open_log(const std::string& path) const = 0;

  // Greater than before whenever changes() of any reader is another number than before.
  virtual std::uint64_t log_changes() const = 0;

  // Deletes and opens anew the logs of a process that runs; of another one nothing.
  virtual schema::Status clear_logs(ProcessId process) = 0;
  virtual schema::Status clear_activity_log() = 0;

  // Bytes; nothing if there is no such file.
  virtual std::optional<std::int64_t> file_size(const std::string& path) const = 0;

  // What a process uses, without its children.
  struct Usage {
    double cpu_seconds = 0;  // since it began
    std::int64_t resident_bytes = 0;
  };

  // Nothing if there is no such process any more.
  virtual std::optional<Usage> usage(int pid) const = 0;

  // Where something of the plan is written, "conf.d/web.conf:12"; empty if that is not known.
  virtual std::string place(schema::Origin origin) const = 0;

  // What a start would find wrong with the command now.
  virtual std::optional<CommandProblem> command_problem(ProcessId process) const = 0;

  // Whether standard input of the process can still be written to.
  virtual bool takes_input(ProcessId process) const = 0;

  // How many bytes are taken for it now, though it may not read them yet.
  virtual std::size_t input_room(ProcessId process) const = 0;

  // Executes the orders and tells the core what came of them.
  virtual void carry_out(Effects& orders) = 0;

  // The activity log.
  virtual bool logs(Level level) const = 0;
  virtual void log(Level level, const std::string& text) = 0;

  // Another image of the program takes the place of this one: what became of the one that was asked
  // for last.
  enum class UpgradeState : std::uint8_t {
    none,
    checking,  // the new program is asked whether it can go on from here
    ready,     // it can, and will when the answers that are under way are sent
    refused
  };

  struct UpgradeProgress {
    UpgradeState state = UpgradeState::none;
    std::string reason;  // of a refusal
  };

  virtual schema::Status begin_upgrade() = 0;
  virtual UpgradeProgress upgrade_progress() const = 0;

  // How many images of the program this daemon had before.
  virtual std::int64_t upgrades() const = 0;

  // The configuration as its file has it now. The error is a sentence or several lines.
  virtual schema::Result<std::shared_ptr<const schema::Resolved>> read_configuration(
      const PlanSource& source) = 0;
};

}  // namespace sup::core
