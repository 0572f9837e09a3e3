#include "runtime/host/daemon.h"

#include <malloc.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <exception>
#include <optional>
#include <set>
#include <type_traits>
#include <utility>

#include "runtime/core/supervisor.h"
#include "runtime/host/activity_log.h"
#include "runtime/host/auto_logs.h"
#include "runtime/host/children.h"
#include "runtime/host/credentials.h"
#include "runtime/host/daemon_machine.h"
#include "runtime/host/event_loop.h"
#include "runtime/host/event_spool.h"
#include "runtime/host/fcgi_sockets.h"
#include "runtime/host/reaper.h"
#include "runtime/host/setup.h"
#include "runtime/host/survival.h"
#include "runtime/host/system.h"
#include "runtime/host/upgrade.h"
#include "schema/process_diff.h"

namespace sup::host {

namespace {

// The signals that are taken. Those that Supervisor does not know would end it; here they are
// logged.
constexpr std::array signals_taken{SIGCHLD, SIGTERM, SIGINT,  SIGQUIT,   SIGHUP, SIGUSR2,
                                   SIGUSR1, SIGALRM, SIGPROF, SIGVTALRM, SIGIO};

// They stay blocked and are read from a descriptor: no handler ever runs, so that a child that
// shares our memory until it executes cannot run one either.
Descriptor take_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int number : signals_taken) {
    sigaddset(&set, number);
    // What was ignored when we were started (nohup) would never arrive.
    ::signal(number, SIG_DFL);
  }
  ::sigprocmask(SIG_BLOCK, &set, nullptr);
  // As Python does; children inherit these two.
  ::signal(SIGPIPE, SIG_IGN);
  ::signal(SIGXFSZ, SIG_IGN);
  return Descriptor(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
}

core::ExitStatus exit_status(int status) {
  if (WIFSIGNALED(status)) {
    return core::ExitStatus{
        .by_signal = true, .number = WTERMSIG(status), .core_dumped = WCOREDUMP(status) != 0};
  }
  return core::ExitStatus{.by_signal = false, .number = WEXITSTATUS(status), .core_dumped = false};
}

// Of one that was adopted: only its father learns it.
constexpr core::ExitStatus unknown_status{
    .by_signal = false, .number = -1, .core_dumped = false, .unknown = true};

// How long an upgrade waits for answers to requests that are under way.
constexpr core::Instant answer_patience = std::chrono::seconds(2);

// Reading the configuration takes a lot more than what is left of it.
void give_back_memory() {
#ifdef __GLIBC__
  ::malloc_trim(0);
#endif
}

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
                [this](std::uint64_t token, const std::array<int, 3>& descriptors) {
                  survival_.starting(token, descriptors);
                },
            .finished = [this](std::uint64_t token) { survival_.finished(token); },
            .other = [this] { serve_keeper(); },
            .adopted_ended = [this](int pid) { take_end(pid, unknown_status); }}),
        fcgi_sockets_([this](const std::string& text) { log_.line(core::Level::info, text); }),
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
            .read_configuration = [this] { return read_configuration(); },
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
    if (options_.make_servers) {
      servers_ = options_.make_servers(supervisor_, machine_);
    }
  }

  schema::Status start();
  schema::Status resume();
  int run();

 private:
  const schema::SupervisordOptions& settings() const { return supervisor_.settings(); }

  bool in_foreground() const {
    return options_.foreground || settings().nodaemon || ::getpid() == 1;
  }

  ActivityLog::Settings log_settings() const;
  schema::Status open_log();
  schema::Result<std::vector<std::string>> change_user();
  void write_first_lines(const std::vector<std::string>& infos);
  schema::Status name_log_files();
  schema::Status name_logs_of(core::ProcessId id);
  StartOrder start_order(core::ProcessId id) const;
  schema::Status probe_sockets(const schema::Resolved& plan);
  void write_pidfile();

  void feed(const core::Input& input);
  void carry_out(core::Effects& orders);
  void execute_all();
  schema::Result<std::shared_ptr<const schema::Resolved>> read_configuration();
  void tell_output(core::ProcessId id, core::Channel channel, std::string_view bytes);

  template <class Order>
  void attempt(const Order& order);
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
  void reopen_servers();
  void tick();
  void read_signals();
  void reap(int named);
  void take_end(int pid, const core::ExitStatus& status);

  // A daemon or an image before this one.
  void find_legacy();
  void take_names();
  std::set<std::string> kept_logs() const;
  void take_sockets();
  void go_on();
  void adopt_children(std::vector<int>& ended);
  void repeat_lost_read();
  void settle_lost_write();
  void settle_lost_children(const std::vector<int>& ended);
  void begin_survival();
  void serve_keeper();
  std::string keeper_path() const;
  std::set<core::ProcessId> later_writes() const;

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
  core::Supervisor supervisor_;
  Children children_;
  Reaper reaper_;
  FcgiSockets fcgi_sockets_;
  Descriptor signals_;
  core::Effects effects_;
  std::size_t next_effect_ = 0;
  bool executing_ = false;

  std::vector<std::array<LogName, 2>> log_files_;  // by process and channel
  std::vector<std::string> socket_keys_;           // by process: of the socket that its child has
  std::string server_url_;
  DaemonMachine machine_;
  std::unique_ptr<Servers> servers_;
  Survival survival_;
  EventSpools spools_;
  std::optional<Legacy> legacy_;
  bool is_resumed_ = false;
  Upgrade upgrade_;
  std::optional<core::Instant> upgrade_deadline_;  // when it does not wait for answers any more
  std::int64_t upgrades_ = 0;
  std::shared_ptr<const schema::Resolved> served_;  // whose control servers are open
  EventLoop* loop_ = nullptr;                       // while it runs
  bool servers_are_old_ = false;                    // of the plan before a restart
  unsigned restarts_ = 0;
  bool booted_ = false;
  std::optional<int> status_;
};

