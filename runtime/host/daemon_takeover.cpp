#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>

#include "runtime/host/daemon_implementation.h"

namespace sup::host {

std::string Daemon::keeper_path() const {
  const std::string pidfile = pidfile_path();
  const bool possible = options_.keeper && ::getpid() != 1 && !pidfile.starts_with("/dev/") &&
                        !pidfile.starts_with("/proc/");
  return possible ? pidfile + ".keeper" : std::string();
}

// Whose children may still run.
schema::Status Daemon::find_legacy() {
  const std::string path = keeper_path();
  if (path.empty()) {
    return schema::Nothing{};
  }
  schema::Result<std::optional<Legacy>> found = survival_.find(path);
  if (!found) {
    return schema::Error{.message = found.error().message +
                                    "; it has the processes of a daemon that was ended suddenly: "
                                    "start again to go on with them, or end the keeper"};
  }
  legacy_ = std::move(*found);
  if (!legacy_) {
    return schema::Nothing{};
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
    return schema::Nothing{};
  }
  log_.line(core::Level::warn,
            "the daemon before this one was ended suddenly, going on with its processes");
  supervisor_ = std::move(*restored);
  supervisor_.end_with(options_.exit_rule);
  return schema::Nothing{};
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
  started_ = is_resumed_ ? std::nullopt : take_started(*legacy_);
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
  settle_started();
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
      descriptors[3] = std::move(legacy_->pidfds[row.child.token]);
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
      if (is_started(id)) {
        attempt(core::effect::Spawn{id});
        continue;
      }
      feed(core::input::SpawnFailed{.process = id,
                                    .reason = "the daemon was ended while it was started"});
    }
  }
}

bool Daemon::is_started(core::ProcessId id) const {
  return started_ && started_->row.group == supervisor_.spec(id).group &&
         started_->row.name == supervisor_.spec(id).name;
}

// Instead of starting it once more.
int Daemon::adopt_started(const StartOrder& order) {
  StartedChild child = *std::exchange(started_, std::nullopt);
  const std::string name = "'" + order.process->name + "'";
  if (!children_.adopt(order, child.row.child, std::move(child.descriptors))) {
    log_.line(core::Level::error, name + " cannot be watched: " + error_text(errno));
  }
  log_.line(core::Level::info, "adopted: " + name + " with pid " +
                                   std::to_string(child.row.child.pid) +
                                   ", whose start the other daemon did not see the end of");
  return child.row.child.pid;
}

// The core of the other daemon had not noted yet that it was to be started.
void Daemon::settle_started() {
  for (const core::ProcessId id : supervisor_.processes()) {
    if (is_started(id)) {
      supervisor_.start_process(now(), id, effects_);
      execute_all();
      break;
    }
  }
  if (started_) {
    const int pid = started_->row.child.pid;
    log_.line(core::Level::warn, "'" + started_->row.name + "' with pid " + std::to_string(pid) +
                                     " is ended: it was being started, and is not wanted any more");
    ::kill(-pid, SIGTERM);
    started_.reset();
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
    if (!children_.watch_other(survival_.keeper_descriptor(), waits)) {
      survival_.look_at_keeper_at(now().steady + std::chrono::seconds(1));
    }
  }
}

// Listeners that will be written to when what was ordered is done.
std::set<core::ProcessId> Daemon::later_writes() {
  for (looked_through_ = std::max(looked_through_, next_effect_); looked_through_ < effects_.size();
       ++looked_through_) {
    if (const auto* write = std::get_if<core::effect::WriteStdin>(&effects_[looked_through_])) {
      pending_writes_.emplace_back(looked_through_, write->process);
    }
  }
  while (!pending_writes_.empty() && pending_writes_.front().first < next_effect_) {
    pending_writes_.pop_front();
  }
  std::set<core::ProcessId> later;
  for (const auto& [place, process] : pending_writes_) {
    later.insert(process);
  }
  return later;
}

}  // namespace sup::host
