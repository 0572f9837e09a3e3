#include <fcntl.h>
#include <link.h>
#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "runtime/host/auto_logs.h"
#include "runtime/host/credentials.h"
#include "runtime/host/daemon_implementation.h"

namespace sup::host {

namespace {

// Most of our code reads and checks configurations, and is not run again until there is another
// one. The kernel has its pages still, and maps them again when they are needed.
void give_back_code() {
  const auto look_at_program = [](dl_phdr_info* program, std::size_t, void*) {
    const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
    for (const ElfW(Phdr) & part : std::span(program->dlpi_phdr, program->dlpi_phnum)) {
      if (part.p_type != PT_LOAD || (part.p_flags & (PF_X | PF_W)) != PF_X) continue;
      const std::uintptr_t begin = (program->dlpi_addr + part.p_vaddr) / page * page;
      const std::uintptr_t end = program->dlpi_addr + part.p_vaddr + part.p_memsz;
      // NOLINTNEXTLINE(performance-no-int-to-ptr): addresses of the program's parts are numbers
      ::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);
    }
    return 1;  // the first is the program itself, libraries are others' too
  };
  ::dl_iterate_phdr(look_at_program, nullptr);
}

// Duplicates of those that listen for TCP. A child that was made a moment ago has them, too, until
// it has executed its program, and a port that is closed and opened anew meanwhile is taken.
std::vector<std::pair<std::string, int>> duplicates_of_ports(const Servers& servers) {
  std::vector<std::pair<std::string, int>> kept;
  for (const auto& [address, descriptor] : servers.sockets()) {
    const int duplicate =
        address.starts_with("inet://") ? ::fcntl(descriptor, F_DUPFD_CLOEXEC, 3) : -1;
    if (duplicate >= 0) {
      kept.emplace_back(address, duplicate);
    }
  }
  return kept;
}

}  // namespace

void give_back_memory() {
#ifdef __GLIBC__
  ::malloc_trim(0);
#endif
  give_back_code();
}

// ---------------------------------------------------------------------------------------- start

ActivityLog::Settings Daemon::log_settings() const {
  const schema::SupervisordOptions& wanted = settings();
  return ActivityLog::Settings{
      .file = wanted.logfile == "syslog" ? wanted.logfile : absolute_path(wanted.logfile, folder_),
      .limits = {.maximum_bytes = wanted.logfile_maxbytes, .backups = wanted.logfile_backups},
      .level = static_cast<core::Level>(wanted.loglevel),
      .to_standard_output =
          in_foreground() && !wanted.silent && !is_standard_output(wanted.logfile)  // not twice
  };
}

schema::Status Daemon::open_log() { return log_.open(log_settings()); }

// In the foreground nothing is lost without the file.
std::string Daemon::advice_on_log() const {
  return in_foreground() && !settings().silent
             ? "; with logfile=/dev/null there is none, and the lines go to standard output"
             : "";
}

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
  schema::Status started = start_steps();
  if (!started) {
    if (servers_) {
      servers_->close();
    }
    loop_.reset();
    if (!legacy_) {
      fcgi_sockets_.clear();  // else the children of another daemon have them
    }
    log_.finish();
  }
  return started;
}

