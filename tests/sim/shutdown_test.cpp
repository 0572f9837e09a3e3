// The end of the daemon, its restart with a new configuration, and signals.
#include <algorithm>
#include <csignal>

#include <gtest/gtest.h>

#include "tests/sim/fake_host.h"

namespace sup::sim {
namespace {

using core::RequestError;
using schema::EventType;
using schema::SupervisorState;
using Lines = std::vector<std::string>;

std::string kill_order(const FakeHost& host) {
  std::string order;
  for (const auto& kill : host.kills) order += host.core().spec(kill.process).name + " ";
  return order;
}

TEST(Shutdown, StopsGroupAfterGroupInReverseOrder) {
  FakeHost host(Configuration()
                    .program("a",
                             [](auto& o) {
                               o.priority = 1;
  })
                    .program("b")
                    .program("c")
                    .group("g", 2000,
                           {{"x", [](auto& o) { o.priority = 5; }},
                            {"y", [](auto& o) { o.priority = 9; }},
                            {"z", [](auto& o) { o.priority = 5; }}}));
  for (const char* name : {"a", "b", "c", "x", "y", "z"}) {
    host.scripts[name] = {{.dies_after = seconds(1)}};
  }
  host.boot();
  host.run_for(seconds(2));
  const Instant start = host.now();
  host.signal(SIGTERM);
  EXPECT_EQ(host.core().state(), SupervisorState::SHUTDOWN);
  host.run_for(seconds(60));
  EXPECT_EQ(host.quit, 0);
  EXPECT_EQ(kill_order(host), "y z x c b a ");
  EXPECT_EQ(host.kills[2].at, start);
  EXPECT_EQ(host.kills[3].at, start + seconds(1));
  EXPECT_EQ(host.kills[5].at, start + seconds(3));
  EXPECT_EQ(host.lines("waiting for"),
            (Lines{"waiting for a, b, c, x, y, z to die", "waiting for a to die"}));
  EXPECT_EQ(host.lines("received"), Lines{"received SIGTERM indicating exit request"});
  EXPECT_EQ(host.core().deadline(), core::never);
}

TEST(Shutdown, ByPriorityStopsGroupsOfOnePriorityTogether) {
  Configuration configuration;
  configuration
      .program("a",
               [](auto& o) {
                 o.priority = 1;
  })
      .program("b")
      .program("c")
      .group("g", 2000, {{"x", {}}, {"y", {}}})
      .listener("l", {EventType::TICK_3600})
      .listener("m", {EventType::TICK_3600});
  configuration.supervisord().shutdown_by_priority = true;
  FakeHost host(configuration);
  for (const char* name : {"a", "b", "x", "l", "m"}) {
    host.scripts[name] = {{.dies_after = seconds(1)}};
  }
  host.scripts["c"] = {{.dies_after = seconds(2)}};
  host.scripts["y"] = {{.dies_after = seconds(3)}};
  host.boot();
  host.run_for(seconds(2));
  const Instant start = host.now();
  host.signal(SIGTERM);
  host.run_for(seconds(60));
  EXPECT_EQ(host.quit, 0);
  // Another priority and another listener wait until all before them have ended.
  EXPECT_EQ(kill_order(host), "y x c b a m l ");
  const std::vector<double> after = {0, 0, 3, 3, 5, 6, 7};
  ASSERT_EQ(host.kills.size(), after.size());
  for (std::size_t i = 0; i < after.size(); ++i) {
    EXPECT_EQ(host.kills[i].at, start + seconds(after[i])) << i;
  }
}

TEST(Shutdown, StoppedGroupsCostNoTime) {
  Configuration configuration;
  configuration.program("a");
  for (int i = 0; i < 50; ++i) {
    configuration.program("idle" + std::to_string(i), [](auto& o) { o.autostart = false; });
  }
  FakeHost host(configuration);
  host.boot();
  host.run_for(seconds(2));
  host.signal(SIGINT);
  host.run_for(Instant{});
  EXPECT_EQ(host.quit, 0);
}

TEST(Shutdown, OfNothingQuitsAtOnce) {
  FakeHost host((Configuration()));
  host.boot();
  host.signal(SIGQUIT);
  EXPECT_EQ(host.quit, 0);
  host.signal(SIGTERM);
  EXPECT_EQ(host.lines("").size(), 1U);
}

TEST(Shutdown, TurnsBackOffIntoFatalAndStartsNothing) {
  FakeHost host(Configuration()
                    .program("slow", [](auto& o) { o.priority = 9999; })
                    .program("bad", [](auto& o) { o.startretries = 100; })
                    .program("loop", [](auto& o) {
                      o.startsecs = 0;
                      o.autorestart = schema::AutoRestartValue::always;
                    }));
  host.scripts["slow"] = {{.dies_after = seconds(8)}};
  host.scripts["bad"] = {
      {.lives = Instant{}, .status = {.number = 1}}
  };
  host.scripts["loop"] = {{.lives = seconds(0.25)}};
  host.boot();
  host.run_for(seconds(1.75));
  const std::size_t starts = host.starts.size();
  host.signal(SIGTERM);
  host.run_for(seconds(7));
  EXPECT_EQ(host.starts.size(), starts);
  EXPECT_EQ(host.state("bad"), ProcessState::BACKOFF);
  host.run_for(seconds(2));
  EXPECT_EQ(host.state("bad"), ProcessState::FATAL);
  EXPECT_TRUE(host.lines("gave up").empty());
  EXPECT_EQ(host.quit, 0);
}

TEST(Shutdown, KillsWhatDoesNotGo) {
  FakeHost host(Configuration().program("deaf"));
  host.scripts["deaf"] = {{.ignores_stop = true}};
  host.boot();
  host.run_for(seconds(2));
  host.signal(SIGTERM);
  host.run_for(seconds(9.9));
  EXPECT_FALSE(host.quit);
  EXPECT_EQ(host.lines("waiting for").size(), 4U);
  host.run_for(seconds(0.2));
  EXPECT_EQ(host.quit, 0);
}

TEST(Shutdown, IsNotHeldUpByOneThatCannotBeSignalled) {
  FakeHost host(Configuration().program("root"));
  host.unkillable = {"root"};
  host.boot();
  host.run_for(seconds(2));
  host.stop("root");
  host.run_for(seconds(1));
  EXPECT_EQ(host.state("root"), ProcessState::UNKNOWN);
  host.signal(SIGTERM);
  host.run_for(seconds(0.9));
  EXPECT_EQ(host.kills.size(), 2U);
  EXPECT_FALSE(host.quit);
  host.run_for(seconds(0.2));
  // It was tried once more.
  EXPECT_EQ(host.kills.size(), 3U);
  EXPECT_EQ(host.lines("left behind"), Lines{"root (100) cannot be signalled and is left behind"});
  EXPECT_EQ(host.quit, 0);
}

TEST(Shutdown, SignalsAgainWhatCouldNotBeSignalledJustThen) {
  FakeHost host(Configuration().program("root").program("web"));
  host.unkillable = {"root"};
  host.boot();
  host.run_for(seconds(2));
  host.signal(SIGTERM);
  host.run_for(seconds(0.5));
  EXPECT_EQ(host.state("root"), ProcessState::UNKNOWN);
  EXPECT_EQ(host.state("web"), ProcessState::STOPPED);
  host.unkillable.clear();
  host.run_for(seconds(1));
  EXPECT_EQ(host.state("root"), ProcessState::STOPPED);
  EXPECT_TRUE(host.lines("left behind").empty());
  EXPECT_EQ(host.quit, 0);
}

TEST(Shutdown, IsRefusedOfRequests) {
  FakeHost host(Configuration().program("web"));
  host.scripts["web"] = {{.dies_after = seconds(1)}};
  EXPECT_EQ(host.start("web"), RequestError::shutting_down);
  host.boot();
  host.run_for(seconds(2));
  host.request([&](const auto& now, auto& out) {
    EXPECT_EQ(host.core().shut_down(now, out), RequestError::none);
  });
  EXPECT_EQ(host.start("web"), RequestError::shutting_down);
  EXPECT_EQ(host.stop("web"), RequestError::shutting_down);
  host.run_for(seconds(2));
  EXPECT_EQ(host.quit, 0);
}

TEST(Shutdown, BeforeTheFirstPidIsKnownWaitsForIt) {
  FakeHost host(Configuration().program("web"));
  host.boot();
  host.signal(SIGTERM);
  EXPECT_FALSE(host.quit);
  host.run_for(seconds(1));
  EXPECT_EQ(host.quit, 0);
  EXPECT_EQ(host.kills.size(), 1U);
  EXPECT_EQ(host.alive(), 0U);
}

TEST(Shutdown, ListenersHearOfTheEndOfAllOthers) {
  Configuration configuration;
  configuration.listener(
      "l", {EventType::PROCESS_STATE_STOPPED, EventType::SUPERVISOR_STATE_CHANGE}, 100);
  for (const char* name : {"a", "b", "c"}) configuration.program(name);
  FakeHost host(configuration);
  host.scripts["l"] = {
      {.thinks = seconds(0.25), .is_listener = true}
  };
  host.boot();
  host.run_for(seconds(3));
  host.signal(SIGTERM);
  host.run_for(seconds(5));
  EXPECT_EQ(host.event_names(),
            (Lines{"SUPERVISOR_STATE_CHANGE_RUNNING", "SUPERVISOR_STATE_CHANGE_STOPPING",
                   "PROCESS_STATE_STOPPED", "PROCESS_STATE_STOPPED", "PROCESS_STATE_STOPPED"}));
  EXPECT_EQ(kill_order(host), "c b a l ");
  EXPECT_EQ(host.quit, 0);
}

TEST(Shutdown, WaitsForNoListenerWhereThatIsAskedFor) {
  Configuration configuration;
  configuration.listener("l", {EventType::PROCESS_STATE_STOPPED}, 100).program("a").program("b");
  FakeHost host(configuration, {.drop_at_end = true});
  host.scripts["l"] = {
      {.thinks = seconds(1), .is_listener = true}
  };
  host.boot();
  host.run_for(seconds(3));
  const Instant begin = host.now();
  host.signal(SIGTERM);
  host.run_for(Instant{});
  EXPECT_EQ(host.now(), begin);
  EXPECT_EQ(host.quit, 0);
}

TEST(Shutdown, DoesNotWaitForeverForAListener) {
  FakeHost host(Configuration().listener("l", {EventType::SUPERVISOR_STATE_CHANGE}));
  host.scripts["l"] = {
      {.answers = {Answer::nothing}, .is_listener = true}
  };
  host.boot();
  host.run_for(seconds(3));
  host.signal(SIGTERM);
  host.run_for(seconds(1.9));
  EXPECT_FALSE(host.quit);
  host.run_for(seconds(0.2));
  EXPECT_EQ(host.quit, 0);
  EXPECT_EQ(host.lines("not delivered"), Lines{"pool l: 2 events were not delivered"});
}

TEST(Shutdown, AListenerThatHangsTakesNoTimeFromOthers) {
  Configuration configuration;
  configuration.listener("hangs", {EventType::SUPERVISOR_STATE_CHANGE}, 10, 1,
                         [](schema::ProcessOptions& o) { o.priority = 2000; });
  configuration.listener("a_good_one", {EventType::PROCESS_STATE_STOPPED}, 10);
  FakeHost host(configuration);
  host.scripts["hangs"] = {
      {.answers = {Answer::nothing}, .is_listener = true}
  };
  host.scripts["a_good_one"] = {
      {.thinks = seconds(1), .is_listener = true}
  };
  host.boot();
  host.run_for(seconds(3));
  host.signal(SIGTERM);
  host.run_for(seconds(6));
  EXPECT_EQ(host.quit, 0);
  const auto names = host.event_names();
  EXPECT_EQ(std::ranges::count(names, "PROCESS_STATE_STOPPED"), 1);
  // That of its own end.
  EXPECT_EQ(host.lines("pool a_good_one"), Lines{"pool a_good_one: 1 event was not delivered"});
}

TEST(Restart, StopsEverythingThenTakesTheNewPlan) {
  Configuration old;
  old.program("web").listener("l", {EventType::EVENT}, 100);
  FakeHost host(old, {.hup_restart = true});
  host.scripts["l"] = {{.is_listener = true}};
  Configuration fresh;
  fresh.program("api").program("web").listener("l", {EventType::EVENT}, 100);
  host.next_plan = fresh.build();
  host.boot();
  host.run_for(seconds(2));
  const auto last = host.events.back();
  host.signal(SIGHUP);
  EXPECT_EQ(host.core().state(), SupervisorState::RUNNING);
  host.run_for(seconds(5));
  EXPECT_EQ(host.restarted, 1);
  EXPECT_FALSE(host.quit);
  EXPECT_EQ(host.core().state(), SupervisorState::RUNNING);
  EXPECT_EQ(host.core().processes().size(), 3U);
  for (const char* name : {"api", "web", "l"}) EXPECT_EQ(host.state(name), ProcessState::RUNNING);
  // Serials of the daemon go on, those of the pool begin anew.
  const auto first = std::ranges::find_if(host.events, [&](const auto& event) {
    return event.serial > last.serial && event.pool_serial == 0;
  });
  ASSERT_NE(first, host.events.end());
  EXPECT_EQ(first->name, "PROCESS_GROUP_ADDED");
  EXPECT_EQ(first->payload, "groupname:l\n");
}

TEST(Restart, ABadPlanChangesNothing) {
  FakeHost host(Configuration().program("web"));
  host.boot();
  host.run_for(seconds(2));
  const int pid = host.pid("web");
  host.signal(SIGHUP);
  host.run_for(seconds(10));
  EXPECT_EQ(host.pid("web"), pid);
  EXPECT_EQ(host.core().state(), SupervisorState::RUNNING);
  EXPECT_EQ(host.log.back().level, Level::error);
  EXPECT_EQ(host.log.back().text,
            "configuration refused, everything goes on as before: it is broken");
}

TEST(Restart, TermTurnsItIntoShutdown) {
  FakeHost host(Configuration().program("web"));
  host.scripts["web"] = {{.dies_after = seconds(2)}};
  host.next_plan = Configuration().program("new").build();
  host.boot();
  host.run_for(seconds(2));
  host.restart();
  host.run_for(seconds(1));
  EXPECT_EQ(host.core().state(), SupervisorState::RESTARTING);
  host.signal(SIGTERM);
  EXPECT_EQ(host.core().state(), SupervisorState::SHUTDOWN);
  host.signal(SIGHUP);
  EXPECT_EQ(host.log.back().text,
            "ignored SIGHUP indicating restart request (shutdown in progress)");
  host.run_for(seconds(5));
  EXPECT_EQ(host.restarted, 0);
  EXPECT_EQ(host.quit, 0);
}

TEST(Restart, APlanThatComesDuringShutdownIsIgnored) {
  FakeHost host(Configuration().program("web"));
  host.scripts["web"] = {{.dies_after = seconds(2)}};
  host.next_plan = Configuration().program("new").build();
  host.boot();
  host.run_for(seconds(2));
  host.signal(SIGHUP);
  host.signal(SIGTERM);
  host.run_for(seconds(5));
  EXPECT_EQ(host.quit, 0);
  EXPECT_EQ(host.restarted, 0);
}

TEST(Restart, TheLastOfTwoPlansIsTaken) {
  FakeHost host(Configuration().program("web"));
  host.scripts["web"] = {{.dies_after = seconds(2)}};
  host.next_plan = Configuration().program("second").build();
  host.boot();
  host.run_for(seconds(2));
  host.restart();
  host.run_for(seconds(1));
  host.next_plan = Configuration().program("third").build();
  host.signal(SIGHUP);
  host.run_for(seconds(5));
  EXPECT_EQ(host.restarted, 1);
  EXPECT_EQ(host.state("third"), ProcessState::RUNNING);
}

TEST(Signal, User2ReopensLogs) {
  FakeHost host((Configuration()));
  host.boot();
  host.signal(SIGUSR2);
  EXPECT_EQ(host.reopened, 1);
  EXPECT_EQ(host.lines(""),
            (Lines{"received SIGUSR2 indicating log reopen request", "supervisord logreopen"}));
}

TEST(Signal, OthersAreOnlyLogged) {
  FakeHost host((Configuration()));
  host.boot();
  host.signal(SIGUSR1);
  host.signal(SIGCHLD);
  host.signal(4711);
  EXPECT_EQ(host.lines(""), (Lines{"received SIGUSR1 indicating nothing",
                                   "received SIGCHLD indicating a child quit",
                                   "received signal 4711 indicating nothing"}));
  EXPECT_FALSE(host.quit);
}

}  // namespace
}  // namespace sup::sim
