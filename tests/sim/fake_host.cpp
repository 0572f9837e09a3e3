#include "tests/sim/fake_host.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <limits>

#include <gtest/gtest.h>

namespace sup::sim {

Instant seconds(double count) {
  return std::chrono::duration_cast<Instant>(std::chrono::duration<double>(count));
}

Configuration::Configuration() {
  resolved_.supervisord = schema::SupervisordOptions::defaults();
  resolved_.supervisord.loglevel = schema::LogLevelValue::debug;
}

namespace {

constexpr ProcessId orphan = std::numeric_limits<ProcessId>::max();

schema::Process make_process(const std::string& name, const std::string& group,
                             const Configuration::Change& change) {
  schema::Process process;
  process.name = name;
  process.group = group;
  process.options = schema::ProcessOptions::defaults();
  process.options.command = name;
  if (change) change(process.options);
  return process;
}

}  // namespace

Configuration& Configuration::program(const std::string& name, const Change& change) {
  schema::Group group;
  group.name = name;
  group.processes.push_back(make_process(name, name, change));
  group.priority = group.processes[0].options.priority;
  resolved_.groups.push_back(std::move(group));
  return *this;
}

Configuration& Configuration::group(const std::string& name, std::int64_t priority,
                                    const std::vector<std::pair<std::string, Change>>& processes) {
  schema::Group group;
  group.name = name;
  group.kind = schema::GroupKind::group;
  group.priority = priority;
  for (const auto& [process, change] : processes) {
    group.processes.push_back(make_process(process, name, change));
  }
  resolved_.groups.push_back(std::move(group));
  return *this;
}

Configuration& Configuration::listener(
    const std::string& name, std::vector<schema::EventType> events, std::int64_t buffer_size,
    int count, const Change& change,
    const std::function<void(schema::EventListenerOptions&)>& pool) {
  schema::Group group;
  group.name = name;
  group.kind = schema::GroupKind::eventlistener;
  group.priority = -1;
  group.listener = schema::EventListenerOptions::defaults();
  group.listener.events = std::move(events);
  group.listener.buffer_size = buffer_size;
  if (pool) pool(group.listener);
  for (int i = 0; i < count; ++i) {
    const std::string process = count == 1 ? name : name + std::to_string(i);
    group.processes.push_back(make_process(process, name, change));
  }
  resolved_.groups.push_back(std::move(group));
  return *this;
}

Configuration& Configuration::fcgi(const std::string& name, int count, int mode) {
  schema::Group group;
  group.name = name;
  group.kind = schema::GroupKind::fcgi_program;
  group.fcgi = schema::FcgiOptions::defaults();
  group.fcgi.socket = schema::FcgiSocketValue{"/s", "", 0};
  group.fcgi.socket_mode = mode;
  const auto shared = std::make_shared<const schema::FcgiOptions>(group.fcgi);
  for (int i = 0; i < count; ++i) {
    group.processes.push_back(make_process(name + std::to_string(i), name, {}));
    group.processes.back().fcgi = shared;
  }
  resolved_.groups.push_back(std::move(group));
  return *this;
}

std::shared_ptr<const schema::Resolved> Configuration::build() const {
  auto built = std::make_shared<schema::Resolved>(resolved_);
  std::ranges::stable_sort(built->groups, [](const auto& a, const auto& b) {
    return std::tie(a.priority, a.name) < std::tie(b.priority, b.name);
  });
  return built;
}

FakeHost::FakeHost(const Configuration& configuration, const core::Compat& compat)
    : compat_(compat), core_(configuration.build(), compat) {}

void FakeHost::tell(const core::Input& input) {
  core::Effects effects;
  ++steps;
  core_.handle(time(), input, effects);
  ++depth_;
  carry_out(std::move(effects));
  write_spools();
  --depth_;
  // What answers an order belongs to the step that it was ordered in.
  if (after_step && depth_ == 0) after_step();
}

void FakeHost::request(const std::function<void(const core::Now&, core::Effects&)>& perform) {
  core::Effects effects;
  perform(time(), effects);
  carry_out(std::move(effects));
  write_spools();
}

void FakeHost::run_until(Instant time) {
  std::uint64_t steps_at_this_time = 0;
  while (true) {
    const Instant own = agenda_.empty() ? core::never : agenda_.begin()->first.first;
    const Instant next = std::min(own, core_.deadline());
    if (next > time) break;
    steps_at_this_time = next > now_ ? 0 : steps_at_this_time + 1;
    if (steps_at_this_time > 100000) {
      ADD_FAILURE() << "time stands still";
      return;
    }
    now_ = std::max(now_, next);
    if (own <= core_.deadline()) {
      const auto what = std::move(agenda_.begin()->second);
      agenda_.erase(agenda_.begin());
      what();
    } else {
      tell(core::input::Tick{});
    }
  }
  now_ = time;
}

void FakeHost::carry_out(core::Effects effects) {
  for (core::Effect& effect : effects) orders_.push_back(std::move(effect));
  if (std::exchange(executing_, true)) return;  // the loop below comes to them
  while (!orders_.empty()) {
    const core::Effect effect = std::move(orders_.front());
    orders_.pop_front();
    std::visit([this](const auto& order) { carry_out(order); }, effect);
  }
  executing_ = false;
}

Script FakeHost::script_of(const std::string& name) {
  const auto found = scripts.find(name);
  if (found == scripts.end() || found->second.empty()) return {};
  const std::size_t number = start_counts_[name]++;
  return found->second[std::min(number, found->second.size() - 1)];
}

void FakeHost::carry_out(const core::effect::Spawn& effect) {
  starts.push_back({now_, effect.process});
  names_[effect.process] = core_.spec(effect.process).name;
  for (const auto& [pid, child] : children_) {
    EXPECT_NE(child.process, effect.process) << "a second child while one lives";
  }
  if (failing_spawns.contains(++spawn_number_)) {
    later(Instant{}, [this, id = effect.process] {
      tell(core::input::SpawnFailed{id, spawn_number_ % 2 == 1
                                            ? "can't find command 'x'"
                                            : "Too many processes in process table to spawn 'x'"});
    });
    return;
  }
  later(Instant{}, [this, id = effect.process] {
    const int pid = next_pid_++;
    const Script script = script_of(core_.spec(id).name);
    children_[pid] = {id, script, 0};
    tell(core::input::Spawned{id, pid});
    if (!children_.contains(pid)) return;
    const std::string greeting = script.output + (script.is_listener ? "READY\n" : "");
    if (!greeting.empty()) {
      tell(core::input::Output{id, Channel::standard_output, greeting});
    }
    if (script.lives != core::never) {
      later(script.lives, [this, pid, status = script.status] { end_child(pid, status); });
    }
  });
}

void FakeHost::carry_out(const core::effect::Kill& effect) {
  kills.push_back({now_, effect.process, effect.pid, effect.signal, effect.whole_group});
  const auto found = children_.find(effect.pid);
  const auto refuse = [&](int error) {
    later(Instant{}, [this, id = effect.process, error] {
      tell(core::input::KillFailed{id, error});
    });
  };
  if (found == children_.end()) {
    ADD_FAILURE() << "a signal to a process that was reaped";
    return refuse(ESRCH);
  }
  if (unkillable.contains(core_.spec(effect.process).name)) return refuse(EPERM);
  const Script& script = found->second.script;
  if (effect.signal != SIGKILL && (script.ignores_stop || effect.signal == SIGUSR1)) return;
  const Instant delay = effect.signal == SIGKILL ? Instant{} : script.dies_after;
  later(delay, [this, pid = effect.pid, signal = effect.signal] {
    end_child(pid, {.by_signal = true, .number = signal});
  });
}

void FakeHost::carry_out(const core::effect::WriteStdin& effect) {
  const auto child = std::ranges::find_if(
      children_, [&](const auto& entry) { return entry.second.process == effect.process; });
  if (child == children_.end()) {
    ADD_FAILURE() << "an event for a process that is not there";
    return;
  }
  const std::size_t end = effect.bytes.find('\n');
  const std::string header = effect.bytes.substr(0, end);
  const auto field = [&](const std::string& key) {
    const std::size_t from = header.find(" " + key + ":") + key.size() + 2;
    return header.substr(from, header.find(' ', from) - from);
  };
  Received event{now_,
                 effect.process,
                 field("eventname"),
                 header,
                 effect.bytes.substr(end + 1),
                 std::stoll(field("serial")),
                 std::stoll(field("poolserial"))};
  written.push_back(event);
  if (child->second.script.stdin_closed) {
    later(Instant{}, [this, id = effect.process] { tell(core::input::StdinBroken{id}); });
    return;
  }
  events.push_back(std::move(event));
  later(child->second.script.thinks, [this, pid = child->first] { answer(pid); });
}

void FakeHost::answer(int pid) {
  const auto found = children_.find(pid);
  if (found == children_.end()) return;
  Child& child = found->second;
  const auto& answers = child.script.answers;
  Answer answer = Answer::accept;
  if (!answers.empty()) answer = answers[std::min(child.answered, answers.size() - 1)];
  ++child.answered;
  if (child.process == orphan) return;
  const auto say = [&, id = child.process](std::string_view bytes) {
    tell(core::input::Output{id, Channel::standard_output, bytes});
  };
  switch (answer) {
    case Answer::accept: say("RESULT 2\nOKREADY\n"); break;
    case Answer::fail: say("RESULT 4\nFAILREADY\n"); break;
    case Answer::nothing: break;
    case Answer::garbage: say("RESULT many\n"); break;
    case Answer::exit: end_child(pid, {}); break;
  }
}

void FakeHost::carry_out(const core::effect::AppendLog& effect) {
  const bool out = effect.channel == Channel::standard_output;
  // The process itself may be gone in the core by now.
  const std::string channel = names_[effect.process] + (out ? " stdout" : " stderr");
  (disk_full ? lost : output)[channel] += effect.bytes;
}

void FakeHost::carry_out(const core::effect::LogLine& effect) {
  log.push_back({now_, effect.level, effect.text});
}

void FakeHost::carry_out(const core::effect::ReopenLogs& /*effect*/) { ++reopened; }

void FakeHost::carry_out(const core::effect::LoadPlan& effect) {
  later(Instant{}, [this, purpose = effect.purpose] {
    if (next_plan) {
      tell(core::input::PlanLoaded{next_plan, purpose});
    } else {
      tell(core::input::PlanRefused{"it is broken"});
    }
  });
}

void FakeHost::carry_out(const core::effect::Added& effect) {
  EXPECT_TRUE(core_.exists(effect.process));
  added.push_back(effect.process);
}

void FakeHost::carry_out(const core::effect::Changed& effect) { changed.push_back(effect.process); }

void FakeHost::carry_out(const core::effect::Removed& effect) {
  for (const auto& [pid, child] : children_) {
    EXPECT_NE(child.process, effect.process) << "removed while its child lives";
  }
  removed.push_back(effect.process);
}

void FakeHost::carry_out(const core::effect::Updated& /*effect*/) { ++updated; }

void FakeHost::carry_out(const core::effect::Restarted& /*effect*/) {
  write_spools();
  open_spools_.clear();
  if (!keeps_spools) spools_.clear();
  ++restarted;
  // Left behind are only those that could not be signalled; nobody knows them any more.
  for (auto& [pid, child] : children_) child.process = orphan;
  later(Instant{}, [this] { boot(); });
}

void FakeHost::carry_out(const core::effect::OpenSpool& effect) {
  write_spools();
  const std::string& name = core_.group_spec(effect.pool).name;
  open_spools_[effect.pool] = name;
  Spool& spool = spools_[name];
  core::SpoolScan scan;
  for (const std::string& record : spool.records) {
    scan.take(core::read_spool_record(record, time()).record);
  }
  spool.book.open(scan.waiting(), effect.in_memory, effect.loaded_through);
  tell(core::input::SpoolOpened{effect.pool, spool.book.stored(), scan.next_pool_serial(),
                                scan.next_serial()});
}

void FakeHost::carry_out(const core::effect::LoadSpool& effect) {
  write_spools();
  Spool& spool = spools_[open_spools_.at(effect.pool)];
  std::vector<core::QueuedEvent> found;
  for (const std::string& bytes : spool.records) {
    const core::SpoolReading reading = core::read_spool_record(bytes, time());
    EXPECT_EQ(reading.state, core::SpoolReading::State::complete);
    if (found.size() == effect.count || !spool.book.next()) break;
    if (reading.record.is_done || reading.record.pool_serial != *spool.book.next()) continue;
    found.push_back(reading.record.event);
    spool.book.loaded();
    ++loaded;
  }
  tell(core::input::SpoolLoaded{effect.pool, std::move(found), spool.book.stored()});
}

void FakeHost::carry_out(const core::effect::CloseSpool& effect) {
  write_spools();
  if (!keeps_spools) spools_.erase(open_spools_.at(effect.pool));
  open_spools_.erase(effect.pool);
}

void FakeHost::write_spools() {
  std::set<GroupId> touched;
  for (const core::SpoolNote& note : core_.take_spool_notes()) {
    const auto open = open_spools_.find(note.pool);
    if (open == open_spools_.end()) {
      ADD_FAILURE() << "a note for a spool that is not open";
      continue;
    }
    Spool& spool = spools_[open->second];
    spool.records.push_back(note.record);
    spool.book.take(note.pool_serial, note.step);
    spool.unwritten = disk_full ? spool.unwritten + 1 : 0;
    touched.insert(note.pool);
  }
  // As the host does it when all was written: with the older of its two files, and with what is in
  // the way of a full disk. What is told leads to more.
  for (const GroupId pool : touched) {
    Spool& spool = spools_[open_spools_.at(pool)];
    if (spool.records.size() > spool_room) {
      drop_from_spool(pool, spool, spool.records.size() - spool_room / 2);
    } else if (spool.unwritten > spool_memory) {
      drop_from_spool(pool, spool, spool.records.size());
    }
  }
}

void FakeHost::drop_from_spool(GroupId pool, Spool& spool, std::size_t records) {
  std::int64_t through = -1;
  for (std::size_t i = 0; i < records; ++i) {
    const core::SpoolRecord record = core::read_spool_record(spool.records[i], time()).record;
    if (!record.is_done) through = std::max(through, record.pool_serial);
  }
  spool.records.erase(spool.records.begin(), spool.records.begin() + std::ptrdiff_t(records));
  spool.unwritten = std::min(spool.unwritten, spool.records.size());
  const std::optional<std::int64_t> oldest = spool.book.oldest();
  if (!oldest || *oldest > through) return;
  spool.book.drop_through(through);
  tell(core::input::SpoolDropped{pool, through, spool.book.stored()});
}

void FakeHost::carry_out(const core::effect::Quit& effect) {
  EXPECT_FALSE(quit) << "quits twice";
  quit = effect.status;
}

void FakeHost::later(Instant delay, std::function<void()> what) {
  agenda_.emplace(std::pair(now_ + delay, sequence_++), std::move(what));
}

void FakeHost::end_child(int pid, ExitStatus status) {
  if (children_.erase(pid) == 0) return;
  tell(core::input::Exited{pid, status});
}

std::size_t FakeHost::alive() const {
  return static_cast<std::size_t>(std::ranges::count_if(
      children_, [](const auto& entry) { return entry.second.process != orphan; }));
}

ProcessId FakeHost::id(std::string_view name) const {
  for (const ProcessId i : core_.processes()) {
    if (core_.spec(i).name == name) return i;
  }
  ADD_FAILURE() << "no process " << name;
  return 0;
}

bool FakeHost::has(std::string_view name) const {
  return std::ranges::any_of(core_.processes(),
                             [&](ProcessId i) { return core_.spec(i).name == name; });
}

void FakeHost::hand_over() {
  write_spools();
  const std::string saved = core_.save();
  schema::Result<core::Supervisor> restored =
      core::Supervisor::restore(saved, {.compat = compat_, .rows = {}, .daemon = {}});
  ASSERT_TRUE(restored) << restored.error().message;
  EXPECT_EQ(restored->save(), saved);
  EXPECT_EQ(restored->deadline(), core_.deadline());
  core_ = std::move(*restored);
}

void FakeHost::restart() {
  request([&](const auto& now, auto& out) { core_.restart(now, out); });
  run_for(Instant{});
}

void FakeHost::update(const Configuration& configuration) {
  next_plan = configuration.build();
  signal(SIGHUP);
  run_for(Instant{});
}

ProcessState FakeHost::state(std::string_view name) const { return core_.status(id(name)).state; }

int FakeHost::pid(std::string_view name) const { return core_.status(id(name)).pid; }

void FakeHost::write(std::string_view name, Channel channel, std::string_view bytes) {
  if (core_.wants_output(id(name), channel)) {
    told[std::string(name) + (channel == Channel::standard_output ? " stdout" : " stderr")] +=
        bytes;
  }
  tell(core::input::Output{id(name), channel, bytes});
}

void FakeHost::exit(std::string_view name, ExitStatus status) { end_child(pid(name), status); }

core::RequestError FakeHost::start(std::string_view name) {
  core::RequestError error{};
  request([&](const auto& now, auto& out) { error = core_.start_process(now, id(name), out); });
  return error;
}

core::RequestError FakeHost::stop(std::string_view name) {
  core::RequestError error{};
  request([&](const auto& now, auto& out) { error = core_.stop_process(now, id(name), out); });
  return error;
}

std::vector<std::string> FakeHost::lines(std::string_view part) const {
  std::vector<std::string> found;
  for (const Line& line : log) {
    if (line.text.find(part) != std::string::npos) found.push_back(line.text);
  }
  return found;
}

std::vector<std::string> FakeHost::event_names() const {
  std::vector<std::string> names;
  for (const Received& event : events) names.push_back(event.name);
  return names;
}

}  // namespace sup::sim
