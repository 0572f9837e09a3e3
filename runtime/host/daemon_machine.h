// The machine as the daemon shows it to requests.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "runtime/core/machine.h"
#include "runtime/core/supervisor.h"
#include "runtime/host/activity_log.h"
#include "runtime/host/children.h"

namespace sup::host {

class DaemonMachine final : public core::Machine {
 public:
  // What it is made of; all must live longer.
  struct Parts {
    const core::Supervisor& supervisor;
    ActivityLog& log;
    Children& children;
    std::function<const std::string&(core::ProcessId, core::Channel)> log_path;
    std::function<void(core::Effects&)> carry_out;
    std::function<const std::vector<std::string>&()> plan_files;
    std::function<schema::Result<std::shared_ptr<const schema::Resolved>>(const core::PlanSource&)>
        read_configuration;
    std::function<schema::Status()> begin_upgrade;
  };

  explicit DaemonMachine(Parts parts);

  // Processes came or went, or their logs have other names.
  void table_changed() { ++generation_; }

  void set_upgrade(UpgradeState state, const std::string& reason = {}) {
    upgrade_ = {state, reason};
  }

  void set_upgrades(std::int64_t upgrades) { upgrades_ = upgrades; }

  core::Now now() const override;
  int pid() const override;

  std::uint64_t table_generation() const override { return generation_; }

  std::tm local_time(std::int64_t seconds) const override;
  std::optional<std::int64_t> user_number(const std::string& user) const override;
  schema::Result<Owner> find_owner(const schema::UserGroupValue& owner) const override;
  const std::string& log_path(core::ProcessId process, core::Channel channel) const override;
  std::string activity_log_path() const override;
  bool file_exists(const std::string& path) const override;
  std::optional<std::int64_t> file_size(const std::string& path) const override;
  std::optional<Usage> usage(int pid) const override;
  std::string place(schema::Origin origin) const override;
  std::unique_ptr<core::LogReader> open_log(const std::string& path) const override;
  std::uint64_t log_changes() const override;
  schema::Status clear_logs(core::ProcessId process) override;
  schema::Status clear_activity_log() override;
  std::optional<core::CommandProblem> command_problem(core::ProcessId process) const override;
  bool takes_input(core::ProcessId process) const override;
  std::size_t input_room(core::ProcessId process) const override;
  void carry_out(core::Effects& orders) override;
  bool logs(core::Level level) const override;
  void log(core::Level level, const std::string& text) override;
  schema::Result<std::shared_ptr<const schema::Resolved>> read_configuration(
      const core::PlanSource& source) override;

  schema::Status begin_upgrade() override { return parts_.begin_upgrade(); }

  UpgradeProgress upgrade_progress() const override { return upgrade_; }

  std::int64_t upgrades() const override { return upgrades_; }

 private:
  class FileReader;

  bool is_guarded(const std::string& path) const;
  std::unique_ptr<core::LogReader> open_log(const std::string& path, bool is_guarded) const;

  Parts parts_;
  std::vector<std::string> environment_;
  std::uint64_t generation_ = 0;
  UpgradeProgress upgrade_;
  std::int64_t upgrades_ = 0;
};

}  // namespace sup::host