// ---------------------------------------------------------------------------------------- start

ActivityLog::Settings Daemon::log_settings() const {
  const schema::SupervisordOptions& wanted = settings();
  return ActivityLog::Settings{
      .file = wanted.logfile == "syslog" ? wanted.logfile : absolute_path(wanted.logfile, folder_),
      .limits = {.maximum_bytes = wanted.logfile_maxbytes, .backups = wanted.logfile_backups},
      .level = static_cast<core::Level>(wanted.loglevel),
      .to_standard_output = in_foreground() && !wanted.silent
  };
}

schema::Status Daemon::open_log() { return log_.open(log_settings()); }

// Lines for the log.
schema::Result<std::vector<std::string>> Daemon::change_user() {
  if (!settings().user) {
    return std::vector<std::string>{};
  }
  const schema::Result<UserChange> change = find_user(*settings().user);
  if (!change) {
    return change.error();
  }
  if (!change->refusal.empty()) {
    return schema::Error{.message = change->refusal};
  }
  if (change->credentials) {
    const schema::Status became = become(*change->credentials);
    if (!became) {
      return became.error();
    }
  }
  return std::vector<std::string>{"Set uid to user " + std::to_string(change->user) + " succeeded"};
}

void Daemon::write_first_lines(const std::vector<std::string>& infos) {
  const auto write = [this](core::Level level, const std::vector<std::string>& lines) {
    for (const std::string& line : lines) {
      log_.line(level, line);
    }
  };
  write(core::Level::info, configuration_.first_lines);
  if (!settings().user && ::getuid() == 0) {
    log_.line(core::Level::critical,
              "Supervisor is running as root.  Privileges were not dropped because no user is "
              "specified in the config file.  If you intend to run as root, you can set "
              "user=root in the config file to avoid this message.");
  }
  write(core::Level::warn, configuration_.resolved->warnings);
  write(core::Level::info, configuration_.resolved->infos);
  write(core::Level::info, infos);
}

schema::Status Daemon::start() {
  const schema::SupervisordOptions& wanted = settings();
  schema::Result<std::vector<std::string>> limits = raise_limits(wanted.minfds, wanted.minprocs);
  if (!limits) {
    return limits.error();
  }
  const schema::Status alone = Pidfile::check(absolute_path(wanted.pidfile, folder_));
  if (!alone) {
    return alone.error();
  }
  schema::Result<std::vector<std::string>> user = change_user();
  if (!user) {
    return user.error();
  }
  const schema::Status opened = open_log();
  if (!opened) {
    return opened.error();
  }
  user->insert(user->end(), limits->begin(), limits->end());
  write_first_lines(*user);
  find_legacy();
  take_sockets();
  for (const schema::Status& step : {name_log_files(), probe_sockets(*configuration_.resolved)}) {
    if (!step) {
      return step.error();
    }
  }
  if (servers_) {
    const schema::Status served = servers_->open(configuration_.resolved);
    served_ = configuration_.resolved;
    if (!served) {
      return served.error();
    }
  }
  signals_ = take_signals();
  if (!in_foreground()) {
    // What another daemon left behind may have brought its own settings: asked for once more.
    const schema::Status gone = daemonize(settings(), log_);
    if (!gone) {
      return gone.error();
    }
  }
  write_pidfile();
  return schema::Nothing{};
}

