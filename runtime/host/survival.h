// What the daemon does so that its children outlive it: it writes down what it remembers whenever
// that changes (state_memory.h), gives the keeper what must stay open (keeper.h), and at its start
// finds what a daemon before it left behind. The same notes lead the next image of this daemon
// through an upgrade in place.
//
// Processes are named by group and name; ids mean nothing to another daemon.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "runtime/core/supervisor.h"
#include "runtime/host/children.h"
#include "runtime/host/fcgi_sockets.h"
#include "runtime/host/keeper.h"
#include "runtime/host/retry.h"
#include "runtime/host/state_memory.h"

namespace sup::host {

struct LogName {
  std::string path;  // empty: none
  bool is_automatic = false;
};

// Of one process.
struct ChildRow {
  std::string group;
  std::string name;
  std::array<LogName, 2> logs;
  std::string socket_key;  // whose FastCGI socket the child has
  SavedChild child;
  std::array<int, 4> numbers{-1, -1, -1, -1};  // of descriptors, in an upgrade
};

// Of one FastCGI socket.
struct SocketRow {
  FcgiSockets::Saved socket;
  std::uint64_t token = 0;
};

struct NamedDescriptor {
  std::string name;
  int number = -1;
};

// Of the daemon, in an upgrade.
struct DaemonRow {
  std::string version;
  std::string directory;  // current
  int pidfile_lock = -1;
  int keeper = -1;
  std::int64_t upgrades = 0;  // with the one to come
  // Of others, by name: control sockets.
  std::vector<NamedDescriptor> descriptors;
};

// A child whose start the other daemon did not live to note.
struct StartedChild {
  ChildRow row;
  ChildDescriptors descriptors;
};

// What another daemon, or image, left.
struct Legacy {
  std::unique_ptr<StateMemory> memory;
  std::string supervisor;
  std::vector<std::string> processes;
  std::vector<std::string> events;
  std::map<std::pair<std::string, std::string>, ChildRow> children;  // by group and name
  std::vector<SocketRow> sockets;
  DaemonRow daemon;
  std::map<std::uint64_t, std::vector<Descriptor>> held;  // by token
  std::map<std::uint64_t, Descriptor> pidfds;             // of children that live, by token
  std::optional<ChildRow> starting;                       // the last start that was begun
};

// The descriptors of a child, as Survival::starting gave them to the keeper.
ChildDescriptors place_descriptors(const SavedChild& child, std::vector<Descriptor> held);

// The child that was being started when the other daemon was ended, if it runs and nobody noted it;
// its descriptors are taken out of what is held.
std::optional<StartedChild> take_started(Legacy& legacy);

// The error says that it is damaged or of another version.
schema::Result<Legacy> read_legacy(std::unique_ptr<StateMemory> memory);

struct UpgradeNotes {
  std::unique_ptr<StateMemory> memory;
  std::vector<int> descriptors;  // that must stay open, with that of the memory
};

class Survival {
 public:
  struct Parts {
    core::Supervisor& supervisor;
    Children& children;
    FcgiSockets& sockets;
    std::function<std::array<LogName, 2>(core::ProcessId)> log_names;
    std::function<std::string(core::ProcessId)> socket_key;
    LogTrouble log;
  };

  explicit Survival(Parts parts) : parts_(std::move(parts)) {}

  // A keeper that waits for the next daemon at `path`, and what it holds; nothing if there is none,
  // or what it holds is of no use, which is told. An error if there is one and it cannot be had
  // just now: whoever started all the same would start everything twice.
  schema::Result<std::optional<Legacy>> find(const std::string& path);

  // From here on everything is written down, and a keeper lives. It lets go so many seconds after a
  // sudden end of ours. What cannot be done is told, done without, and tried again.
  void begin(const std::string& path, int patience_seconds);

  // The keeper that the image before this one had.
  void adopt_keeper(const std::string& path, Descriptor socket, int patience_seconds);

  bool is_on() const { return memory_ != nullptr; }

  // A child is about to be started, or is no longer needed.
  void starting(core::ProcessId id, const SavedChild& child, const std::array<int, 3>& descriptors);
  void finished(std::uint64_t token);

  // Writes down what was changed, but not of the processes in `later`, to which something was
  // ordered that is not done yet.
  void record(const std::set<core::ProcessId>& later = {});

  // An event is about to be written to a listener: it is written down before that it was.
  void before_write(core::ProcessId listener, const std::set<core::ProcessId>& later);

  // The keeper: its socket can be written to, or it has ended.
  int keeper_descriptor() const { return keeper_ ? keeper_->descriptor() : -1; }

  // Whether more waits until it can be written to.
  bool serve_keeper();

  bool keeper_waits() const { return keeper_ && keeper_->has_unsent(); }

  // When serve_keeper() is to be called in any case.
  core::Instant keeper_due() const { return keeper_due_; }

  // It could not be watched.
  void look_at_keeper_at(core::Instant time) { keeper_due_ = std::min(keeper_due_, time); }

  // The keeper closes its duplicate as well, before this returns.
  void socket_closed(const std::string& key);

  // The keeper has this socket already.
  void know_socket(const SocketRow& row) { socket_tokens_[row.socket.key] = row.token; }

  // The keeper lets go what the other daemon had and nobody uses.
  void forget_rest(const Legacy& legacy);

  // Everything, for the next image of this daemon. Nothing, and a word, if that cannot be.
  std::optional<UpgradeNotes> save_for_upgrade(DaemonRow row) const;

  // A clean end: nothing is to be kept.
  void end();

 private:
  schema::Status begin_memory();
  schema::Status begin_keeper();
  void wait_longer(core::Instant time);
  void write_all();
  void write_child(core::ProcessId id);
  void hold_child(std::uint64_t token, const std::array<int, 3>& descriptors);
  void hold_sockets();
  void hold_everything();
  ChildRow row_of(core::ProcessId id) const;

  Parts parts_;
  std::unique_ptr<StateMemory> memory_;
  std::unique_ptr<KeeperLink> keeper_;
  int patience_seconds_ = 0;
  core::Instant keeper_due_ = core::never;
  core::Instant keeper_since_{};
  Retry keeper_retry_;  // of one that lasts
  bool told_full_ = false;
  bool everything_changed_ = false;
  std::set<core::ProcessId> deferred_;
  std::map<core::ProcessId, std::pair<std::uint64_t, bool>> written_;  // token, and unsent input
  std::map<std::string, std::uint64_t> socket_tokens_;                 // by key
  std::uint64_t sockets_generation_ = 0;
  std::uint64_t last_socket_token_ = 0;
};

}  // namespace sup::host