schema::Status Daemon::start_steps() {
  const schema::SupervisordOptions& wanted = settings();
  schema::Result<std::vector<std::string>> limits = raise_limits(wanted.minfds, wanted.minprocs);
  if (!limits) {
    return limits.error();
  }
  const schema::Status alone = Pidfile::check(pidfile_path());
  if (!alone) {
    return alone.error();
  }
  schema::Result<std::vector<std::string>> user = change_user();
  if (!user) {
    return user.error();
  }
  const schema::Status opened = open_log();
  if (!opened) {
    return schema::Error{.message = opened.error().message + advice_on_log(),
                         .error_number = opened.error().error_number};
  }
  user->insert(user->end(), limits->begin(), limits->end());
  write_first_lines(*user);
  const schema::Status found = find_legacy();
  if (!found) {
    log_.line(core::Level::critical, found.error().message);
    return found.error();
  }
  take_sockets();
  const schema::Status probed = probe_sockets(*configuration_.resolved);
  if (!probed) {
    return probed.error();
  }
  if (servers_) {
    const schema::Status served = servers_->open(configuration_.resolved);
    served_ = configuration_.resolved;
    if (!served) {
      return served.error();
    }
  }
  // After all that fails where another daemon runs: its AUTO logs are taken away by this.
  const schema::Status named = name_log_files();
  if (!named) {
    return named.error();
  }
  schema::Result<Descriptor> signals = take_signals();
  if (!signals) {
    return signals.error();
  }
  signals_ = std::move(*signals);
  if (!in_foreground()) {
    // What another daemon left behind may have brought its own settings: asked for once more.
    const schema::Status gone = daemonize(settings(), log_);
    if (!gone) {
      return gone.error();
    }
  }
  schema::Status prepared = prepare_loop();
  if (prepared && servers_) {
    prepared = servers_->serve(loop_->context(), [this] { loop_->settle(); });
  }
  if (!prepared) {
    log_.line(core::Level::critical,
              prepared.error().message);  // there may be no terminal any more
    return prepared.error();
  }
  write_pidfile();
  return schema::Nothing{};
}

// What the daemon sleeps in; nothing has been started before.
schema::Status Daemon::prepare_loop() {
  if (!signals_) {
    schema::Result<Descriptor> signals = take_signals();
    if (!signals) {
      return signals.error();
    }
    signals_ = std::move(*signals);
  }
  const schema::Status watched = children_.prepare();
  if (!watched) {
    return watched.error();
  }
  schema::Result<std::unique_ptr<EventLoop>> loop = EventLoop::make(
      signals_.get(), children_.prompt_descriptor(), children_.bulk_descriptor(),
      LoopHandlers{.signals = [this] { guarded([this] { read_signals(); }); },
                   .prompt = [this] { guarded([this] { children_.serve_prompt(); }); },
                   .bulk =
                       [this] {
                         std::size_t fullest = 0;
                         guarded([&] { fullest = children_.serve_bulk(); });
                         return fullest;
                       },
                   .alarm = [this] { guarded([this] { tick(); }); },
                   .clock_set = [this] { guarded([this] { feed(core::input::ClockSet{}); }); },
                   .settle = [this] { return settle(); }});
  if (!loop) {
    return loop.error();
  }
  loop_ = std::move(*loop);
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
  schema::Status all = schema::Nothing{};
  for (const core::ProcessId id : supervisor_.processes()) {
    const schema::Status named = name_logs_of(id);
    all = all ? named : all;
  }
  return all;
}

// A log that is AUTO stays what it was. One that cannot be made is tried again with the next start.
schema::Status Daemon::name_logs_of(core::ProcessId id) {
  machine_.table_changed();
  unnamed_.erase(id);
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
        unnamed_.insert(id);
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
  const schema::Status written = pidfile_.write(pidfile_path());
  if (written) {
    if (!pidfile_.is_locked()) {
      log_.line(core::Level::warn, "could not lock pidfile " + pidfile_path() +
                                       ": a second daemon with it would not notice this one");
    }
    log_.line(core::Level::info, "supervisord started with pid " + std::to_string(::getpid()));
  } else {
    log_.line(core::Level::critical, "could not write pidfile " + pidfile_path() + ": " +
                                         error_text(written.error().error_number));
  }
  pidfile_retry_.settled();
  if (!written) {
    pidfile_retry_.failed(now().steady);
  }
}

// It may be a folder that we never can write to. When it is to be tried again.
core::Instant Daemon::write_pidfile_again() {
  const core::Instant time = now().steady;
  if (pidfile_retry_.due() <= time) {
    if (pidfile_.write(pidfile_path())) {
      pidfile_retry_.settled();
      log_.line(core::Level::warn, "wrote pidfile " + pidfile_path() + " at last");
    } else {
      pidfile_retry_.failed(time);
    }
  }
  return pidfile_retry_.due();
}

// ------------------------------------------------------------------------------------------ loop