schema::Status Daemon::name_log_files() {
  const schema::SupervisordOptions& wanted = settings();
  const std::string folder = wanted.childlogdir.value_or(temporary_directory());
  server_url_ = default_server_url(supervisor_.resolved());
  log_files_.clear();
  socket_keys_.clear();
  take_names();
  if (!wanted.nocleanup && !is_resumed_) {
    remove_auto_logs(
        folder, wanted.identifier,
        [this](const std::string& text) { log_.line(core::Level::warn, text); }, kept_logs());
  }
  for (const core::ProcessId id : supervisor_.processes()) {
    const schema::Status named = name_logs_of(id);
    if (!named) {
      return named.error();
    }
  }
  return schema::Nothing{};
}

// A log that is AUTO stays what it was.
schema::Status Daemon::name_logs_of(core::ProcessId id) {
  if (log_files_.size() <= id) {
    log_files_.resize(id + 1);
    socket_keys_.resize(id + 1);
  }
  const schema::Process& process = supervisor_.spec(id);
  const bool is_listener = supervisor_.group(id).kind == schema::GroupKind::eventlistener;
  const std::array<const schema::LogTargetValue*, 2> targets{&process.options.stdout_logfile,
                                                             &process.options.stderr_logfile};
  for (std::size_t i = 0; i < targets.size(); ++i) {
    LogName& name = log_files_[id][i];
    const bool is_joined = i == 1 && process.options.redirect_stderr && !is_listener;
    const bool is_automatic = !is_joined && targets[i]->kind == schema::LogKind::automatic;
    if (is_automatic && name.is_automatic) {
      continue;
    }
    name = {};
    if (is_automatic) {
      schema::Result<std::string> made =
          make_auto_log(settings().childlogdir.value_or(temporary_directory()), process.name,
                        i == 0 ? "stdout" : "stderr", settings().identifier);
      if (!made) {
        return made.error();
      }
      name = {.path = std::move(*made), .is_automatic = true};
    } else if (!is_joined && targets[i]->kind == schema::LogKind::file) {
      name.path = targets[i]->path;
    }
  }
  return schema::Nothing{};
}

// Sockets that cannot be made are found out before anything runs, or anything is changed.
schema::Status Daemon::probe_sockets(const schema::Resolved& plan) {
  std::set<std::string> seen;
  for (const schema::Group& group : plan.groups) {
    for (const schema::Process& process : group.processes) {
      // One that exists has its socket, or had it.
      const bool exists = booted_ && supervisor_.find(process.group, process.name);
      if (!process.fcgi || exists || !seen.insert(FcgiSockets::key_of(process)).second) {
        continue;
      }
      const schema::Status probed = fcgi_sockets_.probe(process);
      if (!probed) {
        return probed.error();
      }
    }
  }
  return schema::Nothing{};
}

void Daemon::write_pidfile() {
  const std::string path = absolute_path(settings().pidfile, folder_);
  if (pidfile_.write(path)) {
    log_.line(core::Level::info, "supervisord started with pid " + std::to_string(::getpid()));
  } else {
    log_.line(core::Level::critical, "could not write pidfile " + path);
  }
}

// --------------------------------------------------------------------------------------- effects

void Daemon::feed(const core::Input& input) {
  supervisor_.handle(now(), input, effects_);
  execute_all();
}

// Of requests.
void Daemon::carry_out(core::Effects& orders) {
  for (core::Effect& order : orders) {
    effects_.push_back(std::move(order));
  }
  orders.clear();
  execute_all();
}

void Daemon::execute_all() {
  if (executing_) {
    return;  // the loop below comes to what was added
  }
  executing_ = true;
  // Executing one may append others.
  next_effect_ = 0;
  while (next_effect_ < effects_.size()) {
    const core::Effect effect = std::move(effects_[next_effect_++]);
    std::visit([this](const auto& order) { attempt(order); }, effect);
  }
  effects_.clear();
  executing_ = false;
  spools_.flush();
  survival_.record();
}

// What cannot be done because of us must not take along the orders behind it, and the core has to
// learn of what it waits for.
template <class Order>
void Daemon::attempt(const Order& order) {
  try {
    execute(order);
  } catch (const std::exception& failure) {
    const std::string reason = std::string("internal error: ") + failure.what();
    log_.line(core::Level::critical, reason);
    if constexpr (std::is_same_v<Order, core::effect::Spawn>) {
      feed(core::input::SpawnFailed{.process = order.process, .reason = reason});
    } else if constexpr (std::is_same_v<Order, core::effect::LoadPlan>) {
      feed(core::input::PlanRefused{reason});
    }
  }
}

