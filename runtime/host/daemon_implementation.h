// What stands behind run_daemon and resume_daemon. Only daemon*.cpp include it:
//
//   daemon.cpp           the start, and the loop
//   daemon_effects.cpp   orders of the core
//   daemon_signals.cpp   signals, and ends of children
//   daemon_takeover.cpp  what a daemon before this one left behind, and what the next one needs
//   daemon_upgrade.cpp   another image of the program takes over
#pragma once

#include <unistd.h>

#include <array>
#include <deque>
#include <exception>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/core/supervisor.h"
#include "runtime/host/activity_log.h"
#include "runtime/host/children.h"
#include "runtime/host/daemon.h"
#include "runtime/host/daemon_machine.h"
#include "runtime/host/event_loop.h"
#include "runtime/host/event_spool.h"
#include "runtime/host/fcgi_sockets.h"
#include "runtime/host/reaper.h"
#include "runtime/host/retry.h"
#include "runtime/host/setup.h"
#include "runtime/host/survival.h"
#include "runtime/host/system.h"
#include "runtime/host/upgrade.h"

namespace sup::host {

// Of one that was adopted: only its father learns it.
inline constexpr core::ExitStatus unknown_status{
    .by_signal = false, .number = -1, .core_dumped = false, .unknown = true};

// Reading the configuration takes a lot more than what is left of it.
void give_back_memory();

// Blocks those that are taken; they are read from the descriptor.
schema::Result<Descriptor> take_signals();

class Daemon {
 public:
  // `legacy`: goes on as the image before this one, whose supervisor is given.
  Daemon(Configuration configuration, DaemonOptions options, std::optional<Legacy> legacy = {},
         std::optional<core::Supervisor> supervisor = {})
      : options_(std::move(options)),
        configuration_(std::move(configuration)),
        supervisor_(supervisor ? std::move(*supervisor)
                               : core::Supervisor(configuration_.resolved, options_.compat)),
        children_(ChildEvents{
            .output = [this](core::ProcessId id, core::Channel channel,
                             std::string_view bytes) { tell_output(id, channel, bytes); },
            .stdin_broken = [this](core::ProcessId id) { feed(core::input::StdinBroken{id}); },
            .log = [this](core::Level level, const std::string& text) { log_.line(level, text); },
            .starting =
                [this](core::ProcessId id, const SavedChild& child,
                       const std::array<int, 3>& descriptors) {
                  survival_.starting(id, child, descriptors);
                },
            .finished = [this](std::uint64_t token) { survival_.finished(token); },
            .other = [this] { serve_keeper(); },
            .adopted_ended = [this](int pid) { take_end(pid, unknown_status); }}),
        fcgi_sockets_([this](const std::string& text) { log_.line(core::Level::info, text); },
                      [this](const std::string& key) { survival_.socket_closed(key); }),
        machine_(DaemonMachine::Parts{
            .supervisor = supervisor_,
            .log = log_,
            .children = children_,
            .log_path = [this](core::ProcessId id, core::Channel channel) -> const std::string& {
              static const std::string none;
              return id < log_files_.size() ? log_files_[id][static_cast<std::size_t>(channel)].path
                                            : none;
            },
            .carry_out = [this](core::Effects& orders) { carry_out(orders); },
            .plan_files = [this]() -> const std::vector<std::string>& {
              return configuration_.files;
            },
            .read_configuration =
                [this](const core::PlanSource& source) { return read_configuration(source); },
            .begin_upgrade = [this] { return begin_upgrade(); }}),
        survival_(Survival::Parts{
            .supervisor = supervisor_,
            .children = children_,
            .sockets = fcgi_sockets_,
            .log_names = [this](core::ProcessId id) { return log_files_[id]; },
            .socket_key = [this](core::ProcessId id) { return socket_keys_[id]; },
            .log = [this](core::Level level, const std::string& text) { log_.line(level, text); }}),
        spools_(EventSpools::Parts{
            .supervisor = supervisor_,
            .log = [this](core::Level level, const std::string& text) { log_.line(level, text); },
            .feed = [this](const core::Input& input) { feed(input); },
            .folder = folder_}),
        legacy_(std::move(legacy)),
        is_resumed_(legacy_.has_value()) {
    supervisor_.end_with(options_.exit_rule);
    if (options_.make_servers) {
      servers_ = options_.make_servers(supervisor_, machine_);
    }
  }

  // An error leaves nothing behind.
  schema::Status start();
  // Whatever fails is tried until it works: there are children to look after.
  void resume();
  int run();

 private:
  const schema::SupervisordOptions& settings() const { return supervisor_.settings(); }

  bool in_foreground() const {
    return options_.foreground || settings().nodaemon || ::getpid() == 1;
  }

  schema::Status start_steps();
  schema::Status prepare_loop();
  schema::Status serve(const std::shared_ptr<const schema::Resolved>& plan);

  std::string pidfile_path() const { return absolute_path(settings().pidfile, folder_); }

  ActivityLog::Settings log_settings() const;
  schema::Status open_log();
  std::string advice_on_log() const;
  schema::Result<std::vector<std::string>> change_user();
  void write_first_lines(const std::vector<std::string>& infos);
  schema::Status name_log_files();
  schema::Status name_logs_of(core::ProcessId id);
  StartOrder start_order(core::ProcessId id) const;
  schema::Status probe_sockets(const schema::Resolved& plan);
  void write_pidfile();
  core::Instant write_pidfile_again();

