#include <algorithm>
#include <iostream>

#include "runtime/host/daemon_implementation.h"

namespace sup::host {

namespace {

// The children of this process have nobody else: what cannot be had just now is waited for.
template <class Step, class Tell>
void try_until_done(Step step, Tell tell) {
  constexpr useconds_t distance_microseconds = 1000000;
  for (schema::Status done = step(); !done; done = step()) {
    tell(done.error());
    ::usleep(distance_microseconds);
  }
}

// How long an upgrade waits for answers to requests that are under way.
constexpr core::Instant answer_patience = std::chrono::seconds(2);

}  // namespace

// Answers that are under way have a moment to be sent. When it wants to be called again.
core::Instant Daemon::finish_and_upgrade() {
  const core::Instant time = now().steady;
  if (!upgrade_deadline_) {
    upgrade_deadline_ = time + answer_patience;
    if (servers_) {
      servers_->set_finishing(true);
    }
  }
  if (servers_ && servers_->connections() > 0 && time < *upgrade_deadline_) {
    return *upgrade_deadline_;
  }
  upgrade();
  upgrade_deadline_.reset();
  if (servers_) {
    servers_->set_finishing(false);
  }
  return core::never;
}

DaemonRow Daemon::daemon_row() const {
  DaemonRow row;
  row.version = SUP_VERSION;
  row.directory = current_directory();
  row.pidfile_lock = pidfile_.lock_descriptor();
  row.keeper = survival_.keeper_descriptor();
  row.upgrades = upgrades_ + 1;
  if (servers_) {
    for (const auto& [address, number] : servers_->sockets()) {
      row.descriptors.push_back({address, number});
    }
  }
  return row;
}

schema::Status Daemon::begin_upgrade() {
  if (supervisor_.state() != schema::SupervisorState::RUNNING) {
    return schema::Error{.message = "the daemon is stopping"};
  }
  if (upgrade_.is_ready()) {
    return schema::Error{.message = "another one is about to begin"};
  }
  if (std::string objection = servers_ ? servers_->objection_to_upgrade() : "";
      !objection.empty()) {
    return schema::Error{.message = std::move(objection)};
  }
  const schema::Status begun =
      upgrade_.begin(options_.arguments, folder_, survival_.save_for_upgrade(daemon_row()));
  if (begun) {
    machine_.set_upgrade(core::Machine::UpgradeState::checking);
  }
  return begun;
}

bool Daemon::take_upgrade_end(int pid, int status) {
  if (!upgrade_.is_checker(pid)) {
    return false;
  }
  const schema::Status checked = upgrade_.checked(status);
  machine_.set_upgrade(core::Machine::UpgradeState::ready);
  if (!checked) {
    machine_.set_upgrade(core::Machine::UpgradeState::refused, checked.error().message);
    log_.line(core::Level::error,
              "no upgrade, everything goes on as before: " + checked.error().message);
  }
  return true;
}

void Daemon::upgrade() {
  log_.line(core::Level::info, "upgrade: executing " + upgrade_.file());
  log_.finish();
  children_.flush_logs();
  const schema::Error failed =
      upgrade_.execute(options_.arguments, folder_, survival_.save_for_upgrade(daemon_row()));
  machine_.set_upgrade(core::Machine::UpgradeState::refused, failed.message);
  log_.line(core::Level::error, "no upgrade, everything goes on as before: " + failed.message);
  log_.flush();
}

void Daemon::resume() {
  upgrades_ = legacy_->daemon.upgrades;
  machine_.set_upgrades(upgrades_);
  const schema::Status opened = open_log();
  if (!opened) {
    std::cerr << opened.error().message << std::endl;  // each line tries again
  }
  log_.line(core::Level::info, "suprun " SUP_VERSION " goes on after suprun " +
                                   legacy_->daemon.version + " with pid " +
                                   std::to_string(::getpid()));
  const schema::Status named = name_log_files();
  if (!named) {
    log_.line(core::Level::error, named.error().message);
  }
  take_sockets();
  pidfile_.adopt(pidfile_path(), Descriptor(legacy_->daemon.pidfile_lock));
  if (servers_) {
    std::vector<std::pair<std::string, int>> sockets;
    for (const NamedDescriptor& each : legacy_->daemon.descriptors) {
      sockets.emplace_back(each.name, each.number);
    }
    servers_->inherit(std::move(sockets));
    served_ = configuration_.resolved;
  }
  try_until_done([this] { return prepare_loop(); },
                 [this](const schema::Error& error) {
                   log_.line(core::Level::critical, error.message);
                   log_.flush();
                 });
  const schema::Status served =
      servers_ ? serve(configuration_.resolved) : schema::Status(schema::Nothing{});
  if (!served) {
    log_.line(core::Level::critical,
              served.error().message + "; tried again every second until it works");
    servers_are_old_ = servers_begin_anew_ = true;
    next_reopening_ = now().steady + std::chrono::seconds(1);
  }
}

namespace {

struct Handover {
  Legacy legacy;
  core::Supervisor supervisor;
};

schema::Result<Handover> read_handover(int descriptor, const core::Compat& compat) {
  Descriptor file(descriptor);
  schema::Result<std::unique_ptr<StateMemory>> memory = StateMemory::open(file);
  const auto may_work_later = [&] { return !memory && memory.error().error_number != 0; };
  try_until_done(
      [&] {
        if (may_work_later()) {
          memory = StateMemory::open(file);
        }
        return may_work_later() ? schema::Status(memory.error()) : schema::Nothing{};
      },
      [](const schema::Error& error) { std::cerr << error.message << std::endl; });
  if (!memory) {
    return memory.error();
  }
  schema::Result<Legacy> legacy = read_legacy(std::move(*memory));
  if (!legacy) {
    return legacy.error();
  }
  core::Resumption how;
  how.compat = compat;
  schema::Result<core::Supervisor> supervisor = core::Supervisor::restore(legacy->supervisor, how);
  if (!supervisor) {
    return supervisor.error();
  }
  return Handover{std::move(*legacy), std::move(*supervisor)};
}

}  // namespace

schema::Status check_handover(int descriptor, const core::Compat& compat) {
  const schema::Result<Handover> handover = read_handover(descriptor, compat);
  return handover ? schema::Status(schema::Nothing{}) : schema::Status(handover.error());
}

schema::Result<int> resume_daemon(int descriptor, DaemonOptions options) {
  keep_from_children();
  schema::Result<Handover> handover = read_handover(descriptor, options.compat);
  if (!handover) {
    return handover.error();
  }
  Configuration configuration{.resolved = handover->supervisor.plan(), .first_lines = {}};
  const std::string directory = handover->legacy.daemon.directory;
  Daemon daemon(std::move(configuration), std::move(options), std::move(handover->legacy),
                std::move(handover->supervisor));
  static_cast<void>(::chdir(directory.c_str()) < 0);
  daemon.resume();
  return daemon.run();
}

}  // namespace sup::host
