// Start, back-off, exit, restart and stop of processes.
#include <csignal>

#include <gtest/gtest.h>

#include "tests/sim/fake_host.h"

namespace sup::sim {
namespace {

using core::RequestError;
using schema::EventType;
using Lines = std::vector<std::string>;

ExitStatus status(int number) { return {.by_signal = false, .number = number}; }

std::vector<double> start_times(const FakeHost& host) {
  std::vector<double> times;
  for (const auto& start : host.starts) {
    times.push_back(std::chrono::duration<double>(start.at - seconds(1000)).count());
  }
  return times;
}

TEST(Life, AProcessIsRunningAfterStartsecs) {
  FakeHost host(Configuration().program("web", [](auto& o) { o.startsecs = 5; }));
  host.boot();
  host.run_for(seconds(4.999));
  EXPECT_EQ(host.state("web"), ProcessState::STARTING);
  host.run_for(seconds(0.001));
  EXPECT_EQ(host.state("web"), ProcessState::RUNNING);
  EXPECT_EQ(host.lines("web"),
            (Lines{"spawned: 'web' with pid 100",
                   "success: web entered RUNNING state, process has stayed up for > than 5 "
                   "seconds (startsecs)"}));
}

TEST(Life, AnIdleDaemonHasNoDeadline) {
  FakeHost host(Configuration().program("a").program("b"));
  host.boot();
  host.run_for(seconds(2));
  EXPECT_EQ(host.core().deadline(), core::never);
  const auto steps = host.steps;
  host.run_for(seconds(86400));
  EXPECT_EQ(host.steps, steps);
}

TEST(Life, WithoutAutostartNothingIsStarted) {
  FakeHost host(Configuration().program("web", [](auto& o) { o.autostart = false; }));
  host.boot();
  host.run_for(seconds(10));
  EXPECT_EQ(host.state("web"), ProcessState::STOPPED);
  EXPECT_TRUE(host.starts.empty());
}

TEST(Life, ZeroStartsecsIsRunningAtOnce) {
  FakeHost host(Configuration().program("web", [](auto& o) { o.startsecs = 0; }));
  host.boot();
  host.run_for(Instant{});
  EXPECT_EQ(host.state("web"), ProcessState::RUNNING);
}

TEST(Life, BackOffGrowsByASecondAndEndsInFatal) {
  FakeHost host(Configuration().program("bad"));
  host.scripts["bad"] = {
      {.lives = Instant{}, .status = status(1)}
  };
  host.boot();
  host.run_for(seconds(60));
  EXPECT_EQ(start_times(host), (std::vector<double>{0, 1, 3, 6}));
  EXPECT_EQ(host.state("bad"), ProcessState::FATAL);
  EXPECT_EQ(host.lines("gave up"),
            Lines{"gave up: bad entered FATAL state, too many start retries too quickly"});
  EXPECT_EQ(host.lines("exited: bad (exit status 1; not expected)").size(), 4U);
  EXPECT_EQ(host.core().status(0).spawn_error, "Exited too quickly (process log may have details)");
  EXPECT_EQ(host.core().status(0).exit_status, 0);
  EXPECT_EQ(host.core().deadline(), core::never);
}

TEST(Life, AnHourOfBackOffKeepsItsPace) {
  FakeHost host(Configuration().program("bad", [](auto& o) { o.startretries = 1000; }));
  host.scripts["bad"] = {
      {.lives = seconds(0.5), .status = status(0)}
  };
  host.boot();
  host.run_for(seconds(3600));
  // The n-th attempt begins n(n-1)/2 seconds of waiting and (n-1)/2 of running after the first.
  const auto times = start_times(host);
  ASSERT_EQ(times.size(), 84U);
  EXPECT_DOUBLE_EQ(times.back(), 83 * 84 / 2 + 83 * 0.5);
  EXPECT_EQ(host.state("bad"), ProcessState::BACKOFF);
  EXPECT_LT(host.steps, 1000U);
}

TEST(Life, NoRetriesMeansOneAttempt) {
  FakeHost host(Configuration().program("bad", [](auto& o) { o.startretries = 0; }));
  host.failing_spawns = {1};
  host.boot();
  host.run_for(seconds(10));
  EXPECT_EQ(host.starts.size(), 1U);
  EXPECT_EQ(host.state("bad"), ProcessState::FATAL);
  EXPECT_EQ(host.lines("spawnerr"), Lines{"spawnerr: can't find command 'x'"});
}

TEST(Life, AFailedSpawnIsTriedAgain) {
  FakeHost host(Configuration().program("web"));
  host.failing_spawns = {1, 2};
  host.boot();
  host.run_for(seconds(10));
  EXPECT_EQ(start_times(host), (std::vector<double>{0, 1, 3}));
  EXPECT_EQ(host.state("web"), ProcessState::RUNNING);
  EXPECT_EQ(host.core().status(0).spawn_error, "");
}

TEST(Life, AnExitExactlyAtStartsecsCountsAsStarted) {
  FakeHost host(Configuration().program("web"));
  host.scripts["web"] = {
      {.lives = seconds(1), .status = status(0)}
  };
  host.boot();
  host.run_for(seconds(5));
  EXPECT_EQ(host.state("web"), ProcessState::EXITED);
  EXPECT_EQ(host.lines("exited"), Lines{"exited: web (exit status 0; expected)"});
}

TEST(Life, StartsecsCountFromItsOwnStartAndNotFromThatOfAll) {
  core::Effects effects;
  core::Supervisor core(Configuration().program("late").build());
  const auto at = [](double time) { return core::Now{seconds(time), seconds(time)}; };
  core.handle(at(0), core::input::Boot{}, effects);
  // Others were started before.
  core.handle(at(0.8), core::input::Spawned{.process = 0, .pid = 5, .begun = at(0.75)}, effects);
  EXPECT_EQ(core.deadline(), seconds(1.75));
  core.handle(at(1.5), core::input::Tick{}, effects);
  EXPECT_EQ(core.status(0).state, ProcessState::STARTING);
  core.handle(at(1.6), core::input::Exited{.pid = 5, .status = {}}, effects);
  EXPECT_EQ(core.status(0).state, ProcessState::BACKOFF);
}

TEST(Life, AnUnexpectedExitIsStartedAgainAtOnce) {
  FakeHost host(Configuration().program("web"));
  host.scripts["web"] = {
      {.lives = seconds(10), .status = status(2)},
      {                    }
  };
  host.boot();
  host.run_for(seconds(20));
  EXPECT_EQ(start_times(host), (std::vector<double>{0, 10}));
  EXPECT_EQ(host.state("web"), ProcessState::RUNNING);
}

TEST(Life, ADeathBySignalIsUnexpected) {
  FakeHost host(Configuration().program("web"));
  host.boot();
  host.run_for(seconds(2));
  host.exit("web", {.by_signal = true, .number = SIGSEGV, .core_dumped = true});
  EXPECT_EQ(host.lines("exited"),
            Lines{"exited: web (terminated by SIGSEGV (core dumped); not expected)"});
  EXPECT_EQ(host.log.back().text,
            "exited: web (terminated by SIGSEGV (core dumped); not expected)");
  EXPECT_EQ(host.log.back().level, Level::warn);
  host.run_for(seconds(2));
  EXPECT_EQ(host.state("web"), ProcessState::RUNNING);
}

TEST(Life, AnExpectedExitIsLeftAloneUnlessAutorestartIsTrue) {
  FakeHost host(
      Configuration()
          .program("once",
                   [](auto& o) {
                     o.exitcodes = {0, 7};
                   })
          .program("ever", [](auto& o) { o.autorestart = schema::AutoRestartValue::always; })
          .program("never", [](auto& o) { o.autorestart = schema::AutoRestartValue::never; }));
  host.boot();
  host.run_for(seconds(2));
  host.exit("once", status(7));
  host.exit("ever", status(0));
  host.exit("never", status(1));
  host.run_for(seconds(2));
  EXPECT_EQ(host.state("once"), ProcessState::EXITED);
  EXPECT_EQ(host.state("ever"), ProcessState::RUNNING);
  EXPECT_EQ(host.state("never"), ProcessState::EXITED);
  EXPECT_EQ(host.core().status(host.id("once")).exit_status, 7);
  EXPECT_EQ(host.core().status(host.id("never")).spawn_error, "Bad exit code 1");
}

Configuration flapping(const std::string& name) {
  return Configuration().program(name, [](auto& o) {
    o.startsecs = 0;
    o.autorestart = schema::AutoRestartValue::always;
  });
}

TEST(Life, ARestartStormIsOneStartInFifteenMilliseconds) {
  FakeHost host(flapping("storm"));
  host.scripts["storm"] = {
      {.lives = Instant{}, .status = status(0)}
  };
  host.boot();
  host.run_for(seconds(0.05));
  // The first restart does not wait.
  EXPECT_EQ(start_times(host), (std::vector<double>{0, 0, 0.015, 0.03, 0.045}));
  host.run_for(seconds(9.96));
  EXPECT_EQ(host.starts.size(), 669U);
}

TEST(Life, OneThatLivesLongEnoughIsStartedAgainAtOnce) {
  FakeHost host(flapping("short"));
  host.scripts["short"] = {
      {.lives = seconds(0.016), .status = status(0)}
  };
  host.boot();
  host.run_for(seconds(1.61));
  EXPECT_EQ(host.starts.size(), 101U);
  EXPECT_DOUBLE_EQ(start_times(host).back(), 1.6);
}

TEST(Life, ALongLifeEndsAStorm) {
  FakeHost host(flapping("web"));
  host.scripts["web"] = {
      {.lives = Instant{},   .status = status(1)},
      {.lives = Instant{},                    .status = status(1)},
      {.lives = seconds(7),.status = status(1)},
      {.lives = seconds(0.01),  .status = status(1)},
      {}
  };
  host.boot();
  host.run_for(seconds(10));
  EXPECT_EQ(start_times(host), (std::vector<double>{0, 0, 0.015, 7.015, 7.025}));
}

TEST(Life, AStormDoesNotDelayTheShutdown) {
  Configuration configuration;
  for (int i = 0; i < 20; ++i) {
    configuration.program("storm" + std::to_string(i), [](auto& o) {
      o.startsecs = 0;
      o.autorestart = schema::AutoRestartValue::always;
    });
  }
  FakeHost host(configuration);
  for (int i = 0; i < 20; ++i) {
    host.scripts["storm" + std::to_string(i)] = {
        {.lives = seconds(0.005), .status = status(1)}
    };
  }
  host.boot();
  host.run_for(seconds(1));
  host.signal(SIGTERM);
  host.run_for(seconds(0.01));
  EXPECT_EQ(host.quit, 0);
  EXPECT_EQ(host.alive(), 0U);
}

TEST(Life, AStopEndsInStopped) {
  FakeHost host(Configuration().program("web", [](auto& o) {
    o.stopsignal = SIGINT;
    o.stopasgroup = true;
  }));
  host.scripts["web"] = {{.dies_after = seconds(3)}};
  host.boot();
  host.run_for(seconds(2));
  EXPECT_EQ(host.stop("web"), RequestError::none);
  EXPECT_EQ(host.state("web"), ProcessState::STOPPING);
  EXPECT_EQ(host.stop("web"), RequestError::not_running);
  EXPECT_EQ(host.start("web"), RequestError::still_stopping);
  host.run_for(seconds(20));
  EXPECT_EQ(host.state("web"), ProcessState::STOPPED);
  ASSERT_EQ(host.kills.size(), 1U);
  EXPECT_EQ(host.kills[0].signal, SIGINT);
  EXPECT_TRUE(host.kills[0].whole_group);
  EXPECT_EQ(host.lines("killing"), Lines{"killing web (pid 100) process group with signal SIGINT"});
  EXPECT_EQ(host.lines("stopped"), Lines{"stopped: web (terminated by SIGINT)"});
  EXPECT_EQ(host.log.back().level, Level::warn);
  EXPECT_EQ(host.core().status(0).exit_status, -1);
  EXPECT_EQ(host.start("web"), RequestError::none);
  host.run_for(seconds(2));
  EXPECT_EQ(host.state("web"), ProcessState::RUNNING);
}

TEST(Life, WaitingForAStopWakesNobody) {
  FakeHost host(Configuration().program("deaf", [](auto& o) { o.stopwaitsecs = 4; }));
  host.scripts["deaf"] = {{.ignores_stop = true}};
  host.boot();
  host.run_for(seconds(2));
  host.stop("deaf");
  EXPECT_EQ(host.core().deadline(), host.now() + seconds(4));
}

TEST(Life, OneThatIgnoresTheStopSignalIsKilledAndKilledAgain) {
  FakeHost host(Configuration().program("deaf", [](auto& o) { o.stopwaitsecs = 4; }));
  host.scripts["deaf"] = {{.ignores_stop = true}};
  host.boot();
  host.run_for(seconds(2));
  host.stop("deaf");
  host.run_for(seconds(3.9));
  EXPECT_EQ(host.kills.size(), 1U);
  host.run_for(seconds(0.1));
  ASSERT_EQ(host.kills.size(), 2U);
  EXPECT_EQ(host.kills[1].signal, SIGKILL);
  EXPECT_EQ(host.lines("with SIGKILL"), Lines{"killing 'deaf' (100) with SIGKILL"});
  EXPECT_EQ(host.state("deaf"), ProcessState::STOPPED);
}

TEST(Life, SigkillIsRepeatedWhileTheChildIsNotReaped) {
  for (const std::int64_t wait : {0, 3}) {
    core::Effects effects;
    core::Supervisor core(
        Configuration().program("stuck", [&](auto& o) { o.stopwaitsecs = wait; }).build());
    const auto at = [](double time) { return core::Now{seconds(time), {}}; };
    core.handle(at(0), core::input::Boot{}, effects);
    core.handle(at(0), core::input::Spawned{0, 5}, effects);
    effects.clear();
    core.stop_process(at(2), 0, effects);
    for (double time = 2; time < 11.5; time += 0.5) {
      core.handle(at(time), core::input::Tick{}, effects);
    }
    int kills = 0;
    for (const auto& effect : effects) {
      const auto* kill = std::get_if<core::effect::Kill>(&effect);
      if (kill != nullptr && kill->signal == SIGKILL) ++kills;
    }
    EXPECT_EQ(kills, wait == 0 ? 10 : 3);
  }
}

TEST(Life, AStopInBackOffIsImmediateAndKeepsTheCount) {
  FakeHost host(
      Configuration().listener("l", {EventType::PROCESS_STATE}, 100).program("fast", [](auto& o) {
        o.autostart = false;
      }));
  host.scripts["l"] = {{.is_listener = true}};
  host.scripts["fast"] = {
      {.lives = Instant{}, .status = status(1)}
  };
  host.boot();
  host.run_for(seconds(2));
  host.start("fast");
  host.run_for(seconds(0.5));
  EXPECT_EQ(host.state("fast"), ProcessState::BACKOFF);
  EXPECT_EQ(host.start("fast"), RequestError::already_started);
  EXPECT_EQ(host.stop("fast"), RequestError::none);
  EXPECT_EQ(host.state("fast"), ProcessState::STOPPED);
  host.run_for(seconds(0.5));
  EXPECT_EQ(host.events.back().payload, "processname:fast groupname:fast from_state:BACKOFF pid:0");
  EXPECT_EQ(host.lines("Attempted"), Lines{"Attempted to kill fast, which is in BACKOFF state."});
  host.start("fast");
  EXPECT_EQ(host.events.back().payload,
            "processname:fast groupname:fast from_state:STOPPED tries:1");
}

TEST(Life, AStopBeforeThePidIsKnownIsNotLost) {
  core::Effects effects;
  core::Supervisor core(Configuration().program("web").build());
  const core::Now now{seconds(1), {}};
  core.handle(now, core::input::Boot{}, effects);
  core.stop_process(now, 0, effects);
  EXPECT_EQ(core.status(0).state, ProcessState::STOPPING);
  EXPECT_EQ(core.deadline(), core::never);
  effects.clear();
  core.handle(now, core::input::Spawned{0, 77}, effects);
  bool killed = false;
  for (const auto& effect : effects) {
    if (const auto* kill = std::get_if<core::effect::Kill>(&effect)) {
      killed = kill->pid == 77 && kill->signal == SIGTERM;
    }
  }
  EXPECT_TRUE(killed);
  core.handle(now,
              core::input::Exited{
                  77, {.by_signal = true, .number = SIGTERM}
  },
              effects);
  EXPECT_EQ(core.status(0).state, ProcessState::STOPPED);
}

TEST(Life, UnknownIsNoTrap) {
  FakeHost host(Configuration().program("root"));
  host.unkillable = {"root"};
  host.boot();
  host.run_for(seconds(2));
  host.stop("root");
  host.run_for(seconds(1));
  EXPECT_EQ(host.state("root"), ProcessState::UNKNOWN);
  EXPECT_EQ(host.lines("unknown problem"),
            Lines{"unknown problem killing root (100): [Errno 1] Operation not permitted"});
  EXPECT_EQ(host.start("root"), RequestError::failed);
  EXPECT_EQ(host.stop("root"), RequestError::none);
  host.run_for(seconds(1));
  EXPECT_EQ(host.kills.size(), 2U);
  host.exit("root", status(0));
  EXPECT_EQ(host.state("root"), ProcessState::STOPPED);
  host.unkillable.clear();
  EXPECT_EQ(host.start("root"), RequestError::none);
  host.run_for(seconds(2));
  EXPECT_EQ(host.state("root"), ProcessState::RUNNING);
}

TEST(Life, ASignalOnRequestChangesNothing) {
  FakeHost host(Configuration().program("web"));
  host.boot();
  host.run_for(seconds(2));
  RequestError error{};
  host.request([&](const auto& now, auto& out) {
    error = host.core().signal_process(now, 0, SIGUSR1, out);
  });
  EXPECT_EQ(error, RequestError::none);
  EXPECT_EQ(host.lines("sending"), Lines{"sending web (pid 100) sig SIGUSR1"});
  EXPECT_EQ(host.state("web"), ProcessState::RUNNING);
}

TEST(Life, GroupsAreStartedByPriorityAndName) {
  FakeHost host(Configuration()
                    .program("b")
                    .program("a")
                    .program("first",
                             [](auto& o) {
                               o.priority = 1;
  })
                    .group("g", 500, {{"z", [](auto& o) { o.priority = 9; }}, {"y", [](auto& o) {
                                                                                 o.priority = 1;
                                                                               }}}));
  host.boot();
  std::string order;
  for (const auto& start : host.starts) order += host.core().spec(start.process).name + " ";
  // Within a group in the order of programs=, whatever their priorities.
  EXPECT_EQ(order, "first z y a b ");
}

TEST(Life, AGroupRequestGoesByPriority) {
  FakeHost host(Configuration().group("g", 500,
                                      {
                                          {"z",
                                           [](auto& o) {
                                             o.priority = 9;
                                             o.autostart = false;
                                           }                                               },
                                          {"y", [](auto& o) {
                                             o.priority = 1;
                                             o.autostart = false;
                                           }}
  }));
  host.boot();
  std::vector<core::RequestResult> results;
  host.request([&](const auto& now, auto& out) { results = host.core().start_group(now, 0, out); });
  ASSERT_EQ(results.size(), 2U);
  EXPECT_EQ(host.core().spec(results[0].process).name, "y");
  host.run_for(seconds(2));
  host.request([&](const auto& now, auto& out) { results = host.core().stop_group(now, 0, out); });
  ASSERT_EQ(results.size(), 2U);
  EXPECT_EQ(results[1].error, RequestError::none);
  EXPECT_EQ(host.core().find("g", "z"), host.id("z"));
  EXPECT_EQ(host.core().find("g", "nobody"), std::nullopt);
}

TEST(Life, WhatCannotBeIsIgnored) {
  FakeHost host(Configuration().program("web"));
  host.boot();
  host.run_for(seconds(2));
  using namespace core::input;
  host.tell(Exited{4711, status(3)});
  EXPECT_EQ(host.log.back().text, "reaped unknown pid 4711 (exit status 3)");
  host.tell(Spawned{0, 101});
  host.tell(Spawned{0, -1});
  host.tell(SpawnFailed{0, "late"});
  host.tell(Spawned{9, 9});
  host.tell(SpawnFailed{9, ""});
  host.tell(Output{9, Channel::standard_error, "x"});
  host.tell(StdinBroken{9});
  host.tell(KillFailed{9, 1});
  host.tell(Boot{});
  host.tell(PlanLoaded{nullptr});
  EXPECT_EQ(host.state("web"), ProcessState::RUNNING);
  EXPECT_EQ(host.pid("web"), 100);
  host.stop("web");
  host.run_for(seconds(1));
  host.tell(Output{0, Channel::standard_output, "after the end"});
  host.tell(KillFailed{0, 1});
  host.tell(Exited{100, status(0)});
  EXPECT_EQ(host.state("web"), ProcessState::STOPPED);
}

TEST(Life, AClockThatIsSetChangesNoDeadline) {
  for (const int jump : {-100000, 100000}) {
    Configuration configuration;
    configuration.program("starts", [](auto& o) { o.startsecs = 10; });
    configuration.program("fails", [](auto& o) { o.startretries = 5; });
    configuration.program("stops", [](auto& o) {
      o.startsecs = 0;
      o.stopwaitsecs = 10;
    });
    FakeHost host(configuration);
    host.scripts["fails"] = {{.lives = seconds(0.1)}};
    host.scripts["stops"] = {{.ignores_stop = true}};
    host.boot();
    host.run_for(seconds(2));
    host.stop("stops");
    const std::size_t starts = host.starts.size();
    host.wall_offset += std::chrono::seconds(jump);
    host.run_for(Instant{});
    host.tell(core::input::Tick{});
    EXPECT_EQ(host.state("starts"), ProcessState::STARTING);
    EXPECT_EQ(host.state("fails"), ProcessState::BACKOFF);
    EXPECT_EQ(host.state("stops"), ProcessState::STOPPING);
    EXPECT_EQ(host.starts.size(), starts);
    host.run_for(seconds(8.5));
    EXPECT_EQ(host.state("starts"), ProcessState::RUNNING);
    EXPECT_EQ(host.state("stops"), ProcessState::STOPPING);
    host.run_for(seconds(2));
    EXPECT_EQ(host.state("stops"), ProcessState::STOPPED);
  }
}

TEST(Life, HugeTimesDoNotOverflow) {
  constexpr auto huge = std::numeric_limits<std::int64_t>::max();
  FakeHost host(Configuration().program("web", [&](auto& o) {
    o.startsecs = huge;
    o.stopwaitsecs = huge;
    o.startretries = huge;
  }));
  host.scripts["web"] = {{.ignores_stop = true}};
  host.boot();
  host.run_for(seconds(1e6));
  EXPECT_EQ(host.state("web"), ProcessState::STARTING);
  host.stop("web");
  host.run_for(seconds(1e6));
  EXPECT_EQ(host.state("web"), ProcessState::STOPPING);
}

}  // namespace
}  // namespace sup::sim
