// Random worlds: whatever happens in whatever order, some things hold always, and are looked at
// after every single input. In these worlds children crash, hang and flood, listeners answer with
// anything or not at all, signals cannot be sent, forks fail, disks are full, the clock is set,
// plans come and go. A failure names its seed; SUP_SEED=N plays that one again, SUP_STEPS sets how
// many inputs are tried in all (a million).
#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <random>
#include <tuple>

#include <gtest/gtest.h>

#include "runtime/core/concat.h"
#include "runtime/core/process_machine.h"
#include "tests/sim/event_ledger.h"
#include "tests/sim/fake_host.h"

namespace sup::sim {
namespace {

using schema::EventType;

class Dice {
 public:
  explicit Dice(unsigned seed) : engine_(seed) {}

  int below(int count) { return std::uniform_int_distribution<int>(0, count - 1)(engine_); }

  bool one_in(int count) { return below(count) == 0; }

 private:
  std::mt19937 engine_;
};

// What each pool of a world hears of, whatever else its configurations say.
struct PoolEvents {
  std::vector<std::vector<EventType>> types;
  std::vector<bool> has_spool;
};

PoolEvents random_events(Dice& dice) {
  PoolEvents events;
  for (int i = 0; i < 2; ++i) {
    events.types.push_back(dice.one_in(2)
                               ? std::vector{EventType::EVENT}
                               : std::vector{EventType::PROCESS_STATE, EventType::TICK_5});
    events.has_spool.push_back(dice.one_in(2));
  }
  return events;
}

Configuration random_configuration(Dice& dice, const PoolEvents& events) {
  Configuration configuration;
  configuration.supervisord().shutdown_by_priority = dice.one_in(3);
  const int programs = 1 + dice.below(6);
  for (int i = 0; i < programs; ++i) {
    configuration.program("p" + std::to_string(i), [&](schema::ProcessOptions& o) {
      o.command = dice.one_in(3) ? "another" : "one";
      o.priority = dice.below(3);
      o.startsecs = dice.below(3);
      o.startretries = dice.below(4);
      o.stopwaitsecs = dice.below(4);
      o.autostart = !dice.one_in(4);
      o.stopasgroup = dice.one_in(2);
      o.autorestart = static_cast<schema::AutoRestartValue>(dice.below(3));
      o.stdout_events_enabled = dice.one_in(2);
      o.stderr_events_enabled = dice.one_in(2);
      o.stdout_capture_maxbytes = dice.one_in(2) ? 50 : 0;
    });
  }
  // Hears of everything, answers at once, and its buffer never overflows: what the others are
  // measured by. It is stopped last.
  configuration.listener("a_witness", {EventType::EVENT}, 10000000, 1,
                         [](auto& o) { o.startsecs = 0; });
  const int pools = dice.below(3);
  for (int i = 0; i < pools; ++i) {
    configuration.listener("l" + std::to_string(i) + "_", events.types[std::size_t(i)],
                           1 + dice.below(20), 1 + dice.below(3), {}, [&](auto& pool) {
                             if (events.has_spool[std::size_t(i)]) pool.events_spool = "/spool";
                           });
  }
  std::vector<std::pair<std::string, Configuration::Change>> members;
  for (int i = dice.below(4); i > 0; --i) members.emplace_back("g" + std::to_string(i), nullptr);
  if (!dice.one_in(3)) configuration.group("g", dice.below(1000), members);
  return configuration;
}

Script random_script(Dice& dice, bool is_listener) {
  Script script;
  if (dice.one_in(2)) script.lives = seconds(dice.below(40) / 10.0);
  script.status = {.by_signal = dice.one_in(4), .number = 1 + dice.below(3)};
  script.ignores_stop = dice.one_in(5);
  script.dies_after = seconds(dice.below(20) / 10.0);
  script.thinks = seconds(dice.below(10) / 10.0);
  script.is_listener = is_listener;
  script.stdin_closed = dice.one_in(10);
  for (int i = dice.below(5); i >= 0; --i) script.answers.push_back(Answer(dice.below(5)));
  return script;
}

bool is_legal(const std::string& from, const std::string& to) {
  return std::ranges::any_of(core::transition_rows(), [&](const core::TransitionRow& row) {
    return row.from != row.to && schema::state_name(row.from) == from &&
           schema::state_name(row.to) == to;
  });
}

class World {
 public:
  // `moves`: now and then another core takes over from the one at work.
  explicit World(unsigned seed, bool moves = false)
      : dice_(seed),
        moves_(moves),
        events_(random_events(dice_)),
        host_(random_configuration(dice_, events_)),
        ledger_(host_, "a_witness") {
    host_.scripts["a_witness"] = {{.is_listener = true}};
    for (const char* name : {"p0", "p1", "p2", "p3", "p4", "p5", "g1", "g2", "g3", "l0_", "l0_0",
                             "l0_1", "l0_2", "l1_", "l1_0", "l1_1", "l1_2"}) {
      for (int i = 0; i < 3; ++i) {
        host_.scripts[name].push_back(random_script(dice_, name[0] == 'l'));
      }
    }
    // The table of processes is full now and then.
    for (int i = 0; i < 5; ++i) {
      const int first = 2 + dice_.below(100);
      for (int k = dice_.below(6); k >= 0; --k) host_.failing_spawns.insert(first + k);
    }
    if (dice_.one_in(4)) host_.spool_room = 20 + std::size_t(dice_.below(200));
    host_.keeps_spools = false;  // its events are older than the books of a pool that comes again
    host_.after_step = [this] { check(); };
  }

