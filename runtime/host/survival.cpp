#include "runtime/host/survival.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <iterator>

#include "runtime/core/archive.h"
#include "runtime/host/process_search.h"

namespace sup::host {

namespace {

// Tokens of sockets are apart from those of children.
constexpr std::uint64_t socket_token_base = std::uint64_t{1} << 62U;

// More input of a child than this is not written down again and again.
constexpr std::size_t most_noted_input = std::size_t{256} << 10U;

}  // namespace

// Found by the archive. Plain structs are taken apart, so that a new member that is not named here
// does not compile.
template <class Archive>
void fields(Archive& archive, LogName& name) {
  auto& [path, is_automatic] = name;
  archive(path, is_automatic);
}

template <class Archive>
void fields(Archive& archive, SavedChild& child) {
  auto& [token, pid, before, after, given, lines, unsent, overflowed, adopted] = child;
  archive(token, pid, before, after, given, lines, unsent, overflowed, adopted);
}

template <class Archive>
void fields(Archive& archive, ChildRow& row) {
  auto& [group, name, logs, socket_key, child, numbers] = row;
  archive(group, name, logs, socket_key, child, numbers);
}

template <class Archive>
void fields(Archive& archive, FcgiSockets::Saved& saved) {
  auto& [key, url, path, descriptor] = saved;
  archive(key, url, path, descriptor);
}

template <class Archive>
void fields(Archive& archive, SocketRow& row) {
  auto& [socket, token] = row;
  archive(socket, token);
}

template <class Archive>
void fields(Archive& archive, NamedDescriptor& descriptor) {
  auto& [name, number] = descriptor;
  archive(name, number);
}

template <class Archive>
void fields(Archive& archive, DaemonRow& row) {
  auto& [version, directory, pidfile_lock, keeper, upgrades, descriptors] = row;
  archive(version, directory, pidfile_lock, keeper, upgrades, descriptors);
}

namespace {

template <class Row>
std::string write_row(Row& row) {
  core::Saver archive;
  archive(row);
  return archive.take();
}

template <class Row>
Row read_row(std::string_view bytes) {
  core::Loader archive(bytes);
  Row row;
  archive(row);
  return row;
}

}  // namespace

schema::Result<Legacy> read_legacy(std::unique_ptr<StateMemory> memory) {
  Legacy legacy;
  try {
    for (const StateMemory::Record& record : memory->records()) {
      switch (record.kind) {
        case RecordKind::supervisor: legacy.supervisor = record.bytes; break;
        case RecordKind::process: legacy.processes.emplace_back(record.bytes); break;
        case RecordKind::child: {
          ChildRow row = read_row<ChildRow>(record.bytes);
          legacy.children[{row.group, row.name}] = std::move(row);
          break;
        }
        case RecordKind::socket: {
          SocketRow row = read_row<SocketRow>(record.bytes);
          std::erase_if(legacy.sockets,
                        [&](const SocketRow& other) { return other.socket.key == row.socket.key; });
          legacy.sockets.push_back(std::move(row));
          break;
        }
        case RecordKind::daemon: legacy.daemon = read_row<DaemonRow>(record.bytes); break;
        case RecordKind::event: legacy.events.emplace_back(record.bytes); break;
        case RecordKind::starting: legacy.starting = read_row<ChildRow>(record.bytes); break;
        case RecordKind::read_done: break;
      }
    }
  } catch (const schema::CborError& error) {
    return schema::Error{.message = "the state of the other daemon is damaged: " + error.message};
  }
  if (legacy.supervisor.empty()) {
    return schema::Error{.message = "the state of the other daemon is incomplete"};
  }
  legacy.memory = std::move(memory);
  return legacy;
}

ChildDescriptors place_descriptors(const SavedChild& child, std::vector<Descriptor> held) {
  ChildDescriptors placed;
  std::size_t next = 0;
  for (std::size_t i = 0; i < child.given.size() && next < held.size(); ++i) {
    if (child.given[i]) {
      placed[i] = std::move(held[next++]);
    }
  }
  return placed;
}

std::optional<StartedChild> take_started(Legacy& legacy) {
  std::optional<ChildRow> row = std::exchange(legacy.starting, std::nullopt);
  const auto held = row ? legacy.held.find(row->child.token) : legacy.held.end();
  if (held == legacy.held.end()) {
    return std::nullopt;  // it was not started after all
  }
  const auto noted = legacy.children.find({row->group, row->name});
  if (noted != legacy.children.end() && noted->second.child.token == row->child.token) {
    return std::nullopt;
  }
  std::optional<FoundProcess> found = find_holder(held->second);
  if (!found) {
    return std::nullopt;
  }
  row->child.pid = found->pid;
  row->child.before = found->started;
  row->child.after = found->started;
  StartedChild started{*row, place_descriptors(row->child, std::move(held->second))};
  started.descriptors[3] = std::move(found->descriptor);
  return started;
}

// ------------------------------------------------------------------------------------- the keeper

schema::Result<std::optional<Legacy>> Survival::find(const std::string& path) {
  keeper_ = std::make_unique<KeeperLink>(path);
  schema::Result<Kept> kept = keeper_->take_over();
  if (!kept && kept.error().error_number == 0) {
    parts_.log(core::Level::error, kept.error().message);
    return std::optional<Legacy>();
  }
  if (!kept) {
    return kept.error();
  }
  if (!kept->memory) {
    return std::optional<Legacy>();
  }
  schema::Result<std::unique_ptr<StateMemory>> memory = StateMemory::open(kept->memory);
  if (!memory && memory.error().error_number != 0) {
    return memory.error();
  }
  schema::Result<Legacy> legacy =
      memory ? read_legacy(std::move(*memory)) : schema::Result<Legacy>(memory.error());
  if (!legacy) {
    parts_.log(core::Level::error, legacy.error().message);
    for (const Kept::Item& item : kept->items) {
      keeper_->drop(item.token);
    }
    return std::optional<Legacy>();
  }
  for (Kept::Item& item : kept->items) {
    legacy->held[item.token] = std::move(item.descriptors);
    if (item.token > socket_token_base) {
      last_socket_token_ = std::max(last_socket_token_, item.token - socket_token_base);
    }
  }
  for (const auto& [name, row] : legacy->children) {
    if (row.child.token == 0 || row.child.pid == 0) {
      continue;
    }
    schema::Result<Descriptor> process = open_process(row.child);
    if (!process) {
      return process.error();
    }
    if (*process) {
      legacy->pidfds[row.child.token] = std::move(*process);
    }
  }
  return std::optional<Legacy>(std::move(*legacy));
}

void Survival::begin(const std::string& path, int patience_seconds) {
  patience_seconds_ = patience_seconds;
  if (!keeper_) {
    keeper_ = std::make_unique<KeeperLink>(path);
  }
  schema::Status begun = begin_memory();
  if (begun) {
    begun = begin_keeper();
  }
  if (!begun) {
    parts_.log(core::Level::warn,
               "no keeper, children will not outlive a sudden end of this daemon: " +
                   begun.error().message + "; tried again until it works");
    wait_longer(now().steady);
  }
}

schema::Status Survival::begin_memory() {
  schema::Result<std::unique_ptr<StateMemory>> memory = StateMemory::make();
  if (!memory) {
    return memory.error();
  }
  memory_ = std::move(*memory);
  parts_.children.read_into(memory_.get());
  parts_.supervisor.note_events(true);
  static_cast<void>(parts_.supervisor.take_changes());
  write_all();
  return schema::Nothing{};
}

schema::Status Survival::begin_keeper() {
  schema::Status started = keeper_->start(patience_seconds_);
  if (started) {
    keeper_since_ = now().steady;
    keeper_due_ = core::never;
    keeper_->hold_memory(memory_->descriptor());
  }
  return started;
}

// One that cannot be had, or does not last, is tried ever more rarely; at once only the first time.
void Survival::wait_longer(core::Instant time) {
  constexpr core::Instant lasting = std::chrono::minutes(1);
  const core::Instant since = std::exchange(keeper_since_, {});
  if (since != core::Instant{} && time - since > lasting) {
    keeper_retry_.settled();
  }
  const bool is_first = keeper_retry_.due() == core::never;
  keeper_retry_.failed(time);
  keeper_due_ = is_first ? time : keeper_retry_.due();
}

void Survival::adopt_keeper(const std::string& path, Descriptor socket, int patience_seconds) {
  keeper_ = std::make_unique<KeeperLink>(path);
  keeper_->adopt(std::move(socket));
  begin(path, patience_seconds);
}

void Survival::starting(core::ProcessId id, const SavedChild& child,
                        const std::array<int, 3>& descriptors) {
  hold_child(child.token, descriptors);
  if (keeper_ && memory_) {
    ChildRow row;
    row.group = parts_.supervisor.spec(id).group;
    row.name = parts_.supervisor.spec(id).name;
    row.logs = parts_.log_names(id);
    row.child = child;
    memory_->append(RecordKind::starting, write_row(row));
    memory_->commit();
  }
}

void Survival::hold_child(std::uint64_t token, const std::array<int, 3>& descriptors) {
  if (!keeper_) {
    return;
  }
  std::vector<int> open;
  std::copy_if(descriptors.begin(), descriptors.end(), std::back_inserter(open),
               [](int number) { return number >= 0; });
  keeper_->hold(token, open);
}

void Survival::finished(std::uint64_t token) {
  if (keeper_) {
    keeper_->drop(token);
  }
}

void Survival::socket_closed(const std::string& key) {
  const auto known = socket_tokens_.find(key);
  if (known == socket_tokens_.end()) {
    return;
  }
  if (keeper_) {
    keeper_->drop_at_once(known->second);
  }
  socket_tokens_.erase(known);
}

void Survival::hold_sockets() {
  if (std::exchange(sockets_generation_, parts_.sockets.generation()) ==
      parts_.sockets.generation()) {
    return;
  }
  for (const auto& [group, token] : socket_tokens_) {
    last_socket_token_ = std::max(last_socket_token_, token - socket_token_base);
  }
  for (const FcgiSockets::Saved& saved : parts_.sockets.save()) {
    std::uint64_t& token = socket_tokens_[saved.key];
    if (token == 0) {
      token = socket_token_base + ++last_socket_token_;
      keeper_->hold(token, {saved.descriptor});
    }
    SocketRow row{saved, token};
    memory_->append(RecordKind::socket, write_row(row));
  }
}

// For a new keeper.
void Survival::hold_everything() {
  for (const core::ProcessId id : parts_.supervisor.processes()) {
    const SavedChild child = parts_.children.save(id);
    if (child.token != 0) {
      const std::array<int, 4> numbers = parts_.children.descriptors(id);
      hold_child(child.token, {numbers[0], numbers[1], numbers[2]});
    }
  }
  for (const FcgiSockets::Saved& saved : parts_.sockets.save()) {
    keeper_->hold(socket_tokens_[saved.key], {saved.descriptor});
  }
}

bool Survival::serve_keeper() {
  constexpr core::Instant distance = std::chrono::milliseconds(100);
  if (!keeper_) {
    return false;
  }
  const core::Instant time = now().steady;
  if (keeper_->is_gone()) {
    keeper_->dismiss();
    wait_longer(time);
    parts_.log(core::Level::warn, "the keeper has ended, or could not be told everything");
  }
  if (!keeper_->is_there() || !memory_) {
    if (time < keeper_due_) {
      return false;
    }
    schema::Status begun = memory_ ? schema::Status(schema::Nothing{}) : begin_memory();
    if (begun) {
      begun = begin_keeper();
    }
    if (!begun) {
      wait_longer(time);
      return false;
    }
    parts_.log(core::Level::warn, "a new keeper was started");
    hold_everything();
  }
  const KeeperLink::Sent sent = keeper_->send();
  keeper_due_ = sent == KeeperLink::Sent::failed ? time + distance : core::never;
  return sent == KeeperLink::Sent::full;
}

void Survival::forget_rest(const Legacy& legacy) {
  std::set<std::uint64_t> used;
  for (const core::ProcessId id : parts_.supervisor.processes()) {
    used.insert(parts_.children.save(id).token);
  }
  for (const auto& [group, token] : socket_tokens_) {
    used.insert(token);
  }
  for (const auto& [token, descriptors] : legacy.held) {
    if (!used.contains(token) && keeper_) {
      keeper_->drop(token);
    }
  }
}

void Survival::end() {
  parts_.supervisor.note_events(false);
  parts_.children.read_into(nullptr);
  if (memory_) {
    memory_->finish();  // so that a keeper that cannot be told sees it
  }
  if (keeper_) {
    keeper_->dismiss();
  }
  keeper_.reset();
  memory_.reset();
  keeper_due_ = core::never;
}

// -------------------------------------------------------------------------------------- the notes

ChildRow Survival::row_of(core::ProcessId id) const {
  ChildRow row;
  row.group = parts_.supervisor.spec(id).group;
  row.name = parts_.supervisor.spec(id).name;
  row.logs = parts_.log_names(id);
  row.socket_key = parts_.socket_key(id);
  row.child = parts_.children.save(id);
  if (row.child.unsent.size() > most_noted_input) {
    row.child.unsent.clear();
    row.child.overflowed = true;
  }
  return row;
}

void Survival::write_child(core::ProcessId id) {
  ChildRow row = row_of(id);
  written_[id] = {row.child.token, !row.child.unsent.empty()};
  memory_->append(RecordKind::child, write_row(row));
}

void Survival::write_all() {
  memory_->begin();
  memory_->append(RecordKind::supervisor, parts_.supervisor.save());
  written_.clear();
  for (const core::ProcessId id : parts_.supervisor.processes()) {
    write_child(id);
  }
  sockets_generation_ = parts_.sockets.generation() - 1;
  hold_sockets();
  memory_->commit();
  if (memory_->is_full() && !std::exchange(told_full_, true)) {
    parts_.log(core::Level::warn,
               "there is too much to be remembered: children will not outlive a sudden end of this "
               "daemon while that is so");
  }
}

void Survival::record(const std::set<core::ProcessId>& later) {
  if (!memory_) {
    return;
  }
  core::Supervisor::Changes changes = parts_.supervisor.take_changes();
  changes.processes.insert(changes.processes.end(), deferred_.begin(), deferred_.end());
  deferred_.clear();
  everything_changed_ = everything_changed_ || changes.everything || memory_->is_long();
  if (everything_changed_) {
    if (later.size() > 1) {
      return;  // when those were written to
    }
    everything_changed_ = false;
    write_all();
  } else {
    bool any = !changes.events.empty();
    for (const std::string& event : changes.events) {
      memory_->append(RecordKind::event, event);
    }
    for (const core::ProcessId id : changes.processes) {
      if (later.contains(id)) {
        deferred_.insert(id);
        continue;
      }
      if (!parts_.supervisor.exists(id)) {
        continue;
      }
      any = true;
      memory_->append(RecordKind::process, parts_.supervisor.save_process(id));
      const SavedChild child = parts_.children.save(id);
      const std::pair<std::uint64_t, bool> now{child.token, !child.unsent.empty()};
      const auto known = written_.find(id);
      if (known == written_.end() || known->second != now || now.second) {
        write_child(id);
      }
    }
    hold_sockets();
    if (any) {
      memory_->commit();
    }
  }
  if (later.empty()) {
    memory_->begin_write(0);
  }
}

void Survival::before_write(core::ProcessId listener, const std::set<core::ProcessId>& later) {
  if (!memory_) {
    return;
  }
  memory_->begin_write(parts_.children.save(listener).token);
  std::set<core::ProcessId> others = later;
  others.erase(listener);
  others.insert(core::ProcessId(-1));  // the write is not over
  record(others);
}

std::optional<UpgradeNotes> Survival::save_for_upgrade(DaemonRow row) const {
  schema::Result<std::unique_ptr<StateMemory>> memory = StateMemory::make();
  if (!memory) {
    parts_.log(core::Level::error, memory.error().message);
    return std::nullopt;
  }
  UpgradeNotes notes{std::move(*memory), {}};
  notes.descriptors = {notes.memory->descriptor(), row.pidfile_lock, row.keeper};
  for (const NamedDescriptor& each : row.descriptors) {
    notes.descriptors.push_back(each.number);
  }
  notes.memory->begin();
  notes.memory->append(RecordKind::supervisor, parts_.supervisor.save());
  for (const core::ProcessId id : parts_.supervisor.processes()) {
    ChildRow child = row_of(id);
    child.child = parts_.children.save(id);
    child.numbers = parts_.children.descriptors(id);
    notes.descriptors.insert(notes.descriptors.end(), child.numbers.begin(), child.numbers.end());
    notes.memory->append(RecordKind::child, write_row(child));
  }
  for (const FcgiSockets::Saved& saved : parts_.sockets.save()) {
    SocketRow socket{saved, 0};
    const auto known = socket_tokens_.find(saved.key);
    socket.token = known != socket_tokens_.end() ? known->second : 0;
    notes.descriptors.push_back(saved.descriptor);
    notes.memory->append(RecordKind::socket, write_row(socket));
  }
  notes.memory->append(RecordKind::daemon, write_row(row));
  notes.memory->commit();
  if (notes.memory->is_full()) {
    parts_.log(core::Level::error, "there is too much to be handed over");
    return std::nullopt;
  }
  return notes;
}

}  // namespace sup::host