void Daemon::tell_output(core::ProcessId id, core::Channel channel, std::string_view bytes) {
  feed(core::input::Output{.process = id, .channel = channel, .bytes = bytes});
}

StartOrder Daemon::start_order(core::ProcessId id) const {
  StartOrder start;
  start.id = id;
  start.process = &supervisor_.spec(id);
  start.is_listener = supervisor_.group(id).kind == schema::GroupKind::eventlistener;
  start.told = {supervisor_.wants_output(id, core::Channel::standard_output),
                supervisor_.wants_output(id, core::Channel::standard_error)};
  start.log_files = {log_files_[id][0].path, log_files_[id][1].path};
  start.server_url = server_url_;
  return start;
}

void Daemon::execute(const core::effect::Spawn& order) {
  const core::ProcessId id = order.process;
  StartOrder start = start_order(id);
  const std::string socket_key =
      start.process->fcgi ? FcgiSockets::key_of(*start.process) : std::string{};
  if (!socket_key.empty()) {
    const schema::Result<int> socket = fcgi_sockets_.acquire(*start.process);
    if (!socket) {
      feed(core::input::SpawnFailed{.process = id, .reason = socket.error().message});
      return;
    }
    start.socket = *socket;
  }
  const schema::Result<int> pid = children_.start(start);
  if (pid) {
    socket_keys_[id] = socket_key;
    feed(core::input::Spawned{.process = id, .pid = *pid});
  } else {
    if (!socket_key.empty()) {
      fcgi_sockets_.release(socket_key);
    }
    feed(core::input::SpawnFailed{.process = id, .reason = pid.error().message});
  }
}

void Daemon::execute(const core::effect::Kill& order) {
  const int error_number =
      children_.kill(order.process, order.pid, order.signal, order.whole_group);
  if (error_number != 0) {
    feed(core::input::KillFailed{.process = order.process, .error_number = error_number});
  } else {
    reaper_.expect(order.pid);
  }
}

void Daemon::execute(const core::effect::WriteStdin& order) {
  if (survival_.is_on() && supervisor_.exists(order.process) &&
      supervisor_.group(order.process).kind == schema::GroupKind::eventlistener) {
    survival_.before_write(order.process, later_writes());
  }
  spools_.flush();
  children_.write_input(order.process, order.bytes);
}

void Daemon::execute(const core::effect::AppendLog& order) {
  children_.append_log(order.process, order.channel, order.bytes);
}

void Daemon::execute(const core::effect::LogLine& order) { log_.line(order.level, order.text); }

void Daemon::execute(const core::effect::ReopenLogs&) {
  log_.reopen();
  children_.reopen_logs();
}

schema::Result<std::shared_ptr<const schema::Resolved>> Daemon::read_configuration() {
  const schema::Result<Configuration> loaded = options_.load();
  if (!loaded) {
    return loaded.error();
  }
  return loaded->resolved;
}

void Daemon::execute(const core::effect::LoadPlan& order) {
  const schema::Result<Configuration> loaded = options_.load();
  if (!loaded) {
    feed(core::input::PlanRefused{loaded.error().message});
    return;
  }
  if (order.purpose == core::LoadPurpose::update) {
    const schema::Status probed = probe_sockets(*loaded->resolved);
    if (!probed) {
      feed(core::input::PlanRefused{probed.error().message});
      return;
    }
  }
  next_configuration_ = *loaded;
  feed(core::input::PlanLoaded{.resolved = loaded->resolved, .purpose = order.purpose});
  give_back_memory();
}

void Daemon::execute(const core::effect::Added& order) {
  machine_.table_changed();
  const schema::Status named = name_logs_of(order.process);
  if (!named) {
    log_.line(core::Level::error, named.error().message);
  }
}

void Daemon::execute(const core::effect::Changed& order) {
  const schema::Status named = name_logs_of(order.process);
  if (!named) {
    log_.line(core::Level::error, named.error().message);
  }
  children_.change(start_order(order.process));
}

void Daemon::execute(const core::effect::Removed& order) {
  machine_.table_changed();
  children_.release(order.process);
  log_files_[order.process] = {};
}