  const FakeHost& host() const { return host_; }

  void run() {
    host_.boot();
    for (int i = 0; i < 120 && !testing::Test::HasFailure(); ++i) {
      disturb();
      if (moves_) host_.hand_over();
      host_.run_for(seconds(dice_.below(30) / 10.0));
      EXPECT_GT(host_.core().deadline(), host_.now()) << "a deadline that stays in the past";
    }
    // Whatever happened, it can be ended.
    host_.unkillable.clear();
    host_.run_for(seconds(60));
    host_.signal(SIGTERM);
    host_.run_for(seconds(600));
    EXPECT_EQ(host_.quit, 0);
    EXPECT_EQ(host_.alive(), 0U);
    EXPECT_EQ(host_.core().deadline(), core::never);
    ledger_.close_books();
  }

  std::uint64_t steps() const { return host_.steps; }

  std::uint64_t loaded() const { return host_.loaded; }

  std::uint64_t deliveries() const { return ledger_.deliveries(); }

 private:
  void disturb() {
    const std::string name = any_name();
    if (name.empty()) return;
    switch (dice_.below(20)) {
      case 0:
      case 1: host_.start(name); break;
      case 2:
      case 3: host_.stop(name); break;
      case 4:
        if (host_.pid(name) != 0) {
          host_.write(name, Channel::standard_output, "x<!--XSUPERVISOR:BEGIN-->\xc3");
        }
        break;
      case 5:
        if (host_.pid(name) != 0) {
          host_.write(name, Channel::standard_output, "\xa4<!--XSUPERVISOR:END-->READY\n");
        }
        break;
      case 6: hostile(); break;
      case 7: host_.signal(dice_.one_in(2) ? SIGUSR2 : SIGCHLD); break;
      case 8:
        host_.request([&](const auto& now, auto& out) {
          host_.core().send_remote_event(now, "t", "d", out);
        });
        break;
      case 9:
        if (!host_.unkillable.erase(name)) host_.unkillable.insert(name);
        break;
      case 10:
        // One that could not be killed is left behind by a restart and would not be counted.
        if (dice_.one_in(3) && unknown_ == 0) {
          host_.unkillable.clear();
          host_.next_plan = dice_.one_in(2) ? random_plan() : nullptr;
          host_.restart();
        }
        break;
      case 11: flood(name); break;
      case 12:
        // The clock is set, by seconds or by days, in both directions.
        host_.wall_offset +=
            std::chrono::seconds(dice_.below(2001) - 1000) * (dice_.one_in(5) ? 1000 : 1);
        break;
      case 13:
        // A child forked and its orphans come to us, as to PID 1.
        for (int i = dice_.below(20); i >= 0; --i) {
          host_.tell(core::input::Exited{
              1000000 + i, {dice_.one_in(2), 1 + dice_.below(9)}
          });
        }
        break;
      case 14:
      case 15:
        host_.next_plan = dice_.one_in(5) ? nullptr : random_plan();
        host_.signal(SIGHUP);
        break;
      case 16: add_group(); break;
      case 17: remove_group(name); break;
      // The disk is full, and is not any more.
      case 18: host_.disk_full = !host_.disk_full; break;
      default: break;
    }
  }

  std::shared_ptr<const schema::Resolved> random_plan() {
    return random_configuration(dice_, events_).build();
  }

