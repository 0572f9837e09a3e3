// Another plan while the daemon runs: what differs is stopped, started or changed, and nothing
// else.
#include <algorithm>
#include <csignal>

#include <gtest/gtest.h>

#include "tests/sim/fake_host.h"

namespace sup::sim {
namespace {

using core::RequestError;
using schema::EventType;
using schema::ProcessOptions;
using Lines = std::vector<std::string>;

Configuration::Change command(const std::string& text) {
  return [text](ProcessOptions& o) { o.command = text; };
}

// Three programs that run, and a listener that hears of everything.
Configuration three() {
  Configuration made;
  made.program("a").program("b").program("c");
  return made;
}

void start(FakeHost& host) {
  host.scripts["l"] = {{.is_listener = true}};
  host.boot();
  host.run_for(seconds(3));
}

TEST(Update, OnlyWhatDiffersStartsAnew) {
  FakeHost host(three());
  start(host);
  const int a = host.pid("a");
  const int b = host.pid("b");
  const int c = host.pid("c");
  host.update(Configuration().program("a").program("b", command("other")).program("c"));
  host.run_for(seconds(3));
  EXPECT_EQ(host.pid("a"), a);
  EXPECT_NE(host.pid("b"), b);
  EXPECT_EQ(host.state("b"), ProcessState::RUNNING);
  EXPECT_EQ(host.core().spec(host.id("b")).options.command, "other");
  EXPECT_EQ(host.pid("c"), c);
  EXPECT_EQ(host.kills.size(), 1U);
  EXPECT_EQ(host.lines("update: "), Lines{"update: restart b (command)"});
  EXPECT_EQ(host.updated, 1);
}

TEST(Update, NothingNewSaysSo) {
  FakeHost host(three());
  start(host);
  const auto log = host.log.size();
  host.update(three());
  host.run_for(seconds(3));
  EXPECT_TRUE(host.kills.empty());
  ASSERT_EQ(host.log.size(), log + 2);
  EXPECT_EQ(host.log[log].text, "received SIGHUP indicating update request");
  EXPECT_EQ(host.log[log + 1].text, "configuration read again: nothing has changed");
}

// An update that is taken back: what nobody ran before it is not started by that.
TEST(Update, WhatWasAtRestStaysSo) {
  const auto before = [] {
    Configuration made;
    made.program("runs").program("stopped").program("changed").program("done", [](auto& o) {
      o.autorestart = schema::AutoRestartValue::never;
      o.startsecs = 0;
    });
    return made;
  };
  FakeHost host(before());
  host.scripts["done"] = {
      {.lives = std::chrono::milliseconds(100), .status = {.number = 3}}
  };
  start(host);
  for (const char* name : {"stopped", "changed"}) {
    host.request([&](const core::Now& now, core::Effects& effects) {
      host.core().stop_process(now, host.id(name), effects);
    });
  }
  host.run_for(seconds(3));
  ASSERT_EQ(host.state("done"), ProcessState::EXITED);
  const std::vector<core::AtRest> rest = host.core().at_rest();
  EXPECT_EQ(rest.size(), 3U);
  const std::size_t started = host.starts.size();

  // One goes and comes; of those that were there two are remembered, one was only changed.
  host.update(Configuration().program("changed", command("other")).program("new"));
  host.run_for(seconds(3));
  EXPECT_EQ(host.state("changed"), ProcessState::STOPPED);
  EXPECT_EQ(host.state("new"), ProcessState::RUNNING);
  host.next_plan = before().build();
  host.request([&](const core::Now& now, core::Effects& effects) {
    host.core().update_to(now, host.next_plan, effects, rest);
  });
  host.run_for(seconds(3));
  EXPECT_EQ(host.state("runs"), ProcessState::RUNNING);
  EXPECT_EQ(host.state("stopped"), ProcessState::STOPPED);
  EXPECT_EQ(host.state("changed"), ProcessState::STOPPED);
  EXPECT_EQ(host.state("done"), ProcessState::EXITED);
  EXPECT_EQ(host.core().status(host.id("done")).exit_status, 3);
  EXPECT_EQ(host.core().history(host.id("done")).exits.size(), 1U);
  EXPECT_EQ(host.starts.size(), started + 2) << "new, and runs once more";
  host.request([&](const core::Now& now, core::Effects& effects) {
    host.core().start_process(now, host.id("stopped"), effects);
  });
  host.run_for(seconds(3));
  EXPECT_EQ(host.state("stopped"), ProcessState::RUNNING);
}

TEST(Update, TheOldSpecHoldsUntilTheChildIsGone) {
  FakeHost host(Configuration().program("a"));
  host.scripts["a"] = {{.dies_after = seconds(5)}, {}};
  start(host);
  host.update(Configuration().program("a", command("other")));
  EXPECT_EQ(host.state("a"), ProcessState::STOPPING);
  EXPECT_EQ(host.core().spec(host.id("a")).options.command, "a");
  host.run_for(seconds(7));
  EXPECT_EQ(host.state("a"), ProcessState::RUNNING);
  EXPECT_EQ(host.core().spec(host.id("a")).options.command, "other");
}

TEST(Update, WhatCanChangeInPlaceLeavesTheChildAlone) {
  FakeHost host(Configuration().program("a"));
  start(host);
  const int pid = host.pid("a");
  const ProcessId id = host.id("a");
  EXPECT_FALSE(host.core().settings().strip_ansi);
  host.update(Configuration().program("a", [](ProcessOptions& o) {
    o.autorestart = schema::AutoRestartValue::never;
    o.stopsignal = SIGQUIT;
    o.stdout_logfile_maxbytes = 7;
  }));
  EXPECT_EQ(host.pid("a"), pid);
  EXPECT_EQ(host.changed, std::vector<ProcessId>{id});
  EXPECT_EQ(host.core().spec(id).options.stdout_logfile_maxbytes, 7);
  host.stop("a");
  EXPECT_EQ(host.kills.back().signal, SIGQUIT);
}

TEST(Update, GroupsComeAndGo) {
  FakeHost host(Configuration().program("a").program("b").listener("l", {EventType::EVENT}, 1000));
  host.scripts["b"] = {{.dies_after = seconds(2)}};
  start(host);
  const ProcessId a = host.id("a");
  host.update(Configuration().program("a").program("new").listener("l", {EventType::EVENT}, 1000));
  EXPECT_EQ(host.state("b"), ProcessState::STOPPING);
  // What takes the place of another waits for its end.
  EXPECT_EQ(host.state("new"), ProcessState::STOPPED);
  host.run_for(seconds(5));
  EXPECT_FALSE(host.has("b"));
  EXPECT_EQ(host.state("new"), ProcessState::RUNNING);
  EXPECT_EQ(host.id("a"), a);
  EXPECT_EQ(host.core().group(a).name, "a");
  const auto names = host.event_names();
  EXPECT_EQ(std::ranges::count(names, "PROCESS_GROUP_REMOVED"), 1);
  const auto added = std::ranges::find_if(
      host.events, [](const auto& event) { return event.payload == "groupname:new\n"; });
  ASSERT_NE(added, host.events.end());
  EXPECT_EQ(added->name, "PROCESS_GROUP_ADDED");
}

Configuration scaled(int count) {
  std::vector<std::pair<std::string, Configuration::Change>> processes;
  for (int i = 0; i < count; ++i) processes.emplace_back("w" + std::to_string(i), nullptr);
  return Configuration().group("web", 999, processes);
}

TEST(Update, ScalingAddsAndRemovesSingleProcesses) {
  FakeHost host(scaled(2));
  start(host);
  const int first = host.pid("w0");
  host.update(scaled(4));
  host.run_for(seconds(2));
  EXPECT_EQ(host.alive(), 4U);
  EXPECT_EQ(host.core().processes().size(), 4U);
  host.update(scaled(1));
  host.run_for(seconds(2));
  EXPECT_EQ(host.alive(), 1U);
  EXPECT_EQ(host.core().processes(), std::vector<ProcessId>{host.id("w0")});
  EXPECT_EQ(host.pid("w0"), first);
  EXPECT_FALSE(host.core().find("web", "w3"));
  // Ids are used again, and a process that has one is told apart.
  const auto birth = host.core().status(host.id("w0")).birth;
  host.update(scaled(3));
  EXPECT_LT(host.id("w2"), 4U);
  EXPECT_GT(host.core().status(host.id("w2")).birth, birth + 3);
}

TEST(Update, AProcessThatComesBackBeforeItIsGoneStartsAgain) {
  FakeHost host(Configuration().program("a").program("b"));
  host.scripts["b"] = {{.dies_after = seconds(3)}, {}};
  start(host);
  host.update(Configuration().program("a"));
  host.run_for(seconds(1));
  host.update(Configuration().program("a").program("b", command("other")));
  host.run_for(seconds(5));
  EXPECT_EQ(host.state("b"), ProcessState::RUNNING);
  EXPECT_EQ(host.core().spec(host.id("b")).options.command, "other");
  EXPECT_TRUE(host.removed.empty());
}

TEST(Update, WhatWasStoppedByHandStaysAndWhatFailedIsTriedAgain) {
  FakeHost host(Configuration()
                    .program("a")
                    .program("broken", [](auto& o) { o.startretries = 0; })
                    .program("later", [](auto& o) { o.autostart = false; }));
  host.failing_spawns = {2};
  start(host);
  host.stop("a");
  host.run_for(seconds(1));
  EXPECT_EQ(host.state("broken"), ProcessState::FATAL);
  host.update(Configuration()
                  .program("a", command("x"))
                  .program("broken",
                           [](auto& o) {
                             o.startretries = 0;
                             o.command = "mended";
                           })
                  .program("later"));
  host.run_for(seconds(2));
  EXPECT_EQ(host.state("a"), ProcessState::STOPPED);
  EXPECT_EQ(host.core().spec(host.id("a")).options.command, "x");
  EXPECT_EQ(host.state("broken"), ProcessState::RUNNING);
  EXPECT_EQ(host.state("later"), ProcessState::RUNNING);
}

TEST(Update, AStopDuringTheRestartHolds) {
  FakeHost host(Configuration().program("a"));
  host.scripts["a"] = {{.dies_after = seconds(3)}};
  start(host);
  host.update(Configuration().program("a", command("other")));
  EXPECT_EQ(host.stop("a"), RequestError::none);
  host.run_for(seconds(6));
  EXPECT_EQ(host.state("a"), ProcessState::STOPPED);
  EXPECT_EQ(host.core().spec(host.id("a")).options.command, "other");
}

TEST(Update, ABackoffEndsWithTheNewCommand) {
  FakeHost host(Configuration().program("a"));
  host.failing_spawns = {1, 2};
  host.boot();
  host.run_for(seconds(2));
  EXPECT_EQ(host.state("a"), ProcessState::BACKOFF);
  host.update(Configuration().program("a", command("other")));
  EXPECT_EQ(host.state("a"), ProcessState::STARTING);
}

TEST(Update, AStubbornOneThatLeavesIsKilled) {
  FakeHost host(Configuration().program("a").program("b", [](auto& o) { o.stopwaitsecs = 2; }));
  host.scripts["b"] = {{.ignores_stop = true}};
  start(host);
  host.update(Configuration().program("a"));
  host.run_for(seconds(1.9));
  EXPECT_TRUE(host.has("b"));
  host.run_for(seconds(0.2));
  EXPECT_FALSE(host.has("b"));
  EXPECT_EQ(host.kills.back().signal, SIGKILL);
}

TEST(Update, AProgramThatBecomesAListenerIsReplaced) {
  FakeHost host(Configuration().program("a").program("l"));
  host.scripts["l"] = {{.dies_after = seconds(1)}, {.is_listener = true}};
  host.boot();
  host.run_for(seconds(3));
  host.update(Configuration().program("a").listener("l", {EventType::PROCESS_STATE}, 100));
  host.run_for(seconds(5));
  EXPECT_EQ(host.state("l"), ProcessState::RUNNING);
  host.stop("a");
  host.run_for(seconds(1));
  EXPECT_EQ(host.event_names(), (Lines{"PROCESS_STATE_STARTING", "PROCESS_STATE_RUNNING",
                                       "PROCESS_STATE_STOPPING", "PROCESS_STATE_STOPPED"}));
}

// The old socket is in use until all that have it are gone.
TEST(Update, ThoseThatShareASocketStartAgainTogether) {
  FakeHost host(Configuration().fcgi("f", 3, 0700));
  host.scripts["f1"] = {{.dies_after = seconds(3)}, {}};
  start(host);
  host.update(Configuration().fcgi("f", 3, 0770));
  host.run_for(seconds(2.5));
  EXPECT_EQ(host.alive(), 1U);
  EXPECT_EQ(host.starts.size(), 3U);
  host.run_for(seconds(2));
  EXPECT_EQ(host.alive(), 3U);
  EXPECT_EQ(host.starts.size(), 6U);
  EXPECT_EQ(host.core().spec(host.id("f0")).fcgi->socket_mode, 0770);
}

TEST(Update, OneThatIsStoppedByHandHoldsUpNoneOfItsSiblings) {
  FakeHost host(Configuration().fcgi("f", 2, 0700));
  host.scripts["f1"] = {{.dies_after = seconds(3)}, {}};
  start(host);
  host.update(Configuration().fcgi("f", 2, 0770));
  host.stop("f1");
  host.run_for(seconds(5));
  EXPECT_EQ(host.state("f0"), ProcessState::RUNNING);
  EXPECT_EQ(host.state("f1"), ProcessState::STOPPED);
}

TEST(Update, APoolTakesOtherEventsAndASmallerBufferInPlace) {
  FakeHost host(Configuration().program("a").listener("l", {EventType::PROCESS_STATE}, 50));
  host.scripts["l"] = {
      {.answers = {Answer::nothing}, .is_listener = true}
  };
  host.boot();
  host.run_for(seconds(2));
  const int pid = host.pid("l");
  for (int i = 0; i < 4; ++i) {
    host.stop("a");
    host.run_for(seconds(1));
    host.start("a");
    host.run_for(seconds(1));
  }
  host.update(Configuration().program("a").listener("l", {EventType::TICK_5}, 3));
  EXPECT_EQ(host.pid("l"), pid);
  const auto dropped = host.lines("event buffer overflowed");
  EXPECT_GT(dropped.size(), 5U);
  host.stop("a");
  host.run_for(seconds(20));
  // Three that waited, and the ticks that push them out.
  EXPECT_GT(host.lines("event buffer overflowed").size(), dropped.size());
}

TEST(Update, OutputThatIsHeldBackComesBeforeWhatFollows) {
  const auto capturing = [](ProcessOptions& o) { o.stdout_capture_maxbytes = 100; };
  FakeHost host(Configuration().program("a", capturing));
  start(host);
  host.write("a", Channel::standard_output, "text <!--XSUPER");
  EXPECT_EQ(host.output["a stdout"], "text ");
  host.update(Configuration().program("a"));
  EXPECT_EQ(host.output["a stdout"], "text <!--XSUPER");
  EXPECT_EQ(host.changed, std::vector<ProcessId>{host.id("a")});
}

TEST(Update, TheDaemonsOwnSettingsChangeOrWait) {
  Configuration before;
  before.supervisord().loglevel = schema::LogLevelValue::info;
  before.supervisord().identifier = "one";
  before.program("a");
  FakeHost host(before);
  start(host);
  Configuration after;
  after.supervisord().strip_ansi = true;
  after.supervisord().identifier = "two";
  after.program("a");
  host.update(after);
  EXPECT_TRUE(host.core().settings().strip_ansi);
  EXPECT_EQ(host.core().settings().identifier, "one");
  EXPECT_TRUE(host.core().wants_output(host.id("a"), Channel::standard_output));
  EXPECT_EQ(host.changed, std::vector<ProcessId>{host.id("a")});
  EXPECT_EQ(host.lines("takes effect when the daemon"),
            Lines{"[supervisord] identifier: takes effect when the daemon starts anew"});
}

TEST(Update, ABadConfigurationChangesNothing) {
  FakeHost host(three());
  start(host);
  host.next_plan = nullptr;
  host.signal(SIGHUP);
  host.run_for(seconds(5));
  EXPECT_TRUE(host.kills.empty());
  EXPECT_EQ(host.updated, 0);
}

TEST(Update, ShutdownComesFirst) {
  FakeHost host(three());
  host.scripts["b"] = {{.dies_after = seconds(5)}};
  start(host);
  host.update(Configuration().program("a").program("new"));
  host.run_for(seconds(1));
  host.signal(SIGTERM);
  host.run_for(seconds(20));
  EXPECT_EQ(host.quit, 0);
  EXPECT_EQ(host.alive(), 0U);
}

TEST(Groups, AreAddedAndRemovedOnRequest) {
  FakeHost host(three());
  start(host);
  const auto plan = Configuration().program("x").program("a").build();
  const auto add = [&](std::size_t index) {
    RequestError error{};
    host.request(
        [&](const auto& now, auto& out) { error = host.core().add_group(now, plan, index, out); });
    return error;
  };
  const auto remove = [&](const char* name) {
    RequestError error{};
    host.request([&](const auto& now, auto& out) {
      error = host.core().remove_group(now, host.core().find_group(name).value_or(99), out);
    });
    return error;
  };
  EXPECT_EQ(add(0), RequestError::already_added);
  EXPECT_EQ(add(1), RequestError::none);
  EXPECT_EQ(add(2), RequestError::no_such_group);
  host.run_for(seconds(2));
  EXPECT_EQ(host.state("x"), ProcessState::RUNNING);
  EXPECT_EQ(remove("x"), RequestError::still_running);
  host.stop("x");
  EXPECT_EQ(remove("x"), RequestError::still_running);
  host.run_for(seconds(1));
  EXPECT_EQ(remove("x"), RequestError::none);
  EXPECT_EQ(remove("x"), RequestError::no_such_group);
  EXPECT_FALSE(host.has("x"));
  EXPECT_EQ(host.core().groups().size(), 3U);
}

TEST(Groups, AreComparedAsReloadConfigDoes) {
  FakeHost host(three());
  start(host);
  const auto next = Configuration()
                        .program("new")
                        .program("a", [](auto& o) { o.priority = 3; })
                        .program("b",
                                 [](auto& o) {
                                   o.stdout_logfile = {schema::LogKind::none, ""};
                                 })
                        .build();
  const core::PlanChanges changes = host.core().compare(*next);
  EXPECT_EQ(changes.added, Lines{"new"});
  EXPECT_EQ(changes.changed, Lines{"a"});
  EXPECT_EQ(changes.removed, Lines{"c"});
  EXPECT_FALSE(changes.none());
  EXPECT_TRUE(host.core().compare(*three().build()).none());
}

}  // namespace
}  // namespace sup::sim