void Daemon::execute(const core::effect::Updated&) {
  configuration_ = {};
  const Configuration taken = std::exchange(next_configuration_, {});
  if (taken.resolved.get() == &supervisor_.resolved()) {
    configuration_.files = taken.files;
    for (const std::string& line : taken.first_lines) {
      log_.line(core::Level::info, line);
    }
    if (servers_) {
      servers_->plan_taken(taken.resolved);
      // They listen anew only if something of them changed; the answers of now go out before.
      configuration_.resolved = taken.resolved;
      servers_are_old_ = !schema::same_servers(*served_, *taken.resolved);
      if (!servers_are_old_) {
        served_ = taken.resolved;  // the old plan is not kept for them
      }
    }
  }
  server_url_ = default_server_url(supervisor_.resolved());
  const ActivityLog::Settings before = log_.settings();
  if (log_settings() != before) {
    const schema::Status opened = open_log();
    if (!opened) {
      static_cast<void>(log_.open(before));
      log_.line(core::Level::error, opened.error().message);
    }
  }
  for (const std::string& line : supervisor_.resolved().warnings) {
    log_.line(core::Level::warn, line);
  }
}

void Daemon::execute(const core::effect::Restarted&) {
  ++restarts_;
  spools_.close_all();
  machine_.table_changed();
  servers_are_old_ = true;  // the call that led to this may still be at work
  booted_ = false;
  children_.clear();
  fcgi_sockets_.clear();
  configuration_ = std::move(next_configuration_);
  pidfile_.remove();
  survival_.end();
  const schema::Status opened = open_log();
  if (!opened) {
    log_.line(core::Level::critical, opened.error().message);
  }
  write_first_lines({});
  for (const schema::Status& step : {name_log_files(), probe_sockets(*configuration_.resolved)}) {
    if (!step) {
      log_.line(core::Level::critical, step.error().message);
    }
  }
  write_pidfile();
  booted_ = true;
  begin_survival();
  feed(core::input::OpenSpools{});
  feed(core::input::Boot{});
}

void Daemon::execute(const core::effect::OpenSpool& order) { spools_.open(order); }

void Daemon::execute(const core::effect::LoadSpool& order) { spools_.load(order); }

void Daemon::execute(const core::effect::CloseSpool& order) { spools_.close(order.pool); }

void Daemon::execute(const core::effect::Quit& order) { status_ = order.status; }

// ------------------------------------------------------------------------------------------ loop

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

int Daemon::run() {
  EventLoop loop(signals_.get(), children_.prompt_descriptor(), children_.bulk_descriptor(),
                 LoopHandlers{.signals = [this] { guarded([this] { read_signals(); }); },
                              .prompt = [this] { guarded([this] { children_.serve_prompt(); }); },
                              .bulk =
                                  [this] {
                                    std::size_t fullest = 0;
                                    guarded([&] { fullest = children_.serve_bulk(); });
                                    return fullest;
                                  },
                              .alarm = [this] { guarded([this] { tick(); }); },
                              .settle = [this] { return settle(); }});
  loop_ = &loop;
  if (servers_) {
    servers_->serve(loop.context(), [&loop] { loop.settle(); });
  }
  booted_ = true;
  guarded([this] {
    if (legacy_) {
      go_on();
    } else {
      begin_survival();
      feed(core::input::OpenSpools{});
      feed(core::input::Boot{});
    }
  });
  log_.flush();
  give_back_memory();
  loop.run();
  if (servers_) {
    servers_->close();
  }
  loop_ = nullptr;
  spools_.close_all();
  survival_.end();
  log_.finish();
  fcgi_sockets_.clear();
  pidfile_.remove();
  return status_.value_or(0);
}

// After everything that happened: what waits for it learns of it. The time of the next alarm.
core::Instant Daemon::settle() {
  core::Instant due = core::never;
  guarded([&] {
    log_.flush();
    if (survival_.keeper_waits()) {
      serve_keeper();
    }
    if (servers_) {
      due = servers_->settled();
    }
    if (std::exchange(servers_are_old_, false)) {
      reopen_servers();
    }
    log_.flush();
  });
  if (status_) {
    loop_->stop();
  } else if (upgrade_.is_ready()) {
    guarded([&] { due = std::min(due, finish_and_upgrade()); });
  }
  return std::min(due, supervisor_.deadline());
}

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