int Daemon::run() {
  booted_ = true;
  guarded([this] {
    if (legacy_) {
      go_on();
    } else {
      begin_survival();
      feed(core::input::OpenSpools{});
      feed(core::input::Boot{});
      reap(0);  // children that the program which became this one left behind
    }
  });
  log_.flush();
  give_back_memory();
  loop_->run();
  if (servers_) {
    servers_->close();
  }
  loop_.reset();
  spools_.close_all();
  survival_.end();
  fcgi_sockets_.clear();
  const schema::Status removed = pidfile_.remove();
  if (!removed) {
    log_.line(core::Level::error, removed.error().message);
  }
  children_.flush_logs();
  log_.finish();
  return status_.value_or(0);
}

// After everything that happened: what waits for it learns of it. The time of the next alarm.
core::Instant Daemon::settle() {
  core::Instant due = core::never;
  guarded([&] {
    log_.flush();
    if (survival_.keeper_waits() || survival_.keeper_due() <= now().steady) {
      serve_keeper();
    }
    if (servers_) {
      due = servers_->settled();
    }
    if (servers_are_old_ && next_reopening_ <= now().steady) {
      reopen_servers();
    }
    if (servers_are_old_) {
      due = std::min(due, next_reopening_);
    }
    if (spools_.due() <= now().steady) {
      spools_.try_again();
    }
    due = std::min(
        {due, spools_.due(), survival_.keeper_due(), watch_again(), write_pidfile_again()});
    log_.flush();
    if (log_.waits()) {
      constexpr core::Instant moment = std::chrono::milliseconds(20);
      due = std::min(due, now().steady + moment);
    }
  });
  if (status_) {
    loop_->stop();
  } else if (upgrade_.is_ready()) {
    guarded([&] { due = std::min(due, finish_and_upgrade()); });
  }
  return std::min(due, supervisor_.deadline());
}

schema::Status Daemon::serve(const std::shared_ptr<const schema::Resolved>& plan) {
  schema::Status served = servers_->open(plan);
  if (served) {
    served = servers_->serve(loop_->context(), [this] { loop_->settle(); });
  }
  if (!served) {
    servers_->close();
  }
  return served;
}

// What could not be watched. When that is to be tried again.
core::Instant Daemon::watch_again() {
  constexpr core::Instant distance = std::chrono::seconds(1);
  if (!children_.lacks_watching()) {
    return core::never;
  }
  const core::Instant time = now().steady;
  if (next_watching_ <= time) {
    next_watching_ = time + distance;
    if (children_.watch_again()) {
      log_.line(core::Level::warn, "all children are watched again");
      return core::never;
    }
  }
  return next_watching_;
}

// Those that are the same go on after an update; after a restart all begin anew, connections
// included, as Supervisor's do.
schema::Status Daemon::open_again(const std::shared_ptr<const schema::Resolved>& plan) {
  if (!servers_begin_anew_) {
    return servers_->change(plan);
  }
  std::vector<std::pair<std::string, int>> ports = duplicates_of_ports(*servers_);
  servers_->close();
  if (!ports.empty()) {
    servers_->inherit(std::move(ports));
  }
  return serve(plan);
}

// Where the new ones cannot listen, the old ones do again; where these cannot either, that is tried
// until it works.
void Daemon::reopen_servers() {
  constexpr core::Instant distance = std::chrono::seconds(1);
  if (!servers_) {
    servers_are_old_ = false;
    return;
  }
  const bool is_first = next_reopening_ == core::Instant{};
  next_reopening_ = now().steady + distance;
  schema::Status served = open_again(configuration_.resolved);
  if (served) {
    served_ = configuration_.resolved;
  } else {
    if (is_first) {
      log_.line(core::Level::critical, served.error().message);
    }
    served = servers_begin_anew_ ? serve(served_) : servers_->change(served_);
    servers_->plan_taken(configuration_.resolved);
  }
  if (served) {
    servers_are_old_ = false;
    servers_begin_anew_ = false;
    next_reopening_ = {};
    if (!is_first) {
      log_.line(core::Level::warn, "the control servers listen again");
    }
  } else if (is_first) {
    log_.line(core::Level::critical,
              served.error().message + "; tried again every second until it works");
  }
}

// The alarm may be an old one.
void Daemon::tick() {
  if (supervisor_.deadline() <= now().steady) {
    feed(core::input::Tick{});
  }
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
