// The methods that there are under which names, and the processes by theirs: what a server asks for
// each call. It keeps nothing of its own but look-up tables.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "runtime/core/durations.h"
#include "runtime/core/line_limit.h"
#include "runtime/rpc/methods.h"
#include "runtime/rpc/trial.h"

namespace sup::rpc {

// Whether it is Supervisor's own, which is all that can be here: others are Python.
bool is_stock(const schema::RpcInterface& interface);

// How often a method was called and how long its answers took, from the call to the answer.
struct CallFigures {
  core::Durations answers;
  std::uint64_t faults = 0;
};

// The plan that suprun.scale made last, and how many processes of which programs it was told: the
// next call adds to that, unless the configuration was read otherwise meanwhile.
struct Scaled {
  std::shared_ptr<const schema::Resolved> plan;
  std::map<std::string, std::int64_t> numprocs;
};

class Interface {
 public:
  Interface(core::Supervisor& supervisor, core::Machine& machine);

  // The namespaces as [rpcinterface:x] sections name them; again after a restart.
  void configure(const std::shared_ptr<const schema::Resolved>& plan);

  // The configuration was read, and clients may add groups of it.
  void configuration_read(std::shared_ptr<const schema::Resolved> plan) {
    last_read_ = std::move(plan);
  }

  const std::shared_ptr<const schema::Resolved>& last_read() const { return last_read_; }

  // Begins a call. The result goes to `out`, in whole or not at all.
  Outcome call(const std::string& method, const Array& arguments, const Access& access,
               Writer& out);

  // The same of a row, for servers with another way to name it than by namespaces.
  Outcome call(const MethodRow& row, const Array& arguments, const Access& access, Writer& out);

  Progress resume(Pending& pending, const Access& access, Writer& out);

  // Decides about an update that is on trial, and tells of stops that take long; when it wants to
  // be asked again.
  core::Instant look();

  // When it was asked last: since then all that waits has its turn.
  core::Instant round() const { return round_; }

  Trial& trial() { return trial_; }

  const Trial& trial() const { return trial_; }

  Scaled& scaled() { return scaled_; }

  // Whether a call since the last question may have changed something, so that the loop has to look
  // at its deadlines.
  bool take_changed() { return std::exchange(changed_, false); }

  const MethodRow* find(const std::string& name) const;

  // When it began to serve, by the wall clock.
  std::chrono::nanoseconds since() const { return since_; }

  // By the order of the rows.
  const std::vector<CallFigures>& figures() const { return figures_; }

  // Sorted, with their namespaces.
  std::vector<std::string> method_names() const;

  // --- for methods

  // All processes by the names of their groups, then their own.
  const std::vector<core::ProcessId>& lexical_order();

  // Of one group or of all, by the groups' priorities and names, then by the processes' priorities.
  std::vector<core::ProcessId> priority_order(std::optional<core::GroupId> group) const;

  // A call waits until this process has stopped: said in the log now and every two seconds, as
  // Supervisor's Subprocess.stop_report does.
  void waits_for_stop(core::ProcessId process);

  // What a caller may not do.
  struct Denial {
    std::string_view what;         // "web", "supervisor.shutdown", "/api/v1/events"
    std::string_view action = {};  // the method, when that is not what is said
    Role needed = Role::read;
    bool is_of_process = false;  // so that control= of it would do, too
  };

  // What the caller is told then.
  static std::string reason(const Access& access, const Denial& denial);

  // The fault for it, which is logged. Who is denied much hides nobody else's.
  Fault deny(const Access& access, const Denial& denial);

  // Asks something of the core and executes what follows.
  template <class Request>
  auto perform(const Request& request) {
    core::Effects orders;
    auto result = request(machine_.now(), orders);
    changed_ = true;
    machine_.carry_out(orders);
    return result;
  }

 private:
  Outcome call_permitted(const MethodRow& row, const Array& arguments, const Access& access,
                         Writer& out);

  // Arguments of a row.
  struct Counts {
    std::size_t fewest = 0;
    std::size_t most = 0;
  };

  // A stop that a call waits for.
  struct Stop {
    Awaited process;
    core::Instant next{};  // when it is told of again
  };

  core::Instant judge_trial();
  void report_stop(const Awaited& process);

  void finished(const MethodRow& row, core::Instant begun, bool is_fault);

  core::Supervisor& supervisor_;
  core::Machine& machine_;
  std::unordered_map<std::string, const MethodRow*> methods_;
  std::vector<Counts> counts_;  // by the order of the rows
  std::vector<CallFigures> figures_;
  std::vector<core::ProcessId> lexical_order_;
  std::optional<std::uint64_t> ordered_;  // the generation of processes that it is of
  std::shared_ptr<const schema::Resolved> last_read_;
  Trial trial_;
  Scaled scaled_;
  std::deque<Stop> stops_;  // by time
  bool changed_ = false;
  core::Instant round_{};
  core::LineLimits denials_;  // by who and what
  std::chrono::nanoseconds since_{};
};

}  // namespace sup::rpc