// As a restart of Supervisor does, connections included. Where the new ones cannot listen, the old
// ones do again.
void Daemon::reopen_servers() {
  if (!servers_) {
    return;
  }
  servers_->close();
  schema::Status opened = servers_->open(configuration_.resolved);
  if (opened) {
    served_ = configuration_.resolved;
  } else {
    log_.line(core::Level::critical, opened.error().message);
    opened = servers_->open(served_);
    servers_->plan_taken(configuration_.resolved);
  }
  if (opened) {
    servers_->serve(loop_->context(), [this] { loop_->settle(); });
  } else {
    log_.line(core::Level::critical, opened.error().message);
  }
}

// The alarm may be an old one.
void Daemon::tick() {
  if (supervisor_.deadline() <= now().steady) {
    feed(core::input::Tick{});
  }
}

void Daemon::read_signals() {
  // Room for all that can be pending; whatever comes later wakes the loop again.
  std::array<signalfd_siginfo, 2 * signals_taken.size()> infos;
  const ssize_t got = ::read(signals_.get(), infos.data(), sizeof infos);
  const std::size_t count = got > 0 ? static_cast<std::size_t>(got) / sizeof infos[0] : 0;
  bool child_ended = false;
  int ended_child = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const auto number = static_cast<int>(infos[i].ssi_signo);
    if (number == SIGCHLD) {
      child_ended = true;
      ended_child = static_cast<int>(infos[i].ssi_pid);
    } else if (number == SIGUSR1) {
      log_.line(core::Level::warn, "received SIGUSR1 indicating upgrade request");
      guarded([&] {
        const schema::Status begun = begin_upgrade();
        if (!begun) {
          log_.line(core::Level::warn, "no upgrade: " + begun.error().message);
        }
      });
    } else {
      guarded([&] { feed(core::input::DaemonSignal{number}); });
    }
  }
  if (child_ended) {
    if (settings().loglevel <= core::Level::debug) {
      // As Supervisor's loop does: what was said before is in the log before. Without the line, the
      // rest of the output is read when the child is reaped.
      guarded([this] {
        children_.serve_prompt();
        children_.serve_bulk();
      });
    }
    log_.line(core::Level::debug, "received SIGCHLD indicating a child quit");
    reap(ended_child);
  }
}

void Daemon::reap(int named) {
  reaper_.reap(named, [this](int pid, int status) {
    // Each for itself: nobody tells again of those that are left.
    guarded([&] {
      if (!take_upgrade_end(pid, status)) {
        take_end(pid, exit_status(status));
      }
    });
  });
}

void Daemon::take_end(int pid, const core::ExitStatus& status) {
  const std::optional<core::ProcessId> id = children_.ended(pid);
  const unsigned table = restarts_;
  // It may be gone, or run again, when the core has heard of it.
  const std::string socket_key = id ? std::exchange(socket_keys_[*id], {}) : std::string{};
  feed(core::input::Exited{.pid = pid, .status = status});
  // Ids mean something else after a restart, and nothing of before is held then.
  if (id && table == restarts_) {
    children_.release(*id);
    if (!socket_key.empty()) {
      fcgi_sockets_.release(socket_key);
    }
  }
}

// ----------------------------------------------------------------- a daemon or image before this
// one

std::string Daemon::keeper_path() const {
  const std::string pidfile = absolute_path(settings().pidfile, folder_);
  const bool possible = options_.keeper && ::getpid() != 1 && !pidfile.starts_with("/dev/") &&
                        !pidfile.starts_with("/proc/");
  return possible ? pidfile + ".keeper" : std::string();
}

// Whose children may still run.
void Daemon::find_legacy() {
  const std::string path = keeper_path();
  if (path.empty()) {
    return;
  }
  legacy_ = survival_.find(path);
  if (!legacy_) {
    return;
  }
  core::Resumption how;
  how.compat = options_.compat;
  how.after_crash = true;
  how.rows.assign(legacy_->processes.begin(), legacy_->processes.end());
  how.events.assign(legacy_->events.begin(), legacy_->events.end());
  how.daemon = configuration_.resolved->supervisord;
  schema::Result<core::Supervisor> restored = core::Supervisor::restore(legacy_->supervisor, how);
  if (!restored) {
    log_.line(core::Level::error, restored.error().message);
    legacy_.reset();
    return;
  }
  log_.line(core::Level::warn,
            "the daemon before this one was ended suddenly, going on with its processes");
  supervisor_ = std::move(*restored);
}

void Daemon::take_names() {
  if (!legacy_) {
    return;
  }
  for (const core::ProcessId id : supervisor_.processes()) {
    if (log_files_.size() <= id) {
      log_files_.resize(id + 1);
      socket_keys_.resize(id + 1);
    }
    const schema::Process& process = supervisor_.spec(id);
    const auto row = legacy_->children.find({process.group, process.name});
    if (row != legacy_->children.end()) {
      log_files_[id] = row->second.logs;
      socket_keys_[id] = row->second.socket_key;
    }
  }
}

