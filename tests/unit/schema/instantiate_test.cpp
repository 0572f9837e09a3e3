#include "schema/instantiate.h"

#include <gtest/gtest.h>

#include "schema/late_binding.h"
#include "tests/unit/schema/plan_builder.h"

namespace sup::schema {
namespace {

TEST(Instantiate, NumprocsIsBoundAtBoot) {
  PlanBuilder plan;
  plan.section("supervisord").section("program:web").set("command", "/bin/cat %(process_num)d");
  plan.set("numprocs", "%(ENV_WORKERS)s").set("process_name", "%(program_name)s_%(process_num)02d");
  const InstantiateResult result = instantiate(plan, facts_with("WORKERS", "12"));
  ASSERT_TRUE(result.faults.empty());
  ASSERT_EQ(result.resolved.groups.size(), 1U);
  ASSERT_EQ(result.resolved.groups[0].processes.size(), 12U);
  EXPECT_EQ(result.resolved.groups[0].processes[11].name, "web_11");
  EXPECT_EQ(result.resolved.groups[0].processes[11].options.command, "/bin/cat 11");
}

TEST(Instantiate, AMissingVariableIsNamedWithItsPlace) {
  PlanBuilder plan;
  plan.section("supervisord").section("program:web").set("command", "/bin/app %(ENV_TOKEN)s");
  const InstantiateResult result = instantiate(plan, Facts{});
  ASSERT_EQ(result.faults.size(), 1U);
  EXPECT_EQ(describe_fault(plan, result.faults[0]),
            "web.conf:3: [program:web] command: environment variable `TOKEN` is not set");
}

TEST(Instantiate, AMissingVariableStaysOpenWhileCompiling) {
  PlanBuilder plan;
  plan.section("supervisord")
      .section("program:web")
      .set("command", "/bin/app")
      .set("autostart", "%(ENV_A)s");
  Facts facts;
  facts.missing_variable_is_error = false;
  const InstantiateResult result = instantiate(plan, facts);
  EXPECT_TRUE(result.faults.empty());
  EXPECT_EQ(required_environment(plan), std::vector<std::string>{"A"});
}

TEST(Instantiate, VariablesOfTheDaemonAndOfTheSectionAreKnown) {
  PlanBuilder plan;
  plan.section("supervisord").set("environment", "A=\"1\",B=\"2\"");
  plan.section("program:web")
      .set("environment", "B=\"3\"")
      .set("command", "/x %(ENV_A)s %(ENV_B)s");
  const InstantiateResult result = instantiate(plan, Facts{});
  ASSERT_TRUE(result.faults.empty());
  const ProcessOptions& options = result.resolved.groups[0].processes[0].options;
  EXPECT_EQ(options.command, "/x 1 3");
  EXPECT_EQ(options.environment, (EnvironmentValue{
                                     {"A", "1"},
                                     {"B", "3"}
  }));
  EXPECT_TRUE(required_environment(plan).empty());
}

// As in Supervisor: they are two.
TEST(Instantiate, APoolKeepsTheBlanksOfItsName) {
  PlanBuilder plan;
  plan.section("supervisord");
  for (const char* name : {"eventlistener:a", "eventlistener: a"})
    plan.section(name).set("command", "x %(program_name)s").set("events", "TICK_5");
  const InstantiateResult result = instantiate(plan, Facts{});
  ASSERT_TRUE(result.faults.empty());
  ASSERT_EQ(result.resolved.groups.size(), 2U);
  EXPECT_EQ(result.resolved.groups[0].name, " a");
  EXPECT_EQ(result.resolved.groups[1].name, "a");
  EXPECT_EQ(result.resolved.groups[0].processes[0].name, "a");
  EXPECT_EQ(result.resolved.groups[0].processes[0].options.command, "x a");
}

TEST(Instantiate, ABadNameHidesNoOtherMistake) {
  PlanBuilder plan;
  plan.section("supervisord").section("program:a b").set("command", "x").set("startsecs", "soon");
  const InstantiateResult result = instantiate(plan, Facts{});
  ASSERT_EQ(result.faults.size(), 2U);
  EXPECT_EQ(result.faults[0].rule, "invalid-name-character");
  EXPECT_EQ(result.faults[1].rule, "invalid-integer");
}

TEST(Instantiate, GroupsTakeTheirProgramsAndAreSorted) {
  PlanBuilder plan;
  plan.section("supervisord")
      .section("program:b")
      .set("command", "b")
      .section("program:a")
      .set("command", "a");
  plan.section("eventlistener:l").set("command", "l").set("events", "TICK_5");
  plan.section("group:g").set("programs", "b").set("priority", "5");
  const InstantiateResult result = instantiate(plan, Facts{});
  ASSERT_TRUE(result.faults.empty());
  std::vector<std::string> names;
  for (const Group& group : result.resolved.groups) names.push_back(group.name);
  EXPECT_EQ(names, (std::vector<std::string>{"l", "g", "a"}));
  EXPECT_EQ(result.resolved.groups[1].processes[0].group, "g");
}

TEST(Instantiate, ReportsAllMistakesOnceEach) {
  PlanBuilder plan;
  plan.section("supervisord")
      .section("program:web")
      .set("autostart", "maybe")
      .set("startsecs", "x");
  plan.set("numprocs", "3")
      .set("process_name", "%(program_name)s")
      .set("stdout_logfile", "/l/%(nope)s");
  plan.section("group:g").set("programs", "wob,web");
  std::vector<std::string_view> rules;
  for (const Fault& fault : instantiate(plan, Facts{}).faults) rules.push_back(fault.rule);
  EXPECT_EQ(rules, (std::vector<std::string_view>{
                       "unknown-program-in-group", "invalid-boolean", "invalid-integer",
                       "missing-required-key", "numprocs-needs-process-num", "unknown-expansion"}));
}

TEST(Instantiate, RefusesMoreProcessesThanAnyMachineRuns) {
  PlanBuilder plan;
  plan.section("supervisord")
      .section("program:web")
      .set("command", "x")
      .set("numprocs", "9223372036854775807");
  plan.set("numprocs_start", "9223372036854775807").set("process_name", "%(process_num)d");
  EXPECT_EQ(instantiate(plan, Facts{}).faults.size(), 1U);
}

TEST(Instantiate, AsksTheMachineOnlyWhenItMay) {
  PlanBuilder plan;
  plan.section("supervisord").section("program:web").set("command", "x").set("user", "ghost");
  plan.set("stdout_logfile", "/nowhere/x.log");
  EXPECT_TRUE(instantiate(plan, Facts{}).faults.empty());
  Facts facts;
  facts.user_exists = [](std::string_view) { return false; };
  facts.directory_exists = [](const std::string&) { return false; };
  const InstantiateResult result = instantiate(plan, facts);
  ASSERT_EQ(result.faults.size(), 2U);
  EXPECT_EQ(result.faults[0].rule, "unknown-user-or-group");
  EXPECT_EQ(result.faults[1].rule, "log-directory-missing");
}

}  // namespace
}  // namespace sup::schema