  // Of a process that exists and is not the witness.
  std::string any_name() {
    std::vector<std::string> names;
    for (const ProcessId id : host_.core().processes()) {
      const std::string& name = host_.core().spec(id).name;
      if (name != "a_witness") names.push_back(name);
    }
    return names.empty() ? "" : names[static_cast<std::size_t>(dice_.below(int(names.size())))];
  }

  void add_group() {
    const auto plan = random_plan();
    host_.request([&](const auto& now, auto& out) {
      host_.core().add_group(now, plan, std::size_t(dice_.below(int(plan->groups.size()))), out);
    });
  }

  void remove_group(const std::string& name) {
    host_.request([&](const auto& now, auto& out) {
      host_.core().remove_group(now, host_.core().group_of(host_.id(name)), out);
    });
  }

  // Much output at once: for a listener words without sense.
  void flood(const std::string& name) {
    for (int i = dice_.below(300); i >= 0 && host_.pid(name) != 0; --i) {
      const bool out = dice_.one_in(2);
      host_.write(name, out ? Channel::standard_output : Channel::standard_error,
                  dice_.one_in(3) ? "<!--XSUPERVISOR:BEGIN-->x<!--XSUPERVISOR:END-->"
                                  : "a line of output\n");
    }
  }

  // What a sane host does not say.
  void hostile() {
    using namespace core::input;
    const auto id = static_cast<ProcessId>(dice_.below(12));
    switch (dice_.below(5)) {
      case 0: host_.tell(Exited{1, {}}); break;
      case 1:
        if (host_.core().exists(id) && host_.core().status(id).pid != 0) {
          host_.told[host_.core().spec(id).name + " stderr"] += "noise\xe2";
        }
        host_.tell(Output{id, Channel::standard_error, "noise\xe2"});
        break;
      case 2: host_.tell(Boot{}); break;
      case 3: host_.tell(KillFailed{id, ESRCH}); break;
      default: host_.tell(Tick{}); break;
    }
  }

  // After every input.
  void check() {
    if (moves_ && host_.steps % 7 == 0 && !host_.quit) host_.hand_over();
    std::set<int> pids;
    unknown_ = 0;
    bool waits = false;
    for (const ProcessId id : host_.core().processes()) {
      const core::ProcessStatus status = host_.core().status(id);
      const std::string& name = host_.core().spec(id).name;
      if (status.pid != 0) {
        EXPECT_TRUE(pids.insert(status.pid).second) << "one pid, two processes";
      }
      const bool lives =
          schema::is_signallable(status.state) || status.state == ProcessState::UNKNOWN;
      if (status.state == ProcessState::UNKNOWN) ++unknown_;
      if (!lives) {
        EXPECT_EQ(status.pid, 0) << name;
      }
      const bool has_started = status.state == ProcessState::STARTING && status.pid != 0;
      const bool is_stopping = status.state == ProcessState::STOPPING && status.pid != 0;
      waits = waits || has_started || is_stopping || status.state == ProcessState::BACKOFF;
    }
    check_revision();
    EXPECT_EQ(pids.size(), host_.alive()) << "a child that nobody knows";
    EXPECT_TRUE(!waits || host_.core().deadline() != core::never) << "a state without a way out";
    check_streams();
    for (const auto& event : host_.events) {
      if (event.name.starts_with("PROCESS_STATE_")) check_transition(event);
    }
    ledger_.update();
  }

  // Whoever keeps what it made of the tables of processes learns that they changed. Another core
  // has numbers of its own.
  void check_revision() {
    if (moves_) return;
    std::string told;
    for (const ProcessId id : host_.core().processes()) {
      const schema::Process& process = host_.core().spec(id);
      const core::ProcessStatus status = host_.core().status(id);
      told += core::concat(
          id, process.group, " ", process.name, " ", process.options.command.value_or(""), " ",
          static_cast<int>(status.state), " ", status.pid, " ", status.started.count(), " ",
          status.stopped.count(), " ", status.exit_status, status.spawn_error, "\n");
    }
    const std::uint64_t revision = host_.core().revision();
    if (revision == revision_) {
      EXPECT_EQ(told, told_) << "a change that nobody learns of";
    }
    revision_ = revision;
    told_ = std::move(told);
  }