  void feed(const core::Input& input);
  void carry_out(core::Effects& orders);
  void execute_all();
  schema::Result<std::shared_ptr<const schema::Resolved>> read_configuration(
      const core::PlanSource& source);
  Configuration known_configuration(const std::shared_ptr<const schema::Resolved>& resolved) const;
  void tell_output(core::ProcessId id, core::Channel channel, std::string_view bytes);

  template <class Order>
  void attempt(const Order& order);
  void write_lines_since(std::size_t first);
  void execute(const core::effect::Spawn& order);
  void execute(const core::effect::Kill& order);
  void execute(const core::effect::WriteStdin& order);
  void execute(const core::effect::AppendLog& order);
  void execute(const core::effect::LogLine& order);
  void execute(const core::effect::ReopenLogs& order);
  void execute(const core::effect::LoadPlan& order);
  void execute(const core::effect::Added& order);
  void execute(const core::effect::Changed& order);
  void execute(const core::effect::Removed& order);
  void execute(const core::effect::Updated& order);
  void execute(const core::effect::Restarted& order);
  void execute(const core::effect::OpenSpool& order);
  void execute(const core::effect::LoadSpool& order);
  void execute(const core::effect::CloseSpool& order);
  void execute(const core::effect::Quit& order);

  template <class Action>
  void guarded(Action action);
  core::Instant settle();
  core::Instant finish_and_upgrade();
  core::Instant watch_again();
  schema::Status open_again(const std::shared_ptr<const schema::Resolved>& plan);
  void reopen_servers();
  void tick();
  void read_signals();
  void reap(int named);
  void take_end(int pid, const core::ExitStatus& status);

  // A daemon or an image before this one.
  schema::Status find_legacy();
  void take_names();
  std::set<std::string> kept_logs() const;
  void take_sockets();
  void go_on();
  void adopt_children(std::vector<int>& ended);
  void repeat_lost_read();
  void settle_lost_write();
  bool is_started(core::ProcessId id) const;
  int adopt_started(const StartOrder& order);
  void settle_started();
  void settle_lost_children(const std::vector<int>& ended);
  void begin_survival();
  void serve_keeper();
  std::string keeper_path() const;
  // Listeners that the orders which are still to be executed write to.
  std::set<core::ProcessId> later_writes();

  // The next one.
  schema::Status begin_upgrade();
  bool take_upgrade_end(int pid, int status);
  void upgrade();
  DaemonRow daemon_row() const;

  DaemonOptions options_;
  // Where it was started; it may change to another folder in the background.
  const std::string folder_ = current_directory();
  ActivityLog log_;
  Pidfile pidfile_;
  // What the core runs, and what it was given for its next restart: children refer to it.
  Configuration configuration_;
  Configuration next_configuration_;
  std::vector<std::string> files_read_;  // of what was read last for a request
  std::weak_ptr<const schema::Resolved> replaced_;
  std::vector<std::string> replaced_files_;
  core::Supervisor supervisor_;
  Children children_;
  Reaper reaper_;
  bool reaps_again_ = false;  // after the others
  FcgiSockets fcgi_sockets_;
  Descriptor signals_;
  core::Effects effects_;
  std::size_t next_effect_ = 0;
  std::size_t looked_through_ = 0;       // of effects_, for what is written later
  std::size_t only_starts_through_ = 0;  // the rest of effects_ up to there is starts
  std::deque<std::pair<std::size_t, core::ProcessId>> pending_writes_;  // by place in effects_
  bool executing_ = false;

  std::vector<std::array<LogName, 2>> log_files_;  // by process and channel
  std::set<core::ProcessId> unnamed_;              // those of which a log could not be made
  std::vector<std::string> socket_keys_;           // by process: of the socket that its child has
  std::string server_url_;
  DaemonMachine machine_;
  std::unique_ptr<Servers> servers_;
  Survival survival_;
  EventSpools spools_;
  std::optional<Legacy> legacy_;
  std::optional<StartedChild> started_;  // by the daemon before this one, and not told of
  bool is_resumed_ = false;
  Upgrade upgrade_;
  std::optional<core::Instant> upgrade_deadline_;  // when it does not wait for answers any more
  std::int64_t upgrades_ = 0;
  std::shared_ptr<const schema::Resolved> served_;  // whose control servers are open
  std::unique_ptr<EventLoop> loop_;
  bool servers_are_old_ = false;     // of another plan, or not there
  bool servers_begin_anew_ = false;  // all of them, as after a restart
  core::Instant next_reopening_{};   // of the servers, if that failed before
  core::Instant next_watching_{};    // of children that could not be watched
  Retry pidfile_retry_;
  unsigned restarts_ = 0;
  bool booted_ = false;
  std::optional<int> status_;
};

// Once running, the daemon does not end by itself.
template <class Action>
void Daemon::guarded(Action action) {
  try {
    action();
  } catch (const std::exception& failure) {
    executing_ = false;
    effects_.clear();
    log_.line(core::Level::critical, std::string("internal error: ") + failure.what());
  }
}

}  // namespace sup::host
