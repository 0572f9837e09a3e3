// The daemon ends with a program: the main one of a container.
#include <csignal>

#include <gtest/gtest.h>

#include "tests/sim/fake_host.h"

namespace sup::sim {
namespace {

using Lines = std::vector<std::string>;

ExitStatus exited(int number) { return {.by_signal = false, .number = number}; }

ExitStatus killed(int number) { return {.by_signal = true, .number = number}; }

void never_again(schema::ProcessOptions& options) {
  options.autorestart = schema::AutoRestartValue::never;
}

void one_try(schema::ProcessOptions& options) { options.startretries = 0; }

// `web` is named; what it does is the script.
FakeHost world(const Configuration::Change& change, std::vector<Script> web) {
  FakeHost host(Configuration()
                    .program("web", change)
                    .program("db", [](auto& options) { options.priority = 1; })
                    .program("log", [](auto& options) { options.priority = 2000; }));
  host.scripts["web"] = std::move(web);
  host.core().end_with({.names = {"web"}});
  return host;
}

TEST(ExitWith, StopsAllInOrderAndHasTheStatus) {
  FakeHost host = world(never_again, {
                                         {.lives = seconds(5), .status = exited(3)}
  });
  host.scripts["log"] = {{.dies_after = seconds(1)}};
  host.boot();
  host.run_for(seconds(4));
  EXPECT_EQ(host.quit, std::nullopt);
  host.run_for(seconds(10));
  EXPECT_EQ(host.quit, 3);
  EXPECT_EQ(host.lines("ended for good"),
            Lines{"web has ended for good (EXITED), and the daemon ends with it, with exit status "
                  "3"});
  EXPECT_EQ(host.lines("stopped: "),
            (Lines{"stopped: log (terminated by SIGTERM)", "stopped: db (terminated by SIGTERM)"}));
}

TEST(ExitWith, TellsASignalAsAShellDoes) {
  FakeHost host = world(never_again, {
                                         {.lives = seconds(5), .status = killed(SIGKILL)}
  });
  host.boot();
  host.run_for(seconds(10));
  EXPECT_EQ(host.quit, 128 + SIGKILL);
}

TEST(ExitWith, DoesNotLeaveWhenItComesAgain) {
  FakeHost host = world(
      [](auto&) {
  },
      {{.lives = seconds(5), .status = exited(1)}, {.lives = seconds(5), .status = exited(0)}});
  host.boot();
  host.run_for(seconds(9));
  EXPECT_EQ(host.quit, std::nullopt);
  host.run_for(seconds(9));
  EXPECT_EQ(host.quit, 0) << "0 is expected, and autorestart=unexpected";
}

TEST(ExitWith, AFailureIsNoSuccess) {
  const auto status_of = [](const Script& script) {
    FakeHost host = world(one_try, {script});
    host.boot();
    host.run_for(seconds(10));
    return host.quit;
  };
  EXPECT_EQ(status_of({.lives = seconds(0.5), .status = exited(5)}), 5);
  EXPECT_EQ(status_of({.lives = seconds(0.5), .status = exited(0)}), 1);
  EXPECT_EQ(status_of({.lives = seconds(0.5), .status = killed(SIGSEGV)}), 128 + SIGSEGV);
}

TEST(ExitWith, WhatCannotBeStartedIs127) {
  FakeHost host = world(one_try, {
                                     {.lives = seconds(5), .status = exited(3)}
  });
  host.failing_spawns = {4};  // after three programs
  host.boot();
  host.run_for(seconds(60));
  EXPECT_EQ(host.quit, 127);
  EXPECT_EQ(host.lines("ended for good"),
            Lines{"web has ended for good (FATAL), and the daemon ends with it, with exit status "
                  "127"});
}

TEST(ExitWith, WhatIsStoppedByHandIsNotOver) {
  FakeHost host = world([](auto&) {}, {{}});
  host.boot();
  host.run_for(seconds(2));
  host.stop("web");
  host.run_for(seconds(100));
  EXPECT_EQ(host.quit, std::nullopt);
  host.start("web");
  host.run_for(seconds(2));
  EXPECT_EQ(host.state("web"), ProcessState::RUNNING);
}

// A job that was interrupted must not look as if it had succeeded.
TEST(ExitWith, AnEndFromOutsideHasItsStatusToo) {
  for (const ExitStatus& status : {killed(SIGTERM), exited(7), exited(0)}) {
    FakeHost host = world([](auto&) {}, {{.ignores_stop = true}});
    host.boot();
    host.run_for(seconds(2));
    host.signal(SIGTERM);
    host.run_for(seconds(1));
    host.exit("web", status);
    host.run_for(seconds(1));
    EXPECT_EQ(host.quit, status.by_signal ? 143 : status.number);
  }
}

TEST(ExitWith, ARestartIsNoEnd) {
  FakeHost host = world([](auto&) {}, {{}});
  host.boot();
  host.run_for(seconds(2));
  Configuration next;
  next.program("web", [](auto& options) { options.command = "other"; });
  host.update(next);
  host.run_for(seconds(30));
  EXPECT_EQ(host.quit, std::nullopt);
  EXPECT_EQ(host.state("web"), ProcessState::RUNNING);
  host.next_plan = next.build();
  host.restart();
  host.run_for(seconds(30));
  EXPECT_EQ(host.quit, std::nullopt);
  EXPECT_EQ(host.restarted, 1);
}

TEST(ExitWith, TellsThatItsProgramIsGone) {
  FakeHost host = world([](auto&) {}, {{}});
  host.boot();
  host.run_for(seconds(2));
  host.update(Configuration().program("db"));
  host.run_for(seconds(30));
  EXPECT_EQ(host.quit, std::nullopt);
  EXPECT_EQ(host.lines("there is no web"),
            Lines{"there is no web any more, with which the daemon was to end (--exit-with)"});
}

TEST(ExitWith, TheFirstOfThoseThatAreNamedDecides) {
  const auto status_with = [](std::vector<std::string> names) {
    FakeHost host(Configuration().group("g", 999,
                                        {
                                            {"x", never_again},
                                            {"y", never_again}
    }));
    host.scripts["x"] = {
        {.lives = seconds(9), .status = exited(4)}
    };
    host.scripts["y"] = {
        {.lives = seconds(5), .status = exited(5)}
    };
    host.core().end_with({.names = std::move(names)});
    host.boot();
    host.run_for(seconds(30));
    return host.quit;
  };
  EXPECT_EQ(status_with({"g"}), 5);
  EXPECT_EQ(status_with({"g:*"}), 5);
  EXPECT_EQ(status_with({"g:x"}), 4);
  EXPECT_EQ(status_with({"other", "g:x", "g:y"}), 5);
  EXPECT_EQ(status_with({"x"}), std::nullopt);
}

TEST(ExitOnFatal, IsForWhatFailedAlone) {
  FakeHost host(Configuration().program("a", never_again).program("b", one_try));
  host.scripts["a"] = {
      {.lives = seconds(2), .status = exited(1)}
  };
  host.scripts["b"] = {
      {.lives = seconds(5),   .status = exited(1)},
      {.lives = seconds(0.5), .status = exited(6)}
  };
  host.core().end_with({.names = {}, .on_fatal = true});
  host.boot();
  host.run_for(seconds(4));
  EXPECT_EQ(host.quit, std::nullopt);
  host.run_for(seconds(4));
  EXPECT_EQ(host.quit, 6);
}

TEST(ExitRule, ReadsNames) {
  core::ExitRule rule;
  EXPECT_TRUE(core::read_exit_names("web,g:x", rule));
  EXPECT_EQ(rule.names, (Lines{"web", "g:x"}));
  EXPECT_FALSE(core::read_exit_names("", rule));
  EXPECT_FALSE(core::read_exit_names("web,", rule));
  const auto plan = Configuration()
                        .program("web")
                        .group("g", 1,
                               {
                                   {"x", {}}
  })
                        .build();
  EXPECT_EQ(core::unknown_names(
                {
                    .names = {"web", "g", "g:*", "g:x", "g:y", "x"}
  },
                *plan),
            (Lines{"g:y", "x"}));
}

}  // namespace
}  // namespace sup::sim
