#include "schema/plan_diff.h"

#include <gtest/gtest.h>

#include "tests/unit/schema/plan_builder.h"

namespace sup::schema {
namespace {

PlanDiff compare(const Plan& before, const Plan& after, Facts facts = {}) {
  facts.missing_variable_is_error = false;
  const InstantiateResult a = instantiate(before, facts);
  const InstantiateResult b = instantiate(after, facts);
  for (const auto* result : {&a, &b})
    for (const Fault& fault : result->faults) ADD_FAILURE() << fault.message;
  return diff(before, a.resolved, after, b.resolved);
}

const Difference* about(const PlanDiff& diff, std::string_view section) {
  for (const Difference& difference : diff.differences)
    if (difference.section == section) return &difference;
  return nullptr;
}

const ValueChange* change(const PlanDiff& diff, std::string_view section, std::string_view option) {
  const Difference* difference = about(diff, section);
  if (difference == nullptr) return nullptr;
  for (const ValueChange& value : difference->values)
    if (value.name == option) return &value;
  return nullptr;
}

std::vector<std::string> steps(const PlanDiff& diff) {
  std::vector<std::string> names;
  for (const DiffStep& step : diff.steps) names.push_back((step.start ? "+" : "-") + step.process);
  return names;
}

// A plan with one program whose option has this value.
PlanBuilder with(std::string_view option, std::string text) {
  PlanBuilder plan;
  plan.section("supervisord").section("program:web");
  if (option != "command") plan.set("command", "/bin/web");
  plan.set(option, std::move(text));
  return plan;
}

TEST(PlanDiff, AnotherWayOfWritingTheSameIsNoChange) {
  PlanBuilder before;
  before.section("supervisord").section("program:web").set("command", "/bin/web");
  before.set("autostart", "yes").set("environment", "A=1,B=\"2\"");
  PlanBuilder after;
  after.section("program:web").set("environment", "B='2',A=1").set("autostart", "TRUE");
  after.set("stdout_logfile_maxbytes", "51200KB").set("command", "/bin/web");
  after.section("supervisord").set("loglevel", "info");
  const PlanDiff result = compare(before, after);
  EXPECT_TRUE(result.same());
  EXPECT_TRUE(result.steps.empty());
  EXPECT_EQ(result.unchanged, 1U);
}

// Every option of a process says in the table whether a change restarts it; these are what a user
// counts on.
TEST(PlanDiff, TheTableDecidesBetweenRestartAndInPlace) {
  const std::vector<std::pair<std::string, std::string>> restarting{
      {"command",         "/bin/x"  },
      {"directory",       "/tmp"    },
      {"environment",     "A=1"     },
      {"user",            "nobody"  },
      {"umask",           "077"     },
      {"redirect_stderr", "true"    },
      {"serverurl",       "http://h"}
  };
  const std::vector<std::pair<std::string, std::string>> in_place{
      {"autostart",               "false" },
      {"autorestart",             "true"  },
      {"startsecs",               "7"     },
      {"startretries",            "7"     },
      {"exitcodes",               "0,7"   },
      {"stopsignal",              "INT"   },
      {"stopwaitsecs",            "7"     },
      {"stopasgroup",             "true"  },
      {"killasgroup",             "true"  },
      {"priority",                "7"     },
      {"stdout_logfile",          "/tmp/l"},
      {"stdout_logfile_maxbytes", "7MB"   },
      {"stderr_logfile_backups",  "7"     },
      {"stdout_capture_maxbytes", "7"     },
      {"stdout_events_enabled",   "true"  }
  };
  const PlanBuilder plain = with("command", "/bin/web");
  for (const auto& [option, text] : restarting) {
    const PlanDiff result = compare(plain, with(option, text));
    ASSERT_NE(about(result, "program:web"), nullptr) << option;
    EXPECT_EQ(about(result, "program:web")->action, DiffAction::restart) << option;
    EXPECT_EQ(steps(result), (std::vector<std::string>{"-web", "+web"})) << option;
  }
  for (const auto& [option, text] : in_place) {
    const PlanDiff result = compare(plain, with(option, text));
    ASSERT_NE(about(result, "program:web"), nullptr) << option;
    EXPECT_EQ(about(result, "program:web")->action, DiffAction::in_place) << option;
    EXPECT_TRUE(steps(result).empty()) << option;
  }
}

TEST(PlanDiff, ValuesHaveTheirPlacesOnBothSides) {
  const PlanDiff result = compare(with("startsecs", "2"), with("stopwaitsecs", "3"));
  const ValueChange* startsecs = change(result, "program:web", "startsecs");
  ASSERT_NE(startsecs, nullptr);
  EXPECT_EQ(startsecs->before.text, "2");
  EXPECT_EQ(startsecs->before.origin, (Origin{0, 4}));
  EXPECT_EQ(startsecs->after.text, "1");
  EXPECT_EQ(startsecs->after.origin.line, 0U);
}

TEST(PlanDiff, MoreProcessesLeaveTheOthersAlone) {
  const auto plan = [](std::string numprocs) {
    PlanBuilder made = with("numprocs", std::move(numprocs));
    return made.set("process_name", "w%(process_num)d");
  };
  const PlanDiff more = compare(plan("2"), plan("4"));
  const Difference* web = about(more, "program:web");
  ASSERT_NE(web, nullptr);
  EXPECT_EQ(web->action, DiffAction::in_place);
  EXPECT_EQ(web->added, (std::vector<std::string>{"web:w2", "web:w3"}));
  EXPECT_TRUE(web->in_place.empty());
  EXPECT_EQ(steps(more), (std::vector<std::string>{"+web:w2", "+web:w3"}));
  EXPECT_EQ(steps(compare(plan("4"), plan("2"))), (std::vector<std::string>{"-web:w3", "-web:w2"}));
  EXPECT_EQ(steps(compare(plan("1"), plan("0"))), std::vector<std::string>{"-web:w0"});
}

TEST(PlanDiff, WhatDiffersFromProcessToProcessIsToldAsWritten) {
  const auto plan = [](std::string command) {
    PlanBuilder made = with("command", std::move(command));
    return made.set("numprocs", "2").set("process_name", "w%(process_num)d");
  };
  const PlanDiff result = compare(plan("x 80%(process_num)d"), plan("x 81%(process_num)d"));
  const ValueChange* command = change(result, "program:web", "command");
  ASSERT_NE(command, nullptr);
  EXPECT_TRUE(command->per_process);
  EXPECT_EQ(command->before.text, "x 80%(process_num)d");
  EXPECT_EQ(about(result, "program:web")->restarted.size(), 2U);
}

TEST(PlanDiff, StopsAreInReverseOrderOfStart) {
  const auto plan = [](std::string command) {
    PlanBuilder made;
    made.section("supervisord");
    for (const auto& [name, priority] : {
             std::pair{"late",  "20"},
             std::pair{"early", "10"},
             std::pair{"same",  "10"}
    })
      made.section(std::string("program:") + name)
          .set("command", command)
          .set("priority", priority);
    return made;
  };
  EXPECT_EQ(steps(compare(plan("a"), plan("b"))),
            (std::vector<std::string>{"-late", "-same", "-early", "+early", "+same", "+late"}));
}

TEST(PlanDiff, AProgramThatMovesIsRemovedAndAdded) {
  const auto plan = [](std::string group) {
    PlanBuilder made = with("command", "x");
    return made.section("group:" + group).set("programs", "web");
  };
  const PlanDiff result = compare(with("command", "x"), plan("g"));
  EXPECT_EQ(steps(result), (std::vector<std::string>{"-web", "+g:web"}));
  EXPECT_EQ(about(result, "group:g")->action, DiffAction::add);
  EXPECT_EQ(about(result, "program:web")->moved, "g");
  // A group of its own name is the same group.
  EXPECT_TRUE(compare(with("command", "x"), plan("web")).steps.empty());
}

TEST(PlanDiff, VariablesOfTheDaemonReachTheProcesses) {
  const auto plan = [](std::string global, std::string own) {
    PlanBuilder made;
    made.section("supervisord").set("environment", std::move(global));
    return made.section("program:web").set("command", "x").set("environment", std::move(own));
  };
  const PlanDiff result = compare(plan("A=1,B=1", "C=1"), plan("A=2,B=1", "C=1"));
  const ValueChange* variable = change(result, "program:web", "environment");
  ASSERT_NE(variable, nullptr);
  EXPECT_EQ(variable->variable, "A");
  EXPECT_EQ(variable->after.origin, (Origin{0, 2}));
  EXPECT_EQ(about(result, "program:web")->action, DiffAction::restart);
  EXPECT_EQ(about(result, "supervisord")->action, DiffAction::in_place);
  EXPECT_FALSE(result.daemon_restart);
  // Hidden by its own.
  EXPECT_EQ(about(compare(plan("A=1", "A=3"), plan("A=2", "A=3")), "program:web"), nullptr);
}

TEST(PlanDiff, WhatIsNotKnownIsComparedAsTemplate) {
  const PlanBuilder open = with("command", "x %(ENV_PORT)s");
  EXPECT_TRUE(compare(open, with("command", "x %(ENV_PORT)s")).same());
  const PlanDiff result = compare(open, with("command", "y %(ENV_PORT)s"));
  const ValueChange* command = change(result, "program:web", "command");
  ASSERT_NE(command, nullptr);
  EXPECT_TRUE(command->before.open);
  EXPECT_EQ(command->after.text, "y %(ENV_PORT)s");
  // Known, it is a value like any other.
  EXPECT_TRUE(compare(open, with("command", "x 80"), facts_with("PORT", "80")).same());
  EXPECT_FALSE(compare(open, with("command", "x 80")).same());
  EXPECT_FALSE(
      compare(with("environment", "A=%(ENV_X)s,B=1"), with("environment", "A=%(ENV_X)s,B=2"))
          .same());
  EXPECT_TRUE(
      compare(with("environment", "A=%(ENV_X)s,B=1"), with("environment", "B=1,A=%(ENV_X)s"))
          .same());
}

TEST(PlanDiff, ListenersAndSocketsAreCompared) {
  const auto listener = [](std::string events, std::string size) {
    PlanBuilder made;
    made.section("supervisord").section("eventlistener:l").set("command", "x");
    return made.set("events", std::move(events)).set("buffer_size", std::move(size));
  };
  const PlanDiff pool = compare(listener("TICK_5", "10"), listener("TICK_60", "20"));
  EXPECT_EQ(about(pool, "eventlistener:l")->action, DiffAction::in_place);
  EXPECT_EQ(about(pool, "eventlistener:l")->values.size(), 2U);
  const auto fcgi = [](std::string mode) {
    PlanBuilder made;
    made.section("supervisord").section("fcgi-program:f").set("command", "x");
    return made.set("socket", "unix:///tmp/f.sock").set("socket_mode", std::move(mode));
  };
  EXPECT_EQ(about(compare(fcgi("0700"), fcgi("0770")), "fcgi-program:f")->action,
            DiffAction::restart);
}

TEST(PlanDiff, ServersInterfacesAndTheClient) {
  const auto plan = [](std::string port, std::string key, std::string prompt) {
    PlanBuilder made;
    made.section("supervisord").section("inet_http_server").set("port", std::move(port));
    made.section("rpcinterface:r").set("supervisor.rpcinterface_factory", "m:f");
    made.extra("key", std::move(key));
    return made.section("supervisorctl").set("prompt", std::move(prompt));
  };
  const PlanDiff server = compare(plan("1", "a", "p"), plan("2", "a", "p"));
  ASSERT_EQ(server.differences.size(), 1U);
  EXPECT_EQ(server.differences[0].subject, DiffSubject::http_server);
  EXPECT_FALSE(server.daemon_restart);
  const PlanDiff interface = compare(plan("1", "a", "p"), plan("1", "b", "p"));
  ASSERT_EQ(interface.differences.size(), 1U);
  EXPECT_TRUE(interface.daemon_restart);
  const PlanDiff client = compare(plan("1", "a", "p"), plan("1", "a", "q"));
  ASSERT_EQ(client.differences.size(), 1U);
  EXPECT_EQ(client.differences[0].action, DiffAction::in_place);
  PlanBuilder none;
  none.section("supervisord");
  const PlanDiff gone = compare(plan("1", "a", "p"), none);
  EXPECT_EQ(gone.differences.size(), 3U);
  for (const Difference& difference : gone.differences)
    EXPECT_EQ(difference.action, DiffAction::remove) << difference.section;
}

TEST(PlanDiff, TheDaemonItselfRestartsForSomeOptions) {
  const auto plan = [](std::string_view option, std::string text) {
    PlanBuilder made;
    return made.section("supervisord").set(option, std::move(text));
  };
  EXPECT_FALSE(compare(plan("loglevel", "info"), plan("loglevel", "debug")).daemon_restart);
  EXPECT_TRUE(compare(plan("umask", "022"), plan("umask", "077")).daemon_restart);
}

TEST(PlanDiff, DefaultsAreThoseOfTheTarget) {
  PlanBuilder builder = with("command", "x");
  Plan old = builder;
  old.target = Target::v3_4;
  const PlanDiff result = compare(old, builder);
  const ValueChange* exitcodes = change(result, "program:web", "exitcodes");
  ASSERT_NE(exitcodes, nullptr);
  EXPECT_EQ(exitcodes->before.text, "0,2");
  EXPECT_EQ(exitcodes->after.text, "0");
}

}  // namespace
}  // namespace sup::schema