std::set<std::string> Daemon::kept_logs() const {
  std::set<std::string> kept;
  for (const std::array<LogName, 2>& names : log_files_) {
    for (const LogName& name : names) {
      if (name.is_automatic) {
        kept.insert(name.path);
      }
    }
  }
  return kept;
}

void Daemon::take_sockets() {
  if (!legacy_) {
    return;
  }
  for (const SocketRow& row : legacy_->sockets) {
    const auto held = legacy_->held.find(row.token);
    Descriptor socket(row.socket.descriptor);
    if (!is_resumed_) {
      static_cast<void>(socket.release());  // a number of the other daemon
      if (held != legacy_->held.end() && !held->second.empty()) {
        socket = std::move(held->second.front());
      }
    }
    if (socket) {
      survival_.know_socket(row);
      fcgi_sockets_.adopt(row.socket, std::move(socket));
    }
  }
  for (const auto& [name, row] : legacy_->children) {
    if (row.child.token != 0 && row.child.pid != 0) {
      fcgi_sockets_.use(row.socket_key);
    }
  }
}

// Where Boot would be.
void Daemon::go_on() {
  std::vector<int> ended;
  adopt_children(ended);
  if (is_resumed_) {
    const int keeper = legacy_->daemon.keeper;
    if (keeper >= 0) {
      survival_.adopt_keeper(keeper_path(), Descriptor(keeper), options_.keeper_seconds);
      serve_keeper();
    }
    legacy_.reset();
    log_.line(core::Level::info, "upgraded, everything goes on");
    feed(core::input::OpenSpools{});
    feed(core::input::Tick{});
    reap(0);
    return;
  }
  feed(core::input::OpenSpools{});
  repeat_lost_read();
  begin_survival();
  settle_lost_write();
  settle_lost_children(ended);
  survival_.forget_rest(*legacy_);
  legacy_.reset();
  fcgi_sockets_.close_unused();
  feed(core::input::Tick{});
  next_configuration_ = configuration_;
  supervisor_.update(now(), configuration_.resolved, effects_);
  execute_all();
  for (const core::ProcessId id : supervisor_.processes()) {
    const core::ProcessStatus status = supervisor_.status(id);
    const bool never_started =
        status.state == schema::ProcessState::STOPPED && status.started == core::Instant{};
    if (never_started && supervisor_.spec(id).options.autostart) {
      supervisor_.start_process(now(), id, effects_);
    }
  }
  execute_all();
}

void Daemon::adopt_children(std::vector<int>& ended) {
  for (const core::ProcessId id : supervisor_.processes()) {
    const schema::Process& process = supervisor_.spec(id);
    const auto found = legacy_->children.find({process.group, process.name});
    if (found == legacy_->children.end() || found->second.child.token == 0 ||
        found->second.child.pid == 0) {
      continue;
    }
    const ChildRow& row = found->second;
    ChildDescriptors descriptors;
    bool lives = true;
    if (is_resumed_) {
      for (std::size_t i = 0; i < descriptors.size(); ++i) {
        descriptors[i].reset(row.numbers[i]);
      }
    } else {
      auto held = legacy_->held.find(row.child.token);
      if (held == legacy_->held.end()) {
        continue;
      }
      descriptors = place_descriptors(row.child, std::move(held->second));
      descriptors[3] = open_process(row.child);
      lives = static_cast<bool>(descriptors[3]);
    }
    if (!children_.adopt(start_order(id), row.child, std::move(descriptors))) {
      log_.line(core::Level::error,
                "'" + process.name + "' cannot be watched: " + error_text(errno));
    }
    if (!lives) {
      ended.push_back(row.child.pid);
    } else if (!is_resumed_) {
      const core::Instant up = now().steady - supervisor_.status(id).started;
      log_.line(core::Level::info,
                "adopted: '" + process.name + "' with pid " + std::to_string(row.child.pid) +
                    ", up for " +
                    std::to_string(std::chrono::duration_cast<std::chrono::seconds>(up).count()) +
                    " seconds");
    }
  }
}

// What the other daemon had read and perhaps not written.
void Daemon::repeat_lost_read() {
  const std::optional<StateMemory::Reading> lost = legacy_->memory->lost_read();
  if (lost) {
    children_.repeat(*lost, std::string_view(legacy_->memory->buffer(), lost->size));
  }
  legacy_->memory->end_read();
}