  // What a process wrote to its standard error, where nothing is captured, is in its log once and
  // in order, but for what a full disk swallowed.
  void check_streams() {
    for (auto& [channel, told] : host_.told) {
      if (!channel.ends_with(" stderr")) continue;
      std::string& logged = host_.output[channel];
      std::string& lost = host_.lost[channel];
      const bool was_full = !lost.empty();
      EXPECT_EQ(told.size(), logged.size() + lost.size()) << channel << " is not accounted for";
      if (!was_full) {
        EXPECT_EQ(told, logged) << channel;
      }
      lost.clear();
    }
    host_.told.clear();
  }

  static void check_transition(const FakeHost::Received& event) {
    const std::size_t from = event.payload.find("from_state:") + 11;
    const std::string state = event.payload.substr(from, event.payload.find(' ', from) - from);
    EXPECT_TRUE(is_legal(state, event.name.substr(14))) << event.payload << " " << event.name;
  }

  Dice dice_;
  bool moves_;
  PoolEvents events_;
  FakeHost host_;
  EventLedger ledger_;
  int unknown_ = 0;
  std::uint64_t revision_ = 0;
  std::string told_;
};

constexpr std::uint64_t none = std::numeric_limits<std::uint64_t>::max();

std::uint64_t number_from(const char* variable, std::uint64_t otherwise) {
  const char* text = std::getenv(variable);
  return text != nullptr ? std::strtoull(text, nullptr, 10) : otherwise;
}

// A sanitizer takes its time.
#if defined(__SANITIZE_ADDRESS__)
constexpr std::uint64_t usual_steps = 200000;
#else
constexpr std::uint64_t usual_steps = 1000000;
#endif

// A quarter of the worlds each, so that they run beside each other.
class Worlds : public testing::TestWithParam<unsigned> {};

TEST_P(Worlds, KeepTheirLaws) {
  constexpr unsigned parts = 4;
  const std::uint64_t only = number_from("SUP_SEED", none);
  const std::uint64_t wanted = number_from("SUP_STEPS", usual_steps) / parts;
  std::uint64_t steps = 0;
  std::uint64_t deliveries = 0;
  std::uint64_t loaded = 0;
  std::uint64_t worlds = 0;
  for (std::uint64_t seed = GetParam(); steps < wanted && !testing::Test::HasFailure();
       seed += parts) {
    if (only != none && only % parts != GetParam()) break;
    const std::uint64_t played = only != none ? only : seed;
    SCOPED_TRACE("to play it again: SUP_SEED=" + std::to_string(played));
    World world(static_cast<unsigned>(played));
    world.run();
    steps += world.steps();
    deliveries += world.deliveries();
    loaded += world.loaded();
    ++worlds;
    if (only != none) break;
  }
  RecordProperty("inputs", std::to_string(steps));
  std::printf("%llu worlds, %llu inputs, %llu deliveries, %llu events from disk\n",
              static_cast<unsigned long long>(worlds), static_cast<unsigned long long>(steps),
              static_cast<unsigned long long>(deliveries), static_cast<unsigned long long>(loaded));
}

INSTANTIATE_TEST_SUITE_P(Random, Worlds, testing::Range(0U, 4U));

// A core that is written down and read back at any moment does what the other would have done.
TEST_P(Worlds, GoOnWhenAnotherCoreTakesOver) {
  const std::uint64_t wanted = number_from("SUP_STEPS", usual_steps) / 40;
  const std::uint64_t only = number_from("SUP_SEED", none);
  std::uint64_t steps = 0;
  for (unsigned seed = GetParam(); steps < wanted && !testing::Test::HasFailure(); seed += 4) {
    if (only != none && only % 4 != GetParam()) break;
    if (only != none) seed = static_cast<unsigned>(only);
    SCOPED_TRACE("to play it again: SUP_SEED=" + std::to_string(seed));
    World stays(seed);
    World moves(seed, true);
    stays.run();
    moves.run();
    steps += moves.steps();
    EXPECT_EQ(moves.steps(), stays.steps());
    EXPECT_EQ(moves.host().lines(""), stays.host().lines(""));
    EXPECT_EQ(moves.host().output, stays.host().output);
    EXPECT_EQ(moves.host().kills.size(), stays.host().kills.size());
    EXPECT_EQ(moves.host().starts.size(), stays.host().starts.size());
    EXPECT_EQ(moves.deliveries(), stays.deliveries());
    if (only != none) break;
  }
}

// Damage is refused, or leads to a core that works.
TEST(Random, ADamagedSnapshotBreaksNothing) {
  for (unsigned seed = 0; seed < 40; ++seed) {
    Dice dice(seed);
    FakeHost host(random_configuration(dice, random_events(dice)));
    host.boot();
    host.run_for(seconds(dice.below(50) / 10.0));
    const std::string saved = host.core().save();
    const std::string row = host.core().save_process(host.core().processes().front());
    for (int i = 0; i < 300; ++i) {
      std::string damaged = saved;
      std::string damaged_row = row;
      std::string& either = dice.one_in(4) ? damaged_row : damaged;
      if (dice.one_in(3)) either.resize(static_cast<std::size_t>(dice.below(int(either.size()))));
      for (int k = dice.below(3); k >= 0 && !either.empty(); --k) {
        either[static_cast<std::size_t>(dice.below(int(either.size())))] ^= char(dice.below(256));
      }
      schema::Result<core::Supervisor> restored =
          core::Supervisor::restore(damaged, {.compat = {},
                                              .after_crash = dice.one_in(2),
                                              .rows = {damaged_row},
                                              .events = {damaged_row},
                                              .daemon = {}});
      if (!restored) continue;
      core::Effects out;
      const core::Now now{host.now() + seconds(5), host.wall_offset};
      restored->handle(now, core::input::Tick{}, out);
      for (const ProcessId id : restored->processes()) {
        restored->handle(
            now, core::input::Output{id, Channel::standard_output, "RESULT 2\nOKREADY\n"}, out);
        restored->handle(now, core::input::Exited{restored->status(id).pid, {}}, out);
      }
      restored->handle(now, core::input::DaemonSignal{SIGTERM}, out);
    }
  }
}

// After a crash, the rows that were written down last count, and nothing else changes.
TEST(Random, RowsOfProcessesBringASnapshotUpToDate) {
  Configuration configuration;
  configuration.program("web", [](auto& o) { o.stdout_capture_maxbytes = 100; });
  configuration.listener("ear", {EventType::PROCESS_COMMUNICATION}, 10, 1);
  FakeHost host(configuration);
  host.scripts["ear"] = {
      {.answers = {Answer::nothing}, .is_listener = true}
  };
  host.boot();
  const std::string saved = host.core().save();
  host.core().note_events(true);
  host.run_for(seconds(3));
  host.write("web", Channel::standard_output, "<!--XSUPERVISOR:BEGIN-->one<!--XSUPERVISOR:END-->");
  host.write("web", Channel::standard_output,
             "<!--XSUPERVISOR:BEGIN-->waits<!--XSUPERVISOR:END--><!--XSUPERVISOR:BEGIN-->tw");
  std::vector<std::string> rows;
  const core::Supervisor::Changes changes = host.core().take_changes();
  for (const ProcessId id : changes.processes) rows.push_back(host.core().save_process(id));
  schema::Result<core::Supervisor> restored =
      core::Supervisor::restore(saved, {
                                           .compat = {                    },
                                           .after_crash = true,
                                           .rows = {rows.begin(),          rows.end()},
                                           .events = {changes.events.begin(),                     changes.events.end()},
                                           .daemon = {                                        }
  });
  ASSERT_TRUE(restored) << restored.error().message;
  for (const ProcessId id : host.core().processes()) {
    EXPECT_EQ(restored->status(id).state, ProcessState::RUNNING);
    EXPECT_EQ(restored->status(id).pid, host.core().status(id).pid);
  }
  const core::GroupId pool = *restored->find_group("ear");
  const core::PoolStatus before = *host.core().pool_status(pool);
  const core::PoolStatus after = *restored->pool_status(pool);
  EXPECT_EQ(
      std::tuple(after.accepted, after.delivered, after.rejected, after.dropped, after.queued),
      std::tuple(before.accepted, before.delivered, before.rejected, before.dropped,
                 before.queued));
  EXPECT_EQ(after.accepted, 2U);
  // The captured text goes on where it was, and the listener still has the event before.
  core::Effects out;
  const core::Now now{host.now(), host.wall_offset};
  const ProcessId web = *restored->find("web", "web");
  const ProcessId ear = *restored->find("ear", "ear");
  restored->handle(
      now, core::input::Output{web, Channel::standard_output, "o<!--XSUPERVISOR:END-->"}, out);
  restored->handle(now, core::input::Output{ear, Channel::standard_output, "RESULT 2\nOKREADY\n"},
                   out);
  std::string sent;
  for (const core::Effect& effect : out) {
    if (const auto* write = std::get_if<core::effect::WriteStdin>(&effect)) sent += write->bytes;
  }
  restored->handle(now, core::input::Output{ear, Channel::standard_output, "RESULT 2\nOKREADY\n"},
                   out);
  sent.clear();
  for (const core::Effect& effect : out) {
    if (const auto* write = std::get_if<core::effect::WriteStdin>(&effect)) sent += write->bytes;
  }
  const std::size_t waited = sent.find("\nwaits");
  EXPECT_NE(waited, std::string::npos) << sent;
  EXPECT_NE(sent.find("poolserial:2 ", waited), std::string::npos) << sent;
  EXPECT_NE(sent.find("\ntwo", waited), std::string::npos) << sent;
  EXPECT_EQ(sent.find("\none"), std::string::npos) << "it was done with";
}

// Inputs that no host would send, at times that no clock shows: the core must only stay alive.
TEST(Random, NoInputHoweverWrongBreaksTheCore) {
  using namespace core::input;
  const std::vector<std::int64_t> odd = {0,
                                         1,
                                         -1,
                                         1000000000,
                                         std::numeric_limits<std::int64_t>::max(),
                                         std::numeric_limits<std::int64_t>::min()};
  const std::vector<std::string> noise = {"",
                                          "READY\n",
                                          "RESULT 2\nOK",
                                          "RESULT -1\n",
                                          "\xff\xe2",
                                          "<!--XSUPERVISOR:BEGIN-->",
                                          "<!--XSUPERVISOR:END",
                                          "\x1b[",
                                          std::string(10000, 'x')};
  for (unsigned seed = 0; seed < 50; ++seed) {
    Dice dice(seed);
    const auto pick = [&](const auto& list) {
      return list[static_cast<std::size_t>(dice.below(int(list.size())))];
    };
    const PoolEvents events = random_events(dice);
    Configuration configuration = random_configuration(dice, events);
    configuration.supervisord().strip_ansi = dice.one_in(2);
    core::Supervisor core(configuration.build());
    core::Effects out;
    core.handle({}, Boot{}, out);
    for (int i = 0; i < 2000; ++i) {
      const Instant time = dice.one_in(20) ? Instant{pick(odd)} : seconds(i / 10.0);
      const core::Now now{time, Instant{pick(odd)}};
      const auto id = static_cast<ProcessId>(dice.one_in(20) ? -1 : dice.below(10));
      const auto tell = [&](const core::Input& input) { core.handle(now, input, out); };
      const auto channel = dice.one_in(2) ? Channel::standard_output : Channel::standard_error;
      switch (dice.below(17)) {
        case 0: tell(Boot{}); break;
        case 1:
        case 2:
        case 3: tell(Spawned{id, dice.below(12) - 1}); break;
        case 4: tell(SpawnFailed{id, "why"}); break;
        case 5:
          tell(Exited{
              dice.below(12) - 1, {dice.one_in(2), dice.below(300) - 20, true}
          });
          break;
        case 6:
        case 7: tell(Output{id, channel, pick(noise)}); break;
        case 8: tell(StdinBroken{id}); break;
        case 9: tell(KillFailed{id, dice.below(5) - 1}); break;
        case 10:
          if (dice.one_in(50)) tell(DaemonSignal{dice.below(70) - 2});
          break;
        case 11:
          if (dice.one_in(50)) {
            tell(PlanLoaded{
                dice.one_in(2) ? nullptr : configuration.build(),
                dice.one_in(2) ? core::LoadPurpose::update : core::LoadPurpose::restart});
          }
          break;
        case 12: core.start_process(now, id, out); break;
        case 13: core.update(now, random_configuration(dice, events).build(), out); break;
        case 14: core.add_group(now, configuration.build(), std::size_t(dice.below(9)), out); break;
        case 15: core.remove_group(now, id, out); break;
        default: core.stop_process(now, id, out); break;
      }
      out.clear();
    }
  }
}

TEST(Random, TheSameWorldGivesTheSameLog) {
  for (int i = 0; i < 2; ++i) {
    static std::vector<std::string> first;
    Dice dice(7);
    FakeHost host(random_configuration(dice, random_events(dice)));
    host.boot();
    host.run_for(seconds(100));
    if (i == 0) {
      first = host.lines("");
    } else {
      EXPECT_EQ(first, host.lines(""));
    }
  }
}

}  // namespace
}  // namespace sup::sim
