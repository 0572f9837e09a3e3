#include <type_traits>
#include <variant>

#include "runtime/host/daemon_implementation.h"
#include "schema/process_diff.h"

namespace sup::host {

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
  looked_through_ = 0;
  only_starts_through_ = 0;
  pending_writes_.clear();
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

// What a start has led to at the end of the orders: lines are written when it happened and not
// behind the other starts that were ordered with it. Behind anything else they wait their turn.
void Daemon::write_lines_since(std::size_t first) {
  for (only_starts_through_ = std::max(only_starts_through_, next_effect_);
       only_starts_through_ < first; ++only_starts_through_) {
    if (!std::holds_alternative<core::effect::Spawn>(effects_[only_starts_through_])) {
      return;
    }
  }
  for (std::size_t i = first; i < effects_.size(); ++i) {
    if (!std::holds_alternative<core::effect::LogLine>(effects_[i])) {
      return;
    }
  }
  for (std::size_t i = first; i < effects_.size(); ++i) {
    attempt(std::get<core::effect::LogLine>(effects_[i]));
  }
  effects_.erase(effects_.begin() + static_cast<std::ptrdiff_t>(first), effects_.end());
  looked_through_ = std::min(looked_through_, first);
}

void Daemon::execute(const core::effect::Spawn& order) {
  const core::ProcessId id = order.process;
  const schema::Status named =
      unnamed_.contains(id) ? name_logs_of(id) : schema::Status(schema::Nothing{});
  if (!named) {
    feed(core::input::SpawnFailed{.process = id, .reason = named.error().message});
    return;
  }
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
  const core::Now begun = now();
  const schema::Result<int> pid =
      is_started(id) ? schema::Result<int>(adopt_started(start)) : children_.start(start);
  if (pid) {
    socket_keys_[id] = socket_key;
    const std::size_t orders = effects_.size();
    feed(core::input::Spawned{.process = id, .pid = *pid, .begun = begun});
    write_lines_since(orders);
    // At once, and not when the last of a thousand has been started: the next daemon has to know
    // of each that this one leaves behind.
    if (survival_.is_on()) {
      spools_.flush();
      survival_.record(later_writes());
    }
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
  // An event that was read before a line is on disk before that line is.
  spools_.flush();
  children_.append_log(order.process, order.channel, order.bytes);
}

void Daemon::execute(const core::effect::LogLine& order) { log_.line(order.level, order.text); }

void Daemon::execute(const core::effect::ReopenLogs&) {
  log_.reopen();
  children_.reopen_logs();
}

schema::Result<std::shared_ptr<const schema::Resolved>> Daemon::read_configuration(
    const core::PlanSource& source) {
  const schema::Result<Configuration> loaded = options_.load(source);
  if (!loaded) {
    return loaded.error();
  }
  files_read_ = loaded->files;
  return loaded->resolved;
}

// What was read already, or what was in effect before and comes back.
Configuration Daemon::known_configuration(
    const std::shared_ptr<const schema::Resolved>& resolved) const {
  const bool comes_back = resolved == replaced_.lock();
  return {
      .resolved = resolved, .first_lines = {}, .files = comes_back ? replaced_files_ : files_read_};
}

void Daemon::execute(const core::effect::LoadPlan& order) {
  const schema::Result<Configuration> loaded =
      order.read ? schema::Result<Configuration>(known_configuration(order.read))
                 : options_.load({});
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
  replaced_ = configuration_.resolved;
  replaced_files_ = configuration_.files;
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
      servers_are_old_ = servers_are_old_ || !schema::same_servers(*served_, *taken.resolved);
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
  servers_begin_anew_ = true;
  booted_ = false;
  children_.clear();
  fcgi_sockets_.clear();
  configuration_ = std::move(next_configuration_);
  const schema::Status removed = pidfile_.remove();
  if (!removed) {
    log_.line(core::Level::error, removed.error().message);
  }
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

}  // namespace sup::host