// A listener that may or may not have got its event: nobody can know, so it starts anew and the
// event is given out again.
void Daemon::settle_lost_write() {
  const std::uint64_t token = legacy_->memory->lost_write();
  for (const core::ProcessId id : supervisor_.processes()) {
    const SavedChild child = children_.save(id);
    if (token == 0 || child.token != token) {
      continue;
    }
    const schema::Process& process = supervisor_.spec(id);
    if (!supervisor_.holds_event(id) || children_.has_unread_input(id)) {
      continue;  // it did not get it, or surely did
    }
    log_.line(core::Level::warn, process.name +
                                     ": is ended, as it is not known whether it got its "
                                     "last event; autorestart decides what follows");
    children_.kill(id, child.pid, process.options.stopsignal, process.options.stopasgroup);
  }
}

void Daemon::settle_lost_children(const std::vector<int>& ended) {
  for (const int pid : ended) {
    take_end(pid, unknown_status);
  }
  for (const core::ProcessId id : supervisor_.processes()) {
    const core::ProcessStatus status = supervisor_.status(id);
    if (status.pid != 0 && children_.save(id).pid != status.pid) {
      log_.line(core::Level::error, "'" + supervisor_.spec(id).name + "' with pid " +
                                        std::to_string(status.pid) +
                                        " could not be adopted, its output is lost");
      feed(core::input::Exited{.pid = status.pid, .status = unknown_status});
    } else if (status.pid == 0 && (status.state == schema::ProcessState::STARTING ||
                                   status.state == schema::ProcessState::STOPPING)) {
      feed(core::input::SpawnFailed{.process = id,
                                    .reason = "the daemon was ended while it was started"});
    }
  }
}

void Daemon::begin_survival() {
  const std::string path = keeper_path();
  if (!path.empty()) {
    survival_.begin(path, options_.keeper_seconds);
    serve_keeper();
  }
}

void Daemon::serve_keeper() {
  const bool waits = survival_.serve_keeper();
  if (survival_.keeper_descriptor() >= 0) {
    children_.watch_other(survival_.keeper_descriptor(), waits);
  }
}

// Listeners that will be written to when what was ordered is done.
std::set<core::ProcessId> Daemon::later_writes() const {
  std::set<core::ProcessId> later;
  for (std::size_t i = next_effect_; i < effects_.size(); ++i) {
    if (const auto* write = std::get_if<core::effect::WriteStdin>(&effects_[i])) {
      later.insert(write->process);
    }
  }
  return later;
}

// -------------------------------------------------------------------------------- the next image

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
}

schema::Status Daemon::resume() {
  upgrades_ = legacy_->daemon.upgrades;
  machine_.set_upgrades(upgrades_);
  const schema::Status opened = open_log();
  if (!opened) {
    return opened.error();
  }
  log_.line(core::Level::info, "suprun " SUP_VERSION " goes on after suprun " +
                                   legacy_->daemon.version + " with pid " +
                                   std::to_string(::getpid()));
  const schema::Status named = name_log_files();
  if (!named) {
    log_.line(core::Level::error, named.error().message);
  }
  take_sockets();
  pidfile_.adopt(absolute_path(settings().pidfile, folder_),
                 Descriptor(legacy_->daemon.pidfile_lock));
  if (servers_) {
    std::vector<std::pair<std::string, int>> sockets;
    for (const NamedDescriptor& each : legacy_->daemon.descriptors) {
      sockets.emplace_back(each.name, each.number);
    }
    servers_->inherit(std::move(sockets));
    served_ = configuration_.resolved;
    const schema::Status served = servers_->open(configuration_.resolved);
    if (!served) {
      log_.line(core::Level::critical, served.error().message);
    }
  }
  signals_ = take_signals();
  return schema::Nothing{};
}

struct Handover {
  Legacy legacy;
  core::Supervisor supervisor;
};

schema::Result<Handover> read_handover(int descriptor, const core::Compat& compat) {
  schema::Result<std::unique_ptr<StateMemory>> memory = StateMemory::open(Descriptor(descriptor));
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
  const schema::Status resumed = daemon.resume();
  if (!resumed) {
    return resumed.error();
  }
  return daemon.run();
}

schema::Result<int> run_daemon(Configuration configuration, DaemonOptions options) {
  occupy_standard_descriptors();
  keep_from_children();
  Daemon daemon(std::move(configuration), std::move(options));
  const schema::Status started = daemon.start();
  if (!started) {
    return started.error();
  }
  return daemon.run();
}

}  // namespace sup::host
