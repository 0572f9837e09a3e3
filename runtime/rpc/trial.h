// An update that is taken back unless what it starts comes up in time.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/core/supervisor.h"

namespace sup::rpc {

// `superseded`: another configuration was taken over meanwhile, so that there is nothing to decide.
enum class TrialState : std::uint8_t { none, running, kept, rolled_back, superseded };

std::string_view trial_state_name(TrialState state);

class Trial {
 public:
  struct Process {
    std::string group;
    std::string name;
  };

  // Those that `changes` starts, while they still are as they were before.
  static std::vector<Process> started_by(const core::Supervisor& supervisor,
                                         const schema::Resolved& next,
                                         const core::PlanChanges& changes);

  // `previous` comes back unless all of `watched` run before `deadline`; nobody ran `at_rest`
  // before.
  void begin(std::shared_ptr<const schema::Resolved> previous,
             std::shared_ptr<const schema::Resolved> taken, std::vector<Process> watched,
             std::vector<core::AtRest> at_rest, core::Instant deadline);

  // Whether it is decided now. After rolled_back the caller has to take previous() over, and leaves
  // at rest what take_at_rest() names.
  TrialState judge(const core::Supervisor& supervisor, core::Instant now);

  TrialState state() const { return state_; }

  const std::string& reason() const { return reason_; }

  core::Instant deadline() const { return deadline_; }

  const std::shared_ptr<const schema::Resolved>& previous() const { return previous_; }

  std::vector<core::AtRest> take_at_rest() { return std::exchange(at_rest_, {}); }

 private:
  TrialState decide(TrialState state, std::string reason);

  TrialState state_ = TrialState::none;
  std::shared_ptr<const schema::Resolved> previous_;
  std::shared_ptr<const schema::Resolved> taken_;
  std::vector<Process> watched_;
  std::vector<core::AtRest> at_rest_;
  core::Instant deadline_ = core::never;
  std::string reason_;
};

}  // namespace sup::rpc
