// A world in memory and virtual time for tests of the core: it carries out effects, keeps children
// that follow a script, and moves time to whatever is due next. An hour takes a millisecond.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/core/supervisor.h"
#include "schema/instantiate.h"

namespace sup::sim {

using core::Channel;
using core::ExitStatus;
using core::GroupId;
using core::Instant;
using core::Level;
using core::ProcessId;
using schema::ProcessState;

Instant seconds(double count);

// Builds a configuration without reading one.
class Configuration {
 public:
  using Change = std::function<void(schema::ProcessOptions&)>;

  Configuration();

  // A program of one process, alone in its group.
  Configuration& program(const std::string& name, const Change& change = {});
  // A group of processes in the order given.
  Configuration& group(const std::string& name, std::int64_t priority,
                       const std::vector<std::pair<std::string, Change>>& processes);
  Configuration& listener(const std::string& name, std::vector<schema::EventType> events,
                          std::int64_t buffer_size = 10, int count = 1, const Change& change = {},
                          const std::function<void(schema::EventListenerOptions&)>& pool = {});
  // A group of FastCGI processes on a socket of this mode.
  Configuration& fcgi(const std::string& name, int count, int mode);

  schema::SupervisordOptions& supervisord() { return resolved_.supervisord; }

  // Sorted as instantiate does.
  std::shared_ptr<const schema::Resolved> build() const;

 private:
  schema::Resolved resolved_;
};

// What a child does with each event that it gets.
enum class Answer : std::uint8_t { accept, fail, nothing, garbage, exit };

struct Script {
  Instant lives = core::never;  // then it ends by itself
  ExitStatus status{};
  bool ignores_stop = false;      // any signal but SIGKILL
  Instant dies_after{};           // from the signal to the end
  std::string output{};           // written at its start
  std::vector<Answer> answers{};  // to its events in order; the last one repeats
  Instant thinks{};               // from event to answer
  bool is_listener = false;       // says READY
  bool stdin_closed = false;
};

class FakeHost {
 public:
  struct Line {
    Instant at;
    Level level;
    std::string text;
  };

  struct Sent {
    Instant at;
    ProcessId process;
    int pid;
    int signal;
    bool whole_group;
  };

  struct Started {
    Instant at;
    ProcessId process;
  };

  struct Received {
    Instant at;
    ProcessId process;
    std::string name;
    std::string header;
    std::string payload;
    std::int64_t serial;
    std::int64_t pool_serial;
  };

  explicit FakeHost(const Configuration& configuration, const core::Compat& compat = {});

  // Behaviour of a process's children from now on; the n-th start may have its own.
  std::map<std::string, std::vector<Script>> scripts;
  std::set<int> failing_spawns;                       // by number, from 1
  std::shared_ptr<const schema::Resolved> next_plan;  // for LoadPlan; none: refused
  std::set<std::string> unkillable;                   // kill(2) says EPERM
  std::chrono::nanoseconds wall_offset = std::chrono::seconds(1795402800);

  std::vector<Line> log;
  std::vector<Sent> kills;
  std::vector<Started> starts;
  std::vector<Received> events;
  std::vector<Received> written;  // the same with those that found a closed standard input
  std::map<std::string, std::string> output;  // by "name stdout"
  std::optional<int> quit;
  int reopened = 0;
  int restarted = 0;
  int updated = 0;
  std::vector<ProcessId> added;
  std::vector<ProcessId> changed;
  std::vector<ProcessId> removed;
  std::uint64_t steps = 0;
  std::function<void()> after_step;  // after each input, when its effects were carried out

  core::Supervisor& core() { return core_; }

  const core::Supervisor& core() const { return core_; }

