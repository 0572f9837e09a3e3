#include <malloc.h>

#include <algorithm>

#include "runtime/host/auto_logs.h"
#include "runtime/host/credentials.h"
#include "runtime/host/daemon_implementation.h"

namespace sup::host {

void give_back_memory() {
#ifdef __GLIBC__
  ::malloc_trim(0);
#endif
}

// ---------------------------------------------------------------------------------------- start

ActivityLog::Settings Daemon::log_settings() const {
  const schema::SupervisordOptions& wanted = settings();
  return ActivityLog::Settings{
      .file = wanted.logfile == "syslog" ? wanted.logfile : absolute_path(wanted.logfile, folder_),
      .limits = {.maximum_bytes = wanted.logfile_maxbytes, .backups = wanted.logfile_backups},
      .level = static_cast<core::Level>(wanted.loglevel),
 // Nobody wants each line twice.
      .to_standard_output =
          in_foreground() && !wanted.silent && !is_standard_output(wanted.logfile)
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
    return schema::Error{.message = opened.error().message + advice_on_log(),
                         .error_number = opened.error().error_number};
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
  const schema::Status written = pidfile_.write(path);
  if (written) {
    log_.line(core::Level::info, "supervisord started with pid " + std::to_string(::getpid()));
  } else {
    log_.line(core::Level::critical,
              "could not write pidfile " + path + ": " + error_text(written.error().error_number));
  }
}

// ------------------------------------------------------------------------------------------ loop

int Daemon::run() {
  EventLoop loop(
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
      reap(0);  // children that the program which became this one left behind
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