  // At least so many events that wait on disk alone were loaded.
  std::uint64_t loaded = 0;
  // Events of a spool, done or not, that there is room for: beyond it, the older half is dropped.
  std::size_t spool_room = 1000000;
  // Nothing can be written: what belongs into logs is lost and counted, what belongs into spools is
  // kept in memory, and given up when that is full.
  bool disk_full = false;
  std::size_t spool_memory = 30;            // records
  std::map<std::string, std::string> told;  // what children wrote and the core was told, as output
  std::map<std::string, std::string> lost;  // of that, what found no room in its log
  // What is in a spool outlives its pool and a restart.
  bool keeps_spools = true;

  Instant now() const { return now_; }

  void boot() {
    tell(core::input::OpenSpools{});
    tell(core::input::Boot{});
  }

  void tell(const core::Input& input);

  void signal(int number) { tell(core::input::DaemonSignal{number}); }

  void run_until(Instant time);

  void run_for(Instant time) { run_until(now_ + time); }

  ProcessId id(std::string_view name) const;
  bool has(std::string_view name) const;
  ProcessState state(std::string_view name) const;
  int pid(std::string_view name) const;
  void write(std::string_view name, Channel channel, std::string_view bytes);
  void exit(std::string_view name, ExitStatus status);
  core::RequestError start(std::string_view name);
  core::RequestError stop(std::string_view name);
  // Requests of other kinds: gives time and effects, and carries them out.
  void request(const std::function<void(const core::Now&, core::Effects&)>& perform);

  // As the request of that name.
  void restart();
  // As SIGHUP does it.
  void update(const Configuration& configuration);

  // Another core goes on from what this one writes down.
  void hand_over();

  // Texts of log lines that contain `part`.
  std::vector<std::string> lines(std::string_view part) const;
  std::vector<std::string> event_names() const;

  // Children of the processes of the present configuration.
  std::size_t alive() const;

 private:
  // Of one pool, by its name: what a host keeps on disk.
  struct Spool {
    core::SpoolBook book;
    std::vector<std::string> records;  // in order; done or not
    std::size_t unwritten = 0;         // of them, the last ones
  };

  struct Child {
    ProcessId process = 0;
    Script script;
    std::size_t answered = 0;
  };

  core::Now time() const { return {now_, now_ + wall_offset}; }

  void carry_out(core::Effects effects);
  void carry_out(const core::effect::Spawn& effect);
  void carry_out(const core::effect::Kill& effect);
  void carry_out(const core::effect::WriteStdin& effect);
  void carry_out(const core::effect::AppendLog& effect);
  void carry_out(const core::effect::LogLine& effect);
  void carry_out(const core::effect::ReopenLogs& effect);
  void carry_out(const core::effect::LoadPlan& effect);
  void carry_out(const core::effect::Added& effect);
  void carry_out(const core::effect::Changed& effect);
  void carry_out(const core::effect::Removed& effect);
  void carry_out(const core::effect::Updated& effect);
  void carry_out(const core::effect::Restarted& effect);
  void carry_out(const core::effect::OpenSpool& effect);
  void carry_out(const core::effect::LoadSpool& effect);
  void carry_out(const core::effect::CloseSpool& effect);
  void carry_out(const core::effect::Quit& effect);
  void write_spools();
  void drop_from_spool(GroupId pool, Spool& spool, std::size_t records);
  void later(Instant delay, std::function<void()> what);
  void end_child(int pid, ExitStatus status);
  void answer(int pid);

  Script script_of(const std::string& name);

  core::Compat compat_;
  core::Supervisor core_;
  Instant now_ = std::chrono::seconds(1000);
  std::multimap<std::pair<Instant, std::uint64_t>, std::function<void()>> agenda_;
  std::uint64_t sequence_ = 0;
  std::map<int, Child> children_;
  std::map<GroupId, std::string> open_spools_;
  std::map<std::string, Spool> spools_;
  std::map<ProcessId, std::string> names_;  // of those that were started
  std::map<std::string, std::size_t> start_counts_;
  std::deque<core::Effect> orders_;
  bool executing_ = false;
  int depth_ = 0;
  int next_pid_ = 100;
  int spawn_number_ = 0;
};

}  // namespace sup::sim
